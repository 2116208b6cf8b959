//! Decides how often the backend checks the verdicts of a fast path, and switches the path off when they disagree.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use super::fast_path::{Checks, PathState, PathStatus};

#[cfg(test)]
mod tests;

/// A circuit breaker that opens at the first disagreement. A process has one for each fast path, and tests have their own.
pub(super) struct Breaker {
    /// The name of the fast path.
    path: &'static str,
    open: AtomicBool,
    accepted_one_in: AtomicU32,
    refused_per_second: AtomicU32,
    accepted: AtomicU64,
    /// The second of the last checked refusal in the high half, and the number of checks in it in the low half.
    refused_in_second: AtomicU64,
    accepted_checked: AtomicU64,
    refused_checked: AtomicU64,
    refused_unchecked: AtomicU64,
    disagreements: AtomicU64,
    keys_refused: AtomicU64,
}

impl Breaker {
    pub(super) const fn new(path: &'static str) -> Self {
        Self {
            path,
            open: AtomicBool::new(false),
            accepted_one_in: AtomicU32::new(256),
            refused_per_second: AtomicU32::new(500),
            accepted: AtomicU64::new(0),
            refused_in_second: AtomicU64::new(0),
            accepted_checked: AtomicU64::new(0),
            refused_checked: AtomicU64::new(0),
            refused_unchecked: AtomicU64::new(0),
            disagreements: AtomicU64::new(0),
            keys_refused: AtomicU64::new(0),
        }
    }

    pub(super) fn set_checks(&self, checks: Checks) {
        self.accepted_one_in.store(checks.accepted_one_in.get(), Relaxed);
        self.refused_per_second.store(checks.refused_per_second, Relaxed);
    }

    /// Returns whether the fast path may be used.
    pub(super) fn is_closed(&self) -> bool {
        !self.open.load(Relaxed)
    }

    /// Returns the verdict on a signature, given the fast path's verdict `fast`.
    ///
    /// `proven` tells whether both the fast path and the backend have accepted a signature of this key. `second` counts
    /// seconds from a fixed moment. `backend` asks the backend for its verdict.
    pub(super) fn verdict(
        &self,
        fast: bool,
        proven: &AtomicBool,
        second: impl FnOnce() -> u32,
        backend: impl FnOnce() -> bool,
    ) -> bool {
        let known = proven.load(Relaxed);
        if known && !self.must_check(fast, second) {
            return fast;
        }
        let backend = backend();
        count(if fast { &self.accepted_checked } else { &self.refused_checked });
        if backend != fast {
            count(&self.disagreements);
            self.open.store(true, Relaxed);
            tracing::error!(
                path = self.path,
                path_accepts = fast,
                backend = crate::crypto::NAME,
                backend_accepts = backend,
                "a fast path disagrees with the backend about a signature, and is switched off; please report it"
            );
        } else if fast && !known {
            proven.store(true, Relaxed);
        }
        backend
    }

    fn must_check(&self, fast: bool, second: impl FnOnce() -> u32) -> bool {
        if fast {
            let one_in = u64::from(self.accepted_one_in.load(Relaxed));
            return self.accepted.fetch_add(1, Relaxed).is_multiple_of(one_in);
        }
        let limit = u64::from(self.refused_per_second.load(Relaxed));
        let second = u64::from(second()) << 32;
        let next = |last: u64| {
            let so_far = if last & !COUNT == second { last & COUNT } else { 0 };
            (so_far < limit).then_some(second | so_far.saturating_add(1))
        };
        let checked = self.refused_in_second.fetch_update(Relaxed, Relaxed, next).is_ok();
        if !checked {
            count(&self.refused_unchecked);
        }
        checked
    }

    /// Notes that a key that qualifies has failed its self-test.
    pub(super) fn refuse_key(&self) {
        count(&self.keys_refused);
        let path = self.path;
        tracing::error!(
            "{path} failed its self-test with a key, which is left to the backend; please report it"
        );
    }

    /// Returns what has happened so far. The state is `otherwise` unless the breaker is open.
    pub(super) fn status(&self, otherwise: PathState) -> PathStatus {
        PathStatus {
            state: if self.is_closed() { otherwise } else { PathState::SwitchedOff },
            keys_refused: self.keys_refused.load(Relaxed),
            accepted_checked: self.accepted_checked.load(Relaxed),
            refused_checked: self.refused_checked.load(Relaxed),
            refused_unchecked: self.refused_unchecked.load(Relaxed),
            disagreements: self.disagreements.load(Relaxed),
        }
    }
}

/// Returns the seconds since the first call.
pub(super) fn seconds() -> u32 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    // Saturates after 136 years.
    u32::try_from(START.elapsed().as_secs()).unwrap_or(u32::MAX)
}

/// The low half of [`Breaker::refused_in_second`].
const COUNT: u64 = (1 << 32) - 1;

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}
