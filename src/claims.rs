//! The claims of a Kubernetes service-account token: RFC 7519 section 4.1 and the private claim `kubernetes.io`.

use std::fmt;
use std::sync::Arc;

use crate::keys::KeyFingerprint;
use crate::objects::{BoundObject, ObjectKind, ObjectReference};
use crate::time::UnixSeconds;

mod attestations;
mod audiences;
mod matched;
mod pack;
mod position;
mod read;
mod rules;
mod several;
mod signed;
mod table;

pub use attestations::Attestation;
pub(crate) use audiences::Audiences;
pub(crate) use matched::Matched;
pub(crate) use pack::{CREDENTIAL_ID_PREFIX, NAMESPACE_GROUP_PREFIX};
pub(crate) use position::{ABSENT, Position};
pub(crate) use signed::SignedClaims;
pub(crate) use table::{Field, SHARED, SHARED_START, TEXT_START, Table};

use signed::Times;

/// Everything that a verified token claims.
///
/// All texts borrow from one allocation, which begins with the decoded payload. Clones share it.
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
pub struct Claims {
    expires_at: UnixSeconds,
    times: Times,
    table: Arc<Table>,
}

impl Claims {
    /// Returns how many bytes the claims own. Clones share all of them.
    pub(crate) fn size(&self) -> usize {
        self.table.size()
    }

    pub(crate) fn table(&self) -> &Table {
        &self.table
    }

    /// Returns the key that signed the token.
    pub(crate) fn signed_by(&self) -> &KeyFingerprint {
        self.table.signed_by()
    }

