//! Following the changes of objects.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch as signal;

use boundtoken::UnixSeconds;
use boundtoken::api::Status;

use super::history::{Event, Forgotten};
use super::object::text;
use super::refusals::{expired, too_large_revision};
use super::state::State;
use super::{Resource, Selector, Store};

/// How many events a watch takes from the history at a time.
const BATCH: usize = 64;
/// The clock may be set, so it is read at least this often.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Where a watch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// With the existing objects, as if they had just been created, in a state not older than the revision. With `mark`, a
    /// bookmark follows them.
    Everything { not_older_than: u64, mark: bool },
    /// After this revision.
    After(u64),
    /// With the next change.
    Now,
}

/// An event of a watch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum WatchEvent {
    Added(Arc<Value>),
    Modified(Arc<Value>),
    /// The object as it was, with the version of its removal.
    Deleted(Arc<Value>),
    /// Everything up to this revision has been reported.
    Bookmark {
        revision: u64,
        /// All objects that existed at the beginning have been reported.
        initial_events_end: bool,
    },
    /// The watch cannot go on.
    Error(Box<Status>),
}

/// A reader of the history. It holds no more than a few events at a time, however slow it is read.
pub(crate) struct Watch {
    store: Store,
    resource: Resource,
    namespace: String,
    selector: Selector,
    /// The objects that existed at the beginning and have not been reported yet.
    present: std::vec::IntoIter<Arc<Value>>,
    /// Whether a bookmark follows them.
    mark: bool,
    ready: VecDeque<WatchEvent>,
    /// Everything up to this revision is in `ready` or has been reported.
    position: u64,
    latest: signal::Receiver<u64>,
    is_over: bool,
}

impl Store {
    /// Begins to follow the objects of a resource that the selector selects, in one namespace or, when that is empty,
    /// in all. Failures are events of the watch, as in an API server.
    pub(crate) fn watch(
        &self,
        resource: Resource,
        namespace: &str,
        selector: Selector,
        start: Start,
    ) -> Watch {
        let mut watch = Watch {
            store: self.clone(),
            resource,
            namespace: namespace.to_owned(),
            selector,
            present: Vec::new().into_iter(),
            mark: false,
            ready: VecDeque::new(),
            position: 0,
            latest: self.locked.revision.subscribe(),
            is_over: false,
        };
        self.read(|state| watch.begin(state, start));
        watch
    }

    /// Forgets the history, as a cluster does after a few minutes. A watch from any resourceVersion that has been given
    /// out so far is answered by 410. Watches that have seen everything go on.
    pub(crate) fn forget_history(&self) {
        self.write(|state| {
            state.revision = state.revision.saturating_add(1);
            state.history.forget(state.revision);
        });
    }

    /// Ends pods when their grace period has passed. Never returns.
    pub(crate) async fn keep_expiring(&self) -> Infallible {
        let mut latest = self.locked.revision.subscribe();
        loop {
            latest.mark_unchanged();
            let pause = match self.next_expiry() {
                Some(next) => {
                    Duration::from_secs(next.0.saturating_sub(UnixSeconds::now().0)).min(LONGEST_PAUSE)
                }
                None => LONGEST_PAUSE,
            };
            // A change may bring an earlier end. It cannot fail, as the store holds the sender.
            let _ = tokio::time::timeout(pause, latest.changed()).await;
            let now = UnixSeconds::now();
            if self.next_expiry().is_some_and(|next| next <= now) {
                self.expire(now);
            }
        }
    }
}

impl Watch {
    fn begin(&mut self, state: &State, start: Start) {
        self.position = state.revision;
        match start {
            Start::Now => {}
            Start::Everything { not_older_than, .. } if not_older_than > state.revision => {
                self.fail(too_large_revision(not_older_than, state.revision));
            }
            Start::Everything { mark, .. } => {
                let present = state.all(self.resource, &self.namespace).map(|(_, object)| object);
                let present = present.filter(|object| self.selector.selects(object));
                self.present = present.cloned().collect::<Vec<_>>().into_iter();
                self.mark = mark;
            }
            Start::After(revision) => {
                self.position = revision;
                if let Err(forgotten) = self.read(state) {
                    self.fail(too_old(revision, &forgotten));
                }
            }
        }
    }

    /// The next event, if there is one already.
    pub(crate) fn next_ready(&mut self) -> Option<WatchEvent> {
        if let Some(object) = self.present.next() {
            return Some(WatchEvent::Added(object));
        }
        if std::mem::take(&mut self.mark) {
            return Some(self.bookmark(true));
        }
        if self.ready.is_empty() && !self.is_over {
            let store = self.store.clone();
            store.read(|state| {
                let position = state.history.resume(self.position);
                self.position = position;
                if let Err(forgotten) = self.read(state) {
                    self.fail(too_old(position, &forgotten));
                }
            });
        }
        self.ready.pop_front()
    }

    /// Waits for the next event. `None` once the watch has failed.
    pub(crate) async fn next(&mut self) -> Option<WatchEvent> {
        loop {
            self.latest.mark_unchanged();
            if let Some(event) = self.next_ready() {
                return Some(event);
            }
            if self.is_over || self.latest.changed().await.is_err() {
                return None;
            }
        }
    }

    /// A bookmark for where the watch is now. Only to be sent when nothing is ready.
    pub(crate) fn bookmark(&self, initial_events_end: bool) -> WatchEvent {
        WatchEvent::Bookmark { revision: self.position, initial_events_end }
    }

    fn fail(&mut self, status: Status) {
        self.ready = VecDeque::from([WatchEvent::Error(Box::new(status))]);
        self.is_over = true;
    }

    /// Takes the next events from the history, until the batch is full or there are no more.
    fn read(&mut self, state: &State) -> Result<(), Forgotten> {
        let mut position = self.position;
        let mut ready = VecDeque::new();
        for event in state.history.after(position)? {
            position = event.revision;
            ready.extend(self.report(event));
            if ready.len() >= BATCH {
                break;
            }
        }
        self.position = position;
        self.ready.extend(ready);
        Ok(())
    }

    /// Translates a change for this watch. An object that it begins to select is added, and one that it no longer selects
    /// is deleted.
    fn report(&self, event: &Event) -> Option<WatchEvent> {
        let is_within = |object: &&Arc<Value>| {
            event.resource == self.resource
                && (self.namespace.is_empty() || text(object, &["metadata", "namespace"]) == self.namespace)
                && self.selector.selects(object)
        };
        let before = event.before.as_ref().filter(is_within);
        let after = event.after.as_ref().filter(is_within);
        match (before, after) {
            (None, Some(object)) => Some(WatchEvent::Added(Arc::clone(object))),
            (Some(_), Some(object)) => Some(WatchEvent::Modified(Arc::clone(object))),
            (Some(before), None) => Some(WatchEvent::Deleted(event.farewell(before))),
            (None, None) => None,
        }
    }
}

fn too_old(revision: u64, forgotten: &Forgotten) -> Status {
    expired(format!("too old resource version: {revision} ({})", forgotten.floor))
}
