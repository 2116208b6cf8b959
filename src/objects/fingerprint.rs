//! Fingerprints of objects.

use std::hash::Hasher as _;
use std::num::NonZeroU64;
use std::sync::LazyLock;

use siphasher::sip128::{Hasher128 as _, SipHasher13};

use super::{BoundObject, ObjectKind, ObjectReference};
use crate::hashing;

/// A hash of an object's kind, namespace, name and uid, under a key of this process. It has 127 bits.
///
/// Two objects have the same fingerprint with a probability of 2⁻¹²⁷, even if an attacker chose them: SipHash is a
/// pseudorandom function, and no fingerprint leaves the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint {
    /// Determines where a table keeps the fingerprint.
    pub(crate) place: u64,
    /// Distinguishes it from other fingerprints there.
    pub(crate) mark: NonZeroU64,
}

impl Fingerprint {
    pub(crate) fn new(kind: ObjectKind, namespace: &[u8], name: &[u8], uid: &[u8]) -> Self {
        static KEYED: LazyLock<SipHasher13> =
            LazyLock::new(|| SipHasher13::new_with_keys(hashing::random(), hashing::random()));
        let mut hasher = *KEYED;
        hasher.write(uid);
        hasher.write(namespace);
        hasher.write(name);
        // The lengths come last, so that other texts cannot give the same input.
        hasher.write_usize(namespace.len());
        hasher.write_usize(name.len());
        hasher.write_u8(match kind {
            ObjectKind::ServiceAccount => 0,
            ObjectKind::Secret => 1,
            ObjectKind::Pod => 2,
            ObjectKind::Node => 3,
            ObjectKind::ValidatingWebhookConfiguration => 4,
            ObjectKind::MutatingWebhookConfiguration => 5,
        });
        let hash = hasher.finish128();
        Self { place: hash.h1, mark: NonZeroU64::MIN | hash.h2 }
    }
}

impl From<&BoundObject<'_>> for Fingerprint {
    fn from(object: &BoundObject<'_>) -> Self {
        let ObjectReference { kind, namespace, name } = object.reference;
        Self::new(kind, namespace.as_bytes(), name.as_bytes(), object.uid.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_differs_gives_another_fingerprint() {
        let objects = [
            (ObjectKind::Pod, "demo", "live", "1"),
            (ObjectKind::Secret, "demo", "live", "1"),
            (ObjectKind::Node, "demo", "live", "1"),
            (ObjectKind::ServiceAccount, "demo", "live", "1"),
            (ObjectKind::ValidatingWebhookConfiguration, "demo", "live", "1"),
            (ObjectKind::MutatingWebhookConfiguration, "demo", "live", "1"),
            (ObjectKind::Pod, "deml", "oive", "1"),
            (ObjectKind::Pod, "dem", "olive", "1"),
            (ObjectKind::Pod, "demol", "ive", "1"),
            (ObjectKind::Pod, "", "demolive", "1"),
            (ObjectKind::Pod, "demolive", "", "1"),
            (ObjectKind::Pod, "1demo", "live", ""),
            (ObjectKind::Pod, "emo", "live", "1d"),
            (ObjectKind::Pod, "demo", "live", "2"),
            (ObjectKind::Pod, "demo", "live", "11"),
            (ObjectKind::Pod, "demo", "live", ""),
        ];
        let fingerprints = objects.map(|(kind, namespace, name, uid)| {
            let object = BoundObject { reference: ObjectReference { kind, namespace, name }, uid };
            assert_eq!(Fingerprint::from(&object), Fingerprint::from(&object));
            Fingerprint::from(&object)
        });
        for (number, one) in fingerprints.iter().enumerate() {
            assert!(fingerprints.iter().skip(number + 1).all(|other| other != one), "{:?}", objects[number]);
        }
    }
}
