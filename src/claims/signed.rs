//! Claims whose signature holds, before they are judged.

use std::borrow::Cow;

use super::Audiences;
use super::attestations::Attestations;
use super::position::{Position, text_at};
use super::several::Growing;
use crate::objects::ObjectKind;
use crate::time::UnixSeconds;

/// The claims of a token whose signature holds.
///
/// The claims that every accepted token has may still be missing. The texts are borrowed until the claims are packed, so
/// a token that is refused costs no allocation.
pub(crate) struct SignedClaims<'a> {
    pub(super) texts: Texts<'a>,
    pub(super) payload: Position,
    pub(super) expires_at: Option<UnixSeconds>,
    pub(super) times: Times,
    pub(super) issuer: Position,
    /// The label of the trusted issuer whose key signed the token.
    pub(super) issuer_label: &'a str,
    pub(super) subject: Position,
    pub(super) jti: Position,
    /// In the order of the token.
    pub(super) audiences: Growing<Position, 5>,
    pub(super) kubernetes: Kubernetes,
}

/// The payload, followed by the resolved form of every text that has escapes.
pub(super) struct Texts<'a>(pub(super) Cow<'a, str>);

/// The times that may be absent.
#[derive(Clone, Copy, Default)]
pub(super) struct Times {
    pub(super) not_before: Option<UnixSeconds>,
    pub(super) issued_at: Option<UnixSeconds>,
    pub(super) warn_after: Option<UnixSeconds>,
}

/// The claim `kubernetes.io`.
#[derive(Default)]
pub(super) struct Kubernetes {
    pub(super) namespace: Position,
    pub(super) service_account: Option<Reference>,
    pub(super) secret: Option<Reference>,
    pub(super) pod: Option<Reference>,
    pub(super) node: Option<Reference>,
    pub(super) uncommon: Option<Box<Uncommon>>,
}

/// What few tokens have. It is boxed so that other tokens take no memory for it.
#[derive(Default)]
pub(super) struct Uncommon {
    pub(super) validating_webhook_configuration: Option<Reference>,
    pub(super) mutating_webhook_configuration: Option<Reference>,
    pub(super) attestations: Attestations,
    /// The name of the first unknown member that looks like a reference.
    pub(super) unknown_binding: Option<Position>,
}

/// A name and a uid. Each is empty when absent.
#[derive(Clone, Copy, Default)]
pub(super) struct Reference {
    pub(super) name: Position,
    pub(super) uid: Position,
}

impl SignedClaims<'_> {
    /// Returns the issuer, or the empty text.
    pub(crate) fn issuer(&self) -> &str {
        self.at(self.issuer)
    }

    pub(crate) fn aud(&self) -> Audiences<'_> {
        Audiences::new(&self.texts.0, self.audiences.as_slice())
    }

    /// Returns the text at a position.
    pub(super) fn at(&self, position: Position) -> &str {
        text_at(&self.texts.0, position)
    }
}

impl Reference {
    pub(super) fn has_uid(&self) -> bool {
        self.uid.length() > 0
    }
}

impl Kubernetes {
    pub(super) fn reference(&self, kind: ObjectKind) -> Option<Reference> {
        let uncommon = self.uncommon.as_deref();
        match kind {
            ObjectKind::ServiceAccount => self.service_account,
            ObjectKind::Secret => self.secret,
            ObjectKind::Pod => self.pod,
            ObjectKind::Node => self.node,
            ObjectKind::ValidatingWebhookConfiguration => uncommon?.validating_webhook_configuration,
            ObjectKind::MutatingWebhookConfiguration => uncommon?.mutating_webhook_configuration,
        }
    }
}
