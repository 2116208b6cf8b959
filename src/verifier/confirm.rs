//! Judging bound objects.

use crate::claims::Claims;
use crate::objects::{Asked, BoundObject, Freshness, ObjectKind, ObjectReference, ObjectState};
use crate::rejection::{Detail, Reason, Rejection};
use crate::time::UnixSeconds;
use crate::verified::Confirmed;

/// How long an object counts as live after its deletionTimestamp, in seconds. The API server allows the same.
const DELETION_GRACE: u64 = 60;

/// How long the event of an object's creation may take to arrive, in seconds.
pub(super) const LONGEST_LAG: u64 = 60;

/// What a verifier does with a token that it cannot fully check.
///
/// That is the case if the source of bound objects answers [`ObjectState::Unavailable`] or is [`Freshness::Stale`],
/// or if the issuer's keys are older than [`KeyStore::max_age`](crate::KeyStore::max_age) allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnUnavailable {
    /// Refuse it, with [`Reason::BoundObjectUnavailable`] or [`Reason::KeysStale`]. This is the default.
    #[default]
    Refuse,
    /// Accept it, and say so with [`Confirmed::Unavailable`] or [`Confirmed::Stale`]. A token with an object that is
    /// known to be gone is still refused. If the issuer has no source of bound objects, [`Confirmed::NotChecked`]
    /// remains, even if the keys are too old.
    Accept,
}

/// Judges the objects that a token is bound to, as the API server does.
///
/// The order is service account, secret, pod, node, webhook configurations. The uid comes before the deletion.
pub(super) fn confirm(
    claims: &Claims,
    objects: Asked<'_>,
    on_unavailable: OnUnavailable,
    now: UnixSeconds,
) -> Result<Confirmed, Rejection> {
    let freshness = objects.freshness();
    let stale = freshness == Freshness::Stale;
    let mut confirmed = if stale { Confirmed::Stale } else { Confirmed::Live };
    for object in claims.bound_objects() {
        if object.reference.kind.is_webhook_configuration() {
            claims.attest_an_api_group()?;
        }
        if stale && on_unavailable == OnUnavailable::Refuse {
            return Err(Objection::Unavailable.of(&object.reference));
        }
        match judge(&object, claims, objects, freshness, now) {
            Ok(_) => {}
            Err(Objection::Unavailable) if on_unavailable == OnUnavailable::Accept => {
                confirmed = Confirmed::Unavailable;
            }
            Err(objection) => return Err(objection.of(&object.reference)),
        }
    }
    Ok(confirmed)
}

/// Judges one object by what the source says of it. Returns when its grace ends if it is being deleted.
pub(super) fn judge(
    object: &BoundObject<'_>,
    claims: &Claims,
    objects: Asked<'_>,
    freshness: Freshness,
    now: UnixSeconds,
) -> Result<Option<UnixSeconds>, Objection> {
    let objection = match objects.state(&object.reference) {
        ObjectState::Present { uid, deletion_timestamp } if uid == *object.uid => {
            let end = deletion_timestamp.map(|deleted| deleted.plus(DELETION_GRACE));
            return if end.is_some_and(|end| end <= now) { Err(Objection::Deleted) } else { Ok(end) };
        }
        ObjectState::Present { .. } => Objection::UidMismatch,
        ObjectState::Absent => Objection::NotFound,
        ObjectState::NotFollowed => return Err(Objection::NotFollowed),
        ObjectState::Unavailable => return Err(Objection::Unavailable),
    };
    // The object may have been created, or replaced by one of the same name, a moment ago.
    let may_lag = freshness != Freshness::Current && claims.issued_since(now, LONGEST_LAG);
    Err(if may_lag && !objects.is_gone(object) { Objection::Pending } else { objection })
}

/// What is wrong with an object.
pub(super) enum Objection {
    NotFound,
    Pending,
    UidMismatch,
    Deleted,
    Unavailable,
    NotFollowed,
}

impl Objection {
    pub(super) fn of(self, reference: &ObjectReference<'_>) -> Rejection {
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
