//! A store of bound objects in memory.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use papaya::HashMap;

use super::{BoundObject, Fingerprint, Freshness, ObjectReference, ObjectState, PodSpec, Uid, Webhook};
use crate::hashing::{RandomState, random_state};
use crate::time::UnixSeconds;
use crate::waiters::{Waiter, Waiters, Waiting};

mod feed;
mod following;
mod gone;
mod json;
mod live;
#[cfg(test)]
mod live_tests;
mod stored;

use following::Following;
use live::{LiveObjects, Writer};
use stored::{ForIssuer, Lookup, StoredReference, StoredState};

pub use feed::{Feed, Relist};
pub use following::Scope;
pub use json::ObjectStoreError;

/// The objects of a cluster, with what tokens need: kind, namespace, name, uid, deletionTimestamp.
///
/// There are two kinds of stores:
///
/// - [`ObjectStore::new`] makes a store that is always current. An object that is not in it does not exist.
/// - [`ObjectStore::following`] makes a store that watches fill. It knows which objects it follows, how old its
///   knowledge may be, and which objects were deleted recently.
///
/// A store is a cheap handle, and clones share the objects. Any number of threads may read and write at the same
/// time. Readers take no lock. Writers take turns.
///
/// A change wakes whoever waits for the end of a token that it may have made void: see [`Revocation`](crate::Revocation).
///
/// ```
/// use boundtoken::{ObjectKind, ObjectReference, ObjectState, ObjectStore};
///
/// let objects = ObjectStore::new();
/// let pod = ObjectReference { kind: ObjectKind::Pod, namespace: "demo", name: "live" };
/// objects.upsert(&pod, "e5bf3f7d-fbca-403d-a58f-f50f44e8da63".into(), None);
/// assert!(matches!(objects.state(&pod), ObjectState::Present { .. }));
/// objects.delete(&pod);
/// assert_eq!(objects.state(&pod), ObjectState::Absent);
/// ```
#[derive(Clone)]
pub struct ObjectStore {
    content: Arc<Content>,
}

struct Content {
    objects: HashMap<StoredReference, StoredState, RandomState>,
    /// The fingerprints of the live objects. A fingerprint is removed before its object, and added after it.
    live: LiveObjects,
    /// Only in a store that follows a cluster.
    following: Option<Arc<Following>>,
    /// Those who wait for an object to go.
    waiters: Arc<Waiters<Fingerprint>>,
}

/// The objects whose tokens a change may have made void. Whoever waits for them looks again.
type Touched = [Option<Fingerprint>; 2];

impl ObjectStore {
    /// Creates an empty store. Every object is absent.
    #[must_use]
    pub fn new() -> Self {
        Self::with(None)
    }

    /// Creates a store that follows a cluster by watches. Returns one [`Feed`] for each scope, in the same order.
    ///
    /// The store is [`Freshness::Stale`] until every feed has finished its first list, and whenever a feed has proven
    /// nothing for longer than `max_staleness`. Otherwise it is [`Freshness::Following`]. Objects outside all scopes
    /// are [`ObjectState::NotFollowed`].
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use boundtoken::{Moment, ObjectKind, ObjectReference, ObjectState, ObjectStore, Scope};
    ///
    /// let scopes = [Scope::cluster(ObjectKind::ServiceAccount), Scope::namespace(ObjectKind::Pod, "demo")];
    /// let (objects, feeds) = ObjectStore::following(scopes, Duration::from_secs(150));
    ///
    /// // Each watch has a feed. It begins with a list:
    /// let pods = &feeds[1];
    /// let asked = Moment::now();
    /// let mut list = pods.relist();
    /// list.upsert("demo", "live", "e5bf3f7d-fbca-403d-a58f-f50f44e8da63".into(), None);
    /// list.finish(asked);
    ///
    /// // Then come the events. Each proves that the watch is up to date, and so does a bookmark:
    /// pods.delete("demo", "live", "e5bf3f7d-fbca-403d-a58f-f50f44e8da63");
    /// pods.prove(Moment::now());
    ///
    /// let pod = |namespace| ObjectReference { kind: ObjectKind::Pod, namespace, name: "live" };
    /// assert_eq!(objects.state(&pod("demo")), ObjectState::Absent);
    /// assert_eq!(objects.state(&pod("other")), ObjectState::NotFollowed);
    /// ```
    #[must_use]
    pub fn following(scopes: impl IntoIterator<Item = Scope>, max_staleness: Duration) -> (Self, Vec<Feed>) {
        let following = Arc::new(Following::new(scopes, max_staleness));
        let store = Self::with(Some(Arc::clone(&following)));
        let feed = |followed: &Arc<_>| Feed::new(store.clone(), Arc::clone(&following), Arc::clone(followed));
        let feeds = following.scopes().iter().map(feed).collect();
        (store, feeds)
    }

