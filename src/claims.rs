//! The claims of a Kubernetes service-account token: RFC 7519 section 4.1 and the private claim `kubernetes.io`.

use std::fmt;
use std::sync::Arc;

use crate::objects::{BoundObject, ObjectKind, ObjectReference};
use crate::time::UnixSeconds;

mod attestations;
mod matched;
mod read;
mod rules;
mod span;

pub use attestations::Attestation;
use attestations::Attestations;
pub(crate) use matched::Matched;

use span::{Span, Spans};

/// Everything a verified token claims.
///
/// Texts borrow from the decoded token, which the claims own in one allocation.
///
/// ```
/// # use boundtoken::{KeySet, TrustedIssuer, UnixSeconds, Verifier};
/// # let jwks = include_bytes!("../tests/vectors/apiserver-rs256/jwks.json");
/// # let tokens: std::collections::BTreeMap<String, String> =
/// #     serde_json::from_slice(include_bytes!("../tests/vectors/apiserver-rs256/tokens.json"))?;
/// # let verifier = Verifier::builder()
/// #     .issuer(TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(jwks)?))
/// #     .audience("vault")
/// #     .build()?;
/// let verified = verifier.verify_at(tokens["pod-live"].as_bytes(), UnixSeconds(1_795_522_300))?;
/// let claims = verified.claims();
/// assert_eq!(claims.namespace(), "demo");
/// assert_eq!(claims.service_account().reference.name, "app");
/// assert_eq!(claims.pod().map(|pod| pod.reference.name), Some("live"));
/// assert_eq!(claims.audiences().collect::<Vec<_>>(), ["vault", "api"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
// What a verification of a token seen again reads stands before the audiences, in this order: behind them, the counter of
// references to the next claims in memory may share a cache line with the end of these, and another thread may write it.
#[derive(Clone)]
#[repr(C)]
pub struct Claims {
    /// The payload as it was signed, and behind it the resolved form of every text that has escapes.
    text: Arc<str>,
    payload_length: usize,
    expires_at: Option<UnixSeconds>,
    not_before: Option<UnixSeconds>,
    issued_at: Option<UnixSeconds>,
    kubernetes: Kubernetes,
    issuer: Span,
    subject: Span,
    jti: Span,
    /// The token's audiences, in its order.
    audiences: Spans,
    /// What the verifier calls the issuer whose key signed the token.
    issuer_label: Arc<str>,
}

/// The claim `kubernetes.io`.
#[derive(Clone, Default)]
struct Kubernetes {
    namespace: Span,
    service_account: Option<Reference>,
    secret: Option<Reference>,
    pod: Option<Reference>,
    node: Option<Reference>,
    warn_after: Option<UnixSeconds>,
    uncommon: Option<Arc<Uncommon>>,
}

/// What few tokens have in it: apart, so that all others take no room for it.
#[derive(Clone, Default)]
struct Uncommon {
    validating_webhook_configuration: Option<Reference>,
    mutating_webhook_configuration: Option<Reference>,
    attestations: Attestations,
    /// The name of the first member that looks like a reference, to a kind that is not known.
    unknown_binding: Option<Span>,
}

/// A name and a uid; empty when absent.
#[derive(Clone, Copy, Default)]
struct Reference {
    name: Span,
    uid: Span,
}

impl Claims {
    /// How many bytes the claims own, all of which their copies share.
    pub(crate) fn size(&self) -> usize {
        let uncommon =
            self.uncommon().map_or(0, |uncommon| size_of::<Uncommon>() + uncommon.attestations.size());
        self.text.len().saturating_add(self.audiences.size()).saturating_add(uncommon)
    }

