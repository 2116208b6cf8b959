//! Bound objects in memory.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use papaya::{Equivalent, HashMap};

use crate::bound_object::{BoundObjects, ObjectKind, ObjectReference, ObjectState, PodSpec, Uid};
use crate::time::UnixSeconds;

mod json;

pub use json::ObjectStoreError;

/// The objects of a cluster as far as tokens need them: kind, namespace, name, uid, deletionTimestamp.
///
/// A cheap handle: clones share the objects. Any number of threads may read and write at once; reading takes no lock.
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
#[derive(Clone, Default)]
pub struct ObjectStore {
    objects: Arc<HashMap<StoredReference, StoredState>>,
}

/// An [`ObjectReference`] that owns its texts, in one allocation.
#[derive(PartialEq, Eq)]
struct StoredReference {
    kind: ObjectKind,
    namespace_length: u32,
    /// Namespace and name, one after the other.
    text: Box<str>,
}

struct StoredState {
    uid: Uid,
    deletion_timestamp: Option<UnixSeconds>,
    /// Boxed: few stores serve an issuer, and no others should pay for it.
    pod_spec: Option<Box<PodSpec>>,
}

impl ObjectStore {
    /// An empty store: every object is absent.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an object, or replaces what is known of it.
    pub fn upsert(&self, reference: &ObjectReference<'_>, uid: Uid, deletion_timestamp: Option<UnixSeconds>) {
        self.insert(reference, StoredState { uid, deletion_timestamp, pod_spec: None });
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
        self.insert(&pod, StoredState { uid, deletion_timestamp, pod_spec: Some(Box::new(spec)) });
    }

    fn insert(&self, reference: &ObjectReference<'_>, state: StoredState) {
        self.objects.pin().insert(StoredReference::from(reference), state);
    }

    /// Removes an object; tells whether it was there.
    pub fn delete(&self, reference: &ObjectReference<'_>) -> bool {
        self.objects.pin().remove(&Lookup(*reference)).is_some()
    }

    /// Removes the objects of one kind, in one namespace or in all, that `keep` does not want: given namespace and name.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn retain(
        &self,
        kind: ObjectKind,
        namespace: Option<&str>,
        keep: impl Fn(&str, &str) -> bool,
    ) {
        self.objects.pin().retain(|stored, _| {
            !stored.is_in(kind, namespace) || {
                let (namespace, name) = stored.parts();
                keep(namespace, name)
            }
        });
    }

    /// How many objects of one kind there are, in one namespace or in all.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn count(&self, kind: ObjectKind, namespace: Option<&str>) -> usize {
        self.objects.pin().keys().filter(|stored| stored.is_in(kind, namespace)).count()
    }

    /// How many objects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there is no object.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }
}

impl BoundObjects for ObjectStore {
    fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        match self.objects.pin().get(&Lookup(*reference)) {
            Some(StoredState { uid, deletion_timestamp, .. }) => {
                ObjectState::Present { uid: uid.clone(), deletion_timestamp: *deletion_timestamp }
            }
            None => ObjectState::Absent,
        }
    }

    fn pod_spec(&self, pod: &ObjectReference<'_>, uid: &Uid) -> Option<PodSpec> {
        let objects = self.objects.pin();
        let state = objects.get(&Lookup(*pod)).filter(|state| state.uid == *uid)?;
        state.pod_spec.as_deref().cloned()
    }
}

impl fmt::Debug for ObjectStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ObjectStore").field("objects", &self.len()).finish()
    }
}

impl StoredReference {
    #[cfg(feature = "kubernetes")]
    fn is_in(&self, kind: ObjectKind, namespace: Option<&str>) -> bool {
        self.kind == kind && namespace.is_none_or(|namespace| self.parts().0 == namespace)
    }

    fn parts(&self) -> (&str, &str) {
        let namespace_length = usize::try_from(self.namespace_length).unwrap_or(usize::MAX);
        self.text.split_at_checked(namespace_length).unwrap_or((&self.text, ""))
    }
}

impl From<&ObjectReference<'_>> for StoredReference {
    fn from(reference: &ObjectReference<'_>) -> Self {
        Self {
            kind: reference.kind,
            namespace_length: u32::try_from(reference.namespace.len()).unwrap_or(u32::MAX),
            text: format!("{}{}", reference.namespace, reference.name).into_boxed_str(),
        }
    }
}

/// What a [`StoredReference`] is looked up by.
struct Lookup<'a>(ObjectReference<'a>);

impl Equivalent<StoredReference> for Lookup<'_> {
    fn equivalent(&self, stored: &StoredReference) -> bool {
        self.0.kind == stored.kind && (self.0.namespace, self.0.name) == stored.parts()
    }
}

impl Hash for Lookup<'_> {
    /// In few writes. The length keeps texts apart; the kind is left to the comparison, as it tells apart four at most.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.0.namespace.as_bytes());
        state.write(self.0.name.as_bytes());
        state.write_usize(self.0.namespace.len());
    }
}

impl Hash for StoredReference {
    /// The same as that of its [`Lookup`], so that one finds the other.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let (namespace, name) = self.parts();
        Lookup(ObjectReference { kind: self.kind, namespace, name }).hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
