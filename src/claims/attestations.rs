//! What the API server attests about a caller (KEP-6060).

use super::Claims;
use super::span::Span;

/// One attestation of the claim `attestations`: a name and its values.
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
    /// The values of all attestations. Those of this one are `count` values from `start` on.
    values: &'a [Span],
    start: usize,
    count: usize,
}

impl<'a> Attestation<'a> {
    /// The only name that Kubernetes uses: the API groups whose admission reviews the caller may send.
    pub const API_GROUPS: &'static str = "admissionReviewAPIGroups";

    /// The kind of attestation.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.claims.get(self.name)
    }

    /// The attested values, in the token's order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &'a str> + use<'a> {
        let claims = self.claims;
        self.values.iter().skip(self.start).take(self.count).map(move |&value| claims.get(value))
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

/// All attestations of a token. Their values are in one list, so that a name costs no allocation.
#[derive(Clone, Default)]
pub(super) struct Attestations {
    /// Each name with the number of its values.
    names: Vec<(Span, usize)>,
    values: Vec<Span>,
}

impl Attestations {
    /// Starts an attestation. The values that are pushed next belong to it.
    pub(super) fn begin(&mut self, name: Span) {
        self.names.push((name, 0));
    }

    pub(super) fn push(&mut self, value: Span) {
        if let Some((_, count)) = self.names.last_mut() {
            *count += 1;
            self.values.push(value);
        }
    }

    pub(super) fn of<'a>(&'a self, claims: &'a Claims) -> impl Iterator<Item = Attestation<'a>> {
        let mut next = 0;
        self.names.iter().map(move |&(name, count)| {
            let start = next;
            next += count;
            Attestation { claims, name, values: &self.values, start, count }
        })
    }

    /// Returns how many bytes they own apart from their own.
    pub(super) fn size(&self) -> usize {
        self.names.capacity().saturating_mul(size_of::<(Span, usize)>())
            + self.values.capacity().saturating_mul(size_of::<Span>())
    }
}
