//! Verifying for the audiences of one call.

use super::{CheckedToken, Verifier};
use crate::claims::{Audiences, Matched};
use crate::rejection::Rejection;
use crate::time::UnixSeconds;
use crate::verified::VerifiedToken;

/// The audiences of which a token must name one.
#[derive(Clone, Copy)]
pub(super) enum Accepted<'a> {
    /// The verifier's own. The cache remembers which of them a token names.
    Own,
    /// Those of one call: tells which of them a token names.
    These(&'a dyn Fn(Audiences<'_>) -> Matched),
}

impl Accepted<'_> {
    /// Those that the token names, where `own` are they of the verifier's own.
    pub(super) fn among(self, audiences: Audiences<'_>, own: impl FnOnce() -> Matched) -> Matched {
        match self {
            Self::Own => own(),
            Self::These(named_by) => named_by(audiences),
        }
    }
}

impl Verifier {
    /// Verifies a token that must be meant for one of these audiences, whatever audiences the verifier was built with: for
    /// a service with an identifier for each of its tenants, or one that answers TokenReviews.
    ///
    /// The same rules in all else, and the same cache. The accepted token says which of the audiences it names, in the
    /// order given: [`VerifiedToken::matched_audiences`]. No audiences, and the empty text among them, match no token.
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

    /// [`verify_for`](Self::verify_for) at a given time.
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

    /// [`check`](Self::check) for these audiences, as [`verify_for`](Self::verify_for) verifies for them.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn check_for(&self, token: &[u8], audiences: &[impl AsRef<str>]) -> Result<CheckedToken, Rejection> {
        self.check_for_at(token, audiences, UnixSeconds::now())
    }

    /// [`check_for`](Self::check_for) at a given time.
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
