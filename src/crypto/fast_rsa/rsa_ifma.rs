//! RS256 signatures of RSA-2048 keys with the exponent 65537, checked with AVX-512 IFMA.
//!
//! Everything here is public (keys, messages, signatures), so nothing needs constant time. A check is one pass:
//!
//! > signature → forty digits (`digits`) → sixteen squarings and two products (`product`), on eight lanes (`lanes`: the
//! > instructions in `simd`, the same as plain code in `model`) → compared with the one right encoding, digit by digit
//! > (`encoding`)
//!
//! What is computed once for a key is in `setup` and `key`; `loaded` decides which keys come here and asks the backend too,
//! as often as `breaker` says. Why the sums never overflow, and why a mistake here would refuse good tokens
//! rather than accept bad ones: `docs/decisions/0018-fast-rsa.md`.

mod bounds;
mod breaker;
mod digits;
mod encoding;
mod key;
mod known_answer;
mod lanes;
mod loaded;
#[cfg(any(test, feature = "fast-rsa-model"))]
mod model;
mod product;
mod setup;
#[cfg(target_arch = "x86_64")]
mod simd;
#[cfg(test)]
mod tests;

pub(crate) use loaded::{FastKey, set_checks, status};
