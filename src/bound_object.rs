//! The objects that a token lives and dies with, and the call-back that reports their state.

use std::fmt;
use std::sync::Arc;

use crate::claims::Claims;
use crate::crypto;
use crate::keys::KeyError;
use crate::object_store::LiveObjects;
use crate::rejection::{Detail, Reason, Rejection};
use crate::time::UnixSeconds;
use crate::verified::Confirmed;

mod fingerprint;
mod webhook;

pub use webhook::Webhook;

pub(crate) use fingerprint::{Fingerprint, Fingerprints};

/// How long after its deletionTimestamp an object still counts as live, in seconds, as in the API server.
const DELETION_GRACE: u64 = 60;

/// How long the news of an object's creation may take to arrive, in seconds.
const NEWS: u64 = 60;

/// The kinds of objects that decide over a token.
///
/// Kubernetes adds kinds over the years, and so does this list.
///
/// ```
/// use boundtoken::ObjectKind;
///
/// let kind = ObjectKind::ValidatingWebhookConfiguration;
/// assert_eq!(kind.name(), "ValidatingWebhookConfiguration");
/// assert_eq!((kind.api_group(), kind.resource()), ("admissionregistration.k8s.io", "validatingwebhookconfigurations"));
/// assert!(!kind.is_namespaced());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ObjectKind {
    /// A core/v1 ServiceAccount: every token speaks for one.
    ServiceAccount,
    /// A core/v1 Secret.
    Secret,
    /// A core/v1 Pod.
    Pod,
    /// A core/v1 Node, which has no namespace.
    Node,
    /// An admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration, which has no namespace. An API server of
    /// Kubernetes 1.37 or later binds the tokens to it that it shows to the webhooks (KEP-6060).
    ValidatingWebhookConfiguration,
    /// An admissionregistration.k8s.io/v1 MutatingWebhookConfiguration, likewise.
    MutatingWebhookConfiguration,
}

impl ObjectKind {
    /// Every kind, in the order in which they are judged.
    pub const ALL: &'static [Self] = &[
        Self::ServiceAccount,
        Self::Secret,
        Self::Pod,
        Self::Node,
        Self::ValidatingWebhookConfiguration,
        Self::MutatingWebhookConfiguration,
    ];

    /// The kind as Kubernetes spells it: `ServiceAccount`, `Secret`, `Pod`, `Node`, `ValidatingWebhookConfiguration`,
    /// `MutatingWebhookConfiguration`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ServiceAccount => "ServiceAccount",
            Self::Secret => "Secret",
            Self::Pod => "Pod",
            Self::Node => "Node",
            Self::ValidatingWebhookConfiguration => "ValidatingWebhookConfiguration",
            Self::MutatingWebhookConfiguration => "MutatingWebhookConfiguration",
        }
    }

    /// The kind's name in the paths of the Kubernetes API: `serviceaccounts`, `pods` and so on.
    #[must_use]
    pub fn resource(self) -> &'static str {
        match self {
            Self::ServiceAccount => "serviceaccounts",
            Self::Secret => "secrets",
            Self::Pod => "pods",
            Self::Node => "nodes",
            Self::ValidatingWebhookConfiguration => "validatingwebhookconfigurations",
            Self::MutatingWebhookConfiguration => "mutatingwebhookconfigurations",
        }
    }

    /// The kind's API group: empty for the core group.
    #[must_use]
    pub fn api_group(self) -> &'static str {
        if self.is_webhook_configuration() { "admissionregistration.k8s.io" } else { "" }
    }

    /// Whether objects of this kind are in a namespace.
    #[must_use]
    pub fn is_namespaced(self) -> bool {
        match self {
            Self::ServiceAccount | Self::Secret | Self::Pod => true,
            Self::Node | Self::ValidatingWebhookConfiguration | Self::MutatingWebhookConfiguration => false,
        }
    }

    /// Whether this is a ValidatingWebhookConfiguration or a MutatingWebhookConfiguration.
    #[must_use]
    pub fn is_webhook_configuration(self) -> bool {
        matches!(self, Self::ValidatingWebhookConfiguration | Self::MutatingWebhookConfiguration)
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Which object: its kind, namespace and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObjectReference<'a> {
    /// The kind.
    pub kind: ObjectKind,
    /// The namespace; empty if the kind [has none](ObjectKind::is_namespaced).
    pub namespace: &'a str,
    /// The name.
    pub name: &'a str,
}

impl fmt::Display for ObjectReference<'_> {
    /// `Pod demo/live`, or `Node node-1`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ", self.kind)?;
        if !self.namespace.is_empty() {
            write!(formatter, "{}/", self.namespace)?;
        }
        formatter.write_str(self.name)
    }
}

