//! Building a verifier. Mistakes show here, not at the first token.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use super::fast_paths::FastPaths;
use super::statistics::Counters;
use super::{OnUnavailable, TrustedIssuer, Verifier};
use crate::cache::TokenCache;

/// The default token size limit, in bytes.
const DEFAULT_MAX_TOKEN_SIZE: usize = 16 * 1024;
/// The largest token size limit, in bytes.
const LARGEST_MAX_TOKEN_SIZE: usize = 1024 * 1024;
/// The default leeway, in seconds. It is that of the API server.
const DEFAULT_LEEWAY: u64 = 60;
/// The largest leeway, in seconds. A clock that is off by more is broken.
const LARGEST_LEEWAY: u64 = 3600;

/// The identity of the next verifier. No process builds 2^64 verifiers, so none repeats.
static NEXT_IDENTITY: AtomicU64 = AtomicU64::new(1);

/// The default number of remembered tokens.
const DEFAULT_CACHED_TOKENS: usize = 10_000;
/// The default memory limit for remembered tokens, in bytes.
const DEFAULT_CACHE_SIZE: usize = 32 * 1024 * 1024;

/// Builds a [`Verifier`]. Made by [`Verifier::builder`].
#[derive(Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct VerifierBuilder {
    verifier: Verifier,
    cached_tokens: usize,
    cache_size: usize,
}

impl VerifierBuilder {
    pub(super) fn new() -> Self {
        Self {
            verifier: Verifier {
                identity: 0,
                issuers: Vec::new(),
                audiences: Vec::new(),
                leeway: DEFAULT_LEEWAY,
                max_token_size: DEFAULT_MAX_TOKEN_SIZE,
                on_unavailable: OnUnavailable::Refuse,
                fast_paths: FastPaths::ALL,
                cache: None,
                counters: Counters::new(),
            },
            cached_tokens: DEFAULT_CACHED_TOKENS,
            cache_size: DEFAULT_CACHE_SIZE,
        }
    }

    /// Accepts tokens of this issuer. Call it once for each cluster. Each needs its own
    /// [label](TrustedIssuer::label).
    pub fn issuer(mut self, issuer: TrustedIssuer) -> Self {
        self.verifier.issuers.push(issuer);
        self
    }

    /// Accepts tokens for this audience: the identifier of the service that verifies. It must match letter by letter.
    ///
    /// Call it once for each identifier. A token must name one of them.
    pub fn audience(mut self, audience: impl Into<Box<str>>) -> Self {
        self.verifier.audiences.push(audience.into());
        self
    }

    /// Sets how many seconds the clocks of issuer and verifier may differ. The default is 60, as in the API server.
    /// The limit is 3,600.
    pub fn leeway(mut self, seconds: u64) -> Self {
        self.verifier.leeway = seconds;
        self
    }

    /// Sets the size of the largest token that is looked at, in bytes. The default is 16 KiB. The limit is 1 MiB.
    pub fn max_token_size(mut self, bytes: usize) -> Self {
        self.verifier.max_token_size = bytes;
        self
    }

    /// Sets what to do if bound objects cannot be looked up, if what is known about them is outdated, or if the keys
    /// are too old. The default is to refuse the token.
    pub fn on_unavailable(mut self, choice: OnUnavailable) -> Self {
        self.verifier.on_unavailable = choice;
        self
    }

    /// Sets how many accepted tokens are remembered. The default is 10,000. 0 turns the cache off.
    ///
    /// A remembered token costs next to nothing when it is seen again. It is still refused once it has expired, its
    /// key is withdrawn, or an object that it is bound to is gone. Only accepted tokens are remembered.
    pub fn cached_tokens(mut self, tokens: usize) -> Self {
        self.cached_tokens = tokens;
        self
    }

    /// Sets how much memory the remembered tokens may take, in bytes. The default is 32 MiB. 0 turns the cache off.
    pub fn cache_size(mut self, bytes: usize) -> Self {
        self.cache_size = bytes;
        self
    }

    /// Sets whether the [fast path for RS256](crate::fast_rsa) verifies the signatures of keys that it supports. It does by
    /// default. No effect without the feature `fast-rsa`.
    pub fn fast_rsa(mut self, allowed: bool) -> Self {
        self.verifier.fast_paths.allow_rsa(allowed);
        self
    }

    /// Sets whether the [fast path for ES256](crate::fast_p256) verifies the signatures of keys that have a table, and builds
    /// tables. It does by default. No effect without the feature `fast-p256`.
    pub fn fast_p256(mut self, allowed: bool) -> Self {
        self.verifier.fast_paths.allow_p256(allowed);
        self
    }

