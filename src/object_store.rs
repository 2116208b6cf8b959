//! Bound objects in memory.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use papaya::{Equivalent, HashMap};

use crate::bound_object::{
    BoundObjects, Fingerprint, ObjectKind, ObjectReference, ObjectState, PodSpec, Uid, Webhook,
};
use crate::hashing::{RandomState, random_state};
use crate::time::UnixSeconds;

mod json;
mod live;
#[cfg(test)]
mod live_tests;

pub use json::ObjectStoreError;
pub use live::LiveObjects;
use live::Writer;

/// The objects of a cluster as far as tokens need them: kind, namespace, name, uid, deletionTimestamp.
///
/// A cheap handle: clones share the objects. Any number of threads may read and write at once; reading takes no lock, and
/// those who write take turns.
///
/// ```
/// use boundtoken::{BoundObjects, ObjectKind, ObjectReference, ObjectState, ObjectStore};
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
    shared: Arc<Shared>,
}

struct Shared {
    objects: HashMap<StoredReference, StoredState, RandomState>,
    /// Of the objects. A fingerprint goes before its object does, and comes after it.
    live: LiveObjects,
}

/// An [`ObjectReference`] that owns its texts: namespace and name, one after the other. They are in place if they are as
/// long as most, so that an object is one piece of memory.
enum StoredReference {
    InPlace { kind: ObjectKind, namespace_length: u8, length: u8, bytes: [u8; TEXTS_IN_PLACE] },
    Apart { kind: ObjectKind, namespace_length: usize, bytes: Box<[u8]> },
}

/// The most bytes that are kept in place. An object then takes 120 bytes.
const TEXTS_IN_PLACE: usize = 52;

struct StoredState {
    uid: Uid,
    deletion_timestamp: Option<UnixSeconds>,
    /// Boxed: few stores serve an issuer, and no others should pay for it.
    for_issuer: Option<Box<ForIssuer>>,
}

/// What an issuer must know of an object, beyond what a verifier must.
enum ForIssuer {
    Pod(PodSpec),
    Webhooks(Vec<Webhook>),
}

impl ObjectStore {
    /// An empty store: every object is absent.
    #[must_use]
    pub fn new() -> Self {
        let objects = HashMap::with_hasher(random_state());
        Self { shared: Arc::new(Shared { objects, live: LiveObjects::new() }) }
    }

    /// Adds an object, or replaces what is known of it.
    pub fn upsert(&self, reference: &ObjectReference<'_>, uid: Uid, deletion_timestamp: Option<UnixSeconds>) {
        self.insert(reference, StoredState { uid, deletion_timestamp, for_issuer: None });
    }

    /// As [`upsert`](Self::upsert), for a pod that an [`Issuer`](crate::Issuer) is to bind tokens to: with what that must
    /// know of it.
    pub fn upsert_pod(
        &self,
        namespace: &str,
        name: &str,
        uid: Uid,
        deletion_timestamp: Option<UnixSeconds>,
        spec: PodSpec,
    ) {
        let pod = ObjectReference { kind: ObjectKind::Pod, namespace, name };
        self.insert_for_issuer(&pod, uid, deletion_timestamp, ForIssuer::Pod(spec));
    }

    /// As [`upsert`](Self::upsert), for a webhook configuration that an [`Issuer`](crate::Issuer) is to bind tokens to: with
    /// what that must know of it.
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

    fn insert(&self, reference: &ObjectReference<'_>, state: StoredState) {
        let lookup = Lookup::from(reference);
        let fingerprint = state.fingerprint(lookup);
        let (mut live, objects) = self.shared.write();
        if let Some(before) = objects.get(&lookup) {
            live.remove(before.fingerprint(lookup));
        }
        objects.insert(StoredReference::from(reference), state);
        live.make_room_for(objects.len());
        live.insert(fingerprint);
    }

    /// What is known for an issuer of the object, if it still has this uid.
    fn for_issuer<T>(
        &self,
        reference: &ObjectReference<'_>,
        uid: &Uid,
        read: impl FnOnce(&ForIssuer) -> Option<T>,
    ) -> Option<T> {
        let objects = self.shared.objects.pin();
        let state = objects.get(&Lookup::from(reference)).filter(|state| state.uid == *uid)?;
        read(state.for_issuer.as_deref()?)
    }

    /// Removes an object; tells whether it was there.
    pub fn delete(&self, reference: &ObjectReference<'_>) -> bool {
        let lookup = Lookup::from(reference);
        let (mut live, objects) = self.shared.write();
        let Some(before) = objects.get(&lookup) else { return false };
        live.remove(before.fingerprint(lookup));
        objects.remove(&lookup).is_some()
    }

    /// Removes the objects of one kind, in one namespace or in all, that `keep` does not want: given namespace and name.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn retain(
        &self,
        kind: ObjectKind,
        namespace: Option<&str>,
        keep: impl Fn(&str, &str) -> bool,
    ) {
        let (mut live, objects) = self.shared.write();
        objects.retain(|stored, state| {
            let keeps = !stored.is_in(kind, namespace) || {
                let (namespace, name) = stored.parts();
                // They came as text, so they are text.
                str::from_utf8(namespace)
                    .is_ok_and(|namespace| str::from_utf8(name).is_ok_and(|name| keep(namespace, name)))
            };
            if !keeps {
                live.remove(state.fingerprint(Lookup::from(stored)));
            }
            keeps
        });
    }

    /// How many objects of one kind there are, in one namespace or in all.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn count(&self, kind: ObjectKind, namespace: Option<&str>) -> usize {
        self.shared.objects.pin().keys().filter(|stored| stored.is_in(kind, namespace)).count()
    }

    /// How many objects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.objects.len()
    }

    /// Whether there is no object.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shared.objects.is_empty()
    }
}