    fn with(following: Option<Arc<Following>>) -> Self {
        let objects = HashMap::with_hasher(random_state());
        let (live, waiters) = (LiveObjects::new(), Arc::new(Waiters::new()));
        Self { content: Arc::new(Content { objects, live, following, waiters }) }
    }

    /// Returns the state of one object.
    #[must_use]
    pub fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        if let Some(StoredState { uid, deletion_timestamp, .. }) =
            self.content.objects.pin().get(&Lookup::from(reference))
        {
            return ObjectState::Present { uid: uid.clone(), deletion_timestamp: *deletion_timestamp };
        }
        match &self.content.following {
            Some(following) if !following.covers(reference) => ObjectState::NotFollowed,
            _ => ObjectState::Absent,
        }
    }

    /// Returns how well the store keeps up with its cluster: [`Freshness::Current`] unless it
    /// [follows](Self::following) one.
    #[must_use]
    pub fn freshness(&self) -> Freshness {
        match &self.content.following {
            None => Freshness::Current,
            Some(following) if following.is_stale() => Freshness::Stale,
            Some(_) => Freshness::Following,
        }
    }

    /// Returns whether the store would know an object of this kind and namespace. Always true unless it
    /// [follows](Self::following) a part of a cluster.
    #[must_use]
    pub fn covers(&self, reference: &ObjectReference<'_>) -> bool {
        self.content.following.as_ref().is_none_or(|following| following.covers(reference))
    }

    /// Declares that nothing feeds the store any more. If it [follows](Self::following) a cluster, it is
    /// [`Freshness::Stale`] from now on, whatever its feeds say later. No effect on other stores.
    pub fn abandon(&self) {
        if let Some(following) = &self.content.following {
            following.abandon();
        }
    }

    /// Returns whether the object with this uid is known to be deleted.
    pub(crate) fn is_gone(&self, object: &BoundObject<'_>) -> bool {
        self.content.following.as_ref().is_some_and(|following| following.is_gone(object.uid))
    }

    /// Waits until the object with this fingerprint is deleted, replaced or being deleted, or until the result is dropped.
    pub(crate) fn wait_for(&self, object: Fingerprint, waiter: &Arc<Waiter>) -> Waiting<Fingerprint> {
        self.content.waiters.add(object, waiter)
    }

    /// Wakes whoever waits for these objects.
    fn wake(&self, touched: impl IntoIterator<Item = Fingerprint>) {
        self.content.waiters.wake(touched);
    }

    /// Returns true if an object with this fingerprint is live. False does not mean that it is not: ask for its
    /// [`state`](Self::state).
    #[inline]
    pub(crate) fn has_live(&self, fingerprint: Fingerprint) -> bool {
        self.content.live.contains(fingerprint)
    }

    /// Adds or replaces an object.
    pub fn upsert(&self, reference: &ObjectReference<'_>, uid: Uid, deletion_timestamp: Option<UnixSeconds>) {
        self.insert(reference, StoredState { uid, deletion_timestamp, for_issuer: None });
    }

    /// Adds or replaces a pod that an [`Issuer`](crate::Issuer) may bind tokens to, with the part of its spec that
    /// the issuer needs.
    pub fn upsert_pod(
        &self,
        namespace: &str,
        name: &str,
        uid: Uid,
        deletion_timestamp: Option<UnixSeconds>,
        spec: PodSpec,
    ) {
        let pod = ObjectReference { kind: super::ObjectKind::Pod, namespace, name };
        self.insert_for_issuer(&pod, uid, deletion_timestamp, ForIssuer::Pod(spec));
    }

    /// Adds or replaces a webhook configuration that an [`Issuer`](crate::Issuer) may bind tokens to, with the part
    /// of its webhooks that the issuer needs.
    ///
    /// ```
    /// use boundtoken::{ObjectKind, ObjectReference, ObjectStore, Webhook};
    ///
    /// let kind = ObjectKind::ValidatingWebhookConfiguration;
    /// let configuration = ObjectReference { kind, namespace: "", name: "policy" };
    /// let webhook = Webhook { audience: "https://hook.example.com".into(), api_groups: vec!["apps".into()] };
    /// let objects = ObjectStore::new();
    /// objects.upsert_webhooks(&configuration, "72588e45-aed3-4603-b1ee-fc4ba3b585af".into(), None, vec![webhook]);
    /// assert_eq!(objects.len(), 1);
    /// ```
    pub fn upsert_webhooks(
        &self,
        configuration: &ObjectReference<'_>,
        uid: Uid,
        deletion_timestamp: Option<UnixSeconds>,
        webhooks: Vec<Webhook>,
    ) {
        self.insert_for_issuer(configuration, uid, deletion_timestamp, ForIssuer::Webhooks(webhooks));
    }

    fn insert_for_issuer(
        &self,
        reference: &ObjectReference<'_>,
        uid: Uid,
        deletion_timestamp: Option<UnixSeconds>,
        known: ForIssuer,
    ) {
        self.insert(reference, StoredState { uid, deletion_timestamp, for_issuer: Some(Box::new(known)) });
    }

    fn insert(&self, reference: &ObjectReference<'_>, state: StoredState) -> Touched {
        let touched = self.put(StoredReference::from(reference), state);
        self.wake(touched.into_iter().flatten());
        touched
    }

    #[must_use = "whoever waits for these objects must be woken"]
    fn put(&self, reference: StoredReference, state: StoredState) -> Touched {
        let lookup = Lookup::from(&reference);
        let fingerprint = state.fingerprint(lookup);
        let now_live = state.if_live(fingerprint);
        let being_deleted = now_live.is_none().then_some(fingerprint);
        let (mut live, objects) = self.content.write();
        let touched = match objects.get(&lookup) {
            Some(before) => {
                let known = before.fingerprint(lookup);
                live.remove(before.if_live(known));
                let is_same = known == fingerprint && before.deletion_timestamp == state.deletion_timestamp;
                if is_same { [None; 2] } else { [Some(known), being_deleted] }
            }
            None => [None, being_deleted],
        };
        objects.insert(reference, state);
        live.make_room_for(objects.len());
        live.insert(now_live);
        touched
    }

    /// Returns what is known of the pod's spec, if the pod still has this uid.
    #[must_use]
    pub fn pod_spec(&self, pod: &ObjectReference<'_>, uid: &Uid) -> Option<PodSpec> {
        self.for_issuer(pod, uid, |known| match known {
            ForIssuer::Pod(spec) => Some(spec.clone()),
            ForIssuer::Webhooks(_) => None,
        })
    }

    /// Returns what is known of the configuration's webhooks, if the configuration still has this uid.
    #[must_use]
    pub fn webhooks(&self, configuration: &ObjectReference<'_>, uid: &Uid) -> Option<Vec<Webhook>> {
        self.for_issuer(configuration, uid, |known| match known {
            ForIssuer::Webhooks(webhooks) => Some(webhooks.clone()),
            ForIssuer::Pod(_) => None,
        })
    }

    fn for_issuer<T>(
        &self,
        reference: &ObjectReference<'_>,
        uid: &Uid,
        read: impl FnOnce(&ForIssuer) -> Option<T>,
    ) -> Option<T> {
        let objects = self.content.objects.pin();
        let state = objects.get(&Lookup::from(reference)).filter(|state| state.uid == *uid)?;
        read(state.for_issuer.as_deref()?)
    }

    /// Removes an object. Returns whether it was there. A store that [follows](Self::following) a cluster remembers
    /// the deletion for a while.
    pub fn delete(&self, reference: &ObjectReference<'_>) -> bool {
        let removed = self.remove(reference);
        self.wake(removed);
        removed.is_some()
    }

    #[must_use = "whoever waits for this object must be woken"]
    fn remove(&self, reference: &ObjectReference<'_>) -> Option<Fingerprint> {
        let lookup = Lookup::from(reference);
        let (mut live, objects) = self.content.write();
        let before = objects.get(&lookup)?;
        if let Some(following) = &self.content.following {
            // This comes first: at no moment may the object be absent without being known to be deleted.
            following.remember_deletion(&before.uid);
        }
        let removed = before.fingerprint(lookup);
        live.remove(before.if_live(removed));
        objects.remove(&lookup);
        Some(removed)
    }

    /// Replaces the content with that of another store. This is for programs that list all objects again from time to
    /// time.
    ///
    /// Each object changes from its old state to the new one at once. An object that is in both stores is never
    /// absent in between.
    ///
    /// ```
    /// use boundtoken::ObjectStore;
    ///
    /// let objects = ObjectStore::new();
    /// let listed = ObjectStore::from_json(
    ///     br#"{"nodes": [{"metadata": {"name": "node-1", "uid": "a463c21d-a851-4a26-a0d8-d14d13a269ea"}}]}"#,
    /// )?;
    /// objects.replace(&listed);
    /// assert_eq!(objects.len(), 1);
    /// # Ok::<(), boundtoken::ObjectStoreError>(())
    /// ```
    pub fn replace(&self, content: &Self) {
        if Arc::ptr_eq(&self.content, &content.content) {
            return;
        }
        let new = content.content.objects.pin();
        let mut touched = Vec::new();
        for (reference, state) in &new {
            touched.extend(self.put(reference.clone(), state.clone()).into_iter().flatten());
        }
        touched.extend(self.retain(|stored| new.contains_key(stored)));
        drop(new);
        self.wake(touched);
    }

    /// Removes every object that `keep` rejects, and returns them.
    #[must_use = "whoever waits for these objects must be woken"]
    fn retain(&self, keep: impl Fn(&StoredReference) -> bool) -> Vec<Fingerprint> {
        let mut removed = Vec::new();
        let (mut live, objects) = self.content.write();
        objects.retain(|stored, state| {
            let keeps = keep(stored);
            if !keeps {
                let fingerprint = state.fingerprint(Lookup::from(stored));
                live.remove(state.if_live(fingerprint));
                removed.push(fingerprint);
            }
            keeps
        });
        removed
    }

    /// Returns the number of objects.
    #[must_use]
    pub fn len(&self) -> usize {
        self.content.objects.len()
    }

    /// Returns whether there is no object.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.content.objects.is_empty()
    }
}

