//! The rules for claims. Each is named after what it requires.

use std::ops::Range;

use super::signed::{Reference, SignedClaims, Times};
use super::{Audiences, Claims, Matched};
use crate::keys::KeyFingerprint;
use crate::objects::{ObjectKind, is_object_name};
use crate::rejection::{self, Detail, Reason, Rejection};
use crate::time::UnixSeconds;

/// The issuer of legacy, secret-based tokens.
const LEGACY_ISSUER: &str = "kubernetes/serviceaccount";

impl SignedClaims<'_> {
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
        self.times.within(self.expires_at, now, leeway)
    }

    /// Checks the claim `kubernetes.io` and the subject against what Kubernetes writes: names that objects can have,
    /// a uid for each object that is judged, and the same service account in both places.
    ///
    /// `expires_at` is the expiry that [`within`](Self::within) returned, and `signed_by` the key of the signature.
    pub(crate) fn name_a_service_account(
        &self,
        expires_at: UnixSeconds,
        signed_by: KeyFingerprint,
    ) -> Result<Claims, Rejection> {
        self.name_possible_objects()?;
        self.bind_to_known_kinds_alone()?;
        Ok(self.pack(expires_at, signed_by))
    }

    fn name_possible_objects(&self) -> Result<(), Rejection> {
        let invalid =
            |kind: ObjectKind| Err(Rejection::new(Reason::ReferenceInvalid, Detail::Member(kind.name())));
        let namespace = self.at(self.kubernetes.namespace);
        let account = self.kubernetes.service_account.filter(|_| !namespace.is_empty());
        let account = account.ok_or(Reason::KubernetesClaimMissing)?;
        let name = self.at(account.name);
        if !is_object_name(namespace) || !is_object_name(name) {
            return invalid(ObjectKind::ServiceAccount);
        }
        let subject = self
            .at(self.subject)
            .strip_prefix("system:serviceaccount:")
            .and_then(|rest| rest.strip_prefix(namespace)?.strip_prefix(':'));
        if subject != Some(name) {
            return Err(Reason::SubjectMismatch.into());
        }
        if !account.has_uid() {
            return invalid(ObjectKind::ServiceAccount);
        }
        let has_pod = self.kubernetes.pod.is_some();
        for kind in [ObjectKind::Secret, ObjectKind::Pod, ObjectKind::Node] {
            // The node of a pod needs no uid: it may not have been registered when the token was issued.
            let needs_uid = kind != ObjectKind::Node || !has_pod;
            if !self.names_possible(kind, needs_uid) {
                return invalid(kind);
            }
        }
        Ok(())
    }

    /// Checks the bindings of Kubernetes 1.37, and refuses bindings that later versions add.
    fn bind_to_known_kinds_alone(&self) -> Result<(), Rejection> {
        let Some(uncommon) = &self.kubernetes.uncommon else { return Ok(()) };
        for kind in [ObjectKind::ValidatingWebhookConfiguration, ObjectKind::MutatingWebhookConfiguration] {
            if !self.names_possible(kind, true) {
                return Err(Rejection::new(Reason::ReferenceInvalid, Detail::Member(kind.name())));
            }
        }
        match uncommon.unknown_binding {
            Some(name) => Err(Rejection::new(Reason::BindingUnknown, rejection::quoted([self.at(name)]))),
            None => Ok(()),
        }
    }

    /// Returns whether the token names no object of this kind, or one that can have its name and has the uid that it needs.
    fn names_possible(&self, kind: ObjectKind, needs_uid: bool) -> bool {
        let is_possible =
            |object: Reference| is_object_name(self.at(object.name)) && (object.has_uid() || !needs_uid);
        self.kubernetes.reference(kind).is_none_or(is_possible)
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

impl Times {
    fn within(
        &self,
        expires_at: Option<UnixSeconds>,
        now: UnixSeconds,
        leeway: u64,
    ) -> Result<UnixSeconds, Rejection> {
        let refuse = |reason, claim| Err(refusal(reason, claim, now, leeway));
        let latest_start = UnixSeconds(now.0.saturating_add(leeway));
        if let Some(not_before) = self.not_before.filter(|&time| time > latest_start) {
            return refuse(Reason::NotYetValid, not_before);
        }
        let expires_at = expires_at.ok_or(Reason::ExpiryMissing)?;
        not_expired(expires_at, now, leeway)?;
        if let Some(issued_at) = self.issued_at.filter(|&time| time > latest_start) {
            return refuse(Reason::IssuedInFuture, issued_at);
        }
        Ok(expires_at)
    }
}

/// Refuses a token that has expired. Returns the first second in which it will be refused.
fn not_expired(expires_at: UnixSeconds, now: UnixSeconds, leeway: u64) -> Result<UnixSeconds, Rejection> {
    // `now - leeway` would saturate, and accept a token that expired in the first minute of 1970.
    let end = expires_at.plus(leeway);
    if end <= now { Err(refusal(Reason::Expired, expires_at, now, leeway)) } else { Ok(end) }
}

fn refusal(reason: Reason, claim: UnixSeconds, now: UnixSeconds, leeway: u64) -> Rejection {
    Rejection::new(reason, Detail::Time { claim, now, leeway })
}

impl Claims {
    /// Checks the times against `now` again.
    pub(crate) fn within(&self, now: UnixSeconds, leeway: u64) -> Result<(), Rejection> {
        self.times.within(Some(self.expires_at), now, leeway).map(drop)
    }

    /// Refuses a token that has expired. Returns the first second in which it will be refused.
    pub(crate) fn not_expired(&self, now: UnixSeconds, leeway: u64) -> Result<UnixSeconds, Rejection> {
        not_expired(self.expires_at, now, leeway)
    }

    /// Returns the times at which [`within`](Self::within) holds.
    pub(crate) fn window(&self, leeway: u64) -> Range<UnixSeconds> {
        let start = self.times.not_before.max(self.times.issued_at).unwrap_or_default();
        UnixSeconds(start.0.saturating_sub(leeway))..self.expires_at.plus(leeway)
    }

    /// Returns whether the token was issued within the last `seconds`.
    pub(crate) fn issued_since(&self, now: UnixSeconds, seconds: u64) -> bool {
        self.times.issued_at.is_some_and(|issued| issued.0.saturating_add(seconds) >= now.0)
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
