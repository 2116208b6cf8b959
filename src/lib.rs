//! Verifies Kubernetes bound service-account tokens inside the service that receives them, in microseconds.
//!
//! Kubernetes issues short-lived tokens through TokenRequest: each names its audiences, its expiry and, optionally, the
//! pod, secret or node that it is bound to. A recipient must refuse a token that is not meant for it, that has expired,
//! whose signature does not hold, or whose bound object no longer exists. Today only the API server's TokenReview checks
//! that last one, at the price of a network call for every token. boundtoken does all of it in memory, and gives
//! TokenReview's answer.
//!
//! ```
//! use boundtoken::{Confirmed, KeySet, ObjectStore, Reason, TrustedIssuer, Verifier};
//! # use boundtoken::{ObjectKind, ObjectReference, UnixSeconds};
//! # let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/apiserver-rs256/");
//! # let read = |name: &str| std::fs::read(format!("{vectors}{name}"));
//! # let tokens: std::collections::BTreeMap<String, String> = serde_json::from_slice(&read("tokens.json")?)?;
//! # let captured: serde_json::Value = serde_json::from_slice(&read("objects.json")?)?;
//! # let (jwks, objects_json) = (read("jwks.json")?, captured["before"].to_string());
//! # let (token, now) = (tokens["pod-live"].as_bytes(), UnixSeconds(1_795_522_300));
//!
//! // At start-up: the cluster's keys, the objects that tokens are bound to, and who we are.
//! let objects = ObjectStore::from_json(objects_json.as_bytes())?; // or anything that implements BoundObjects
//! let verifier = Verifier::builder()
//!     .issuer(
//!         TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(&jwks)?)
//!             .bound_objects(objects.clone()),
//!     )
//!     .audience("vault")
//!     .build()?;
//!
//! // For every request: the bytes behind `Authorization: Bearer `.
//! # /*
//! let caller = verifier.verify(token)?;
//! # */
//! # let caller = verifier.verify_at(token, now)?;
//! assert_eq!(caller.claims().subject(), "system:serviceaccount:demo:app");
//! assert_eq!(caller.confirmed(), Confirmed::Live);
//!
//! // The pod is deleted: from this moment its token is void.
//! # let pod = ObjectReference { kind: ObjectKind::Pod, namespace: "demo", name: "live" };
//! objects.delete(&pod);
//! # /*
//! let rejection = verifier.verify(token).unwrap_err();
//! # */
//! # let rejection = verifier.verify_at(token, now).unwrap_err();
//! assert_eq!(rejection.reason(), Reason::PodNotFound);
//! println!("{rejection}"); // what was wrong, and what to do; never a token
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where things are
//!
//! Data goes one way, and each step is a file:
//!
//! > token bytes → compact form (`token`) → header (`header`) → key ([`keys`]) → signature (`crypto`) → claims
//! > ([`Claims`]) → issuer, audience, times → bound objects ([`BoundObjects`]) → [`VerifiedToken`]
//!
//! - [`Verifier`] is the front door, built once by [`Verifier::builder`] from [`TrustedIssuer`]s and audiences.
//! - [`KeySet`] reads JWKS and PEM; [`KeyStore`] replaces keys under running verifiers.
//! - [`ObjectStore`] keeps bound objects in memory; [`BoundObjects`] is the call-back for any other source;
//!   [`Verifier::check`] and [`Verifier::confirm`] are the two steps for callers who must ask a network.
//! - [`Issuer`] is the other side: it answers TokenRequests as an API server does.
//! - [`VerifiedToken`] and [`UserInfo`] say who the caller is, [`Rejection`] and [`Reason`] why a token was refused.
//! - [`api`] has the types of TokenRequest and TokenReview as they are on the wire.
//!
//! # Features
//!
//! | feature | adds | pulls in |
//! |---|---|---|
//! | `ring` (default) | cryptography by ring | ring |
//! | `aws-lc-rs` | cryptography by AWS-LC instead: faster RSA, P-521 (ES512) | aws-lc-rs |
//! | `fast-rsa` | RS256 several times faster, on x86-64 CPUs with AVX-512 IFMA: see [`fast_rsa`] | tracing |
//! | `capi` | the C ABI of `include/boundtoken.h`, with `kubernetes` also that of clusters | libc |
//! | `kubernetes` | `kubernetes::Cluster`: keys and bound objects that follow an API server | kube, tokio |
//! | `discovery` | `discovery::Discovery`: keys that follow any OpenID Connect issuer over HTTPS | reqwest, rustls, tokio |
//! | `dev-server` | `dev_server::DevServer`: a TokenRequest endpoint for laptops and tests | axum, rcgen, prost, tokio |
//! | `cli` | the program `boundtoken` | clap, and those of `dev-server`, `fast-rsa` and `kubernetes` |
//!
//! To leave ring out altogether: `default-features = false, features = ["aws-lc-rs"]`.
//!
//! # Stricter than the API server
//!
//! Whatever an API server issues through TokenRequest is accepted, byte for byte. Beyond that, boundtoken refuses what
//! the API server lets pass where readers could disagree or a token would be good for ever: tokens without `exp`,
//! non-canonical base64url, members that stand twice, invalid Unicode, a subject that is not the service account, and so
//! on. Each rule has its own [`Reason`]; [`Reason::STRICTER`] lists them.

#![cfg_attr(not(feature = "fast-rsa"), forbid(unsafe_code))]
#![cfg_attr(test, allow(clippy::as_conversions))]

// The way of a token, step by step.
mod token;
mod header;
pub mod keys;
mod crypto;
mod claims;
mod objects;
mod cache;
mod verifier;

// What comes of it.
mod rejection;
mod verified;

// The other side: issuing tokens, and the types of both on the wire.
mod issuer;
pub mod api;

// Plumbing.
mod hashing;
mod json;
mod moment;
mod sync;
mod time;

pub use claims::{Attestation, Claims};
pub use crypto::fast_rsa;
pub use issuer::{IssuedToken, Issuer, IssuerBuilder, IssuerError, IssuerObjects};
pub use keys::{Algorithm, Key, KeyError, KeySet, KeyStore, SigningKey, SkippedKey, VerificationPath};
pub use moment::Moment;
pub use objects::{
    BoundObject, BoundObjects, Feed, Freshness, ObjectKind, ObjectReference, ObjectSource, ObjectState,
    ObjectStore, ObjectStoreError, PodSpec, Relist, Scope, Uid, Webhook,
};
pub use rejection::{Reason, Rejection};
pub use time::UnixSeconds;
pub use verified::{Confirmed, UserInfo, VerifiedToken};
pub use verifier::{BuildError, CheckedToken, OnUnavailable, TrustedIssuer, Verifier, VerifierBuilder};

/// The examples of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