    /// The issuer (`iss`): one of the names of the trusted issuer whose key signed the token.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.table.text(Field::Issuer)
    }

    pub(crate) fn issuer_label(&self) -> &str {
        self.table.text(Field::IssuerLabel)
    }

    /// The subject (`sub`): `system:serviceaccount:NAMESPACE:NAME`.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.table.text(Field::Subject)
    }

    /// All audiences of the token (`aud`), in the token's order.
    pub fn audiences(&self) -> impl ExactSizeIterator<Item = &str> {
        self.aud().iter()
    }

    pub(crate) fn aud(&self) -> Audiences<'_> {
        Audiences::new(self.table.own_text(), self.table.array(Field::Audiences))
    }

    /// When the token expires (`exp`).
    #[must_use]
    pub fn expires_at(&self) -> UnixSeconds {
        self.expires_at
    }

    /// When the token becomes valid (`nbf`).
    #[must_use]
    pub fn not_before(&self) -> Option<UnixSeconds> {
        self.times.not_before
    }

    /// When the token was issued (`iat`).
    #[must_use]
    pub fn issued_at(&self) -> Option<UnixSeconds> {
        self.times.issued_at
    }

    /// The identifier of the token (`jti`). Audit logs show it as the credential id `JTI=…`.
    #[must_use]
    pub fn jti(&self) -> Option<&str> {
        Some(self.table.text(Field::Jti)).filter(|jti| !jti.is_empty())
    }

    /// The namespace of the service account. A pod or secret that the token is bound to is in the same namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.table.text(Field::Namespace)
    }

    /// The service account that the token speaks for.
    #[must_use]
    pub fn service_account(&self) -> BoundObject<'_> {
        self.named(ObjectKind::ServiceAccount, Field::ServiceAccountName, Field::ServiceAccountUid)
    }

    /// The secret that the token is bound to.
    #[must_use]
    pub fn secret(&self) -> Option<BoundObject<'_>> {
        self.object(ObjectKind::Secret, Field::SecretName, Field::SecretUid)
    }

    /// The pod that the token is bound to.
    #[must_use]
    pub fn pod(&self) -> Option<BoundObject<'_>> {
        self.object(ObjectKind::Pod, Field::PodName, Field::PodUid)
    }

    /// The node that the token is bound to or, in a token bound to a pod, the node of that pod.
    ///
    /// The node of a pod is informational: it is never looked up, and its uid may be empty.
    #[must_use]
    pub fn node(&self) -> Option<BoundObject<'_>> {
        self.object(ObjectKind::Node, Field::NodeName, Field::NodeUid)
    }

    /// The validating webhook configuration that the token is bound to (Kubernetes 1.37, KEP-6060).
    #[must_use]
    pub fn validating_webhook_configuration(&self) -> Option<BoundObject<'_>> {
        use Field::{ValidatingWebhookConfigurationName, ValidatingWebhookConfigurationUid};
        self.object(
            ObjectKind::ValidatingWebhookConfiguration,
            ValidatingWebhookConfigurationName,
            ValidatingWebhookConfigurationUid,
        )
    }

    /// The mutating webhook configuration that the token is bound to (Kubernetes 1.37, KEP-6060).
    #[must_use]
    pub fn mutating_webhook_configuration(&self) -> Option<BoundObject<'_>> {
        use Field::{MutatingWebhookConfigurationName, MutatingWebhookConfigurationUid};
        self.object(
            ObjectKind::MutatingWebhookConfiguration,
            MutatingWebhookConfigurationName,
            MutatingWebhookConfigurationUid,
        )
    }

    /// What the API server attests about the caller (`attestations`, Kubernetes 1.37), in the token's order.
    pub fn attestations(&self) -> impl Iterator<Item = Attestation<'_>> {
        let table = &*self.table;
        table.array(Field::Attestations).as_chunks().0.iter().map(|&[name, values]| Attestation {
            table,
            name,
            values: table.elements(values, 1),
        })
    }

    /// The API groups whose admission reviews the caller may send (the attestation `admissionReviewAPIGroups`).
    /// `*` stands for all groups.
    ///
    /// A webhook that receives such a token must find the API group of the review here before it trusts the review:
    /// see KEP-6060. Empty if the token attests no group.
    pub fn attested_api_groups(&self) -> impl Iterator<Item = &str> {
        self.table.array(Field::AttestedApiGroups).iter().map(|&group| self.table.at(group))
    }

    /// The groups of the user: `status.user.groups` of a TokenReview.
    ///
    /// They stand for all service accounts, the service accounts of the namespace, and all authenticated users, in this order.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &str> {
        self.table.array(Field::Groups).iter().map(|&group| self.table.at(group))
    }

    /// Further attributes of the user: `status.user.extra` of a TokenReview, ordered by key. A key with several values
    /// comes once for each value. Allocates nothing.
    pub fn extra(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.table.array(Field::Extra).as_chunks().0;
        pairs.iter().map(|&[key, value]| (self.table.at(key), self.table.at(value)))
    }

    /// When the API server starts to count the token as stale (`warnafter`).
    ///
    /// Only tokens with an extended lifetime have this claim. The API server extends the lifetime for clients that do
    /// not read their token again. The claim does not affect the verdict.
    #[must_use]
    pub fn warn_after(&self) -> Option<UnixSeconds> {
        self.times.warn_after.filter(|&time| time != UnixSeconds(0))
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
            ObjectKind::Node if self.pod().is_none() => self.node(),
            ObjectKind::Node => None,
            ObjectKind::ValidatingWebhookConfiguration => self.validating_webhook_configuration(),
            ObjectKind::MutatingWebhookConfiguration => self.mutating_webhook_configuration(),
        })
    }

    /// The claims as they were signed: one JSON object. It includes members that have no accessor here.
    #[must_use]
    pub fn payload(&self) -> &str {
        self.table.text(Field::Payload)
    }

    /// Returns an object if the token names it.
    fn object(&self, kind: ObjectKind, name: Field, uid: Field) -> Option<BoundObject<'_>> {
        (self.table.position(name) != ABSENT).then(|| self.named(kind, name, uid))
    }

    fn named(&self, kind: ObjectKind, name: Field, uid: Field) -> BoundObject<'_> {
        let namespace = if kind.is_namespaced() { self.namespace() } else { "" };
        let reference = ObjectReference { kind, namespace, name: self.table.text(name) };
        BoundObject { reference, uid: self.table.text(uid) }
    }
}

impl fmt::Debug for Claims {
    /// Shows the signed JSON. It is not the token: nobody can authenticate with it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Claims").field(&self.payload()).finish()
    }
}
