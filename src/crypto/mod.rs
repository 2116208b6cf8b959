//! Cryptography, one file for each backend. Only those files name the crate they stand for; both
//! offer the same items, and every rule about keys and signatures that can be told without cryptography
//! is kept before they are called.

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

pub(crate) use backend::{
    HAS_P521, KeyPair, PublicKey, ed25519_public_key, elliptic_curve_public_key, fill_random, sha256,
};

/// The backend as rustls takes it.
#[cfg(any(feature = "dev-server", feature = "discovery"))]
pub(crate) use backend::tls_provider;
