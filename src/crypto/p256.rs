//! ECDSA signatures with P-256 and SHA-256 (ES256), by tables of the issuer's key.
//!
//! An issuer's key lives for hours and checks thousands of tokens. So each busy key gets a [`table`] of its multiples, and the
//! generator of the group has one too. A check is then a sum of 64 points:
//!
//! 1. [`verify`] reads r and s of the signature, and divides by s modulo n ([`scalar`], [`inverse`]).
//! 2. Each table gives the terms of a multiple.
//! 3. The terms are added up by the formulas in [`point`]: by [`portable`] code one after the other, or by [`lanes`] eight at a time.
//! 4. The x of the sum must be r modulo n.
//!
//! [`growth`] builds a table, window by window. [`key`] has the one of a key, and [`memory`] decides which keys have any. [`loaded`]
//! asks the backend, as often as the [breaker](super::breaker) demands. Keys, messages and signatures are all public, so nothing needs constant time.
//! Special cases of the addition are not handled but noticed, and left to the backend. `docs/decisions/0037-fast-p256.md` has the
//! bounds and the argument why no choice of r and s gets around that.

mod engine;
mod field;
mod growth;
mod inverse;
mod key;
mod known_answer;
#[cfg(any(test, target_arch = "x86_64"))]
mod lanes;
mod limbs;
mod loaded;
mod memory;
mod point;
mod portable;
mod scalar;
mod table;
#[cfg(test)]
mod tests;
mod verify;

pub(crate) use loaded::{FastKey, set_checks, set_table_memory, status, tables};
