//! boundtoken (placeholder front page)
#![deny(unsafe_code)]

pub mod api;
mod bound_object;
#[cfg(feature = "capi")]
pub mod capi;
mod claims;
mod crypto;
mod header;
mod json;
pub mod keys;
mod object_store;
mod rejection;
mod time;
mod token;
mod verified;
mod verifier;

pub use bound_object::{
    BoundObject, BoundObjects, ObjectKind, ObjectReference, ObjectState, OnUnavailable, Uid,
};
pub use claims::Claims;
pub use keys::{Algorithm, Key, KeyError, KeySet, KeyStore, SigningKey, SkippedKey};
pub use object_store::{ObjectStore, ObjectStoreError};
pub use rejection::{Reason, Rejection};
pub use time::UnixSeconds;
pub use verified::{Confirmed, UserInfo, VerifiedToken};
pub use verifier::{BuildError, CheckedToken, TrustedIssuer, Verifier, VerifierBuilder};
