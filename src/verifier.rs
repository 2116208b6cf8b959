//! The verifier: one call, read from top to bottom.

use std::fmt;
use std::sync::Arc;

use crate::bound_object::{self, BoundObject, BoundObjects, OnUnavailable};
use crate::cache::TokenCache;
use crate::claims::{Claims, Matched};
use crate::header::{Header, KeyId};
use crate::keys::{Key, KeyFingerprint, KeySet, KeyStore};
use crate::rejection::{Detail, Reason, Rejection};
use crate::time::UnixSeconds;
use crate::token::CompactToken;
use crate::verified::{Confirmed, VerifiedToken};

mod audiences;
mod batch;
mod builder;

use audiences::Accepted;

pub use builder::{BuildError, VerifierBuilder};

/// An issuer whose tokens are accepted: its names, its keys and, optionally, its bound objects.
///
/// One cluster is one trusted issuer. Several clusters may even write the same name: their keys tell them apart, and each
/// gets a [label](Self::label) of its own, by which an accepted token says whose it is.
///
/// ```
/// use boundtoken::{KeySet, ObjectStore, TrustedIssuer};
///
/// # let jwks = include_bytes!("../tests/vectors/apiserver-rs256/jwks.json");
/// let issuer = TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(jwks)?)
///     .also_named("https://old-issuer.example.com")
///     .bound_objects(ObjectStore::new());
/// # Ok::<(), boundtoken::KeyError>(())
/// ```
#[derive(Clone)]
pub struct TrustedIssuer {
    label: Arc<str>,
    names: Vec<Box<str>>,
    /// The places of other issuers that have one of the names too. Known once the verifier is built.
    namesakes: Vec<usize>,
    keys: KeyStore,
    objects: Option<Arc<dyn BoundObjects>>,
}

impl TrustedIssuer {
    /// An issuer that writes `name` into `iss`, letter by letter, and signs with `keys`: a
    /// [`KeySet`](crate::KeySet), or a clone of a [`KeyStore`] whose keys are replaced later.
    ///
    /// Until [`bound_objects`](Self::bound_objects) is called, its tokens are accepted with
    /// [`Confirmed::NotChecked`].
    pub fn new(name: impl Into<Box<str>>, keys: impl Into<KeyStore>) -> Self {
        let name = name.into();
        Self {
            label: Arc::from(&*name),
            names: vec![name],
            namesakes: Vec::new(),
            keys: keys.into(),
            objects: None,
        }
    }

    /// What you call this issuer: its first name unless set. Unique in a verifier. A verified token says it
    /// ([`VerifiedToken::issuer_label`]), which tells clusters apart that write the same `iss`, as most do.
    ///
    /// ```
    /// # use boundtoken::{KeySet, TrustedIssuer};
    /// # let (blue_keys, green_keys) = (KeySet::default(), KeySet::default());
    /// const NAME: &str = "https://kubernetes.default.svc.cluster.local";
    /// let blue = TrustedIssuer::new(NAME, blue_keys).label("blue");
    /// let green = TrustedIssuer::new(NAME, green_keys).label("green");
    /// ```
    #[must_use]
    pub fn label(mut self, label: impl AsRef<str>) -> Self {
        self.label = Arc::from(label.as_ref());
        self
    }

    /// Accepts a further name, as an API server with several `--service-account-issuer` flags does.
    #[must_use]
    pub fn also_named(mut self, name: impl Into<Box<str>>) -> Self {
        self.names.push(name.into());
        self
    }

    /// Confirms the objects that tokens are bound to: an [`ObjectStore`](crate::ObjectStore), a closure, or anything
    /// else that implements [`BoundObjects`].
    #[must_use]
    pub fn bound_objects(mut self, objects: impl BoundObjects + 'static) -> Self {
        self.objects = Some(Arc::new(objects));
        self
    }

