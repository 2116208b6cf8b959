//! The rules for claims, each named after what it demands.

use super::{Claims, Kubernetes, Matched, Reference};
use crate::objects::{BoundObject, ObjectKind, is_object_name};
use crate::rejection::{self, Detail, Reason, Rejection};
use crate::time::UnixSeconds;

/// The issuer of legacy, secret-based tokens.
const LEGACY_ISSUER: &str = "kubernetes/serviceaccount";

impl Claims {
    pub(crate) fn not_legacy(&self) -> Result<(), Rejection> {
        if self.issuer() == LEGACY_ISSUER { Err(Reason::LegacyToken.into()) } else { Ok(()) }
    }

    pub(crate) fn issuer_mismatch(&self) -> Rejection {
        let detail = match self.issuer() {
            "" => Detail::Member("no iss"),
            issuer => rejection::quoted([issuer]),
        };
        Rejection::new(Reason::IssuerMismatch, detail)
    }

    /// `matched`: those of its audiences that are accepted.
    pub(crate) fn named_for_us(&self, matched: &Matched) -> Result<(), Rejection> {
        if self.audiences().len() == 0 {
            return Err(Reason::AudienceMissing.into());
        }
        if matched.is_empty() {
            return Err(Rejection::new(Reason::AudienceMismatch, rejection::quoted(self.audiences())));
        }
        Ok(())
    }

    /// Holds the times against `now`, in the API server's order. `leeway` in seconds, for clocks that differ.
    pub(crate) fn within(&self, now: UnixSeconds, leeway: u64) -> Result<(), Rejection> {
        let refuse = |reason, claim| Err(Rejection::new(reason, Detail::Time { claim, now, leeway }));
        let latest_start = UnixSeconds(now.0.saturating_add(leeway));
        if let Some(not_before) = self.not_before.filter(|&time| time > latest_start) {
            return refuse(Reason::NotYetValid, not_before);
        }
        let expires_at = self.expires_at.ok_or(Reason::ExpiryMissing)?;
        // A token that expires within the first minute of 1970 must not be saved by the subtraction.
        if expires_at.0.saturating_add(leeway) <= now.0 {
            return refuse(Reason::Expired, expires_at);
        }
        if let Some(issued_at) = self.issued_at.filter(|&time| time > latest_start) {
            return refuse(Reason::IssuedInFuture, issued_at);
        }
        Ok(())
    }

    /// Whether the token was issued in the last so many seconds.
    pub(crate) fn issued_since(&self, now: UnixSeconds, seconds: u64) -> bool {
        self.issued_at.is_some_and(|issued| issued.0.saturating_add(seconds) >= now.0)
    }

    /// Holds the claim `kubernetes.io` and the subject to what Kubernetes writes: names that objects can have, a uid
    /// for each object that is judged, and the same service account in both places.
    pub(crate) fn name_a_service_account(&self) -> Result<(), Rejection> {
        if self.namespace().is_empty() || self.kubernetes.service_account.is_none() {
            return Err(Reason::KubernetesClaimMissing.into());
        }
        let BoundObject { reference: account, uid } = self.service_account();
        let invalid =
            |kind: ObjectKind| Err(Rejection::new(Reason::ReferenceInvalid, Detail::Member(kind.name())));
        if !is_object_name(account.namespace) || !is_object_name(account.name) {
            return invalid(ObjectKind::ServiceAccount);
        }
        let subject = self
            .subject()
            .strip_prefix("system:serviceaccount:")
            .and_then(|rest| rest.strip_prefix(account.namespace)?.strip_prefix(':'));
        if subject != Some(account.name) {
            return Err(Reason::SubjectMismatch.into());
        }
        if uid.is_empty() {
            return invalid(ObjectKind::ServiceAccount);
        }
        let Kubernetes { secret, pod, node, .. } = &self.kubernetes;
        let has_name = |reference: &Reference| is_object_name(self.get(reference.name));
        let is_valid = |reference: &Reference| has_name(reference) && !reference.uid.is_empty();
        if !secret.as_ref().is_none_or(is_valid) {
            return invalid(ObjectKind::Secret);
        }
        if !pod.as_ref().is_none_or(is_valid) {
            return invalid(ObjectKind::Pod);
        }
        // Beside a pod, a node need not have a uid: it may not have been registered when the token was issued.
        if !node.as_ref().is_none_or(|node| if pod.is_some() { has_name(node) } else { is_valid(node) }) {
            return invalid(ObjectKind::Node);
        }
        self.bind_to_known_kinds_alone()
    }

    /// What Kubernetes 1.37 and later may have bound the token to.
    fn bind_to_known_kinds_alone(&self) -> Result<(), Rejection> {
        let Some(uncommon) = self.uncommon() else { return Ok(()) };
        for webhook in [self.validating_webhook_configuration(), self.mutating_webhook_configuration()] {
            if let Some(BoundObject { reference, uid }) = webhook
                && (!is_object_name(reference.name) || uid.is_empty())
            {
                return Err(Rejection::new(Reason::ReferenceInvalid, Detail::Member(reference.kind.name())));
            }
        }
        match uncommon.unknown_binding {
            Some(name) => Err(Rejection::new(Reason::BindingUnknown, rejection::quoted([self.get(name)]))),
            None => Ok(()),
        }
    }

    /// A token that is bound to a webhook configuration must say for which API groups. Which they are is for the webhook to
    /// judge, as in the API server.
    pub(crate) fn attest_an_api_group(&self) -> Result<(), Rejection> {
        let is_bound =
            self.validating_webhook_configuration().or(self.mutating_webhook_configuration()).is_some();
        if is_bound && self.attested_api_groups().next().is_none() {
            return Err(Reason::AttestationMissing.into());
        }
        Ok(())
    }
}
