//! The verifier. To follow a token through it, start at [`Verifier::verify_at`].

use std::ops::Range;
use std::sync::Arc;

use crate::cache::TokenCache;
use crate::claims::{Claims, Matched, SignedClaims};
use crate::keys::{KeyFingerprint, KeyStore};
use crate::objects::{Asked, BoundObjects};
use crate::record;
use crate::rejection::{Reason, Rejection};
use crate::time::UnixSeconds;
use crate::token::{self, CompactToken};
use crate::verified::{Confirmed, VerifiedToken};

mod again;
mod audiences;
mod batch;
mod builder;
mod cached;
mod checked;
mod confirm;
mod fast_paths;
mod revocation;
mod seen;
mod signer;
mod statistics;
mod trusted_issuer;

use audiences::Accepted;
use fast_paths::FastPaths;
use seen::Seen;
use signer::Authentic;
use statistics::{Counted, Counters};

pub use builder::{BuildError, VerifierBuilder};
pub use checked::CheckedToken;
pub use confirm::OnUnavailable;
pub use revocation::Revocation;
pub use statistics::Statistics;
pub use trusted_issuer::TrustedIssuer;

/// Verifies bound tokens.
///
/// A verifier reads nothing but memory, never waits for a lock, and is safe to share between threads. Build one at
/// start-up with [`Verifier::builder`] and keep it. Its keys and objects may change at any time.
///
/// ```
/// use boundtoken::{KeySet, ObjectStore, Reason, TrustedIssuer, UnixSeconds, Verifier};
///
/// # let jwks = include_bytes!("../tests/vectors/apiserver-rs256/jwks.json");
/// # let tokens: std::collections::BTreeMap<String, String> =
/// #     serde_json::from_slice(include_bytes!("../tests/vectors/apiserver-rs256/tokens.json"))?;
/// # let token = tokens["pod-live"].as_bytes();
/// # let now = UnixSeconds(1_795_522_300);
/// let objects = ObjectStore::new();
/// let verifier = Verifier::builder()
///     .issuer(
///         TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(jwks)?)
///             .bound_objects(objects.clone()),
///     )
///     .audience("vault")
///     .build()?;
///
/// // The store does not know the token's service account, so the token is refused.
/// let rejection = verifier.verify_at(token, now).unwrap_err();
/// assert_eq!(rejection.reason(), Reason::ServiceAccountNotFound);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Verifier {
    /// Unique among the verifiers of this process.
    identity: u64,
    issuers: Vec<TrustedIssuer>,
    audiences: Vec<Box<str>>,
    leeway: u64,
    max_token_size: usize,
    on_unavailable: OnUnavailable,
    fast_paths: FastPaths,
    /// `None` if caching is turned off.
    cache: Option<TokenCache>,
    counters: Counters,
}

/// An authentic token whose claims admit it.
struct Admitted<'a> {
    claims: Arc<Claims>,
    /// The accepted audiences of the token.
    matched: Matched,
    issuer: &'a TrustedIssuer,
    /// The place of the issuer among the verifier's.
    place: usize,
    /// Whether the token names the key that signed it.
    names_key: bool,
    /// Whether the issuer's keys are older than allowed.
    keys_stale: bool,
}

impl Verifier {
    /// Starts to build a verifier. It needs at least one issuer and one audience.
    pub fn builder() -> VerifierBuilder {
        VerifierBuilder::new()
    }

    /// Verifies a token at the time of the system's clock.
    ///
    /// `token` is the bare token, without `Bearer` and without white space around it.
    ///
    /// # Errors
    /// The [`Rejection`] says why the token is refused. If several things are wrong, it names the first in the API
    /// server's order: form, signature, issuer, audience, times, service account, secret, pod, node, webhook
    /// configurations.
    pub fn verify(&self, token: &[u8]) -> Result<VerifiedToken, Rejection> {
        self.verify_at(token, UnixSeconds::now())
    }

    /// Verifies a token at a given time, like [`verify`](Self::verify).
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn verify_at(&self, token: &[u8], now: UnixSeconds) -> Result<VerifiedToken, Rejection> {
        self.verify_meant_for(token, Accepted::Own, now)
    }

