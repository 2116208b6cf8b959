//! The state of one watch.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use boundtoken::{Feed, Moment, ObjectKind};

use crate::error::{ClusterError, Step};
use crate::status::WatchStatus;

/// How far a watch can be trusted.
pub(crate) enum Standing {
    InStep,
    /// The connection failed, and nothing has been heard since.
    Lost(ClusterError),
    /// Nothing has been heard for longer than allowed.
    Stale,
}

pub(crate) struct Watch {
    /// Where the watch puts the objects it hears of.
    pub(crate) feed: Feed,
    max_staleness: Duration,
    is_in_step: AtomicBool,
    pub(crate) events: AtomicU64,
    pub(crate) reconnects: AtomicU64,
    failure: Mutex<Option<ClusterError>>,
}

impl Watch {
    pub(crate) fn new(feed: Feed, max_staleness: Duration) -> Self {
        Self {
            feed,
            max_staleness,
            is_in_step: AtomicBool::new(false),
            events: AtomicU64::new(0),
            reconnects: AtomicU64::new(0),
            failure: Mutex::new(None),
        }
    }

    pub(crate) fn kind(&self) -> ObjectKind {
        self.feed.scope().kind()
    }

    pub(crate) fn namespace(&self) -> Option<String> {
        self.feed.scope().in_namespace().map(str::to_owned)
    }

    /// This watch, as a step for errors.
    pub(crate) fn step(&self) -> Step {
        Step::Watch { kind: self.kind(), namespace: self.namespace() }
    }

    /// Records that everything up to this moment has been heard.
    pub(crate) fn prove(&self, moment: Moment) {
        self.feed.prove(moment);
        self.clear_failure();
    }

    /// Records that all objects have been listed.
    pub(crate) fn caught_up(&self) {
        self.clear_failure();
        self.is_in_step.store(true, Ordering::Release);
    }

    fn clear_failure(&self) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn is_in_step(&self) -> bool {
        self.is_in_step.load(Ordering::Acquire)
    }

    pub(crate) fn failed(&self, error: ClusterError) {
        self.reconnects.fetch_add(1, Ordering::Relaxed);
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    pub(crate) fn failure(&self) -> Option<ClusterError> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the known state may become stale before the next bookmark.
    pub(crate) fn is_nearly_stale(&self) -> bool {
        self.feed.age() > self.max_staleness / 2
    }

    pub(crate) fn standing(&self) -> Standing {
        if self.feed.is_stale() {
            return Standing::Stale;
        }
        self.failure().map_or(Standing::InStep, Standing::Lost)
    }

    pub(crate) fn status(&self) -> WatchStatus {
        WatchStatus {
            kind: self.kind(),
            namespace: self.namespace(),
            in_step: self.is_in_step(),
            age_seconds: self.feed.age().as_secs(),
            objects: self.feed.count(),
            events: self.events.load(Ordering::Relaxed),
            reconnects: self.reconnects.load(Ordering::Relaxed),
            failure: self.failure().map(|error| error.to_string()),
        }
    }
}
