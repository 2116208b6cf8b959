//! Cryptography, with one file per backend.
//!
//! Both backends offer the same items, and only a backend's own file names its crate. Rules about keys and signatures
//! that need no cryptography are checked before the backend is called. [`fast_rsa`] serves the most common keys on CPUs
//! with AVX-512 IFMA.

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
