//! The cluster's objects as its watches know them, and how old that knowledge may be.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::error::ClusterError;
use super::gone::Gone;
use super::status::WatchStatus;
use crate::bound_object::{BoundObject, BoundObjects, Freshness, ObjectKind, ObjectReference, ObjectState};
use crate::moment::{Elapsed, Longest, Moment};
use crate::object_store::{LiveObjects, ObjectStore};

/// What verifiers ask. A cheap handle; clones share the knowledge.
#[derive(Clone)]
pub(super) struct ClusterObjects(Arc<Shared>);

struct Shared {
    store: ObjectStore,
    watches: Vec<Arc<Watch>>,
    /// When the first watch was made.
    start: Moment,
    /// Until when after `start` no watch can become stale, as of the last time that all were looked at. What a watch has
    /// proven holds, so until then nobody needs to look at each.
    fresh_until: Longest,
}

impl ClusterObjects {
    pub(super) fn new(store: ObjectStore, watches: Vec<Arc<Watch>>) -> Self {
        let start =
            watches.iter().map(|watch| watch.start).reduce(Moment::earlier).unwrap_or_else(Moment::now);
        Self(Arc::new(Shared { store, watches, start, fresh_until: Longest::default() }))
    }

    pub(super) fn is_stale(&self) -> bool {
        self.is_stale_at(Moment::now())
    }

    fn is_stale_at(&self, now: Moment) -> bool {
        let Shared { watches, start, fresh_until, .. } = &*self.0;
        let now = now.since(*start);
        if now.is_within(fresh_until.get()) {
            return false;
        }
        let earliest = watches.iter().map(|watch| watch.fresh_for(*start)).reduce(Elapsed::min);
        let earliest = earliest.unwrap_or(Elapsed::from(Duration::MAX));
        fresh_until.raise_to(earliest);
        !now.is_within(earliest)
    }

    pub(super) fn each_watch(&self) -> impl Iterator<Item = &Watch> {
        self.0.watches.iter().map(|watch| &**watch)
    }

    /// How each watch stands now.
    pub(super) fn standings(&self) -> Vec<Standing> {
        let now = Moment::now();
        self.each_watch().map(|watch| watch.standing(now)).collect()
    }

    pub(super) fn watches(&self) -> Vec<WatchStatus> {
        self.0.watches.iter().map(|watch| watch.status(&self.0.store)).collect()
    }

    /// Whether objects of this kind and namespace are followed at all.
    pub(super) fn follows(&self, reference: &ObjectReference<'_>) -> bool {
        self.0.watches.iter().any(|watch| {
            watch.kind == reference.kind
                && watch.namespace.as_deref().is_none_or(|namespace| namespace == reference.namespace)
        })
    }
}

impl BoundObjects for ClusterObjects {
    fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        match self.0.store.state(reference) {
            // Nobody looks there, so nothing can be said, now or later.
            ObjectState::Absent if !self.follows(reference) => ObjectState::NotFollowed,
            state => state,
        }
    }

    fn live_objects(&self) -> Option<&LiveObjects> {
        self.0.store.live_objects()
    }

    fn is_gone(&self, object: &BoundObject<'_>) -> bool {
        self.0.watches.iter().any(|watch| watch.kind == object.reference.kind && watch.gone.has(object.uid))
    }

    fn freshness(&self) -> Freshness {
        if self.is_stale() { Freshness::Stale } else { Freshness::Following }
    }
}

/// How much what one watch knows is worth.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    InStep,
    /// The connection failed, and nothing was heard since.
    Lost,
    /// Nothing was heard for longer than allowed.
    Stale,
}

/// One watch: what it follows, and what it went through.
pub(super) struct Watch {
    pub(super) kind: ObjectKind,
    pub(super) namespace: Option<String>,
    /// Whose deletion was seen.
    pub(super) gone: Gone,
    max_staleness: Duration,
    start: Moment,
    /// The last moment after `start` as of which the knowledge is known to be complete.
    proven: Longest,
    in_step: AtomicBool,
    pub(super) events: AtomicU64,
    pub(super) reconnects: AtomicU64,
    failure: Mutex<Option<ClusterError>>,
}

impl Watch {
    pub(super) fn new(kind: ObjectKind, namespace: Option<String>, max_staleness: Duration) -> Self {
        Self {
            kind,
            namespace,
            gone: Gone::default(),
            max_staleness,
            start: Moment::now(),
            proven: Longest::default(),
            in_step: AtomicBool::new(false),
            events: AtomicU64::new(0),
            reconnects: AtomicU64::new(0),
            failure: Mutex::new(None),
        }
    }

