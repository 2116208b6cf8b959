//! The compact form in which a store keeps an object.

use std::hash::{Hash, Hasher};

use papaya::Equivalent;

use crate::objects::{Fingerprint, ObjectKind, ObjectReference, PodSpec, Uid, Webhook};
use crate::time::UnixSeconds;

/// An [`ObjectReference`] that owns its texts.
///
/// Most namespaces and names are short enough to be stored in place, one after the other. Then an object is one
/// allocation.
#[derive(Clone)]
pub(super) enum StoredReference {
    InPlace { kind: ObjectKind, namespace_length: u8, name_length: u8, bytes: [u8; TEXTS_IN_PLACE] },
    Apart { kind: ObjectKind, namespace: Box<[u8]>, name: Box<[u8]> },
}

/// The most bytes that are kept in place. An object then takes 120 bytes.
const TEXTS_IN_PLACE: usize = 52;

#[derive(Clone)]
pub(super) struct StoredState {
    pub(super) uid: Uid,
    pub(super) deletion_timestamp: Option<UnixSeconds>,
    /// Boxed, because few stores serve an issuer, and the others should not pay for it.
    pub(super) for_issuer: Option<Box<ForIssuer>>,
}

/// What an issuer needs in addition to what a verifier needs.
#[derive(Clone)]
pub(super) enum ForIssuer {
    Pod(PodSpec),
    Webhooks(Vec<Webhook>),
}

impl StoredState {
    /// Returns the fingerprint of the object.
    pub(super) fn fingerprint(&self, Lookup { kind, namespace, name }: Lookup<'_>) -> Fingerprint {
        Fingerprint::new(kind, namespace, name, self.uid.as_bytes())
    }

    /// Returns the fingerprint if the object is live: not being deleted.
    pub(super) fn if_live(&self, fingerprint: Fingerprint) -> Option<Fingerprint> {
        self.deletion_timestamp.is_none().then_some(fingerprint)
    }
}

impl StoredReference {
    fn kind(&self) -> ObjectKind {
        match self {
            Self::InPlace { kind, .. } | Self::Apart { kind, .. } => *kind,
        }
    }

    /// Returns namespace and name.
    pub(super) fn parts(&self) -> (&[u8], &[u8]) {
        let parts = match self {
            Self::InPlace { namespace_length, name_length, bytes, .. } => bytes
                .split_at_checked(usize::from(*namespace_length))
                .and_then(|(namespace, rest)| Some((namespace, rest.get(..usize::from(*name_length))?))),
            Self::Apart { namespace, name, .. } => Some((&**namespace, &**name)),
        };
        // The lengths always fit. If they did not, the object would have no name. No token names such an object, so
        // every token bound to it would be refused.
        parts.unwrap_or_default()
    }

    pub(super) fn is_in(&self, kind: ObjectKind, namespace: Option<&str>) -> bool {
        self.kind() == kind && namespace.is_none_or(|namespace| self.parts().0 == namespace.as_bytes())
    }
}

impl From<&ObjectReference<'_>> for StoredReference {
    fn from(reference: &ObjectReference<'_>) -> Self {
        let ObjectReference { kind, namespace, name } = *reference;
        let length = namespace.len().saturating_add(name.len());
        let mut bytes = [0; TEXTS_IN_PLACE];
        match (bytes.get_mut(..length), u8::try_from(namespace.len()), u8::try_from(name.len())) {
            (Some(place), Ok(namespace_length), Ok(name_length)) => {
                for (byte, written) in place.iter_mut().zip(namespace.bytes().chain(name.bytes())) {
                    *byte = written;
                }
                Self::InPlace { kind, namespace_length, name_length, bytes }
            }
            _ => Self::Apart { kind, namespace: namespace.as_bytes().into(), name: name.as_bytes().into() },
        }
    }
}

/// The key by which a [`StoredReference`] is looked up.
#[derive(Clone, Copy)]
pub(super) struct Lookup<'a> {
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
    /// Needs few writes. The length separates the texts. The kind is left to the comparison: few objects differ in it
    /// alone.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.namespace);
        state.write(self.name);
        state.write_usize(self.namespace.len());
    }
}

impl Hash for StoredReference {
    /// Equals the hash of its [`Lookup`].
    fn hash<H: Hasher>(&self, state: &mut H) {
        Lookup::from(self).hash(state);
    }
}
