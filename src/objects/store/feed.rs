//! Feeds, by which watches fill a store.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::following::{Followed, Following};
use super::{ObjectStore, StoredReference, StoredState};
use crate::moment::Moment;
use crate::objects::{BoundObject, Fingerprint, ObjectReference, Scope, Uid};
use crate::time::UnixSeconds;

/// The connection from one watch to an [`ObjectStore`] that [follows](ObjectStore::following) a cluster.
///
/// A watch begins with a [list](Self::relist), and lists again when the API server no longer knows its resource
/// version. In between come events. Whatever shows that the watch is up to date is a [proof](Self::prove). Safe to
/// share between threads.
pub struct Feed {
    store: ObjectStore,
    /// What the store follows.
    following: Arc<Following>,
    /// The part of it that this feed fills.
    followed: Arc<Followed>,
}

impl Feed {
    /// `followed` must be a part of `following`, and that must be what `store` follows.
    pub(super) fn new(store: ObjectStore, following: Arc<Following>, followed: Arc<Followed>) -> Self {
        Self { store, following, followed }
    }

    /// What the watch follows.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.followed.scope
    }

    /// Adds or replaces an object: the events ADDED and MODIFIED. The namespace of a node or webhook configuration is
    /// empty.
    pub fn upsert(&self, namespace: &str, name: &str, uid: Uid, deletion_timestamp: Option<UnixSeconds>) {
        self.store.upsert(&self.reference(namespace, name), uid, deletion_timestamp);
    }

    /// Removes an object: the event DELETED. The store remembers for a while that the object with this uid is gone.
    pub fn delete(&self, namespace: &str, name: &str, uid: &str) {
        // This comes first: at no moment may the object be absent without being known to be deleted.
        self.following.remember_deletion(&uid.into());
        let reference = self.reference(namespace, name);
        let removed = self.store.remove(&reference);
        // The store may have had another object of this name, or none.
        let deleted = Fingerprint::from(&BoundObject { reference, uid });
        self.store.wake([deleted].into_iter().chain(removed));
    }

    /// Begins a list. It may come in pages or as a stream.
    #[must_use = "a list that is not finished removes nothing"]
    pub fn relist(&self) -> Relist<'_> {
        Relist { feed: self, listed: HashSet::new(), touched: Vec::new() }
    }

    /// Records that the watch has received everything up to this moment. Call it after an event or a bookmark.
    pub fn prove(&self, moment: Moment) {
        self.following.prove(&self.followed, moment);
    }

    /// Returns the age of the knowledge: the time since the last [proof](Self::prove), or since the store was
    /// created.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.following.age(&self.followed)
    }

    /// Returns whether the knowledge is older than the store allows.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.following.is_scope_stale(&self.followed)
    }

    /// Returns the number of objects in the scope. Looks at every object of the store.
    #[must_use]
    pub fn count(&self) -> usize {
        self.store.content.objects.pin().keys().filter(|stored| self.has(stored)).count()
    }

    fn has(&self, stored: &StoredReference) -> bool {
        stored.is_in(self.scope().kind(), self.scope().in_namespace())
    }

    fn reference<'a>(&self, namespace: &'a str, name: &'a str) -> ObjectReference<'a> {
        ObjectReference { kind: self.scope().kind(), namespace, name }
    }
}

/// A list that replaces what a [`Feed`] knew. Made by [`Feed::relist`].
///
/// The store knows each object as soon as it is added. [`finish`](Self::finish) removes the objects that are not in
/// the list. A list that is dropped removes nothing.
pub struct Relist<'a> {
    feed: &'a Feed,
    listed: HashSet<StoredReference>,
    /// The objects whose tokens the list may have made void.
    touched: Vec<Fingerprint>,
}

impl Relist<'_> {
    /// Adds or replaces an object.
    pub fn upsert(&mut self, namespace: &str, name: &str, uid: Uid, deletion_timestamp: Option<UnixSeconds>) {
        let reference = self.feed.reference(namespace, name);
        let state = StoredState { uid, deletion_timestamp, for_issuer: None };
        self.touched.extend(self.feed.store.insert(&reference, state).into_iter().flatten());
        self.listed.insert(StoredReference::from(&reference));
    }

    /// Returns the number of objects in the list so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.listed.len()
    }

    /// Removes the objects that are not in the list. `asked_at` is the moment of the request: the list is complete as
    /// of then.
    pub fn finish(self, asked_at: Moment) {
        let Self { feed, listed, mut touched } = self;
        touched.extend(feed.store.retain(|stored| !feed.has(stored) || listed.contains(stored)));
        feed.prove(asked_at);
        // Those who were woken by an object of the list may have found the store stale. Now it is not.
        feed.store.wake(touched);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::{BoundObject, Freshness, ObjectKind, ObjectState};

    const HOUR: Duration = Duration::from_secs(3_600);

    fn pod(namespace: &'static str, name: &'static str) -> ObjectReference<'static> {
        ObjectReference { kind: ObjectKind::Pod, namespace, name }
    }

    #[test]
    fn a_list_takes_the_place_of_what_was_known_in_its_scope_alone() {
        let scopes = [Scope::namespace(ObjectKind::Pod, "a"), Scope::namespace(ObjectKind::Pod, "b")];
        let (store, feeds) = ObjectStore::following(scopes, HOUR);
        let [a, b] = feeds.as_slice() else { panic!("two scopes") };
        a.upsert("a", "old", "1".into(), None);
        a.upsert("a", "both", "1".into(), None);
        b.upsert("b", "other", "1".into(), None);

        let mut dropped = a.relist();
        dropped.upsert("a", "new", "1".into(), None);
        drop(dropped);
        assert_eq!((a.count(), b.count(), store.len()), (3, 1, 4));

        let mut list = a.relist();
        list.upsert("a", "both", "1".into(), None);
        assert!(matches!(store.state(&pod("a", "old")), ObjectState::Present { .. }));
        list.finish(Moment::now());
        assert_eq!((a.count(), b.count(), store.len()), (1, 1, 2));
        assert_eq!(store.state(&pod("a", "old")), ObjectState::Absent);
        assert_eq!(store.state(&pod("c", "old")), ObjectState::NotFollowed);
        assert_eq!(store.freshness(), Freshness::Stale, "nothing was listed in b");
        b.relist().finish(Moment::now());
        assert_eq!(store.freshness(), Freshness::Following);
        assert!(b.age() < HOUR && !b.is_stale());
    }

    #[test]
    fn only_the_very_object_whose_deletion_was_seen_is_gone() {
        let (store, feeds) = ObjectStore::following([Scope::cluster(ObjectKind::Pod)], HOUR);
        let is_gone = |uid| store.is_gone(&BoundObject { reference: pod("demo", "live"), uid });
        feeds[0].upsert("demo", "live", "1".into(), None);
        feeds[0].delete("demo", "live", "1");
        // The object came and went between two lists.
        feeds[0].delete("demo", "live", "2");
        feeds[0].upsert("demo", "live", "3".into(), None);
        assert!(is_gone("1") && is_gone("2") && !is_gone("3"));
        assert!(store.delete(&pod("demo", "live")) && is_gone("3"));

        let plain = ObjectStore::new();
        plain.upsert(&pod("demo", "live"), "1".into(), None);
        plain.delete(&pod("demo", "live"));
        assert!(!plain.is_gone(&BoundObject { reference: pod("demo", "live"), uid: "1" }));
    }
}
