//! Verification for the audiences of one call.

use super::{CheckedToken, Verifier};
use crate::claims::{Audiences, Matched};
use crate::rejection::Rejection;
use crate::time::UnixSeconds;
use crate::verified::VerifiedToken;

/// The audiences that are accepted. A token must name one of them.
#[derive(Clone, Copy)]
pub(super) enum Accepted<'a> {
    /// The audiences of the verifier. The cache remembers which of them a token names.
    Own,
    /// The audiences of one call. The function finds those that a token names.
    These(&'a dyn Fn(Audiences<'_>) -> Matched),
}

impl Accepted<'_> {
    /// Returns the accepted audiences that the token names. `own` finds them among the verifier's.
    pub(super) fn among(self, audiences: Audiences<'_>, own: impl FnOnce() -> Matched) -> Matched {
        match self {
            Self::Own => own(),
            Self::These(named_by) => named_by(audiences),
        }
    }
}

impl Verifier {
    /// Verifies a token that must name one of these audiences. The audiences of the verifier do not count.
    ///
    /// This is for services that have one identifier for each tenant, or that answer TokenReviews. All other rules
    /// are the same, and so is the cache. [`VerifiedToken::matched_audiences`] returns the audiences that the token
    /// names, in the order given here. An empty list matches no token, and neither does the empty text.
    ///
    /// ```
    /// # use boundtoken::{KeySet, Reason, TrustedIssuer, UnixSeconds, Verifier};
    /// # let jwks = include_bytes!("../../tests/vectors/apiserver-rs256/jwks.json");
    /// # let tokens: std::collections::BTreeMap<String, String> =
    /// #     serde_json::from_slice(include_bytes!("../../tests/vectors/apiserver-rs256/tokens.json"))?;
    /// # let (token, now) = (tokens["pod-live"].as_bytes(), UnixSeconds(1_795_522_300));
    /// # let verifier = Verifier::builder()
    /// #     .issuer(TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(jwks)?))
    /// #     .audience("gateway")
    /// #     .build()?;
    /// # /*
    /// let caller = verifier.verify_for(token, &["tenant-a", "vault"])?;
    /// # */
    /// # let caller = verifier.verify_for_at(token, &["tenant-a", "vault"], now)?;
    /// assert_eq!(caller.matched_audiences().collect::<Vec<_>>(), ["vault"]);
    /// let rejection = verifier.verify_for_at(token, &["tenant-a"], now).unwrap_err();
    /// assert_eq!(rejection.reason(), Reason::AudienceMismatch);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn verify_for(
        &self,
        token: &[u8],
        audiences: &[impl AsRef<str>],
    ) -> Result<VerifiedToken, Rejection> {
        self.verify_for_at(token, audiences, UnixSeconds::now())
    }

    /// Verifies a token for these audiences at a given time, like [`verify_for`](Self::verify_for).
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn verify_for_at(
        &self,
        token: &[u8],
        audiences: &[impl AsRef<str>],
        now: UnixSeconds,
    ) -> Result<VerifiedToken, Rejection> {
        self.verify_meant_for(token, Accepted::These(&|named| Matched::of(named, audiences)), now)
    }

    /// Does what [`check`](Self::check) does, for these audiences. See [`verify_for`](Self::verify_for).
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn check_for(&self, token: &[u8], audiences: &[impl AsRef<str>]) -> Result<CheckedToken, Rejection> {
        self.check_for_at(token, audiences, UnixSeconds::now())
    }

    /// Checks a token for these audiences at a given time, like [`check_for`](Self::check_for).
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn check_for_at(
        &self,
        token: &[u8],
        audiences: &[impl AsRef<str>],
        now: UnixSeconds,
    ) -> Result<CheckedToken, Rejection> {
        self.check_meant_for(token, Accepted::These(&|named| Matched::of(named, audiences)), now)
    }
}