    /// Returns the size of the largest [record](crate::record) of a token that this verifier judges by its own audiences, in
    /// bytes. Other audiences take 8 bytes more for each.
    ///
    /// Nearly every record is far smaller: 2 KiB will do.
    #[must_use]
    pub fn largest_record(&self) -> usize {
        let longest_label = self.issuers.iter().map(|issuer| issuer.label.len()).max();
        record::largest(self.max_token_size, self.audiences.len(), longest_label.unwrap_or(0))
    }

    /// Refuses a token that is too large, by its size alone, as [`verify`](Self::verify) does. A program that receives tokens in
    /// pieces need not keep one that will be refused.
    ///
    /// ```
    /// # use boundtoken::{KeySet, Reason, TrustedIssuer, Verifier};
    /// # let jwks = include_bytes!("../tests/vectors/apiserver-rs256/jwks.json");
    /// # let issuer = TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(jwks)?);
    /// let verifier = Verifier::builder().issuer(issuer).audience("vault").max_token_size(4096).build()?;
    /// assert!(verifier.check_size(4096).is_ok());
    /// assert_eq!(verifier.check_size(4097).unwrap_err().reason(), Reason::TokenTooLarge);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Reason::TokenTooLarge`].
    pub fn check_size(&self, size: usize) -> Result<(), Rejection> {
        token::check_size(size, self.max_token_size)
    }

