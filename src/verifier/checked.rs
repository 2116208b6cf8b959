//! The result of the first of two steps.

use std::sync::Arc;

use crate::claims::{Claims, Matched};
use crate::objects::BoundObject;

/// A token that is authentic and meant for this verifier, but whose bound objects nobody has looked up yet.
///
/// See [`Verifier::check`](crate::Verifier::check).
#[derive(Clone, Debug)]
#[must_use = "a checked token is not verified until it is confirmed"]
pub struct CheckedToken {
    /// The identity of the verifier that checked the token.
    pub(super) verifier: u64,
    /// The place of the issuer among the verifier's.
    pub(super) place: usize,
    pub(super) claims: Arc<Claims>,
    pub(super) matched: Matched,
    /// Whether the issuer's keys were older than allowed.
    pub(super) keys_stale: bool,
}

impl CheckedToken {
    /// The objects to look up, in the order in which they will be judged.
    pub fn bound_objects(&self) -> impl Iterator<Item = BoundObject<'_>> {
        self.claims.bound_objects()
    }

    /// The label of the trusted issuer that the token belongs to. Only the objects of that issuer can confirm the
    /// token.
    #[must_use]
    pub fn issuer_label(&self) -> &str {
        self.claims.issuer_label()
    }

    /// Everything that the token claims. Do not act on it before the token is confirmed.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }
}
