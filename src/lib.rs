//! Verifies Kubernetes bound service-account tokens inside the service that receives them, in microseconds.
//!
//! Kubernetes issues short-lived tokens through TokenRequest. Each names its audiences, its expiry and, optionally, the
//! pod, secret or node that it is bound to. A recipient must refuse a token that is not meant for it, that has expired,
//! whose signature is not valid, or whose bound object no longer exists. Today only the API server's TokenReview checks
//! the last of these, at the price of a network call for every token. boundtoken checks all of them in memory, and gives
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
//! Data goes one way, and each step is a module:
//!
//! > token bytes → compact form (`token`) → header (`header`) → key ([`keys`]) → signature (`crypto`) → claims
//! > ([`Claims`]) → issuer, audience, times → bound objects ([`ObjectStore`], [`BoundObjects`]) → [`VerifiedToken`]
//!
//! - [`Verifier`] is the front door. [`Verifier::builder`] builds one from [`TrustedIssuer`]s and audiences.
//! - [`KeySet`] reads JWKS and PEM. [`KeyStore`] replaces keys under running verifiers.
//! - [`ObjectStore`] keeps bound objects in memory, and watches can feed it. [`BoundObjects`] is the call-back for any
//!   other source. A program that must ask a network takes the two steps [`Verifier::check`] and [`Verifier::confirm`].
//! - [`Revocation`] tells when an accepted caller is no longer good, for connections that outlive a request.
//! - [`VerifiedToken`] and [`UserInfo`] say who the caller is. [`Rejection`] and [`Reason`] say why a token was refused.
//! - [`Issuer`] is the other side: it answers TokenRequests as an API server does.
//! - [`api`] has the types of TokenRequest and TokenReview as they are on the wire.
//!
//! The library reads nothing but memory. Crates of their own feed it: `boundtoken-kubernetes` follows a cluster,
//! `boundtoken-discovery` follows the keys of any other issuer, and `boundtoken-dev-server` stands in for a cluster in tests.
//!
//! # Features
//!
//! | feature | adds | pulls in |
//! |---|---|---|
//! | `ring` (default) | cryptography by ring | ring |
//! | `aws-lc-rs` | cryptography by AWS-LC instead: faster RSA, P-521 (ES512) | aws-lc-rs |
//! | `fast-rsa` | RS256 several times faster, on x86-64 CPUs with AVX-512 IFMA: see [`fast_rsa`] | tracing |
//! | `fast-p256` | ES256 several times faster, on every CPU: see [`fast_p256`] | tracing |
//! | `boot-time` | ages of keys and objects by a clock that goes on while the machine sleeps | boot-time |
//! | `host` | on `wasm32` alone, instead of both: cryptography and the time by the program that runs the module | |
//!
//! To leave ring out altogether: `default-features = false, features = ["aws-lc-rs"]`.
//!
//! # Under a flood
//!
//! Whoever knows a `kid` can send forged tokens whose signatures must be checked. While more arrive than the server can check,
//! callers seen before need not wait: decide their tokens at once, and let the others wait in a queue that is short. The caller of
//! a token that finds no place is answered with 503 and `Retry-After`.
//!
//! ```
//! # use boundtoken::{KeySet, Rejection, TrustedIssuer, UnixSeconds, VerifiedToken, Verifier};
//! use std::sync::mpsc::{Receiver, SyncSender};
//!
//! # fn answer(_: Result<VerifiedToken, Rejection>) {}
//! # fn answer_503() {}
//! /// On the threads that receive requests.
//! fn receive(token: Box<[u8]>, verifier: &Verifier, unchecked: &SyncSender<Box<[u8]>>) {
//!     match verifier.verify_cached_at(&token, UnixSeconds::now()) {
//!         Some(verdict) => answer(verdict),
//!         None if unchecked.try_send(token).is_ok() => {}
//!         None => answer_503(),
//!     }
//! }
//!
//! /// On the threads that check signatures: at most half as many as the machine has cores.
//! fn check(unchecked: &Receiver<Box<[u8]>>, verifier: &Verifier) {
//!     for token in unchecked {
//!         answer(verifier.verify(&token));
//!     }
//! }
//!
//! # let jwks = include_bytes!("../tests/vectors/apiserver-rs256/jwks.json");
//! # let issuer = TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(jwks)?);
//! # let verifier = Verifier::builder().issuer(issuer).audience("vault").build()?;
//! // A check takes at most 50 µs, so no token waits longer than 256 × 50 µs = 13 ms.
//! let (sender, receiver) = std::sync::mpsc::sync_channel(256);
//! # receive(Box::from(*b"x"), &verifier, &sender);
//! # drop(sender);
//! # check(&receiver, &verifier);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `docs/flood.md` in the repository has the figures, and what to set up in front of a server.
//!
//! # Stricter than the API server
//!
//! Everything that an API server issues through TokenRequest is accepted, byte for byte. Beyond that, boundtoken refuses
//! some tokens that the API server accepts: where two readers could disagree about a token, or where it would never expire.
//! Examples are tokens without `exp`, non-canonical base64url, a member that is given twice, invalid Unicode, and a subject
//! that is not the service account. Each rule has its own [`Reason`]; [`Reason::STRICTER`] lists them.

#![cfg_attr(not(any(feature = "fast-p256", feature = "fast-rsa")), forbid(unsafe_code))]
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
pub mod record;

// The other side: issuing tokens, and the types of both on the wire.
mod issuer;
pub mod api;

// Plumbing.
mod hashing;
#[cfg(feature = "host")]
pub mod host;
mod json;
mod moment;
mod sync;
mod time;
mod waiters;

/// The version of this library.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

pub use claims::{Attestation, Claims};
pub use crypto::{fast_p256, fast_rsa};
pub use issuer::{IssuedToken, Issuer, IssuerBuilder, IssuerError, IssuerObjects};
pub use keys::{Algorithm, Key, KeyError, KeySet, KeyStore, SigningKey, SkippedKey, VerificationPath};
pub use moment::Moment;
pub use objects::{
    BoundObject, BoundObjects, Feed, Freshness, ObjectKind, ObjectReference, ObjectSource, ObjectState,
    ObjectStore, ObjectStoreError, PodSpec, Relist, Scope, Uid, Webhook,
};
pub use rejection::{Reason, ReasonFamily, Rejection};
pub use time::UnixSeconds;
pub use verified::{Confirmed, UserInfo, VerifiedToken};
pub use verifier::{
    BuildError, CheckedToken, OnUnavailable, Revocation, Statistics, TrustedIssuer, Verifier, VerifierBuilder,
};