impl fmt::Debug for ObjectStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ObjectStore").field("objects", &self.len()).finish()
    }
}

impl Default for ObjectStore {
    fn default() -> Self {
        Self::new()
    }
}

/// The map while its holder may read it.
type Pinned<'a> = papaya::HashMapRef<'a, StoredReference, StoredState, RandomState, papaya::LocalGuard<'a>>;

impl Content {
    /// Lets one thread at a time change the content.
    fn write(&self) -> (Writer<'_>, Pinned<'_>) {
        (self.live.write(), self.objects.pin())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::ObjectKind;

    fn pod(name: &str) -> ObjectReference<'_> {
        ObjectReference { kind: ObjectKind::Pod, namespace: "demo", name }
    }

    #[test]
    fn references_that_only_look_alike_are_kept_apart() {
        let objects = ObjectStore::new();
        let reference = |kind, namespace, name| ObjectReference { kind, namespace, name };
        objects.upsert(&reference(ObjectKind::Pod, "ab", "c"), "1".into(), None);
        for other in [
            reference(ObjectKind::Pod, "a", "bc"),
            reference(ObjectKind::Pod, "", "abc"),
            reference(ObjectKind::Secret, "ab", "c"),
        ] {
            assert_eq!(objects.state(&other), ObjectState::Absent, "{other}");
            assert!(!objects.delete(&other));
        }
        assert_eq!(objects.len(), 1);
        assert!(objects.clone().delete(&reference(ObjectKind::Pod, "ab", "c")));
        assert!(objects.is_empty());
    }