    /// Returns when the times of an accepted token hold for this verifier, with its leeway: from the first second to the one
    /// in which it is refused.
    ///
    /// This is for programs that keep accepted tokens themselves. Keys and bound objects may void a token earlier.
    ///
    /// ```
    /// # use boundtoken::{KeySet, TrustedIssuer, UnixSeconds, Verifier};
    /// # let jwks = include_bytes!("../tests/vectors/apiserver-rs256/jwks.json");
    /// # let tokens: std::collections::BTreeMap<String, String> =
    /// #     serde_json::from_slice(include_bytes!("../tests/vectors/apiserver-rs256/tokens.json"))?;
    /// # let (token, now) = (tokens["pod-live"].as_bytes(), UnixSeconds(1_795_522_300));
    /// # let verifier = Verifier::builder()
    /// #     .issuer(TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(jwks)?))
    /// #     .audience("vault")
    /// #     .build()?;
    /// let window = verifier.window(&verifier.verify_at(token, now)?);
    /// assert!(window.contains(&now) && verifier.verify_at(token, window.start).is_ok());
    /// assert!(verifier.verify_at(token, window.end).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn window(&self, token: &VerifiedToken) -> Range<UnixSeconds> {
        token.claims().window(self.leeway)
    }

    fn verify_meant_for(
        &self,
        token: &[u8],
        accepted: Accepted<'_>,
        now: UnixSeconds,
    ) -> Result<VerifiedToken, Rejection> {
        if let Some(seen) = self.seen_before(token, accepted, now) {
            return self.counted(Counted::AcceptedAgain, seen.and_then(|seen| self.verify_seen(seen, now)));
        }
        self.counted(Counted::AcceptedFirst, self.verify_first(token, accepted, now))
    }

    /// Counts a verdict.
    fn counted<T>(&self, accepted: Counted, verdict: Result<T, Rejection>) -> Result<T, Rejection> {
        self.counters.count(verdict.as_ref().map_or_else(Counted::refusal, |_| accepted));
        verdict
    }

    /// Verifies a token that was not accepted before, and remembers it.
    // On its own, so that a token seen again needs only a small stack frame.
    #[inline(never)]
    fn verify_first(
        &self,
        token: &[u8],
        accepted: Accepted<'_>,
        now: UnixSeconds,
    ) -> Result<VerifiedToken, Rejection> {
        let Admitted { claims, matched, issuer, place, names_key, keys_stale } =
            self.check_claims(token, accepted, now)?;
        let fingerprints = issuer.fingerprints(&claims);
        let confirmed = if issuer.are_live(fingerprints.as_ref()) {
            claims.attest_an_api_group().map(|()| Confirmed::Live)?
        } else {
            self.confirm_objects(&claims, issuer, now)?
        };
        let claims_id = self.cache.as_ref().filter(|_| names_key).and_then(|cache| {
            let own = match accepted {
                Accepted::Own => matched.clone(),
                Accepted::These(_) => Matched::of(claims.aud(), &self.audiences),
            };
            cache.keep(token, Arc::clone(&claims), fingerprints, own, place)
        });
        Ok(VerifiedToken::new(claims, claims_id.unwrap_or(0), matched, confirmed.by_keys(keys_stale)))
    }

    /// Judges the bound objects of a token that was accepted before.
    fn verify_seen(&self, seen: Seen<'_>, now: UnixSeconds) -> Result<VerifiedToken, Rejection> {
        let Seen { claims, claims_id, matched, issuer, keys_stale, live } = seen;
        let confirmed = if live { Confirmed::Live } else { self.confirm_objects(&claims, issuer, now)? };
        Ok(VerifiedToken::new(claims, claims_id, matched, confirmed.by_keys(keys_stale)))
    }

    /// Checks everything except the bound objects, in the API server's order.
    #[inline(never)]
    fn check_claims(
        &self,
        token: &[u8],
        accepted: Accepted<'_>,
        now: UnixSeconds,
    ) -> Result<Admitted<'_>, Rejection> {
        let token = CompactToken::split(token, self.max_token_size)?;
        let admit = |claims: &SignedClaims<'_>, key: &KeyFingerprint| {
            let matched = accepted.among(claims.aud(), || Matched::of(claims.aud(), &self.audiences));
            claims.aud().include_ours(&matched)?;
            let expires_at = claims.within(now, self.leeway)?;
            Ok((Arc::new(claims.name_a_service_account(expires_at, *key)?), matched))
        };
        let authentic = self.authenticate(&token, admit)?;
        let Authentic { admission: (claims, matched), issuer, place, names_key, keys_stale } = authentic;
        self.demand_current_keys(issuer, keys_stale)?;
        Ok(Admitted { claims, matched, issuer, place, names_key, keys_stale })
    }

    /// Refuses keys that are too old, unless the verifier accepts them. Either way, asks for the keys to be
    /// refreshed.
    fn demand_current_keys(&self, issuer: &TrustedIssuer, stale: bool) -> Result<(), Rejection> {
        if !stale {
            return Ok(());
        }
        issuer.keys.report_missing_key();
        match self.on_unavailable {
            OnUnavailable::Refuse => Err(Reason::KeysStale.into()),
            OnUnavailable::Accept => Ok(()),
        }
    }

    fn confirm_objects(
        &self,
        claims: &Claims,
        issuer: &TrustedIssuer,
        now: UnixSeconds,
    ) -> Result<Confirmed, Rejection> {
        match &issuer.objects {
            Some(objects) => confirm::confirm(claims, objects.asked(), self.on_unavailable, now),
            None => claims.attest_an_api_group().map(|()| Confirmed::NotChecked),
        }
    }

    /// Checks everything except the bound objects. This is the first of two steps, for callers that must ask a
    /// network about bound objects.
    ///
    /// The issuer's own source of bound objects, if it has one, is not asked.
    ///
    /// ```
    /// # use boundtoken::{KeySet, ObjectReference, ObjectState, TrustedIssuer, UnixSeconds, Verifier};
    /// # let jwks = include_bytes!("../tests/vectors/apiserver-rs256/jwks.json");
    /// # let tokens: std::collections::BTreeMap<String, String> =
    /// #     serde_json::from_slice(include_bytes!("../tests/vectors/apiserver-rs256/tokens.json"))?;
    /// # let (token, now) = (tokens["pod-live"].as_bytes(), UnixSeconds(1_795_522_300));
    /// # let verifier = Verifier::builder()
    /// #     .issuer(TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(jwks)?))
    /// #     .audience("vault")
    /// #     .build()?;
    /// # let ask_the_network = |object: &boundtoken::BoundObject<'_>| {
    /// #     ObjectState::Present { uid: object.uid.into(), deletion_timestamp: None }
    /// # };
    /// let checked = verifier.check_at(token, now)?;
    /// let mut answers = Vec::new();
    /// for object in checked.bound_objects() {
    ///     let state = ask_the_network(&object); // `.await` here
    ///     answers.push((object.reference.to_string(), state));
    /// }
    /// let answer = |reference: &ObjectReference<'_>| {
    ///     let known = answers.iter().find(|(asked, _)| *asked == reference.to_string());
    ///     known.map_or(ObjectState::Unavailable, |(_, state)| state.clone())
    /// };
    /// let verified = verifier.confirm_at(checked, &answer, now)?;
    /// assert_eq!(verified.claims().namespace(), "demo");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`verify`](Self::verify), without the reasons for bound objects.
    pub fn check(&self, token: &[u8]) -> Result<CheckedToken, Rejection> {
        self.check_at(token, UnixSeconds::now())
    }

    /// Checks a token at a given time, like [`check`](Self::check).
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn check_at(&self, token: &[u8], now: UnixSeconds) -> Result<CheckedToken, Rejection> {
        self.check_meant_for(token, Accepted::Own, now)
    }

    fn check_meant_for(
        &self,
        token: &[u8],
        accepted: Accepted<'_>,
        now: UnixSeconds,
    ) -> Result<CheckedToken, Rejection> {
        let admitted = self.check_claims(token, accepted, now);
        let admitted = admitted.inspect_err(|rejection| self.counters.count(Counted::refusal(rejection)));
        let Admitted { claims, matched, place, keys_stale, .. } = admitted?;
        Ok(CheckedToken { verifier: self.identity, place, claims, matched, keys_stale })
    }

    /// Judges the bound objects by what `objects` says, and the token's times once more. This is the second of two
    /// steps.
    ///
    /// # Errors
    /// - The reasons for bound objects.
    /// - The reasons for times, because the token may have expired since the first step.
    /// - [`Reason::KeysStale`], because the keys may have become too old since the first step.
    /// - [`Reason::VerifierMismatch`] if another verifier checked the token. That verifier may trust other issuers
    ///   and accept other audiences.
    pub fn confirm(
        &self,
        checked: CheckedToken,
        objects: &dyn BoundObjects,
    ) -> Result<VerifiedToken, Rejection> {
        self.confirm_at(checked, objects, UnixSeconds::now())
    }

    /// Confirms a token at a given time, like [`confirm`](Self::confirm).
    ///
    /// # Errors
    /// As [`confirm`](Self::confirm).
    pub fn confirm_at(
        &self,
        checked: CheckedToken,
        objects: &dyn BoundObjects,
        now: UnixSeconds,
    ) -> Result<VerifiedToken, Rejection> {
        self.counted(Counted::AcceptedFirst, self.confirm_checked(checked, objects, now))
    }

    fn confirm_checked(
        &self,
        checked: CheckedToken,
        objects: &dyn BoundObjects,
        now: UnixSeconds,
    ) -> Result<VerifiedToken, Rejection> {
        let issuer = self.issuer_of(&checked).ok_or(Reason::VerifierMismatch)?;
        let CheckedToken { claims, matched, keys_stale, .. } = checked;
        claims.within(now, self.leeway)?;
        let keys_stale = keys_stale || issuer.keys.is_stale();
        self.demand_current_keys(issuer, keys_stale)?;
        let confirmed = confirm::confirm(&claims, Asked::CallBack(objects), self.on_unavailable, now)?;
        Ok(VerifiedToken::new(claims, 0, matched, confirmed.by_keys(keys_stale)))
    }

    /// Returns the keys of the issuer that a checked token belongs to, or `None` if another verifier checked the
    /// token.
    ///
    /// A program that follows several clusters finds the cluster to ask about the token's objects: it is the one with
    /// [the same store](KeyStore::is_same).
    #[must_use]
    pub fn keys_of(&self, checked: &CheckedToken) -> Option<&KeyStore> {
        Some(&self.issuer_of(checked)?.keys)
    }

    fn issuer_of(&self, checked: &CheckedToken) -> Option<&TrustedIssuer> {
        self.issuers.get(checked.place).filter(|_| checked.verifier == self.identity)
    }
}