/// Whether Kubernetes can give an object this name: a DNS-1123 subdomain. So no name carries `/`, `:` or `%` into the
/// user name or into an address that a call-back builds from it.
pub(crate) fn is_object_name(name: &str) -> bool {
    /// The longest DNS-1123 subdomain, in bytes.
    const LONGEST: usize = 253;
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    bytes.len() <= LONGEST
        && bytes.first().is_some_and(alphanumeric)
        && bytes.last().is_some_and(alphanumeric)
        && bytes.iter().all(|byte| alphanumeric(byte) || matches!(byte, b'-' | b'.'))
}

/// An object as a token names it: by reference, and by the uid of the very instance that it was issued for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BoundObject<'a> {
    /// Which object.
    pub reference: ObjectReference<'a>,
    /// The uid that the object must have. Empty only for the node beside a pod, which is informational.
    pub uid: &'a str,
}

/// What the source of objects knows about one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectState {
    /// The object exists.
    Present {
        /// Its `metadata.uid`.
        uid: Uid,
        /// Its `metadata.deletionTimestamp`, when it is being deleted.
        deletion_timestamp: Option<UnixSeconds>,
    },
    /// The object does not exist.
    Absent,
    /// It cannot be said at the moment: the source is not connected, or not up to date.
    Unavailable,
    /// It can never be said: the source does not follow objects of this kind, or in this namespace. The token is refused,
    /// whatever a verifier does when a source is [`Unavailable`](Self::Unavailable): that ends, and this does not.
    NotFollowed,
}

/// The call-back through which a verifier learns whether bound objects exist.
///
/// It only reports; the rules (uid, grace after deletionTimestamp, order) are the verifier's. It is called during
/// `verify`, from any thread, and should answer from memory: who must ask a network uses
/// [`Verifier::check`](crate::Verifier::check) and [`Verifier::confirm`](crate::Verifier::confirm).
/// [`ObjectStore`](crate::ObjectStore) implements it, and so does every closure of this form:
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

    /// The live objects of the [`ObjectStore`](crate::ObjectStore) that this source answers from. If all objects of a token
    /// that is seen again are among them, it is not asked for their [`state`](Self::state), which takes longer. Sources of
    /// another kind leave it out.
    fn live_objects(&self) -> Option<&LiveObjects> {
        None
    }

    /// What a pod's spec says, if this is known and the pod still has this uid. Only an [`Issuer`](crate::Issuer) asks;
    /// a source that serves verifiers alone leaves it out.
    fn pod_spec(&self, _pod: &ObjectReference<'_>, _uid: &Uid) -> Option<PodSpec> {
        None
    }

    /// What a ValidatingWebhookConfiguration or MutatingWebhookConfiguration says of its webhooks, if this is known and the
    /// configuration still has this uid. Only an [`Issuer`](crate::Issuer) asks; a source that serves verifiers alone leaves
    /// it out.
    fn webhooks(&self, _configuration: &ObjectReference<'_>, _uid: &Uid) -> Option<Vec<Webhook>> {
        None
    }

    /// Whether this very object, by its uid, is known to be gone for good. Asked only of a source that is not
    /// [`Freshness::Current`], before a token is refused with [`Reason::BoundObjectPending`]; one that does not remember
    /// deletions leaves it out.
    fn is_gone(&self, _object: &BoundObject<'_>) -> bool {
        false
    }

    /// How well this source keeps up with the cluster. Asked in each verification; a source that is the cluster's
    /// own, or is asked for each token, leaves it out.
    fn freshness(&self) -> Freshness {
        Freshness::Current
    }
}

/// How well a source of objects keeps up with the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Freshness {
    /// What it says is so.
    #[default]
    Current,
    /// It follows the cluster by a watch. Of an object that was just created it may not have heard yet: a token of the
    /// last minute whose object is absent, or has another uid, is refused with [`Reason::BoundObjectPending`], unless the
    /// object is known to be gone.
    Following,
    /// It lost touch with the cluster, longer ago than it should. What it says may be outdated: tokens are refused, or
    /// accepted with [`Confirmed::Stale`] under [`OnUnavailable::Accept`].
    Stale,
}

/// A core/v1 PodSpec, as far as tokens have to do with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodSpec {
    /// The name of the service account that the pod runs as.
    pub service_account_name: String,
    /// The node that the pod is on; empty until it is scheduled.
    pub node_name: String,
}

impl<F> BoundObjects for F
where
    F: Fn(&ObjectReference<'_>) -> ObjectState + Send + Sync,
{
    fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        self(reference)
    }
}

