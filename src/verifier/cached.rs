//! Verification that takes no signature check.

use super::audiences::Accepted;
use super::{Counted, Matched, Verifier};
use crate::rejection::Rejection;
use crate::time::UnixSeconds;
use crate::token::CompactToken;
use crate::verified::VerifiedToken;

impl Verifier {
    /// Verifies a token at a given time, if that takes no signature check. Returns `None` if it does:
    /// [`verify_at`](Self::verify_at) then decides.
    ///
    /// A token that was accepted before is decided here, and so is a token that is refused before its signature. Both take
    /// less than a microsecond. This is for event loops and languages with a global lock, which move the slow checks to
    /// other threads, and for every server that must stay fast for known callers [while forged tokens arrive](crate#under-a-flood).
    ///
    /// ```
    /// # use boundtoken::{KeySet, TrustedIssuer, UnixSeconds, Verifier};
    /// # let jwks = include_bytes!("../../tests/vectors/apiserver-rs256/jwks.json");
    /// # let tokens: std::collections::BTreeMap<String, String> =
    /// #     serde_json::from_slice(include_bytes!("../../tests/vectors/apiserver-rs256/tokens.json"))?;
    /// # let (token, now) = (tokens["pod-live"].as_bytes(), UnixSeconds(1_795_522_300));
    /// # let verifier = Verifier::builder()
    /// #     .issuer(TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(jwks)?))
    /// #     .audience("vault")
    /// #     .build()?;
    /// assert!(verifier.verify_cached_at(token, now).is_none());
    /// verifier.verify_at(token, now)?;
    /// assert!(verifier.verify_cached_at(token, now).is_some_and(|verdict| verdict.is_ok()));
    /// assert!(verifier.verify_cached_at(b"x", now).is_some_and(|verdict| verdict.is_err()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn verify_cached_at(
        &self,
        token: &[u8],
        now: UnixSeconds,
    ) -> Option<Result<VerifiedToken, Rejection>> {
        self.verify_cached_meant_for(token, Accepted::Own, now)
    }

    /// Verifies a token for these audiences, like [`verify_for_at`](Self::verify_for_at), if that takes no signature check.
    #[must_use]
    pub fn verify_cached_for_at(
        &self,
        token: &[u8],
        audiences: &[impl AsRef<str>],
        now: UnixSeconds,
    ) -> Option<Result<VerifiedToken, Rejection>> {
        self.verify_cached_meant_for(token, Accepted::These(&|named| Matched::of(named, audiences)), now)
    }

    fn verify_cached_meant_for(
        &self,
        token: &[u8],
        accepted: Accepted<'_>,
        now: UnixSeconds,
    ) -> Option<Result<VerifiedToken, Rejection>> {
        if let Some(seen) = self.seen_before(token, accepted, now) {
            return Some(
                self.counted(Counted::AcceptedAgain, seen.and_then(|seen| self.verify_seen(seen, now))),
            );
        }
        let before_signature =
            CompactToken::split(token, self.max_token_size).and_then(|token| self.may_be_authentic(&token));
        before_signature.err().map(|rejection| self.counted(Counted::AcceptedFirst, Err(rejection)))
    }
}
