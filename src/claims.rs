//! The claims of a Kubernetes service-account token: RFC 7519 section 4.1 and the private claim `kubernetes.io`.

use std::fmt;
use std::sync::Arc;

use crate::objects::{BoundObject, ObjectKind, ObjectReference};
use crate::time::UnixSeconds;

mod attestations;
mod audiences;
mod matched;
mod read;
mod rules;
mod several;
mod span;

pub use attestations::Attestation;
use attestations::Attestations;
pub(crate) use audiences::Audiences;
pub(crate) use matched::Matched;

use several::Several;
use span::Span;

/// Everything that a verified token claims.
///
/// All texts borrow from the decoded payload, which is one allocation.
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
#[derive(Clone)]
#[repr(C)]
pub struct Claims {
    expires_at: UnixSeconds,
    service_account: Reference,
    body: Body,
}

/// The claims of a token whose signature holds, before they are judged.
///
/// The claims that every accepted token has may still be missing.
pub(crate) struct SignedClaims {
    expires_at: Option<UnixSeconds>,
    service_account: Option<Reference>,
    body: Body,
}

/// The claims that may be absent, and the text of all claims.
// A token seen again needs only what stands before `audiences`. The last fields may share a cache line with the
// reference count of other claims, which other threads write.
#[derive(Clone)]
#[repr(C)]
struct Body {
    /// What all spans point into: the payload, followed by the resolved form of every text that has escapes.
    text: Arc<str>,
    not_before: Option<UnixSeconds>,
    issued_at: Option<UnixSeconds>,
    kubernetes: Kubernetes,
    issuer: Span,
    subject: Span,
    jti: Span,
    /// In the order of the token.
    audiences: Several<Span>,
    /// The label of the trusted issuer whose key signed the token.
    issuer_label: Arc<str>,
    /// The payload as it was signed. The same allocation as `text` unless a text has escapes.
    payload: Arc<str>,
}

/// The claim `kubernetes.io`, without the service account.
#[derive(Clone, Default)]
struct Kubernetes {
    namespace: Span,
    secret: Option<Reference>,
    pod: Option<Reference>,
    node: Option<Reference>,
    warn_after: Option<UnixSeconds>,
    uncommon: Option<Arc<Uncommon>>,
}

/// What few tokens have. It is boxed so that other tokens take no memory for it.
#[derive(Clone, Default)]
struct Uncommon {
    validating_webhook_configuration: Option<Reference>,
    mutating_webhook_configuration: Option<Reference>,
    attestations: Attestations,
    /// The name of the first unknown member that looks like a reference.
    unknown_binding: Option<Span>,
}

/// A name and a uid. Each is empty when absent.
#[derive(Clone, Copy, Default)]
struct Reference {
    name: Span,
    uid: Span,
}

impl Claims {
    /// Returns how many bytes the claims own. Clones share all of them.
    pub(crate) fn size(&self) -> usize {
        let Body { text, payload, audiences, .. } = &self.body;
        let payload = if Arc::ptr_eq(text, payload) { 0 } else { payload.len() };
        let uncommon =
            self.uncommon().map_or(0, |uncommon| size_of::<Uncommon>() + uncommon.attestations.size());
        text.len().saturating_add(payload).saturating_add(audiences.size()).saturating_add(uncommon)
    }

