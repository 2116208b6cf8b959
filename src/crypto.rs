//! Cryptography, one file for each backend.
//!
//! Only that file names the backend's crate. Both backends offer the same items. Every rule about keys and signatures that
//! needs no cryptography is checked before a backend is called. [`fast_rsa`] serves the most common keys on CPUs that have
//! the instructions.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc_rs;
#[cfg(feature = "aws-lc-rs")]
use self::aws_lc_rs as backend;

#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
mod ring;
#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
use self::ring as backend;

#[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
compile_error!("boundtoken needs one of the features `ring` (in the default features) and `aws-lc-rs`");

pub mod fast_rsa;

mod public_key;

pub(crate) use backend::{
    HAS_P521, KeyPair, NAME, ed25519_public_key, elliptic_curve_public_key, fill_random, sha256,
};
pub(crate) use public_key::PublicKey;