    /// The issuer (`iss`): one of the names of the trusted issuer whose key signed the token.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.get(self.issuer)
    }

    pub(crate) fn issuer_label(&self) -> &str {
        &self.issuer_label
    }

    /// The subject (`sub`): `system:serviceaccount:NAMESPACE:NAME`.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.get(self.subject)
    }

    /// All audiences of the token (`aud`), in its order.
    pub fn audiences(&self) -> impl ExactSizeIterator<Item = &str> {
        self.audiences.as_slice().iter().map(|&span| self.get(span))
    }

    /// When the token expires (`exp`). A verified token always does.
    #[must_use]
    pub fn expires_at(&self) -> UnixSeconds {
        self.expires_at.unwrap_or_default()
    }

    /// From when on the token is valid (`nbf`).
    #[must_use]
    pub fn not_before(&self) -> Option<UnixSeconds> {
        self.not_before
    }

    /// When the token was issued (`iat`).
    #[must_use]
    pub fn issued_at(&self) -> Option<UnixSeconds> {
        self.issued_at
    }

    /// The token's own identifier (`jti`), which audit logs name as credential id `JTI=…`.
    #[must_use]
    pub fn jti(&self) -> Option<&str> {
        Some(self.get(self.jti)).filter(|jti| !jti.is_empty())
    }

    /// The namespace of the service account, and of the pod or secret that the token is bound to.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.get(self.kubernetes.namespace)
    }

    /// The service account that the token speaks for.
    #[must_use]
    pub fn service_account(&self) -> BoundObject<'_> {
        self.bound_object(ObjectKind::ServiceAccount, self.kubernetes.service_account.unwrap_or_default())
    }

    /// The secret that the token is bound to.
    #[must_use]
    pub fn secret(&self) -> Option<BoundObject<'_>> {
        self.kubernetes.secret.map(|reference| self.bound_object(ObjectKind::Secret, reference))
    }

    /// The pod that the token is bound to.
    #[must_use]
    pub fn pod(&self) -> Option<BoundObject<'_>> {
        self.kubernetes.pod.map(|reference| self.bound_object(ObjectKind::Pod, reference))
    }

    /// The node that the token is bound to or, with a pod, the node that the pod was scheduled to.
    ///
    /// Beside a pod it is informational, never looked up, and its uid may be empty.
    #[must_use]
    pub fn node(&self) -> Option<BoundObject<'_>> {
        self.kubernetes.node.map(|reference| self.bound_object(ObjectKind::Node, reference))
    }

    /// The validating webhook configuration that the token is bound to (Kubernetes 1.37, KEP-6060).
    #[must_use]
    pub fn validating_webhook_configuration(&self) -> Option<BoundObject<'_>> {
        let reference = self.uncommon()?.validating_webhook_configuration?;
        Some(self.bound_object(ObjectKind::ValidatingWebhookConfiguration, reference))
    }

    /// The mutating webhook configuration that the token is bound to (Kubernetes 1.37, KEP-6060).
    #[must_use]
    pub fn mutating_webhook_configuration(&self) -> Option<BoundObject<'_>> {
        let reference = self.uncommon()?.mutating_webhook_configuration?;
        Some(self.bound_object(ObjectKind::MutatingWebhookConfiguration, reference))
    }

    /// What the API server attests of the caller (`attestations`, Kubernetes 1.37), in the token's order.
    pub fn attestations(&self) -> impl Iterator<Item = Attestation<'_>> {
        self.uncommon().into_iter().flat_map(|uncommon| uncommon.attestations.of(self))
    }

    /// The API groups whose admission reviews the caller may send (the attestation `admissionReviewAPIGroups`); `*` is all.
    ///
    /// A webhook that receives such a token must find the API group of the review among them before it believes the
    /// review: see KEP-6060. Empty for a token that attests none.
    pub fn attested_api_groups(&self) -> impl Iterator<Item = &str> {
        self.attestations()
            .filter(|attestation| attestation.name() == Attestation::API_GROUPS)
            .flat_map(|attestation| attestation.values())
    }

    /// After this time the API server counts the token as stale (`warnafter`): its lifetime was extended for clients
    /// that do not read their token again. No effect on the verdict.
    #[must_use]
    pub fn warn_after(&self) -> Option<UnixSeconds> {
        self.kubernetes.warn_after.filter(|&time| time != UnixSeconds(0))
    }

    /// The objects whose existence decides over the token, in the API server's order: service account, secret, pod,
    /// the node when there is no pod, and webhook configurations.
    pub fn bound_objects(&self) -> impl Iterator<Item = BoundObject<'_>> {
        ObjectKind::ALL.iter().filter_map(|&kind| match kind {
            ObjectKind::ServiceAccount => Some(self.service_account()),
            ObjectKind::Secret => self.secret(),
            ObjectKind::Pod => self.pod(),
            ObjectKind::Node if self.kubernetes.pod.is_none() => self.node(),
            ObjectKind::Node => None,
            ObjectKind::ValidatingWebhookConfiguration => self.validating_webhook_configuration(),
            ObjectKind::MutatingWebhookConfiguration => self.mutating_webhook_configuration(),
        })
    }

    /// The claims as they were signed: one JSON object, with members that have no accessor here.
    #[must_use]
    pub fn payload(&self) -> &str {
        self.text.get(..self.payload_length).unwrap_or_default()
    }

    fn bound_object(&self, kind: ObjectKind, reference: Reference) -> BoundObject<'_> {
        let namespace = if kind.is_namespaced() { self.namespace() } else { "" };
        let reference_to = ObjectReference { kind, namespace, name: self.get(reference.name) };
        BoundObject { reference: reference_to, uid: self.get(reference.uid) }
    }

    fn uncommon(&self) -> Option<&Uncommon> {
        self.kubernetes.uncommon.as_deref()
    }

    fn get(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }
}

impl fmt::Debug for Claims {
    /// The signed JSON. It is the token's content, not the token: nobody can authenticate with it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Claims").field(&self.payload()).finish()
    }
}
