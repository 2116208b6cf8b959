//! Tokens that were accepted before.

use std::sync::Arc;

use super::audiences::Accepted;
use super::{TrustedIssuer, Verifier};
use crate::claims::{Claims, Matched};
use crate::rejection::Rejection;
use crate::time::UnixSeconds;

/// A token that was accepted before. Its key is still published, and its times still hold.
pub(super) struct Seen<'a> {
    pub(super) claims: Arc<Claims>,
    pub(super) claims_id: u64,
    pub(super) matched: Matched,
    pub(super) issuer: &'a TrustedIssuer,
    /// Whether the issuer's keys are older than allowed.
    pub(super) keys_stale: bool,
    /// Whether all bound objects are known to be live.
    pub(super) live: bool,
}

impl Verifier {
    /// Looks for the token among those that were accepted before, possibly for other audiences.
    ///
    /// Returns `None` if it is not there or no longer holds. The caller then verifies it like a new token, which
    /// finds out what is wrong.
    pub(super) fn seen_before(
        &self,
        token: &[u8],
        accepted: Accepted<'_>,
        now: UnixSeconds,
    ) -> Option<Result<Seen<'_>, Rejection>> {
        self.cache.as_ref()?.find(token, |seen| {
            let issuer = self.issuers.get(seen.issuer())?;
            let claims = seen.claims()?;
            // Read the age before the keys. If the keys are replaced in between, new keys may count as old, but never
            // old as new.
            let keys_stale = issuer.keys.is_stale();
            let has_its_key = seen.has_its_key(issuer.generation(), || {
                let key = claims.signed_by();
                issuer.publishes(key) && !issuer.is_namesakes_too(claims.issuer(), key)
            });
            let holds = has_its_key && claims.within(now, self.leeway).is_ok();
            holds.then(|| {
                let matched = accepted.among(claims.aud(), || seen.matched().clone());
                claims.aud().include_ours(&matched)?;
                self.demand_current_keys(issuer, keys_stale)?;
                let live = issuer.are_live(seen.fingerprints());
                Ok(Seen {
                    claims: Arc::clone(claims),
                    claims_id: seen.claims_id(),
                    matched,
                    issuer,
                    keys_stale,
                    live,
                })
            })
        })
    }
}
