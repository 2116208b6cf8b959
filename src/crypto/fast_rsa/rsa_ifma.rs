//! RS256 signatures of RSA-2048 keys with the exponent 65537, checked with AVX-512 IFMA.
//!
//! Keys, messages and signatures are all public, so nothing needs constant time. A check has three steps:
//!
//! 1. `digits` splits the signature into forty digits.
//! 2. `product` computes sixteen squarings and two products on eight [lanes](crate::crypto::lanes).
//! 3. `encoding` compares every digit with those of the one right encoding.
//!
//! `setup` and `key` compute the constants of a key. `loaded` decides which keys are served here. It also asks the
//! backend, as often as the [breaker](crate::crypto::breaker) demands. `docs/decisions/0018-fast-rsa.md` shows why no sum overflows, and why a
//! mistake here would refuse good tokens rather than accept bad ones.

mod bounds;
mod digits;
mod encoding;
mod key;
mod known_answer;
mod loaded;
mod product;
mod setup;
#[cfg(test)]
mod tests;

pub(crate) use loaded::{FastKey, set_checks, status};
