//! The fast path for RS256 (feature `fast-rsa`): whether it is on, how it is watched, and how to turn it off.
//!
//! Nearly every cluster signs with RSA-2048 and the exponent 65537. On x86-64 CPUs with AVX-512 IFMA this path checks such
//! signatures several times faster than the cryptography libraries do. It takes over a key only where
//!
//! - the crate was compiled with the feature, and the environment does not forbid it: `BOUNDTOKEN_FAST_RSA` is unset, empty
//!   or `on` when the first key is loaded (any other value, such as `off`, turns it off for the process);
//! - the CPU and the operating system have the instructions;
//! - the key is for RS256, has exactly 2,048 bits and the exponent 65537;
//! - the path has passed its self-test against the library, and the key its own, when it was loaded.
//!
//! Every other key is served by the library (ring or AWS-LC) alone, and so is every key of a verifier that was built with
//! [`VerifierBuilder::fast_rsa(false)`](crate::VerifierBuilder::fast_rsa). Verdicts and reasons are the same either way.
//!
//! The path is watched while it runs. The library decides for each key until both have accepted a first token; later
//! it checks one accepted token in 256 once more, and refusals up to 500 times a second ([`set_checks`]). Where
//! the two disagree the library is right, and the fast path is switched off until the process ends: [`status`] says so, and
//! so does an error event of `tracing`. Tokens that a verifier remembers reach neither.
//!
//! All of this can be asked and set without the feature, to no effect. How it works and why it can be trusted:
//! `docs/decisions/0018-fast-rsa.md`.

use std::num::NonZeroU32;

#[cfg(all(feature = "fast-rsa", any(target_arch = "x86_64", feature = "fast-rsa-model")))]
mod rsa_ifma;
#[cfg(all(feature = "fast-rsa", any(target_arch = "x86_64", feature = "fast-rsa-model")))]
use rsa_ifma as path;

#[cfg(not(all(feature = "fast-rsa", any(target_arch = "x86_64", feature = "fast-rsa-model"))))]
mod not_compiled;
#[cfg(not(all(feature = "fast-rsa", any(target_arch = "x86_64", feature = "fast-rsa-model"))))]
use not_compiled as path;

pub(super) use path::FastKey;

// The old name, for `bench/report.rs` and the fuzz target; to be removed with them.
#[doc(hidden)]
pub use self::PathState as State;

/// Whether the fast path is on. See [`status`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathState {
    /// The crate was compiled without it: without the feature `fast-rsa`, or not for x86-64.
    NotCompiled,
    /// The CPU or the operating system lacks AVX-512 IFMA.
    NoInstructions,
    /// The environment variable `BOUNDTOKEN_FAST_RSA` turned it off.
    TurnedOff,
    /// It failed its self-test and serves no key: something is wrong with this machine or with this crate. Please report it.
    SelfTestFailed,
    /// It serves the keys that it can.
    On,
    /// It disagreed with the library, once, and has been off since. Please report it.
    SwitchedOff,
}

/// What the fast path has done in this process. See [`status`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathStatus {
    /// Whether it is on.
    pub state: PathState,
    /// Keys that it could have served, but for a self-test that they failed.
    pub keys_refused: u64,
    /// Signatures that it accepted and that the library checked once more.
    pub accepted_checked: u64,
    /// Signatures that it refused and that the library checked once more.
    pub refused_checked: u64,
    /// Signatures that it refused beyond the rate at which the library checks them once more.
    pub refused_unchecked: u64,
    /// How often the library came to another verdict. The library's was the answer.
    pub disagreements: u64,
}

/// How closely the fast path is watched. See [`set_checks`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checks {
    /// One in so many accepted signatures is checked by the library too: 256 unless set. 1 is all of them: to try
    /// the fast path out without relying on it.
    pub accepted_one_in: NonZeroU32,
    /// Refused signatures are checked by the library too, at most so many in a second: 500 unless set. A flood of bad
    /// tokens cannot cost more than that.
    pub refused_per_second: u32,
}

impl Default for Checks {
    fn default() -> Self {
        const ONE_IN: NonZeroU32 = NonZeroU32::MIN.saturating_add(255);
        Self { accepted_one_in: ONE_IN, refused_per_second: 500 }
    }
}

/// Whether the fast path is on in this process, and what it has done. Takes no lock; from any thread.
///
/// Which keys it serves: [`Key::path`](crate::Key::path).
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

/// Sets how closely the fast path is watched in this process, from now on. From any thread.
///
/// ```
/// use std::num::NonZeroU32;
/// use boundtoken::fast_rsa::{self, Checks};
///
/// fast_rsa::set_checks(Checks { accepted_one_in: NonZeroU32::MIN, ..Checks::default() }); // every accepted token
/// ```
pub fn set_checks(checks: Checks) {
    path::set_checks(checks);
}
