//! Notices that the process has forked. The thread that follows a cluster runs only in the parent.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::CallFailure;
use crate::status::Mistake;

/// The number of forks between the first process and this one.
static FORKS: AtomicU64 = AtomicU64::new(0);

/// Identifies a process among its parents and children.
#[derive(Clone, Copy)]
pub(super) struct Process {
    forks: u64,
}

impl Process {
    /// This process. Forks are counted from the first call on.
    pub(super) fn current() -> Result<Self, CallFailure> {
        static COUNTING: OnceLock<bool> = OnceLock::new();
        if !*COUNTING.get_or_init(count_forks) {
            return Err(Mistake::ClusterThread.with("forks cannot be noticed: there is no memory"));
        }
        Ok(Self { forks: FORKS.load(Ordering::Relaxed) })
    }

    /// Whether the current process is a descendant of that process. Costs one read.
    pub(super) fn has_forked(self) -> bool {
        FORKS.load(Ordering::Relaxed) != self.forks
    }
}

#[cfg(unix)]
fn count_forks() -> bool {
    unsafe extern "C" fn count() {
        FORKS.fetch_add(1, Ordering::Relaxed);
    }
    // SAFETY: the handler stays in memory, because the library must stay loaded. It only counts, so it may run in a
    // child whatever other threads of the parent were doing.
    unsafe { libc::pthread_atfork(None, None, Some(count)) == 0 }
}

#[cfg(not(unix))]
fn count_forks() -> bool {
    true
}