/// A `metadata.uid`. Cheap to clone and to compare; equal when the texts are equal, letter by letter.
///
/// ```
/// use boundtoken::Uid;
///
/// let uid = Uid::from("e5bf3f7d-fbca-403d-a58f-f50f44e8da63");
/// assert_eq!(uid.to_string(), "e5bf3f7d-fbca-403d-a58f-f50f44e8da63");
/// assert_ne!(uid, Uid::from("E5BF3F7D-FBCA-403D-A58F-F50F44E8DA63"));
/// ```
#[derive(Clone)]
pub struct Uid(UidText);

/// The most bytes that are kept in place: a UUID has 36.
const UID_IN_PLACE: usize = 38;

#[derive(Clone)]
enum UidText {
    InPlace { length: u8, bytes: [u8; UID_IN_PLACE] },
    Shared(Arc<str>),
}

impl Uid {
    /// A new one, as the API server makes them: a random UUID, version 4 (RFC 9562 section 5.4).
    ///
    /// # Errors
    /// [`KeyError::CryptographyFailed`] if the system has no random numbers.
    pub fn random() -> Result<Self, KeyError> {
        let mut bytes = [0; 16];
        crypto::fill_random(&mut bytes)?;
        let number = u128::from_be_bytes(bytes);
        let number = number & !(0xf << 76) | 0x4 << 76;
        let number = number & !(0x3 << 62) | 0x2 << 62;
        let digits = format!("{number:032x}");
        let mut uuid = String::with_capacity(36);
        for (place, digit) in digits.chars().enumerate() {
            if matches!(place, 8 | 12 | 16 | 20) {
                uuid.push('-');
            }
            uuid.push(digit);
        }
        Ok(Self::from(uuid.as_str()))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            UidText::InPlace { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            UidText::Shared(text) => text.as_bytes(),
        }
    }
}

impl From<&str> for Uid {
    fn from(text: &str) -> Self {
        let mut bytes = [0; UID_IN_PLACE];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(text.as_bytes());
                Self(UidText::InPlace { length, bytes })
            }
            _ => Self(UidText::Shared(text.into())),
        }
    }
}

impl PartialEq for Uid {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Uid {}

impl PartialEq<str> for Uid {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(std::str::from_utf8(self.as_bytes()).unwrap_or_default())
    }
}

impl fmt::Debug for Uid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Uid({self})")
    }
}

/// What a verifier does when the source of bound objects answers [`ObjectState::Unavailable`], or is [`Freshness::Stale`]; and
/// when the issuer's keys are older than [`KeyStore::max_age`](crate::KeyStore::max_age) allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnUnavailable {
    /// Refuse the token, with [`Reason::BoundObjectUnavailable`] or [`Reason::KeysStale`]. The default.
    #[default]
    Refuse,
    /// Accept it, and say so: [`Confirmed::Unavailable`], or [`Confirmed::Stale`] if no object is known to be gone. Where no
    /// objects are checked it stays [`Confirmed::NotChecked`], also by keys that are too old.
    Accept,
}

/// Whether all objects that a token is bound to are live, told by their fingerprints. Whatever is not, or is not known so
/// soon, is for [`confirm`] to judge.
pub(crate) fn are_live<'a>(
    objects: &dyn BoundObjects,
    fingerprints: impl FnOnce() -> &'a Fingerprints,
) -> bool {
    objects.freshness() != Freshness::Stale
        && objects.live_objects().is_some_and(|live| fingerprints().iter().all(|each| live.contains(each)))
}

/// Judges the objects that a token is bound to, as the API server does: service account, secret, pod, node, webhook
/// configurations; uid before deletion.
pub(crate) fn confirm(
    claims: &Claims,
    objects: &dyn BoundObjects,
    on_unavailable: OnUnavailable,
    now: UnixSeconds,
) -> Result<Confirmed, Rejection> {
    let freshness = objects.freshness();
    let may_lag = || freshness != Freshness::Current && claims.issued_since(now, NEWS);
    let stale = freshness == Freshness::Stale;
    let mut confirmed = if stale { Confirmed::Stale } else { Confirmed::Live };
    for object in claims.bound_objects() {
        if object.reference.kind.is_webhook_configuration() {
            claims.attest_an_api_group()?;
        }
        if stale && on_unavailable == OnUnavailable::Refuse {
            return Err(Failure::Unavailable.of(&object.reference));
        }
        let verdict = match objects.state(&object.reference) {
            ObjectState::Absent => Err(Failure::NotFound),
            ObjectState::Present { uid, .. } if uid != *object.uid => Err(Failure::UidMismatch),
            ObjectState::Present { deletion_timestamp: Some(deleted), .. }
                if deleted.0.saturating_add(DELETION_GRACE) <= now.0 =>
            {
                Err(Failure::Deleted)
            }
            ObjectState::Present { .. } => Ok(()),
            ObjectState::NotFollowed => Err(Failure::NotFollowed),
            ObjectState::Unavailable if on_unavailable == OnUnavailable::Refuse => Err(Failure::Unavailable),
            ObjectState::Unavailable => {
                confirmed = Confirmed::Unavailable;
                Ok(())
            }
        };
        verdict.map_err(|failure| match failure {
            // It may just have been created, or created again under its name.
            Failure::NotFound | Failure::UidMismatch if may_lag() && !objects.is_gone(&object) => {
                Failure::Pending.of(&object.reference)
            }
            failure => failure.of(&object.reference),
        })?;
    }
    Ok(confirmed)
}

