//! Status and settings of the fast path for RS256 (feature `fast-rsa`).
//!
//! Nearly every cluster signs with RSA-2048 and the exponent 65537. On x86-64 CPUs with AVX-512 IFMA, the fast path
//! checks such signatures several times faster than the cryptography libraries. It serves a key only if
//!
//! - the crate was compiled with the feature;
//! - the environment variable `BOUNDTOKEN_FAST_RSA` is unset, empty or `on` when the first key is loaded (any other
//!   value, such as `off`, turns the path off for the process);
//! - the CPU and the operating system support the instructions;
//! - the key is for RS256, has exactly 2,048 bits and the exponent 65537;
//! - the path has passed its self-test against the library;
//! - the key has passed its own self-test when it was loaded.
//!
//! The library (ring or AWS-LC) alone serves every other key. It also serves every key of a verifier built with
//! [`VerifierBuilder::fast_rsa(false)`](crate::VerifierBuilder::fast_rsa). The verdicts and reasons are the same either
//! way.
//!
//! The library watches the path while it runs. For each key the library decides until both have accepted a first
//! token. Later it checks one in 256 accepted tokens again, and up to 500 refusals a second. [`set_checks`] changes
//! these rates. If the two disagree, the library's verdict counts, and the fast path is off until the process ends.
//! [`status`] then reports it, and `tracing` records an error event. Tokens in a verifier's cache reach neither.
//!
//! Without the feature, this module exists but has no effect. `docs/decisions/0018-fast-rsa.md` explains how the path
//! works and why it is safe.

#[cfg(all(feature = "fast-rsa", any(target_arch = "x86_64", feature = "fast-rsa-model")))]
mod rsa_ifma;
#[cfg(all(feature = "fast-rsa", any(target_arch = "x86_64", feature = "fast-rsa-model")))]
use rsa_ifma as path;

#[cfg(not(all(feature = "fast-rsa", any(target_arch = "x86_64", feature = "fast-rsa-model"))))]
use super::not_compiled as path;

pub(super) use path::FastKey;

pub use super::fast_path::{Checks, PathState, PathStatus};

/// Returns whether the fast path is on in this process, and what it has done so far. Takes no lock.
///
/// [`Key::path`](crate::Key::path) tells whether it serves a key.
///
/// ```
/// use boundtoken::fast_rsa::{self, PathState};
///
/// let status = fast_rsa::status();
/// if status.state == PathState::SwitchedOff {
///     eprintln!("fast-rsa was wrong {} times", status.disagreements);
/// }
/// ```
#[must_use]
pub fn status() -> PathStatus {
    path::status()
}

/// Sets how often the library checks the fast path's verdicts in this process, from now on.
///
/// ```
/// use std::num::NonZeroU32;
/// use boundtoken::fast_rsa::{self, Checks};
///
/// fast_rsa::set_checks(Checks { accepted_one_in: NonZeroU32::MIN, ..Checks::default() }); // every accepted signature
/// ```
pub fn set_checks(checks: Checks) {
    path::set_checks(checks);
}
