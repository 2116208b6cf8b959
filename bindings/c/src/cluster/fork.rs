//! Noticing that the process was forked: the thread that follows a cluster runs in the parent only.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Failure;
use crate::status::Mistake;

/// How many forks lie between the first process and this one.
static FORKS: AtomicU64 = AtomicU64::new(0);

/// A process, as told from its parents and children.
#[derive(Clone, Copy)]
pub(super) struct Process {
    forks: u64,
}

impl Process {
    /// This process. From the first call on forks are counted.
    pub(super) fn current() -> Result<Self, Failure> {
        static COUNTING: OnceLock<bool> = OnceLock::new();
        if !*COUNTING.get_or_init(count_forks) {
            return Err(Mistake::ClusterThread.with("forks cannot be noticed: there is no memory"));
        }
        Ok(Self { forks: FORKS.load(Ordering::Relaxed) })
    }

    /// Whether this runs in a child of that process. Costs one read.
    pub(super) fn has_forked(self) -> bool {
        FORKS.load(Ordering::Relaxed) != self.forks
    }
}

#[cfg(unix)]
fn count_forks() -> bool {
    unsafe extern "C" fn count() {
        FORKS.fetch_add(1, Ordering::Relaxed);
    }
    // SAFETY: the handler lives as long as the process, as the library does, and does nothing but count: it may run in a
    // child whatever the other threads of the parent were doing.
    unsafe { libc::pthread_atfork(None, None, Some(count)) == 0 }
}

#[cfg(not(unix))]
fn count_forks() -> bool {
    true
}
