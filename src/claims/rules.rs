//! The rules for claims. Each is named after what it requires.

use super::{Audiences, Body, Claims, Kubernetes, Matched, Reference, SignedClaims};
use crate::objects::{BoundObject, ObjectKind, is_object_name};
use crate::rejection::{self, Detail, Reason, Rejection};
use crate::time::UnixSeconds;

/// The issuer of legacy, secret-based tokens.
const LEGACY_ISSUER: &str = "kubernetes/serviceaccount";

impl SignedClaims {
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

    /// Checks the times against `now`, in the API server's order. Returns the expiry.
    ///
    /// `leeway`, in seconds, allows for clocks that differ.
    pub(crate) fn within(&self, now: UnixSeconds, leeway: u64) -> Result<UnixSeconds, Rejection> {
        self.body.within(self.expires_at, now, leeway)
    }

    /// Checks the claim `kubernetes.io` and the subject against what Kubernetes writes: names that objects can have,
    /// a uid for each object that is judged, and the same service account in both places.
    ///
    /// `expires_at` is the expiry that [`within`](Self::within) returned.
    pub(crate) fn name_a_service_account(self, expires_at: UnixSeconds) -> Result<Claims, Rejection> {
        let has_namespace = !self.body.kubernetes.namespace.is_empty();
        let Some(service_account) = self.service_account.filter(|_| has_namespace) else {
            return Err(Reason::KubernetesClaimMissing.into());
        };
        let claims = Claims { expires_at, service_account, body: self.body };
        claims.name_possible_objects()?;
        Ok(claims)
    }
}

impl Audiences<'_> {
    /// Requires that the token names us. `matched` are its accepted audiences.
    pub(crate) fn include_ours(self, matched: &Matched) -> Result<(), Rejection> {
        if !matched.is_empty() {
            return Ok(());
        }
        if self.is_empty() {
            return Err(Reason::AudienceMissing.into());
        }
        Err(Rejection::new(Reason::AudienceMismatch, rejection::quoted(self.iter())))
    }
}

impl Body {
    fn within(
        &self,
        expires_at: Option<UnixSeconds>,
        now: UnixSeconds,
        leeway: u64,
    ) -> Result<UnixSeconds, Rejection> {
        let refuse = |reason, claim| Err(Rejection::new(reason, Detail::Time { claim, now, leeway }));
        let latest_start = UnixSeconds(now.0.saturating_add(leeway));
        if let Some(not_before) = self.not_before.filter(|&time| time > latest_start) {
            return refuse(Reason::NotYetValid, not_before);
        }
        let expires_at = expires_at.ok_or(Reason::ExpiryMissing)?;
        // `now - leeway` would saturate, and accept a token that expired in the first minute of 1970.
        if expires_at.0.saturating_add(leeway) <= now.0 {
            return refuse(Reason::Expired, expires_at);
        }
        if let Some(issued_at) = self.issued_at.filter(|&time| time > latest_start) {
            return refuse(Reason::IssuedInFuture, issued_at);
        }
        Ok(expires_at)
    }
}

impl Claims {
    /// Checks the times against `now` again.
    pub(crate) fn within(&self, now: UnixSeconds, leeway: u64) -> Result<(), Rejection> {
        self.body.within(Some(self.expires_at), now, leeway).map(drop)
    }

    /// Returns whether the token was issued within the last `seconds`.
    pub(crate) fn issued_since(&self, now: UnixSeconds, seconds: u64) -> bool {
        self.body.issued_at.is_some_and(|issued| issued.0.saturating_add(seconds) >= now.0)
    }

    fn name_possible_objects(&self) -> Result<(), Rejection> {
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
        let Kubernetes { secret, pod, node, .. } = self.kubernetes();
        let has_name = |reference: &Reference| is_object_name(self.get(reference.name));
        let is_valid = |reference: &Reference| has_name(reference) && !reference.uid.is_empty();
        if !secret.as_ref().is_none_or(is_valid) {
            return invalid(ObjectKind::Secret);
        }
        if !pod.as_ref().is_none_or(is_valid) {
            return invalid(ObjectKind::Pod);
        }
        // The node of a pod needs no uid: it may not have been registered when the token was issued.
        if !node.as_ref().is_none_or(|node| if pod.is_some() { has_name(node) } else { is_valid(node) }) {
            return invalid(ObjectKind::Node);
        }
        self.bind_to_known_kinds_alone()
    }

    /// Checks the bindings of Kubernetes 1.37, and refuses those of later versions.
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

    /// Requires an attested API group of a token that is bound to a webhook configuration.
    ///
    /// As with the API server, the webhook judges whether it is the right group.
    pub(crate) fn attest_an_api_group(&self) -> Result<(), Rejection> {
        let is_bound =
            self.validating_webhook_configuration().or(self.mutating_webhook_configuration()).is_some();
        if is_bound && self.attested_api_groups().next().is_none() {
            return Err(Reason::AttestationMissing.into());
        }
        Ok(())
    }
}
