//! Public keys: where they come from, which algorithm each is for, and the sets they live in.
//!
//! A [`KeySet`] is read from a JSON Web Key Set ([`KeySet::from_jwks`]) or from a PEM file
//! ([`KeySet::from_pem`]). A [`KeyStore`] holds the current set and swaps it when the issuer rotates its
//! keys. Each [`Key`] is bound to one [`Algorithm`]; what a token's header says never changes that.
//! [`SigningKey`] is the private side, for issuers.

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
pub(crate) use material::{Curve, Material};