    /// Notes that everything up to this moment has been heard.
    pub(super) fn prove(&self, moment: Moment) {
        self.proven.raise_to(moment.since(self.start));
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(super) fn caught_up(&self, listed_at: Moment) {
        self.prove(listed_at);
        self.in_step.store(true, Ordering::Release);
    }

    pub(super) fn is_in_step(&self) -> bool {
        self.in_step.load(Ordering::Acquire)
    }

    pub(super) fn failed(&self, error: ClusterError) {
        self.reconnects.fetch_add(1, Ordering::Relaxed);
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    pub(super) fn failure(&self) -> Option<ClusterError> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the knowledge may become too old before the next bookmark proves it.
    pub(super) fn is_nearly_stale(&self) -> bool {
        self.age(Moment::now()) > self.max_staleness / 2
    }

    fn is_stale(&self, now: Moment) -> bool {
        self.age(now) > self.max_staleness
    }

    /// How long after `start` the knowledge becomes stale, unless more is proven.
    fn fresh_for(&self, start: Moment) -> Elapsed {
        self.start.since(start).plus(self.proven.get()).plus(self.max_staleness.into())
    }

    fn standing(&self, now: Moment) -> Standing {
        if self.is_stale(now) {
            return Standing::Stale;
        }
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        if failure.is_some() { Standing::Lost } else { Standing::InStep }
    }

    fn age(&self, now: Moment) -> Duration {
        now.since(self.start).minus(self.proven.get()).longest()
    }

    fn status(&self, store: &ObjectStore) -> WatchStatus {
        WatchStatus {
            kind: self.kind,
            namespace: self.namespace.clone(),
            in_step: self.is_in_step(),
            age_seconds: self.age(Moment::now()).as_secs(),
            objects: store.count(self.kind, self.namespace.as_deref()),
            events: self.events.load(Ordering::Relaxed),
            reconnects: self.reconnects.load(Ordering::Relaxed),
            failure: self.failure().map(|error| error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn watch(max_staleness: Duration) -> Arc<Watch> {
        Arc::new(Watch::new(ObjectKind::Pod, None, max_staleness))
    }

    #[test]
    fn all_is_stale_when_any_watch_is_until_that_proves_more() {
        let watches = [watch(HOUR), watch(Duration::ZERO), watch(Duration::ZERO)];
        std::thread::sleep(Duration::from_millis(1));
        let objects = ClusterObjects::new(ObjectStore::new(), watches.to_vec());
        assert!(objects.is_stale());
        let now = Moment::now();
        watches[1].prove(now.later(HOUR, HOUR));
        assert!(objects.is_stale_at(now));
        let second = Duration::from_secs(1);
        watches[2].prove(now.later(second, second));
        assert!(!objects.is_stale_at(now));
        assert!(!objects.is_stale_at(now.later(second, second)));
        assert!(objects.is_stale_at(now.later(2 * second, 2 * second)));
        watches[2].prove(now.later(HOUR, HOUR));
        assert!(!objects.is_stale_at(now.later(2 * second, 2 * second)));
        assert!(!ClusterObjects::new(ObjectStore::new(), Vec::new()).is_stale());
        assert!(!ClusterObjects::new(ObjectStore::new(), vec![watch(Duration::MAX)]).is_stale());
    }

    #[test]
    fn knowledge_grows_old_while_the_machine_sleeps_and_whatever_becomes_of_one_clock() {
        let objects = ClusterObjects::new(ObjectStore::new(), vec![watch(HOUR)]);
        let now = Moment::now();
        let short = Duration::from_secs(60);
        for (boot, wall, stale) in [
            (short, short, false),
            (2 * HOUR, 2 * HOUR, true),
            // Boot time stood still, or the clock was set forward.
            (short, 2 * HOUR, true),
            // The clock was set back.
            (2 * HOUR, Duration::ZERO, true),
            (short, short, false),
        ] {
            let later = now.later(boot, wall);
            assert_eq!(objects.is_stale_at(later), stale, "{boot:?} {wall:?}");
            let standing = objects.each_watch().next().map(|watch| watch.standing(later) == Standing::Stale);
            assert_eq!(standing, Some(stale));
        }
    }

    #[test]
    fn only_the_very_object_whose_deletion_was_seen_is_gone() {
        let watch = watch(HOUR);
        watch.gone.add("old");
        let objects = ClusterObjects::new(ObjectStore::new(), vec![watch]);
        let is_gone = |kind, uid| {
            let reference = ObjectReference { kind, namespace: "demo", name: "live" };
            objects.is_gone(&BoundObject { reference, uid })
        };
        assert!(is_gone(ObjectKind::Pod, "old"));
        assert!(!is_gone(ObjectKind::Pod, "new"));
        assert!(!is_gone(ObjectKind::Secret, "old"));
    }
}