    fn is_live(objects: &ObjectStore, name: &str, uid: &str) -> bool {
        let object = BoundObject { reference: pod(name), uid };
        objects.has_live(Fingerprint::from(&object))
    }

    #[test]
    fn an_object_is_live_if_it_has_the_uid_and_is_not_being_deleted() {
        let objects = ObjectStore::new();
        objects.upsert(&pod("live"), "1".into(), None);
        objects.upsert(&pod("going"), "1".into(), Some(UnixSeconds(1)));
        assert!(is_live(&objects, "live", "1"));
        assert!(!is_live(&objects, "live", "2"));
        assert!(!is_live(&objects, "live", ""));
        assert!(!is_live(&objects, "going", "1"));
        assert!(!is_live(&objects, "gone", "1"));
    }

    #[test]
    fn an_object_that_changes_is_live_only_as_what_it_is_now() {
        let objects = ObjectStore::new();
        let deleted_at = Some(UnixSeconds(1));
        let changes = [
            ("1", None),
            ("1", None),
            ("2", None),
            ("2", deleted_at),
            ("2", deleted_at),
            ("3", None),
            ("3", deleted_at),
        ];
        for (uid, deletion_timestamp) in changes {
            objects.upsert(&pod("live"), uid.into(), deletion_timestamp);
            for other in ["1", "2", "3"] {
                let expected = other == uid && deletion_timestamp.is_none();
                assert_eq!(
                    is_live(&objects, "live", other),
                    expected,
                    "{other} {uid} {deletion_timestamp:?}"
                );
            }
        }
        objects.upsert(&pod("live"), "4".into(), None);
        assert!(objects.delete(&pod("live")));
        assert!(!is_live(&objects, "live", "4"));
    }