    /// Builds the verifier.
    ///
    /// ```
    /// use boundtoken::{BuildError, Verifier};
    ///
    /// assert_eq!(Verifier::builder().audience("vault").build().unwrap_err(), BuildError::NoIssuer);
    /// ```
    ///
    /// # Errors
    /// The [`BuildError`] says what is missing or out of range.
    pub fn build(self) -> Result<Verifier, BuildError> {
        let mut verifier = self.verifier;
        if verifier.issuers.is_empty() {
            return Err(BuildError::NoIssuer);
        }
        for issuer in &verifier.issuers {
            if issuer.names.iter().any(str::is_empty) {
                return Err(BuildError::EmptyIssuer);
            }
            if issuer.keys.load().is_empty() {
                return Err(BuildError::NoKey { issuer: issuer.names.first.clone() });
            }
        }
        introduce(&mut verifier.issuers)?;
        if verifier.audiences.is_empty() {
            return Err(BuildError::NoAudience);
        }
        if verifier.audiences.iter().any(|audience| audience.is_empty()) {
            return Err(BuildError::EmptyAudience);
        }
        if verifier.leeway > LARGEST_LEEWAY {
            return Err(BuildError::LeewayTooLong);
        }
        if verifier.max_token_size == 0 || verifier.max_token_size > LARGEST_MAX_TOKEN_SIZE {
            return Err(BuildError::TokenSizeOutOfRange);
        }
        verifier.identity = NEXT_IDENTITY.fetch_add(1, Ordering::Relaxed);
        if self.cached_tokens > 0 && self.cache_size > 0 {
            verifier.cache = Some(TokenCache::new(self.cached_tokens, self.cache_size));
        }
        Ok(verifier)
    }
}

/// Refuses issuers whose tokens could not be told apart. Tells each issuer which others share a name with it.
fn introduce(issuers: &mut [TrustedIssuer]) -> Result<(), BuildError> {
    let mut namesakes = vec![Vec::new(); issuers.len()];
    for ((place, issuer), namesakes) in issuers.iter().enumerate().zip(&mut namesakes) {
        if issuer.label.is_empty() {
            return Err(BuildError::EmptyLabel);
        }
        for (_, other) in issuers.iter().enumerate().filter(|(other, _)| *other != place) {
            if issuer.label == other.label {
                return Err(BuildError::LabelNotUnique { label: (*issuer.label).into() });
            }
            if !issuer.names.iter().any(|name| other.is_named(name)) {
                continue;
            }
            let keys = issuer.keys.load();
            if keys.keys().iter().any(|key| other.publishes(key.fingerprint())) {
                return Err(BuildError::IssuersAmbiguous {
                    labels: [(*issuer.label).into(), (*other.label).into()],
                });
            }
            namesakes.push(other.as_namesake());
        }
    }
    for (issuer, namesakes) in issuers.iter_mut().zip(namesakes) {
        issuer.namesakes = namesakes;
    }
    Ok(())
}

/// Why a verifier could not be built.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// No issuer was given.
    NoIssuer,
    /// The name of an issuer is empty.
    EmptyIssuer,
    /// An issuer has no usable key.
    NoKey {
        /// The issuer's first name.
        issuer: Box<str>,
    },
    /// The label of an issuer is empty.
    EmptyLabel,
    /// Two issuers have this label.
    LabelNotUnique {
        /// The label.
        label: Box<str>,
    },
    /// Two issuers share a name and a key, so nobody could tell whose a token is.
    IssuersAmbiguous {
        /// Their labels.
        labels: [Box<str>; 2],
    },
    /// No audience was given.
    NoAudience,
    /// An audience is empty.
    EmptyAudience,
    /// The leeway is longer than an hour.
    LeewayTooLong,
    /// The token size limit is zero or more than 1 MiB.
    TokenSizeOutOfRange,
}

impl fmt::Display for BuildError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoIssuer => formatter.write_str(
                "no issuer: add the one that your cluster writes; /.well-known/openid-configuration names it",
            ),
            Self::EmptyIssuer => {
                formatter.write_str("an issuer's name is empty: give it as the cluster writes it into `iss`")
            }
            Self::NoKey { issuer } => {
                write!(
                    formatter,
                    "issuer {issuer:?} has no usable key: load its JWKS or PEM file, and see what was skipped and why"
                )
            }
            Self::EmptyLabel => {
                formatter.write_str("an issuer's label is empty: leave it out to use the issuer's name")
            }
            Self::LabelNotUnique { label } => write!(
                formatter,
                "two issuers are labelled {label:?}: give each cluster a label of its own, such as its name in your fleet"
            ),
            Self::IssuersAmbiguous { labels: [one, other] } => write!(
                formatter,
                "the issuers {one:?} and {other:?} have a name and a key in common, so nobody can tell \
                 which of them issued a token: give each its own keys"
            ),
            Self::NoAudience => {
                formatter.write_str("no audience: add the identifier of the service that verifies")
            }
            Self::EmptyAudience => {
                formatter.write_str("an audience is empty: give the identifier of the service that verifies")
            }
            Self::LeewayTooLong => {
                formatter.write_str("the leeway is longer than one hour: correct the clocks instead")
            }
            Self::TokenSizeOutOfRange => {
                write!(formatter, "the token size limit must be between 1 and {LARGEST_MAX_TOKEN_SIZE} bytes")
            }
        }
    }
}

impl std::error::Error for BuildError {}
