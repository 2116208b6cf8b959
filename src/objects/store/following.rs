//! Which part of a cluster a store follows, and how old its knowledge is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::gone::Gone;
use crate::moment::{Elapsed, Longest, Moment};
use crate::objects::{ObjectKind, ObjectReference, Uid};

/// The objects that one watch follows: those of one kind, in the whole cluster or in one namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    kind: ObjectKind,
    namespace: Option<Box<str>>,
}

impl Scope {
    /// Follows all objects of a kind.
    #[must_use]
    pub fn cluster(kind: ObjectKind) -> Self {
        Self { kind, namespace: None }
    }

    /// Follows the objects of a kind in one namespace.
    #[must_use]
    pub fn namespace(kind: ObjectKind, namespace: impl Into<Box<str>>) -> Self {
        Self { kind, namespace: Some(namespace.into()) }
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> ObjectKind {
        self.kind
    }

    /// The namespace, or `None` for the whole cluster.
    #[must_use]
    pub fn in_namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    fn covers(&self, reference: &ObjectReference<'_>) -> bool {
        self.kind == reference.kind
            && self.namespace.as_deref().is_none_or(|namespace| namespace == reference.namespace)
    }
}

/// The scopes that a store follows, and how old its knowledge of each is.
pub(super) struct Following {
    scopes: Box<[Arc<Followed>]>,
    max_staleness: Duration,
    start: Moment,
    /// No scope becomes stale before this time after `start`. Until then, nobody needs to look at each scope: a later
    /// proof can only extend the time.
    fresh_until: Longest,
    gone: Gone,
    is_abandoned: AtomicBool,
}

/// A scope, and how old the knowledge of it is. Its feed shares it with the store.
pub(super) struct Followed {
    pub(super) scope: Scope,
    /// Whether there was a proof. Before the first list nothing is known.
    is_proven: AtomicBool,
    /// The latest time after the store's start as of which the knowledge is known to be complete.
    proven: Longest,
}

impl Following {
    pub(super) fn new(scopes: impl IntoIterator<Item = Scope>, max_staleness: Duration) -> Self {
        let followed = |scope| {
            Arc::new(Followed { scope, is_proven: AtomicBool::new(false), proven: Longest::default() })
        };
        Self {
            scopes: scopes.into_iter().map(followed).collect(),
            max_staleness,
            start: Moment::now(),
            fresh_until: Longest::default(),
            gone: Gone::default(),
            is_abandoned: AtomicBool::new(false),
        }
    }

    pub(super) fn scopes(&self) -> &[Arc<Followed>] {
        &self.scopes
    }

    pub(super) fn covers(&self, reference: &ObjectReference<'_>) -> bool {
        self.scopes.iter().any(|followed| followed.scope.covers(reference))
    }

    pub(super) fn is_gone(&self, uid: &str) -> bool {
        self.gone.has(uid.as_bytes())
    }

    pub(super) fn remember_deletion(&self, uid: &Uid) {
        self.gone.add(uid.as_bytes());
    }

    /// Records that the knowledge of a scope was complete at this moment.
    pub(super) fn prove(&self, followed: &Followed, moment: Moment) {
        followed.proven.raise_to(moment.since(self.start));
        followed.is_proven.store(true, Ordering::Release);
    }

    /// Returns how long ago the knowledge of a scope was last known to be complete.
    pub(super) fn age(&self, followed: &Followed) -> Duration {
        Moment::now().since(self.start).minus(followed.proven.get()).longest()
    }

    pub(super) fn is_scope_stale(&self, followed: &Followed) -> bool {
        self.is_abandoned.load(Ordering::Relaxed)
            || !followed.is_proven()
            || self.age(followed) > self.max_staleness
    }

    pub(super) fn abandon(&self) {
        self.is_abandoned.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stale(&self) -> bool {
        self.is_abandoned.load(Ordering::Relaxed) || self.is_stale_at(Moment::now())
    }

    fn is_stale_at(&self, now: Moment) -> bool {
        let now = now.since(self.start);
        let fresh_until = self.fresh_until.get();
        if fresh_until != Elapsed::default() && now.is_within(fresh_until) {
            return false;
        }
        if !self.scopes.iter().all(|followed| followed.is_proven()) {
            return true;
        }
        let ends = self.scopes.iter().map(|followed| followed.proven.get().plus(self.max_staleness.into()));
        // A store that follows nothing is never stale.
        let earliest = ends.reduce(Elapsed::min).unwrap_or(Elapsed::from(Duration::MAX));
        self.fresh_until.raise_to(earliest);
        !now.is_within(earliest)
    }
}

impl Followed {
    fn is_proven(&self) -> bool {
        self.is_proven.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);
    const SECOND: Duration = Duration::from_secs(1);

    /// Every scope was listed at the start.
    fn following(scopes: usize, max_staleness: Duration) -> Following {
        let following = Following::new(vec![Scope::cluster(ObjectKind::Pod); scopes], max_staleness);
        following.scopes().iter().for_each(|followed| following.prove(followed, following.start));
        following
    }

    #[test]
    fn before_its_first_list_it_is_stale() {
        let following = Following::new(vec![Scope::cluster(ObjectKind::Pod); 2], HOUR);
        following.prove(&following.scopes[0], following.start);
        assert!(following.is_stale_at(following.start) && !following.is_scope_stale(&following.scopes[0]));
        assert!(following.is_stale() && following.is_scope_stale(&following.scopes[1]));
        following.prove(&following.scopes[1], following.start);
        assert!(!following.is_stale_at(following.start) && !following.is_stale());
    }

    #[test]
    fn all_is_stale_when_any_scope_is_until_that_one_proves_more() {
        let following = following(2, SECOND);
        let start = following.start;
        let at = |seconds: u32| start.later(SECOND * seconds, SECOND * seconds);
        assert!(!following.is_stale_at(at(1)));
        assert!(following.is_stale_at(at(2)));
        following.prove(&following.scopes[0], at(100));
        assert!(following.is_stale_at(at(2)));
        following.prove(&following.scopes[1], at(2));
        assert!(!following.is_stale_at(at(3)));
        assert!(following.is_stale_at(at(4)));
        following.prove(&following.scopes[1], at(100));
        assert!(!following.is_stale_at(at(4)));
        // An older proof that comes later takes nothing back.
        following.prove(&following.scopes[1], at(50));
        assert!(!following.is_stale_at(at(101)));
    }

    #[test]
    fn what_follows_nothing_or_may_grow_as_old_as_it_likes_is_never_stale() {
        let far = HOUR * 24 * 365 * 100;
        for following in [following(0, SECOND), following(1, Duration::MAX)] {
            assert!(!following.is_stale_at(following.start.later(far, far)));
        }
    }

    #[test]
    fn knowledge_grows_old_while_the_machine_sleeps_and_whatever_becomes_of_one_clock() {
        let following = following(1, HOUR);
        let now = following.start;
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
            assert_eq!(following.is_stale_at(now.later(boot, wall)), stale, "{boot:?} {wall:?}");
        }
    }

    #[test]
    fn what_is_abandoned_stays_stale() {
        let following = following(1, HOUR);
        assert!(!following.is_stale() && !following.is_scope_stale(&following.scopes[0]));
        following.abandon();
        following.prove(&following.scopes[0], Moment::now());
        assert!(following.is_stale() && following.is_scope_stale(&following.scopes[0]));
    }
}
