//! Cryptography, one file for each backend. Only those files name the crate they stand for; both
//! offer the same items, and every rule about keys and signatures that can be told without cryptography
//! is kept before they are called. Beside them `rsa_ifma`, which some CPUs can take for the most common keys.

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

#[cfg(all(feature = "fast-rsa", any(target_arch = "x86_64", feature = "fast-rsa-model")))]
#[path = "rsa_ifma/mod.rs"]
pub(crate) mod fast_rsa;
#[cfg(not(all(feature = "fast-rsa", any(target_arch = "x86_64", feature = "fast-rsa-model"))))]
#[path = "no_fast_rsa.rs"]
pub(crate) mod fast_rsa;

mod public_key;

pub(crate) use backend::{
    HAS_P521, KeyPair, NAME, ed25519_public_key, elliptic_curve_public_key, fill_random, sha256,
};
pub(crate) use public_key::PublicKey;

/// The backend as rustls takes it.
#[cfg(any(feature = "dev-server", feature = "discovery"))]
pub(crate) use backend::tls_provider;