    #[test]
    fn texts_of_every_length_are_found_again() {
        let objects = ObjectStore::new();
        let text = "x".repeat(400);
        let lengths = [1, 20, 51, 52, 53, 100, 255, 256, 400];
        let references = || {
            lengths.iter().flat_map(|&namespace| lengths.iter().map(move |&name| (namespace, name))).map(
                |(namespace, name)| ObjectReference {
                    kind: ObjectKind::Pod,
                    namespace: &text[..namespace],
                    name: &text[..name],
                },
            )
        };
        let uid = |reference: &ObjectReference<'_>| {
            Uid::from(&*format!("{} {}", reference.namespace.len(), reference.name.len()))
        };
        references().for_each(|reference| objects.upsert(&reference, uid(&reference), None));
        assert_eq!(objects.len(), lengths.len() * lengths.len());
        for reference in references() {
            let known = ObjectState::Present { uid: uid(&reference), deletion_timestamp: None };
            assert_eq!(objects.state(&reference), known);
            assert!(objects.delete(&reference));
        }
        assert!(objects.is_empty());
    }

    #[test]
    fn an_object_takes_no_more_than_it_says() {
        assert!(size_of::<(StoredReference, StoredState)>() <= 120);
    }

    #[test]
    fn writers_and_readers_may_work_at_once() {
        let objects = ObjectStore::new();
        objects.upsert(&pod("stays"), "1".into(), None);
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let objects = objects.clone();
                scope.spawn(move || {
                    for round in 0..2_000 {
                        let name = format!("pod-{writer}-{round}");
                        objects.upsert(&pod(&name), "2".into(), None);
                        assert!(matches!(objects.state(&pod("stays")), ObjectState::Present { .. }));
                        assert!(objects.delete(&pod(&name)));
                    }
                });
            }
        });
        assert_eq!(objects.len(), 1);
    }

    #[test]
    fn a_replaced_content_keeps_nothing_of_the_old() {
        let (objects, listed) = (ObjectStore::new(), ObjectStore::new());
        objects.upsert(&pod("stays"), "1".into(), None);
        objects.upsert(&pod("changes"), "1".into(), None);
        objects.upsert(&pod("goes"), "1".into(), None);
        listed.upsert(&pod("stays"), "1".into(), None);
        listed.upsert(&pod("changes"), "2".into(), None);
        listed.upsert(&pod("comes"), "1".into(), None);
        objects.replace(&listed);
        assert_eq!(objects.len(), 3);
        for (name, uid, live) in [
            ("stays", "1", true),
            ("changes", "1", false),
            ("changes", "2", true),
            ("goes", "1", false),
            ("comes", "1", true),
        ] {
            assert_eq!(is_live(&objects, name, uid), live, "{name} {uid}");
        }
        assert_eq!(objects.state(&pod("goes")), ObjectState::Absent);
        objects.replace(&objects.clone());
        assert_eq!(objects.len(), 3);
    }
}