    /// The same for a source that its owner keeps.
    pub(crate) fn shared_bound_objects(mut self, objects: Arc<dyn BoundObjects>) -> Self {
        self.objects = Some(objects);
        self
    }

    fn is_named(&self, name: &str) -> bool {
        self.names.iter().any(|known| **known == *name)
    }
}

impl fmt::Debug for TrustedIssuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TrustedIssuer")
            .field("label", &self.label)
            .field("names", &self.names)
            .field("keys", &self.keys)
            .field("bound_objects", &self.objects.is_some())
            .finish()
    }
}

/// Verifies bound tokens.
///
/// Reads nothing but memory, never waits for a lock, and is safe to share between threads. Build one at start-up
/// with [`Verifier::builder`] and keep it: keys and objects behind it may change at any time.
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
    /// Tells it from all other verifiers of this process.
    identity: u64,
    issuers: Vec<TrustedIssuer>,
    audiences: Vec<Box<str>>,
    leeway: u64,
    max_token_size: usize,
    on_unavailable: OnUnavailable,
    fast_rsa: bool,
    /// None when it is turned off.
    cache: Option<TokenCache>,
}

/// A token that holds in itself, and whose it is.
struct Authentic<'a> {
    claims: Arc<Claims>,
    issuer: &'a TrustedIssuer,
    /// The place of the issuer among the verifier's.
    place: usize,
    /// The key that signed it. None if the token does not name it: then a new key may make it ambiguous, so that it must
    /// be judged anew each time.
    key: Option<KeyFingerprint>,
    /// Whether the issuer's keys are older than they may be.
    keys_stale: bool,
}

/// An issuer's keys, that were looked at already.
#[derive(Clone, Copy)]
struct LoadedKeys<'a> {
    /// The place of the issuer among the verifier's.
    place: usize,
    keys: &'a KeySet,
    /// Whether they are older than they may be. Looked at before the keys: should newer ones come in between, they are it.
    stale: bool,
}

/// An authentic token that its claims admit.
struct Admitted<'a> {
    authentic: Authentic<'a>,
    /// Its accepted audiences.
    matched: Matched,
}

/// A token that was accepted before, and that its key and its times still hold good.
struct Seen<'a> {
    claims: Arc<Claims>,
    matched: Matched,
    issuer: &'a TrustedIssuer,
    /// Whether the issuer's keys are older than they may be.
    keys_stale: bool,
    /// Whether all its bound objects are known to be live.
    live: bool,
}

impl Verifier {
    /// Starts a verifier: it needs at least one issuer and one audience.
    pub fn builder() -> VerifierBuilder {
        VerifierBuilder::new()
    }

    /// Verifies a token at the time of the system's clock.
    ///
    /// `token` is the bare token, without `Bearer` and without white space around it.
    ///
    /// # Errors
    /// The [`Rejection`] says why the token is refused. When several things are wrong it names the first in the API
    /// server's order: form, signature, issuer, audience, times, service account, secret, pod, node, webhook
    /// configurations.
    pub fn verify(&self, token: &[u8]) -> Result<VerifiedToken, Rejection> {
        self.verify_at(token, UnixSeconds::now())
    }

    /// Verifies a token at a given time. Otherwise as [`verify`](Self::verify).
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn verify_at(&self, token: &[u8], now: UnixSeconds) -> Result<VerifiedToken, Rejection> {
        self.verify_meant_for(token, Accepted::Own, now)
    }

