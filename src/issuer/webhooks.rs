//! Tokens that are bound to a webhook configuration (KEP-6060, Kubernetes 1.37).

use super::binding::{Binding, Instance, ServiceAccount, demand_uid};
use super::{Issuer, refusals};
use crate::api::{BoundObjectReference, Status, TokenRequestSpec};
use crate::claims::Attestation;
use crate::objects::{ObjectKind, ObjectReference, ObjectState, Uid, is_object_name};
use crate::time::UnixSeconds;

/// The feature gate of such tokens. Without it, the API server neither issues nor accepts them.
const FEATURE_GATE: &str = "APIServerWebhookAuthenticationToken";

/// The longest lifetime of such a token, in seconds.
pub(super) const LONGEST_EXPIRATION: i64 = 600;

/// The text that stands for all API groups.
const ALL_GROUPS: &str = "*";

/// Decides whether a service account may attest an API group.
type MayAttest = dyn Fn(&ObjectReference<'_>, &str) -> bool + Send + Sync;

/// The settings for such tokens.
pub(super) struct WebhookTokens {
    /// Whether the feature gate is on.
    pub(super) enabled: bool,
    pub(super) may_attest: Box<MayAttest>,
}

impl Default for WebhookTokens {
    fn default() -> Self {
        Self { enabled: true, may_attest: Box::new(|_, _| true) }
    }
}

/// Returns the kind of webhook configuration that a request is bound to. Unlike for other kinds, the version matters.
pub(super) fn kind_of(wanted: &BoundObjectReference) -> Option<ObjectKind> {
    let mut kinds = ObjectKind::ALL.iter().copied().filter(|kind| kind.is_webhook_configuration());
    kinds.find(|kind| {
        wanted.kind == kind.name() && wanted.api_version.strip_suffix("/v1") == Some(kind.api_group())
    })
}

impl Issuer {
    /// Binds a token to the webhook configuration that a request names. The request must be
    /// [valid](super::validation).
    pub(super) fn bind_to_webhooks<'a>(
        &self,
        wanted: &'a BoundObjectReference,
        kind: ObjectKind,
        spec: &TokenRequestSpec,
        account: &ServiceAccount<'_>,
        now: UnixSeconds,
    ) -> Result<Binding<'a>, Status> {
        if !self.webhook_tokens.enabled {
            return Err(Status::bad_request(format!(
                "cannot bind token to object of type {}, Kind={kind} (feature gate {FEATURE_GATE} is disabled)",
                wanted.api_version
            )));
        }
        if spec.audiences.iter().any(|audience| self.api_audiences.contains(audience)) {
            return Err(Status::bad_request("api server audiences are invalid for webhook token requests"));
        }
        let group = attested_api_group(spec)?;
        if !(self.webhook_tokens.may_attest)(&account.reference, group) {
            return Err(refusals::may_not_attest(&account.reference, group));
        }
        let configuration = ObjectReference { kind, namespace: "", name: &wanted.name };
        let denied = || refusals::token_request_denied(account.reference.name);
        let uid = self.live(&configuration, now)?.ok_or_else(denied)?;
        if group != ALL_GROUPS && !self.has_webhook(&configuration, &uid, &spec.audiences, group)? {
            return Err(denied());
        }
        demand_uid(wanted, kind.api_group(), &uid)?;

        let instance = Instance { name: &wanted.name, uid };
        Ok(match kind {
            ObjectKind::MutatingWebhookConfiguration => {
                Binding { mutating: Some(instance), ..Binding::default() }
            }
            _ => Binding { validating: Some(instance), ..Binding::default() },
        })
    }

    /// Returns the uid of a configuration, unless it is missing or its deletion has begun. The API server gives no
    /// grace here.
    fn live(&self, configuration: &ObjectReference<'_>, now: UnixSeconds) -> Result<Option<Uid>, Status> {
        if !is_object_name(configuration.name) {
            return Ok(None);
        }
        match self.source.asked().state(configuration) {
            ObjectState::Present { deletion_timestamp: Some(deleted), .. } if deleted <= now => Ok(None),
            ObjectState::Present { uid, .. } => Ok(Some(uid)),
            ObjectState::Absent => Ok(None),
            ObjectState::Unavailable | ObjectState::NotFollowed => Err(refusals::unavailable(configuration)),
        }
    }

    /// Returns whether the configuration has a webhook with this audience that is called for this group.
    fn has_webhook(
        &self,
        configuration: &ObjectReference<'_>,
        uid: &Uid,
        audiences: &[String],
        group: &str,
    ) -> Result<bool, Status> {
        let webhooks = self.objects.webhooks(configuration, uid).ok_or_else(|| {
            Status::internal_error(&format!("the webhooks of {configuration} are not known"))
        })?;
        let takes = |audience: &String| webhooks.iter().any(|webhook| webhook.takes(audience, group));
        Ok(audiences.iter().all(takes))
    }

    /// Returns whether tokens can be bound to webhook configurations. See
    /// [`IssuerBuilder::webhook_tokens`](super::IssuerBuilder::webhook_tokens).
    #[must_use]
    pub fn has_webhook_tokens(&self) -> bool {
        self.webhook_tokens.enabled
    }
}

/// Returns the one API group that a valid request attests.
fn attested_api_group(spec: &TokenRequestSpec) -> Result<&str, Status> {
    let groups = spec.attestations.as_ref().and_then(|all| all.get(Attestation::API_GROUPS));
    match groups.map(Vec::as_slice) {
        Some([group]) => Ok(group),
        // Validation has refused such a request.
        _ => Err(Status::internal_error("the request does not attest exactly one API group")),
    }
}
