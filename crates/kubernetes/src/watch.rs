//! One watch: what it follows, and what it went through.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use boundtoken::{Feed, Moment, ObjectKind};

use crate::error::{ClusterError, Step};
use crate::status::WatchStatus;

/// How much a watch's knowledge is worth.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    InStep,
    /// The connection failed, and nothing was heard since.
    Lost,
    /// Nothing was heard for longer than allowed.
    Stale,
}

pub(crate) struct Watch {
    /// What it fills.
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

    /// The step that this watch is.
    pub(crate) fn step(&self) -> Step {
        Step::Watch { kind: self.kind(), namespace: self.namespace() }
    }

    /// Notes that everything up to this moment has been heard.
    pub(crate) fn prove(&self, moment: Moment) {
        self.feed.prove(moment);
        self.forgive();
    }

    /// Notes that all objects have been listed.
    pub(crate) fn caught_up(&self) {
        self.forgive();
        self.is_in_step.store(true, Ordering::Release);
    }

    fn forgive(&self) {
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

    /// Whether the knowledge may become too old before the next bookmark proves it.
    pub(crate) fn is_nearly_stale(&self) -> bool {
        self.feed.age() > self.max_staleness / 2
    }

    pub(crate) fn standing(&self) -> Standing {
        if self.feed.is_stale() {
            return Standing::Stale;
        }
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        if failure.is_some() { Standing::Lost } else { Standing::InStep }
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