    /// The issuer (`iss`): one of the names of the trusted issuer whose key signed the token.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.get(self.body.issuer)
    }

    pub(crate) fn issuer_label(&self) -> &str {
        &self.body.issuer_label
    }

    /// The subject (`sub`): `system:serviceaccount:NAMESPACE:NAME`.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.get(self.body.subject)
    }

    /// All audiences of the token (`aud`), in the token's order.
    pub fn audiences(&self) -> impl ExactSizeIterator<Item = &str> {
        self.aud().iter()
    }

    pub(crate) fn aud(&self) -> Audiences<'_> {
        self.body.aud()
    }

    /// When the token expires (`exp`).
    #[must_use]
    pub fn expires_at(&self) -> UnixSeconds {
        self.expires_at
    }

    /// When the token becomes valid (`nbf`).
    #[must_use]
    pub fn not_before(&self) -> Option<UnixSeconds> {
        self.body.not_before
    }

    /// When the token was issued (`iat`).
    #[must_use]
    pub fn issued_at(&self) -> Option<UnixSeconds> {
        self.body.issued_at
    }

    /// The identifier of the token (`jti`). Audit logs show it as the credential id `JTI=…`.
    #[must_use]
    pub fn jti(&self) -> Option<&str> {
        Some(self.get(self.body.jti)).filter(|jti| !jti.is_empty())
    }

    /// The namespace of the service account. A pod or secret that the token is bound to is in the same namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.get(self.kubernetes().namespace)
    }

    /// The service account that the token speaks for.
    #[must_use]
    pub fn service_account(&self) -> BoundObject<'_> {
        self.bound_object(ObjectKind::ServiceAccount, self.service_account)
    }

    /// The secret that the token is bound to.
    #[must_use]
    pub fn secret(&self) -> Option<BoundObject<'_>> {
        self.kubernetes().secret.map(|reference| self.bound_object(ObjectKind::Secret, reference))
    }

    /// The pod that the token is bound to.
    #[must_use]
    pub fn pod(&self) -> Option<BoundObject<'_>> {
        self.kubernetes().pod.map(|reference| self.bound_object(ObjectKind::Pod, reference))
    }

    /// The node that the token is bound to or, in a token bound to a pod, the node of that pod.
    ///
    /// The node of a pod is informational: it is never looked up, and its uid may be empty.
    #[must_use]
    pub fn node(&self) -> Option<BoundObject<'_>> {
        self.kubernetes().node.map(|reference| self.bound_object(ObjectKind::Node, reference))
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

    /// What the API server attests about the caller (`attestations`, Kubernetes 1.37), in the token's order.
    pub fn attestations(&self) -> impl Iterator<Item = Attestation<'_>> {
        self.uncommon().into_iter().flat_map(|uncommon| uncommon.attestations.of(self))
    }

    /// The API groups whose admission reviews the caller may send (the attestation `admissionReviewAPIGroups`).
    /// `*` stands for all groups.
    ///
    /// A webhook that receives such a token must find the API group of the review here before it trusts the review:
    /// see KEP-6060. Empty if the token attests no group.
    pub fn attested_api_groups(&self) -> impl Iterator<Item = &str> {
        self.attestations()
            .filter(|attestation| attestation.name() == Attestation::API_GROUPS)
            .flat_map(|attestation| attestation.values())
    }

    /// When the API server starts to count the token as stale (`warnafter`).
    ///
    /// Only tokens with an extended lifetime have this claim. The API server extends the lifetime for clients that do
    /// not read their token again. The claim does not affect the verdict.
    #[must_use]
    pub fn warn_after(&self) -> Option<UnixSeconds> {
        self.kubernetes().warn_after.filter(|&time| time != UnixSeconds(0))
    }

    /// The objects that must exist for the token to be good, in the API server's order.
    ///
    /// The order is service account, secret, pod, node, webhook configurations. The node is left out if there is a
    /// pod.
    pub fn bound_objects(&self) -> impl Iterator<Item = BoundObject<'_>> {
        ObjectKind::ALL.iter().filter_map(|&kind| match kind {
            ObjectKind::ServiceAccount => Some(self.service_account()),
            ObjectKind::Secret => self.secret(),
            ObjectKind::Pod => self.pod(),
            ObjectKind::Node if self.kubernetes().pod.is_none() => self.node(),
            ObjectKind::Node => None,
            ObjectKind::ValidatingWebhookConfiguration => self.validating_webhook_configuration(),
            ObjectKind::MutatingWebhookConfiguration => self.mutating_webhook_configuration(),
        })
    }

    /// The claims as they were signed: one JSON object. It includes members that have no accessor here.
    #[must_use]
    pub fn payload(&self) -> &str {
        &self.body.payload
    }

    fn bound_object(&self, kind: ObjectKind, reference: Reference) -> BoundObject<'_> {
        let namespace = if kind.is_namespaced() { self.namespace() } else { "" };
        let reference_to = ObjectReference { kind, namespace, name: self.get(reference.name) };
        BoundObject { reference: reference_to, uid: self.get(reference.uid) }
    }

    fn kubernetes(&self) -> &Kubernetes {
        &self.body.kubernetes
    }

    fn uncommon(&self) -> Option<&Uncommon> {
        self.kubernetes().uncommon.as_deref()
    }

    fn get(&self, span: Span) -> &str {
        self.body.get(span)
    }
}

impl SignedClaims {
    /// The issuer, or the empty text.
    pub(crate) fn issuer(&self) -> &str {
        self.body.get(self.body.issuer)
    }

    pub(crate) fn aud(&self) -> Audiences<'_> {
        self.body.aud()
    }
}

impl Body {
    fn aud(&self) -> Audiences<'_> {
        Audiences::of(self)
    }

    fn get(&self, span: Span) -> &str {
        span.of(&self.text)
    }
}

impl fmt::Debug for Claims {
    /// Shows the signed JSON. It is not the token: nobody can authenticate with it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Claims").field(&self.payload()).finish()
    }
}
