//! Telling operators what becomes of requests: events for the log, numbers for the metrics.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use boundtoken::UnixSeconds;

use crate::Refusal;

#[cfg(feature = "metrics")]
use crate::metrics::Counts;
#[cfg(feature = "metrics")]
pub(crate) use crate::metrics::Start;

/// When the work on a request began. Only metrics want to know.
#[cfg(not(feature = "metrics"))]
#[derive(Clone, Copy)]
pub(crate) struct Start;

/// How many refusals are logged in a second.
const LOGGED_EACH_SECOND: u64 = 10;

/// Sees what becomes of each request.
#[derive(Default)]
pub(crate) struct Observer {
    sample: Sample,
    #[cfg(feature = "metrics")]
    counts: Counts,
}

// Without metrics there is little to see.
#[cfg_attr(not(feature = "metrics"), allow(clippy::unused_self))]
impl Observer {
    pub(crate) fn start(&self) -> Start {
        #[cfg(feature = "metrics")]
        return Start::now();
        #[cfg(not(feature = "metrics"))]
        Start
    }

    pub(crate) fn accepted(&self, _start: Start) {
        #[cfg(feature = "metrics")]
        self.counts.accepted(_start);
    }

    pub(crate) fn anonymous(&self) {
        #[cfg(feature = "metrics")]
        self.counts.anonymous();
    }

    pub(crate) fn refused(&self, refusal: &Refusal) {
        self.refused_because(refusal, refusal);
    }

    /// Logs more than the refusal says.
    // Off the way of requests that pass.
    #[cold]
    pub(crate) fn refused_because(&self, refusal: &Refusal, cause: &dyn fmt::Display) {
        #[cfg(feature = "metrics")]
        self.counts.refused(refusal);
        let Some(suppressed) = self.sample.take(UnixSeconds::now()) else { return };
        let (reason, status) = (refusal.name(), refusal.status().as_u16());
        if refusal.is_temporary() {
            tracing::warn!(target: "boundtoken_tower", reason, status, suppressed, "refused a request: {cause}");
        } else {
            tracing::info!(target: "boundtoken_tower", reason, status, suppressed, "refused a request: {cause}");
        }
    }
}

/// Chooses the refusals to log: the first few of each second.
#[derive(Default)]
struct Sample {
    second: AtomicU64,
    /// How many refusals there were in this second.
    count: AtomicU64,
    /// How many were not logged since the last that was.
    suppressed: AtomicU64,
}

impl Sample {
    /// Returns how many refusals were left out before this one. `None` if this one is to be left out.
    ///
    /// Threads may count a few too many or too few when a second begins. That does no harm.
    fn take(&self, now: UnixSeconds) -> Option<u64> {
        if self.second.swap(now.0, Ordering::Relaxed) != now.0 {
            self.count.store(0, Ordering::Relaxed);
        }
        if self.count.fetch_add(1, Ordering::Relaxed) < LOGGED_EACH_SECOND {
            return Some(self.suppressed.swap(0, Ordering::Relaxed));
        }
        self.suppressed.fetch_add(1, Ordering::Relaxed);
        None
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Observer").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_sampled_and_counted() {
        let sample = Sample::default();
        let second = |at| (0..100).filter_map(|_| sample.take(UnixSeconds(at))).collect::<Vec<_>>();
        assert_eq!(second(1), [0; 10]);
        assert_eq!(second(2), [90, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(sample.take(UnixSeconds(3)), Some(90));
        assert_eq!(sample.take(UnixSeconds(3)), Some(0));
    }
}