impl BoundObjects for ObjectStore {
    fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        match self.shared.objects.pin().get(&Lookup::from(reference)) {
            Some(StoredState { uid, deletion_timestamp, .. }) => {
                ObjectState::Present { uid: uid.clone(), deletion_timestamp: *deletion_timestamp }
            }
            None => ObjectState::Absent,
        }
    }

    fn live_objects(&self) -> Option<&LiveObjects> {
        Some(&self.shared.live)
    }

    fn pod_spec(&self, pod: &ObjectReference<'_>, uid: &Uid) -> Option<PodSpec> {
        self.for_issuer(pod, uid, |known| match known {
            ForIssuer::Pod(spec) => Some(spec.clone()),
            ForIssuer::Webhooks(_) => None,
        })
    }

    fn webhooks(&self, configuration: &ObjectReference<'_>, uid: &Uid) -> Option<Vec<Webhook>> {
        self.for_issuer(configuration, uid, |known| match known {
            ForIssuer::Webhooks(webhooks) => Some(webhooks.clone()),
            ForIssuer::Pod(_) => None,
        })
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

/// The map, for as long as whoever holds it may read.
type Pinned<'a> = papaya::HashMapRef<'a, StoredReference, StoredState, RandomState, papaya::LocalGuard<'a>>;

impl Shared {
    /// For one who changes something.
    fn write(&self) -> (Writer<'_>, Pinned<'_>) {
        (self.live.write(), self.objects.pin())
    }
}

impl StoredState {
    /// That of the object, unless it is being deleted.
    fn fingerprint(&self, Lookup { kind, namespace, name }: Lookup<'_>) -> Option<Fingerprint> {
        self.deletion_timestamp
            .is_none()
            .then(|| Fingerprint::new(kind, namespace, name, self.uid.as_bytes()))
    }
}

impl StoredReference {
    fn kind(&self) -> ObjectKind {
        match self {
            Self::InPlace { kind, .. } | Self::Apart { kind, .. } => *kind,
        }
    }

    /// Namespace and name.
    fn parts(&self) -> (&[u8], &[u8]) {
        let (namespace_length, bytes) = match self {
            Self::InPlace { namespace_length, length, bytes, .. } => {
                (usize::from(*namespace_length), bytes.get(..usize::from(*length)).unwrap_or_default())
            }
            Self::Apart { namespace_length, bytes, .. } => (*namespace_length, &**bytes),
        };
        bytes.split_at_checked(namespace_length).unwrap_or((bytes, &[]))
    }

    #[cfg(feature = "kubernetes")]
    fn is_in(&self, kind: ObjectKind, namespace: Option<&str>) -> bool {
        self.kind() == kind && namespace.is_none_or(|namespace| self.parts().0 == namespace.as_bytes())
    }
}

impl From<&ObjectReference<'_>> for StoredReference {
    fn from(reference: &ObjectReference<'_>) -> Self {
        let ObjectReference { kind, namespace, name } = *reference;
        let length = namespace.len().saturating_add(name.len());
        let mut bytes = [0; TEXTS_IN_PLACE];
        match (bytes.get_mut(..length), u8::try_from(namespace.len()), u8::try_from(length)) {
            (Some(place), Ok(namespace_length), Ok(length)) => {
                for (byte, written) in place.iter_mut().zip(namespace.bytes().chain(name.bytes())) {
                    *byte = written;
                }
                Self::InPlace { kind, namespace_length, length, bytes }
            }
            _ => {
                let bytes = [namespace.as_bytes(), name.as_bytes()].concat().into();
                Self::Apart { kind, namespace_length: namespace.len(), bytes }
            }
        }
    }
}

/// What a [`StoredReference`] is looked up by.
#[derive(Clone, Copy)]
struct Lookup<'a> {
    kind: ObjectKind,
    namespace: &'a [u8],
    name: &'a [u8],
}

impl<'a> From<&ObjectReference<'a>> for Lookup<'a> {
    fn from(reference: &ObjectReference<'a>) -> Self {
        let ObjectReference { kind, namespace, name } = *reference;
        Self { kind, namespace: namespace.as_bytes(), name: name.as_bytes() }
    }
}

impl<'a> From<&'a StoredReference> for Lookup<'a> {
    fn from(stored: &'a StoredReference) -> Self {
        let (namespace, name) = stored.parts();
        Self { kind: stored.kind(), namespace, name }
    }
}

impl Equivalent<StoredReference> for Lookup<'_> {
    fn equivalent(&self, stored: &StoredReference) -> bool {
        self.kind == stored.kind() && (self.namespace, self.name) == stored.parts()
    }
}

impl PartialEq for StoredReference {
    fn eq(&self, other: &Self) -> bool {
        Lookup::from(self).equivalent(other)
    }
}

impl Eq for StoredReference {}

impl Hash for Lookup<'_> {
    /// In few writes. The length keeps texts apart; the kind is left to the comparison, as it tells apart four at most.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.namespace);
        state.write(self.name);
        state.write_usize(self.namespace.len());
    }
}

impl Hash for StoredReference {
    /// The same as that of its [`Lookup`], so that one finds the other.
    fn hash<H: Hasher>(&self, state: &mut H) {
        Lookup::from(self).hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bound_object::BoundObject;

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
        objects.live_objects().unwrap().contains(Fingerprint::from(&object))
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
}
