//! The first of two steps.

use std::sync::Arc;

use crate::claims::{Claims, Matched};
use crate::objects::BoundObject;

/// A token that is authentic and meant for this verifier. Whether its bound objects exist is still open. See
/// [`Verifier::check`](crate::Verifier::check).
#[derive(Debug)]
#[must_use = "a checked token is not verified until it is confirmed"]
pub struct CheckedToken {
    /// The identity of the verifier that checked it.
    pub(super) verifier: u64,
    /// The place of its issuer among the verifier's.
    pub(super) place: usize,
    pub(super) claims: Arc<Claims>,
    pub(super) matched: Matched,
    /// Whether the issuer's keys were older than they may be.
    pub(super) keys_stale: bool,
}

impl CheckedToken {
    /// The objects to look up, in the order in which they are judged.
    pub fn bound_objects(&self) -> impl Iterator<Item = BoundObject<'_>> {
        self.claims.bound_objects()
    }

    /// The label of the trusted issuer that the token belongs to: only its objects can confirm the token.
    #[must_use]
    pub fn issuer_label(&self) -> &str {
        self.claims.issuer_label()
    }

    /// Everything the token claims. Do not act on it before the token is confirmed.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }
}
