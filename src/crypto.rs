//! Cryptography, with one file per backend.
//!
//! All backends offer the same items, and only a backend's own file names its crate. Rules about keys and signatures
//! that need no cryptography are checked before the backend is called. On `wasm32` the program's host can be the backend. [`fast_rsa`] and [`fast_p256`]
//! serve the most common keys.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc_rs;
#[cfg(feature = "aws-lc-rs")]
use self::aws_lc_rs as backend;

#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
mod ring;
#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
use self::ring as backend;

#[cfg(all(feature = "host", not(any(feature = "ring", feature = "aws-lc-rs"))))]
mod host;
#[cfg(all(feature = "host", not(any(feature = "ring", feature = "aws-lc-rs"))))]
use self::host as backend;

#[cfg(not(any(feature = "ring", feature = "aws-lc-rs", feature = "host")))]
compile_error!("boundtoken needs one of the features `ring` (in the default features) and `aws-lc-rs`");
// Features of all dependencies of a program add up. This one must not replace the cryptography of any.
#[cfg(all(feature = "host", not(target_arch = "wasm32")))]
compile_error!("the feature `host` is for wasm32 alone: elsewhere use `ring` or `aws-lc-rs`");
#[cfg(all(feature = "host", any(feature = "ring", feature = "aws-lc-rs")))]
compile_error!("the feature `host` excludes `ring` and `aws-lc-rs`: turn the default features off");

pub mod fast_p256;
pub mod fast_rsa;

#[cfg(any(
    feature = "fast-p256",
    all(feature = "fast-rsa", any(target_arch = "x86_64", feature = "fast-rsa-model"))
))]
mod breaker;
mod fast_path;
#[cfg(any(
    all(feature = "fast-p256", any(target_arch = "x86_64", test)),
    all(feature = "fast-rsa", any(target_arch = "x86_64", feature = "fast-rsa-model")),
))]
// Each fast path needs other operations.
#[cfg_attr(not(all(feature = "fast-p256", feature = "fast-rsa")), allow(dead_code))]
mod lanes;
#[cfg(not(all(
    feature = "fast-p256",
    feature = "fast-rsa",
    any(target_arch = "x86_64", feature = "fast-rsa-model")
)))]
mod not_compiled;
#[cfg(feature = "fast-p256")]
mod p256;
mod public_key;
#[cfg(all(test, any(feature = "fast-p256", feature = "fast-rsa")))]
mod testing;

pub(crate) use backend::{
    HAS_P521, KeyPair, NAME, ed25519_public_key, elliptic_curve_public_key, fill_random, sha256,
};
pub(crate) use public_key::PublicKey;
