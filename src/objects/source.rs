//! The sources that tell a verifier about bound objects.

use std::fmt;
use std::sync::Arc;

use super::{BoundObject, ObjectReference, ObjectStore, Uid};
use crate::time::UnixSeconds;

/// The state of one object, as a source knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectState {
    /// The object exists.
    Present {
        /// Its `metadata.uid`.
        uid: Uid,
        /// Its `metadata.deletionTimestamp`, if it is being deleted.
        deletion_timestamp: Option<UnixSeconds>,
    },
    /// The object does not exist.
    Absent,
    /// The source cannot tell at the moment. It is not connected, or not up to date.
    Unavailable,
    /// The source can never tell. It does not follow objects of this kind, or not in this namespace.
    ///
    /// Waiting would not help. So the token is refused even by a verifier that accepts
    /// [`Unavailable`](Self::Unavailable) objects.
    NotFollowed,
}

/// How well a source keeps up with the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Freshness {
    /// Its answers are up to date.
    #[default]
    Current,
    /// It follows the cluster by watches, so it may not know a new object yet.
    ///
    /// If a token was issued within the last minute, and its object is absent or has another uid, it is refused with
    /// [`Reason::BoundObjectPending`](crate::Reason::BoundObjectPending), unless the object is known to be deleted.
    Following,
    /// It lost touch with the cluster longer ago than allowed, so its answers may be outdated.
    ///
    /// Tokens are refused. Under [`OnUnavailable::Accept`](crate::OnUnavailable::Accept) they are accepted with
    /// [`Confirmed::Stale`](crate::Confirmed::Stale).
    Stale,
}

/// A call-back that reports the state of bound objects to a verifier.
///
/// It only reports. The verifier applies the rules: uid, grace after deletionTimestamp, order.
///
/// The verifier calls it during `verify`, on any thread, so it should answer from memory. A program that must ask a
/// network uses [`Verifier::check`](crate::Verifier::check) and [`Verifier::confirm`](crate::Verifier::confirm)
/// instead. A program that has the objects in memory should use an [`ObjectStore`]: it needs no call-back, and makes
/// tokens that are seen again cheaper.
///
/// Every closure of this form is a `BoundObjects`:
///
/// ```
/// use boundtoken::{BoundObjects, ObjectKind, ObjectReference, ObjectState};
///
/// let only_one_pod = |reference: &ObjectReference<'_>| match (reference.kind, reference.name) {
///     (ObjectKind::Pod, "live") => {
///         ObjectState::Present { uid: "e5bf3f7d-fbca-403d-a58f-f50f44e8da63".into(), deletion_timestamp: None }
///     }
///     _ => ObjectState::Absent,
/// };
/// let pod = ObjectReference { kind: ObjectKind::Pod, namespace: "demo", name: "gone" };
/// assert_eq!(only_one_pod.state(&pod), ObjectState::Absent);
/// ```
pub trait BoundObjects: Send + Sync {
    /// The state of one object.
    fn state(&self, reference: &ObjectReference<'_>) -> ObjectState;

    /// How well this source keeps up with the cluster. The verifier asks once for each token.
    ///
    /// The default is for sources that ask the cluster each time.
    fn freshness(&self) -> Freshness {
        Freshness::Current
    }

    /// Whether the object with this uid is known to be deleted.
    ///
    /// It is asked only of a source that is not [`Freshness::Current`], about an object that it does not know. If so, the object is
    /// not one that was created a moment ago. The default is for sources that remember no deletions.
    fn is_gone(&self, object: &BoundObject<'_>) -> bool {
        let _ = object;
        false
    }
}

impl<F> BoundObjects for F
where
    F: Fn(&ObjectReference<'_>) -> ObjectState + Send + Sync,
{
    fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        self(reference)
    }
}

/// A source of bound objects for a [`TrustedIssuer`](crate::TrustedIssuer): an [`ObjectStore`], or any
/// [`BoundObjects`].
///
/// Cheap to clone; clones share the source.
///
/// ```
/// use boundtoken::{ObjectReference, ObjectSource, ObjectState, ObjectStore};
///
/// let from_memory = ObjectSource::from(ObjectStore::new());
/// let from_a_call_back = ObjectSource::from(|_: &ObjectReference<'_>| ObjectState::Unavailable);
/// ```
#[derive(Clone)]
pub struct ObjectSource(Source);

#[derive(Clone)]
enum Source {
    Store(ObjectStore),
    CallBack(Arc<dyn BoundObjects>),
}

impl ObjectSource {
    pub(crate) fn asked(&self) -> Asked<'_> {
        match &self.0 {
            Source::Store(store) => Asked::Store(store),
            Source::CallBack(objects) => Asked::CallBack(&**objects),
        }
    }

    /// Returns the store if the source is one.
    pub(crate) fn store(&self) -> Option<&ObjectStore> {
        match &self.0 {
            Source::Store(store) => Some(store),
            Source::CallBack(_) => None,
        }
    }
}

impl From<ObjectStore> for ObjectSource {
    fn from(store: ObjectStore) -> Self {
        Self(Source::Store(store))
    }
}

impl<T: BoundObjects + 'static> From<T> for ObjectSource {
    fn from(objects: T) -> Self {
        Self(Source::CallBack(Arc::new(objects)))
    }
}

impl fmt::Debug for ObjectSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Store(store) => store.fmt(formatter),
            Source::CallBack(_) => formatter.write_str("BoundObjects"),
        }
    }
}

/// A source, borrowed for one verification.
#[derive(Clone, Copy)]
pub(crate) enum Asked<'a> {
    Store(&'a ObjectStore),
    CallBack(&'a dyn BoundObjects),
}

impl Asked<'_> {
    pub(crate) fn state(self, reference: &ObjectReference<'_>) -> ObjectState {
        match self {
            Self::Store(store) => store.state(reference),
            Self::CallBack(objects) => objects.state(reference),
        }
    }

    pub(crate) fn freshness(self) -> Freshness {
        match self {
            Self::Store(store) => store.freshness(),
            Self::CallBack(objects) => objects.freshness(),
        }
    }

    /// Returns whether the object with this uid is known to be deleted.
    pub(crate) fn is_gone(self, object: &BoundObject<'_>) -> bool {
        match self {
            Self::Store(store) => store.is_gone(object),
            Self::CallBack(objects) => objects.is_gone(object),
        }
    }
}
