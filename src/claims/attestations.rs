//! What the API server attests of a caller (KEP-6060).

use super::Claims;
use super::span::Span;

/// One attestation of the claim `attestations`: a name, and what is attested under it.
///
/// ```
/// # use boundtoken::{KeySet, TrustedIssuer, UnixSeconds, Verifier};
/// # let jwks = include_bytes!("../../tests/vectors/apiserver-1.37-rs256/jwks.json");
/// # let tokens: std::collections::BTreeMap<String, String> =
/// #     serde_json::from_slice(include_bytes!("../../tests/vectors/apiserver-1.37-rs256/tokens.json"))?;
/// # let verifier = Verifier::builder()
/// #     .issuer(TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(jwks)?))
/// #     .audience("https://hook.example.com/check")
/// #     .build()?;
/// let verified = verifier.verify_at(tokens["webhook-v-live"].as_bytes(), UnixSeconds(1_796_004_700))?;
/// for attestation in verified.claims().attestations() {
///     assert_eq!(attestation.name(), "admissionReviewAPIGroups");
///     assert_eq!(attestation.values().collect::<Vec<_>>(), ["apps"]);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Attestation<'a> {
    claims: &'a Claims,
    name: Span,
    values: &'a [Span],
}

impl<'a> Attestation<'a> {
    /// The one name that Kubernetes knows: the API groups whose admission reviews the caller may send.
    pub const API_GROUPS: &'static str = "admissionReviewAPIGroups";

    /// What kind of thing is attested.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.claims.get(self.name)
    }

    /// What is attested, in the token's order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &'a str> + use<'a> {
        let claims = self.claims;
        self.values.iter().map(move |&value| claims.get(value))
    }
}

impl std::fmt::Debug for Attestation<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Attestation")
            .field("name", &self.name())
            .field("values", &self.values().collect::<Vec<_>>())
            .finish()
    }
}

/// All attestations of a token, their values one after the other.
#[derive(Clone, Default)]
pub(super) struct Attestations {
    /// Each with the place behind its last value.
    names: Vec<(Span, usize)>,
    values: Vec<Span>,
}

impl Attestations {
    /// Begins one: the values that follow are its.
    pub(super) fn begin(&mut self, name: Span) {
        self.names.push((name, self.values.len()));
    }

    pub(super) fn push(&mut self, value: Span) {
        self.values.push(value);
        if let Some((_, end)) = self.names.last_mut() {
            *end = self.values.len();
        }
    }

    pub(super) fn of<'a>(&'a self, claims: &'a Claims) -> impl Iterator<Item = Attestation<'a>> {
        let mut start = 0;
        self.names.iter().map(move |&(name, end)| {
            let values = self.values.get(start..end).unwrap_or_default();
            start = end;
            Attestation { claims, name, values }
        })
    }

    /// How many bytes they own, beside their own.
    pub(super) fn size(&self) -> usize {
        self.names.capacity().saturating_mul(size_of::<(Span, usize)>())
            + self.values.capacity().saturating_mul(size_of::<Span>())
    }
}
