//! Public keys, key sets and signing keys.
//!
//! A [`KeySet`] is read from a JSON Web Key Set ([`KeySet::from_jwks`]) or from a PEM file ([`KeySet::from_pem`]). A
//! [`KeyStore`] holds the current set, and replaces it when the issuer rotates its keys. Each [`Key`] is bound to one
//! [`Algorithm`], whatever a token's header says. Issuers sign with a [`SigningKey`].

mod algorithm;
mod der;
mod error;
mod jwk;
mod key;
mod key_set;
mod material;
mod path;
mod pem;
mod private_key;
mod signing;
mod spki;
mod store;

pub use algorithm::Algorithm;
pub use error::KeyError;
pub use key::Key;
pub use key_set::{KeySet, SkippedKey};
pub use path::VerificationPath;
pub use signing::SigningKey;
pub use store::{CurrentKeys, KeyStore};

pub(crate) use key::{KeyFingerprint, LARGEST_HEADER};
#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
pub(crate) use material::uncompressed_point;
pub(crate) use material::{Curve, Material};
