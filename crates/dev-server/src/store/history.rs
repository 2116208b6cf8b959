//! The latest changes, for watches.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;

use super::Resource;
use super::object::{set, weight};

/// The most events, and about the most bytes, that are kept.
const MOST_EVENTS: usize = 10_000;
const MOST_BYTES: usize = 64 << 20;

/// One change of one object.
pub(super) struct Event {
    pub revision: u64,
    pub resource: Resource,
    /// The object before; `None` when it did not exist.
    pub before: Option<Arc<Value>>,
    /// The object after; `None` when it no longer exists.
    pub after: Option<Arc<Value>>,
}

impl Event {
    /// The object as it was before, with the version of the event. A watcher is told this of an object that is gone.
    pub(super) fn farewell(&self, before: &Value) -> Arc<Value> {
        let mut object = before.clone();
        set(&mut object, &["metadata", "resourceVersion"], self.revision.to_string());
        Arc::new(object)
    }

    /// Its own share of memory: the object before is most often still counted with the event that made it.
    fn weight(&self) -> usize {
        self.after.as_deref().map_or(0, weight).saturating_add(128)
    }
}

/// The events after revision `floor`, one for each revision.
pub(super) struct History {
    events: VecDeque<Event>,
    bytes: usize,
    floor: u64,
    /// The last revision before the history was forgotten. A watch that has seen it has missed nothing.
    caught_up: u64,
}

/// The history does not reach back to where a reader is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Forgotten {
    /// The oldest revision that can still be continued from.
    pub floor: u64,
}

impl History {
    pub(super) fn since(floor: u64) -> Self {
        Self { events: VecDeque::new(), bytes: 0, floor, caught_up: floor }
    }

    pub(super) fn push(&mut self, event: Event) {
        self.bytes = self.bytes.saturating_add(event.weight());
        self.events.push_back(event);
        while self.events.len() > MOST_EVENTS || (self.bytes > MOST_BYTES && self.events.len() > 1) {
            if let Some(oldest) = self.events.pop_front() {
                self.bytes = self.bytes.saturating_sub(oldest.weight());
                self.floor = oldest.revision;
            }
        }
    }

    /// Drops everything. `revision` becomes the floor. No client may have been told of it yet.
    pub(super) fn forget(&mut self, revision: u64) {
        *self = Self { caught_up: revision.saturating_sub(1), ..Self::since(revision) };
    }

    /// The events after this revision.
    pub(super) fn after(&self, revision: u64) -> Result<impl Iterator<Item = &Event>, Forgotten> {
        let Some(skipped) = revision.checked_sub(self.floor) else {
            return Err(Forgotten { floor: self.floor });
        };
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX).min(self.events.len());
        Ok(self.events.range(skipped..))
    }

    /// Where a watch that has seen everything up to this revision goes on.
    pub(super) fn resume(&self, revision: u64) -> u64 {
        if revision == self.caught_up { revision.max(self.floor) } else { revision }
    }
}
