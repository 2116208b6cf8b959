//! Status and settings of the fast path for ES256 (feature `fast-p256`).
//!
//! An issuer's key lives for hours and verifies thousands of tokens. The fast path gives each busy key a table of its multiples, and
//! then checks its signatures several times faster than the cryptography libraries: in portable code on every CPU, and faster still on
//! x86-64 CPUs with AVX-512 IFMA. It serves a key only if
//!
//! - the crate was compiled with the feature;
//! - the environment variable `BOUNDTOKEN_FAST_P256` is unset, empty, `on` or `portable` when the first key for ES256 is loaded.
//!   `portable` leaves the vector instructions alone. Any other value, such as `off`, turns the path off for the process;
//! - the key is for ES256;
//! - the path has passed its self-test against the library;
//! - the key's table is complete. Each token that the library accepts adds one of its 35 windows, in 30 to 60 µs, so a table takes 35
//!   tokens. Loading keys builds none, and a key that is loaded again keeps its table.
//!
//! A table takes 188,416 bytes. All tables together take 4 MiB at most, and [`set_table_memory`] changes that. If there are more keys,
//! the busiest have tables. Refused tokens never make a key busy.
//!
//! The library (ring or AWS-LC) alone serves every other key. It also serves every key of a verifier built with
//! [`VerifierBuilder::fast_p256(false)`](crate::VerifierBuilder::fast_p256), and it decides about every signature for which the
//! arithmetic of the fast path notices a special case. The verdicts and reasons are the same either way.
//!
//! The library watches the path while it runs, as it watches [`fast_rsa`](crate::fast_rsa). For each key the library decides until both
//! have accepted a token. Later it checks one in 256 accepted tokens again, and up to 500 refusals a second. [`set_checks`] changes
//! these rates. If the two disagree, the library's verdict counts, and the fast path is off until the process ends.
//! [`status`] then reports it, and `tracing` records an error event.
//!
//! Without the feature, this module exists but has no effect. `docs/decisions/0037-fast-p256.md` explains how the path
//! works and why it is safe.

#[cfg(not(feature = "fast-p256"))]
use super::not_compiled as path;
#[cfg(feature = "fast-p256")]
use super::p256 as path;

pub(super) use path::FastKey;

pub use super::fast_path::{Checks, PathState, PathStatus};

/// The tables of keys in this process. See [`tables`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    /// Whether signatures are checked with AVX-512 IFMA, rather than in portable code.
    pub has_lanes: bool,
    /// How many keys have a complete table.
    pub complete: usize,
    /// How much memory the tables of keys take, in bytes, with those that are being built.
    pub bytes: usize,
}

/// Returns whether the fast path is on in this process, and what it has done so far. Takes no lock.
///
/// [`Key::path`](crate::Key::path) tells whether it serves a key.
///
/// ```
/// use boundtoken::fast_p256::{self, PathState};
///
/// let status = fast_p256::status();
/// if status.state == PathState::SwitchedOff {
///     eprintln!("fast-p256 was wrong {} times", status.disagreements);
/// }
/// ```
#[must_use]
pub fn status() -> PathStatus {
    path::status()
}

/// Sets how often the library checks the fast path's verdicts in this process, from now on.
pub fn set_checks(checks: Checks) {
    path::set_checks(checks);
}

/// Returns what tables the keys in this process have. Takes a lock for a moment.
///
/// ```
/// let tables = boundtoken::fast_p256::tables();
/// println!("{} keys have tables, which take {} bytes", tables.complete, tables.bytes);
/// ```
#[must_use]
pub fn tables() -> Tables {
    path::tables()
}

/// Sets how much memory the tables of all keys in this process may take together, in bytes. The default is 4 MiB, for 22 keys.
/// Tables that are too many are dropped at once. With 0 the fast path serves no key.
pub fn set_table_memory(bytes: usize) {
    path::set_table_memory(bytes);
}