enum Failure {
    NotFound,
    Pending,
    UidMismatch,
    Deleted,
    Unavailable,
    NotFollowed,
}

impl Failure {
    fn of(self, reference: &ObjectReference<'_>) -> Rejection {
        use ObjectKind::{
            MutatingWebhookConfiguration, Node, Pod, Secret, ServiceAccount, ValidatingWebhookConfiguration,
        };
        let reason = match (self, reference.kind) {
            (Self::NotFound, ServiceAccount) => Reason::ServiceAccountNotFound,
            (Self::NotFound, Secret) => Reason::SecretNotFound,
            (Self::NotFound, Pod) => Reason::PodNotFound,
            (Self::NotFound, Node) => Reason::NodeNotFound,
            (Self::NotFound, ValidatingWebhookConfiguration) => {
                Reason::ValidatingWebhookConfigurationNotFound
            }
            (Self::NotFound, MutatingWebhookConfiguration) => Reason::MutatingWebhookConfigurationNotFound,
            (Self::UidMismatch, ServiceAccount) => Reason::ServiceAccountUidMismatch,
            (Self::UidMismatch, Secret) => Reason::SecretUidMismatch,
            (Self::UidMismatch, Pod) => Reason::PodUidMismatch,
            (Self::UidMismatch, Node) => Reason::NodeUidMismatch,
            (Self::UidMismatch, ValidatingWebhookConfiguration) => {
                Reason::ValidatingWebhookConfigurationUidMismatch
            }
            (Self::UidMismatch, MutatingWebhookConfiguration) => {
                Reason::MutatingWebhookConfigurationUidMismatch
            }
            (Self::Deleted, ServiceAccount) => Reason::ServiceAccountDeleted,
            (Self::Deleted, Secret) => Reason::SecretDeleted,
            (Self::Deleted, Pod) => Reason::PodDeleted,
            (Self::Deleted, Node) => Reason::NodeDeleted,
            (Self::Deleted, ValidatingWebhookConfiguration) => Reason::ValidatingWebhookConfigurationDeleted,
            (Self::Deleted, MutatingWebhookConfiguration) => Reason::MutatingWebhookConfigurationDeleted,
            (Self::Unavailable, _) => Reason::BoundObjectUnavailable,
            (Self::NotFollowed, _) => Reason::BoundObjectNotFollowed,
            (Self::Pending, _) => Reason::BoundObjectPending,
        };
        Rejection::new(reason, Detail::Object(reference.to_string().into_boxed_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_uid_says_its_version_and_is_never_the_same() {
        let (one, other) = (Uid::random().unwrap(), Uid::random().unwrap());
        assert_ne!(one, other);
        for uid in [one, other].map(|uid| uid.to_string()) {
            let lengths: Vec<_> = uid.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{uid}");
            assert_eq!(&uid[14..15], "4", "{uid}");
            assert!("89ab".contains(&uid[19..20]), "{uid}");
        }
    }

    #[test]
    fn uids_are_equal_exactly_when_their_texts_are() {
        let texts = [
            "e5bf3f7d-fbca-403d-a58f-f50f44e8da63",
            "E5bf3f7d-fbca-403d-a58f-f50f44e8da63",
            "e5bf3f7d-fbca-403d-a58f-f50f44e8da64",
            "e5bf3f7dfbca403da58ff50f44e8da63",
            "e5bf3f7d-fbca-403d-a58f-f50f44e8da63-38",
            "e5bf3f7d-fbca-403d-a58f-f50f44e8da63-039",
            "e5bf3f7d-fbca-403d-a58f-f50f44e8da63-of-another-form",
            "",
        ];
        for (left, one) in texts.iter().enumerate() {
            assert_eq!(Uid::from(*one).to_string(), *one);
            for (right, other) in texts.iter().enumerate() {
                let (uid, other_uid) = (Uid::from(*one), Uid::from(*other));
                assert_eq!(uid == other_uid, left == right, "{one} {other}");
                assert_eq!(uid == **other, left == right, "{one} {other}");
            }
        }
    }
}