    fn verify_meant_for(
        &self,
        token: &[u8],
        accepted: Accepted<'_>,
        now: UnixSeconds,
    ) -> Result<VerifiedToken, Rejection> {
        if let Some(seen) = self.seen_before(token, accepted, now) {
            let Seen { claims, matched, issuer, keys_stale, live } = seen?;
            let confirmed = if live { Confirmed::Live } else { self.confirm_objects(&claims, issuer, now)? };
            return Ok(VerifiedToken::new(claims, matched, confirmed.by_keys(keys_stale)));
        }
        let Admitted { authentic, matched } = self.check_claims(token, accepted, now)?;
        let Authentic { claims, issuer, place, key, keys_stale } = authentic;
        let confirmed = self.confirm_objects(&claims, issuer, now)?;
        if let (Some(cache), Some(key)) = (&self.cache, key) {
            let own = match accepted {
                Accepted::Own => matched.clone(),
                Accepted::These(_) => Matched::of(&claims, &self.audiences),
            };
            cache.keep(token, Arc::clone(&claims), own, place, key);
        }
        Ok(VerifiedToken::new(claims, matched, confirmed.by_keys(keys_stale)))
    }

    /// A token that was accepted before, perhaps for other audiences, if its key is still published and its times still
    /// hold. All else that is wrong is left to the long way to find again.
    fn seen_before(
        &self,
        token: &[u8],
        accepted: Accepted<'_>,
        now: UnixSeconds,
    ) -> Option<Result<Seen<'_>, Rejection>> {
        self.cache.as_ref()?.find(token, |seen| {
            let issuer = self.issuers.get(seen.issuer())?;
            let claims = seen.claims()?;
            // Before the keys: should newer ones come in between, the key is looked for among these.
            let keys_stale = issuer.keys.is_stale();
            let is_signed = seen.is_signed_by(self.generation(issuer), |key| {
                is_published(issuer, key) && !self.is_namesakes_too(issuer, claims.issuer(), key)
            });
            let holds = is_signed && claims.within(now, self.leeway).is_ok();
            holds.then(|| {
                let matched = accepted.among(claims, || seen.matched().clone());
                claims.named_for_us(&matched)?;
                self.demand_current_keys(issuer, keys_stale)?;
                let objects = issuer.objects.as_deref();
                let live =
                    objects.is_some_and(|all| bound_object::are_live(all, || seen.fingerprints(claims)));
                Ok(Seen { claims: Arc::clone(claims), matched, issuer, keys_stale, live })
            })
        })
    }

    /// Keys that are too old vouch for nothing, unless the verifier accepts that. Whoever refreshes them hears of it.
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
            Some(objects) => bound_object::confirm(claims, &**objects, self.on_unavailable, now),
            None => claims.attest_an_api_group().map(|()| Confirmed::NotChecked),
        }
    }

    /// The first of two steps, for callers who must ask a network about bound objects: everything but them.
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
    /// As [`verify`](Self::verify), but for bound objects.
    pub fn check(&self, token: &[u8]) -> Result<CheckedToken, Rejection> {
        self.check_at(token, UnixSeconds::now())
    }

    /// [`check`](Self::check) at a given time.
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
        let Admitted { authentic, matched } = self.check_claims(token, accepted, now)?;
        let Authentic { claims, place, keys_stale, .. } = authentic;
        Ok(CheckedToken { verifier: self.identity, place, claims, matched, keys_stale })
    }

    /// The second step: judges the bound objects by what `objects` says, and the token's times once more.
    ///
    /// # Errors
    /// The reasons for bound objects, and those for times and [`Reason::KeysStale`]: the token may have expired between the steps,
    /// and the keys may have become too old.
    /// [`Reason::VerifierMismatch`] if another verifier checked the token: nothing that one verifier found can be confirmed by
    /// another, which may trust other issuers and accept other audiences.
    pub fn confirm(
        &self,
        checked: CheckedToken,
        objects: &dyn BoundObjects,
    ) -> Result<VerifiedToken, Rejection> {
        self.confirm_at(checked, objects, UnixSeconds::now())
    }

    /// [`confirm`](Self::confirm) at a given time.
    ///
    /// # Errors
    /// As [`confirm`](Self::confirm).
    pub fn confirm_at(
        &self,
        checked: CheckedToken,
        objects: &dyn BoundObjects,
        now: UnixSeconds,
    ) -> Result<VerifiedToken, Rejection> {
        if checked.verifier != self.identity {
            return Err(Reason::VerifierMismatch.into());
        }
        let CheckedToken { place, claims, matched, keys_stale, .. } = checked;
        claims.within(now, self.leeway)?;
        let issuer = self.issuers.get(place).ok_or(Reason::VerifierMismatch)?;
        let keys_stale = keys_stale || issuer.keys.is_stale();
        self.demand_current_keys(issuer, keys_stale)?;
        let confirmed = bound_object::confirm(&claims, objects, self.on_unavailable, now)?;
        Ok(VerifiedToken::new(claims, matched, confirmed.by_keys(keys_stale)))
    }

    /// The keys of the issuer that a token belongs to, if this verifier checked it.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn keys_of(&self, checked: &CheckedToken) -> Option<&KeyStore> {
        let issuer = self.issuers.get(checked.place).filter(|_| checked.verifier == self.identity)?;
        Some(&issuer.keys)
    }

    /// Everything that the token itself decides, in the order of the steps.
    fn check_claims(
        &self,
        token: &[u8],
        accepted: Accepted<'_>,
        now: UnixSeconds,
    ) -> Result<Admitted<'_>, Rejection> {
        let token = CompactToken::split(token, self.max_token_size)?;
        let authentic = self.authenticate(&token)?;
        let claims = &authentic.claims;
        let matched = accepted.among(claims, || Matched::of(claims, &self.audiences));
        claims.named_for_us(&matched)?;
        claims.within(now, self.leeway)?;
        claims.name_a_service_account()?;
        self.demand_current_keys(authentic.issuer, authentic.keys_stale)?;
        Ok(Admitted { authentic, matched })
    }

    /// Reads the header, unless it is one that a key's issuer always writes, and finds the key.
    fn authenticate(&self, token: &CompactToken<'_>) -> Result<Authentic<'_>, Rejection> {
        for (place, issuer) in self.issuers.iter().enumerate() {
            let stale = issuer.keys.is_stale();
            let keys = issuer.keys.load();
            if let Some(key) = keys.with_usual_header(token.header.encoded()) {
                let header = Header { algorithm: key.algorithm(), kid: key.kid().map(KeyId::from) };
                return self.find_key(token, &header, Some(LoadedKeys { place, keys: &keys, stale }));
            }
        }
        Header::with(token.header, |header| self.find_key(token, header, None))
    }

    /// Finds the key that signed the token among those that may have, and the issuer that the key belongs to.
    ///
    /// Nothing of the claims is read before a signature over them holds. `loaded`: the keys of one issuer, if they were looked at
    /// already.
    fn find_key(
        &self,
        token: &CompactToken<'_>,
        header: &Header<'_>,
        loaded: Option<LoadedKeys<'_>>,
    ) -> Result<Authentic<'_>, Rejection> {
        if header.kid.is_none() {
            self.demand_one_fitting_key(header)?;
        }
        // The furthest that any key came is what is reported.
        let mut furthest = Rejection::new(Reason::KeyUnknown, Detail::None);
        for (place, issuer) in self.issuers.iter().enumerate() {
            let current;
            let LoadedKeys { keys, stale, .. } = match loaded {
                Some(loaded) if loaded.place == place => loaded,
                _ => {
                    let stale = issuer.keys.is_stale();
                    current = issuer.keys.load();
                    LoadedKeys { place, keys: &current, stale }
                }
            };
            let candidates = match &header.kid {
                Some(kid) => keys.find(|name| kid.compare(name)),
                None => keys.keys(),
            };
            for key in candidates {
                if key.algorithm() != header.algorithm {
                    let detail = Detail::Algorithms { token: header.algorithm, key: key.algorithm() };
                    further(&mut furthest, Rejection::new(Reason::AlgorithmMismatch, detail));
                    continue;
                }
                let Some(claims) = self.claims_signed_by(key, issuer, token)? else {
                    further(&mut furthest, Reason::SignatureInvalid.into());
                    continue;
                };
                claims.not_legacy()?;
                if issuer.is_named(claims.issuer()) {
                    if self.is_namesakes_too(issuer, claims.issuer(), key.fingerprint()) {
                        return Err(Reason::IssuerAmbiguous.into());
                    }
                    let key = header.kid.as_ref().map(|_| *key.fingerprint());
                    return Ok(Authentic { claims, issuer, place, key, keys_stale: stale });
                }
                further(&mut furthest, claims.issuer_mismatch());
            }
        }
        Err(match (furthest.reason(), &header.kid) {
            (Reason::KeyUnknown, Some(kid)) => {
                self.issuers.iter().for_each(|issuer| issuer.keys.report_missing_key());
                Rejection::new(Reason::KeyUnknown, Detail::KeyId(kid.beginning()))
            }
            _ => furthest,
        })
    }

    /// The claims, if the key signed them.
    ///
    /// They are decoded before the signature is checked, so that a malformed part is reported as one, but not read.
    fn claims_signed_by(
        &self,
        key: &Key,
        issuer: &TrustedIssuer,
        token: &CompactToken<'_>,
    ) -> Result<Option<Arc<Claims>>, Rejection> {
        token.claims.with_all_decoded(|payload| {
            let holds = token.signature.with_decoded(|signature| {
                if self.fast_rsa {
                    key.verify(token.signed, signature)
                } else {
                    key.verify_by_backend(token.signed, signature)
                }
            })?;
            if holds != Some(true) {
                return Ok(None);
            }
            Claims::parse(payload, &issuer.label).map(Some)
        })?
    }

    /// Whether another issuer of this name publishes the same key.
    fn is_namesakes_too(&self, issuer: &TrustedIssuer, name: &str, key: &KeyFingerprint) -> bool {
        let mut namesakes = issuer.namesakes.iter().filter_map(|&place| self.issuers.get(place));
        namesakes.any(|other| other.is_named(name) && is_published(other, key))
    }

    /// A number that grows with each change of the keys that say whether a token is this issuer's.
    fn generation(&self, issuer: &TrustedIssuer) -> u64 {
        let namesakes = issuer.namesakes.iter().filter_map(|&place| self.issuers.get(place));
        namesakes.fold(issuer.keys.generation(), |sum, other| sum.wrapping_add(other.keys.generation()))
    }

    /// Without a kid, a token is only accepted when exactly one key of all issuers fits.
    fn demand_one_fitting_key(&self, header: &Header<'_>) -> Result<(), Rejection> {
        let (mut keys, mut fitting) = (0, 0);
        for issuer in &self.issuers {
            let current = issuer.keys.load();
            keys += current.len();
            fitting += current.keys().iter().filter(|key| key.algorithm() == header.algorithm).count();
        }
        match (keys, fitting) {
            (0, _) => Err(Reason::KeyUnknown.into()),
            (_, 0) => Err(Reason::AlgorithmMismatch.into()),
            (_, 1) => Ok(()),
            _ => Err(Reason::KeyIdMissing.into()),
        }
    }
}

fn is_published(issuer: &TrustedIssuer, key: &KeyFingerprint) -> bool {
    issuer.keys.load().keys().iter().any(|published| published.fingerprint() == key)
}

/// Keeps the refusal that came further: reasons are numbered in the order of the steps.
fn further(furthest: &mut Rejection, candidate: Rejection) {
    if candidate.reason() > furthest.reason() {
        *furthest = candidate;
    }
}

/// A token that holds in itself; what remains is whether its bound objects exist. See [`Verifier::check`].
#[derive(Debug)]
#[must_use = "a checked token is not verified until it is confirmed"]
pub struct CheckedToken {
    /// The identity of the verifier that checked it.
    verifier: u64,
    /// The place of its issuer among the verifier's.
    place: usize,
    claims: Arc<Claims>,
    matched: Matched,
    /// Whether the issuer's keys were older than they may be.
    keys_stale: bool,
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
