//! Changes that a thread of the caller waits for.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use boundtoken_kubernetes::ClusterChange;
use tokio::task::AbortHandle;

use super::boundtoken_cluster;
use super::change::{SMALLEST_CHANGE, boundtoken_cluster_change};
use crate::boundary;
use crate::error::boundtoken_error;
use crate::pointer::{Out, StructOut, borrow};
use crate::status::{Mistake, boundtoken_status};

/// How many changes wait for a reader. The oldest are dropped.
const MOST_WAITING: usize = 1_024;

/// The changes of a cluster, for a thread that waits for them. Only one thread at a time may use it.
pub struct boundtoken_cluster_changes {
    queue: Arc<Queue>,
    filler: AbortHandle,
    /// The change that was last handed out, which lends its texts.
    lent: Mutex<Option<ClusterChange>>,
}

struct Queue {
    state: Mutex<QueueState>,
    changed: Condvar,
}

#[derive(Default)]
struct QueueState {
    waiting: VecDeque<ClusterChange>,
    ended: bool,
}

/// The end of the queue that the cluster's thread fills. Dropping it ends the queue.
struct Filler(Arc<Queue>);

/// Begins to collect what changes in a cluster from now on, for boundtoken_cluster_next_change. This is for languages whose
/// functions should not be called by a foreign thread. boundtoken_cluster_on_change tells of the same changes.
///
/// `changes`: receives a handle to free with boundtoken_cluster_changes_free. NULL on failure.
///
/// At most 1,024 changes wait to be read. Beyond that the oldest are dropped. Any thread.
///
/// BOUNDTOKEN_CLUSTER_FORKED: the cluster was connected to before a fork.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_changes_new(
    cluster: *const boundtoken_cluster,
    changes: *mut *mut boundtoken_cluster_changes,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a place to write to.
        let out = unsafe { Out::new(changes, "changes") }?;
        // SAFETY: the caller promises NULL or a live cluster.
        let cluster = unsafe { borrow(cluster, "cluster") }?.in_its_process()?;
        let queue = Arc::new(Queue { state: Mutex::default(), changed: Condvar::new() });
        let filler = Filler(Arc::clone(&queue));
        let mut news = cluster.cluster.changes();
        let filler = cluster.background.spawn(async move {
            loop {
                filler.push(news.next().await);
            }
        });
        out.set(boundtoken_cluster_changes { queue, filler, lent: Mutex::default() });
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

/// Waits for the next change.
///
/// `timeout_milliseconds`: how long to wait. 0 does not wait.
/// `change`: its member `size` must be set. At most `size` bytes are written, and none on failure. Its texts live until the
/// next call with these changes.
///
/// The call blocks. It can be used from one thread at a time.
///
/// BOUNDTOKEN_STRUCT_TOO_SMALL: `size` is not set, or is smaller than in any version of the header.
/// BOUNDTOKEN_TIMED_OUT: nothing has changed.
/// BOUNDTOKEN_CLUSTER_ENDED: the cluster was freed, and all its changes were read.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_next_change(
    changes: *mut boundtoken_cluster_changes,
    timeout_milliseconds: u32,
    change: *mut boundtoken_cluster_change,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a live handle.
        let changes = unsafe { borrow(changes.cast_const(), "changes") }?;
        // SAFETY: the caller promises NULL or a struct with a size.
        let place = unsafe { StructOut::new(change, SMALLEST_CHANGE, "change") }?;
        let timeout = Duration::from_millis(timeout_milliseconds.into());
        let mut lent = changes.lent.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let next = lent.insert(changes.queue.next(timeout)?);
            // A change that the header does not list is passed over.
            if let Some(next) = boundtoken_cluster_change::lend(next) {
                place.set(next);
                return Ok(());
            }
        }
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

/// Stops collecting changes, and frees them. NULL is ignored. No thread may be waiting for a change.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_changes_free(changes: *mut boundtoken_cluster_changes) {
    // SAFETY: the caller promises NULL or a live handle, and gives it up.
    unsafe { boundary::free(changes) };
}

impl Drop for boundtoken_cluster_changes {
    fn drop(&mut self) {
        self.filler.abort();
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self, timeout: Duration) -> Result<ClusterChange, Mistake> {
        let waits = |state: &mut QueueState| state.waiting.is_empty() && !state.ended;
        let waited = self.changed.wait_timeout_while(self.lock(), timeout, waits);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let otherwise = if state.ended { Mistake::ClusterEnded } else { Mistake::TimedOut };
        state.waiting.pop_front().ok_or(otherwise)
    }
}

impl Filler {
    fn push(&self, change: ClusterChange) {
        let mut state = self.0.lock();
        if state.waiting.len() == MOST_WAITING {
            state.waiting.pop_front();
        }
        state.waiting.push_back(change);
        drop(state);
        self.0.changed.notify_one();
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.changed.notify_all();
    }
}
