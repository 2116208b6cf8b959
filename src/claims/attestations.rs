//! What the API server attests about a caller (KEP-6060).

use super::position::Position;
use super::table::Table;

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
    pub(super) table: &'a Table,
    pub(super) name: Position,
    pub(super) values: &'a [Position],
}

impl<'a> Attestation<'a> {
    /// The only name that Kubernetes uses: the API groups whose admission reviews the caller may send.
    pub const API_GROUPS: &'static str = "admissionReviewAPIGroups";

    /// The kind of attestation.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.table.at(self.name)
    }

    /// The attested values, in the token's order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &'a str> + use<'a> {
        let Self { table, values, .. } = *self;
        values.iter().map(|&value| table.at(value))
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
#[derive(Default)]
pub(super) struct Attestations {
    /// Each name with the number of its values.
    names: Vec<(Position, usize)>,
    values: Vec<Position>,
}

impl Attestations {
    /// Starts an attestation. The values that are pushed next belong to it.
    pub(super) fn begin(&mut self, name: Position) {
        self.names.push((name, 0));
    }

    pub(super) fn push(&mut self, value: Position) {
        if let Some((_, count)) = self.names.last_mut() {
            *count += 1;
            self.values.push(value);
        }
    }

    /// Returns each name with its values.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Position, &[Position])> {
        let mut rest = self.values.as_slice();
        self.names.iter().map(move |&(name, count)| {
            let (values, behind) = rest.split_at_checked(count).unwrap_or_default();
            rest = behind;
            (name, values)
        })
    }
}
