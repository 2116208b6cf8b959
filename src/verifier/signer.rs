//! Finding the key that signed a token, and the issuer of the key.

use super::{TrustedIssuer, Verifier};
use crate::claims::SignedClaims;
use crate::header::{Header, KeyId};
use crate::keys::{Key, KeyFingerprint, KeySet};
use crate::rejection::{Detail, Reason, Rejection};
use crate::token::CompactToken;

/// A token that a trusted issuer signed.
pub(super) struct Authentic<'a, T> {
    /// What was made of its claims.
    pub(super) admission: T,
    pub(super) issuer: &'a TrustedIssuer,
    /// The place of the issuer among the verifier's.
    pub(super) place: usize,
    /// Whether the token names its key. If not, a new key may make the token ambiguous, so it must not be remembered.
    pub(super) names_key: bool,
    /// Whether the issuer's keys are older than allowed.
    pub(super) keys_stale: bool,
}

/// A key that passed a trial.
struct Found<'a, T> {
    /// What the trial returned.
    of_trial: T,
    issuer: &'a TrustedIssuer,
    /// The place of the issuer among the verifier's.
    place: usize,
    /// Whether the issuer's keys are older than allowed.
    keys_stale: bool,
}

/// The result of trying one key.
enum Attempt<T> {
    /// The key passed.
    Passed(T),
    /// The key failed, for this reason. Another key may pass.
    Failed(Rejection),
}

impl Verifier {
    /// Finds the key that signed the token, and the issuer of the key. Then lets `admit` judge the claims.
    ///
    /// Reads no claim before the signature holds.
    pub(super) fn authenticate<T>(
        &self,
        token: &CompactToken<'_>,
        admit: impl Fn(&SignedClaims<'_>, &KeyFingerprint) -> Result<T, Rejection>,
    ) -> Result<Authentic<'_, T>, Rejection> {
        self.with_header(token, |header| {
            if header.kid.is_none() {
                self.demand_one_fitting_key(header)?;
            }
            let attempt = |key: &Key, issuer: &_| self.attempt(key, issuer, token, header, &admit);
            let Found { of_trial: admission, issuer, place, keys_stale } = self.find_key(header, attempt)?;
            Ok(Authentic { admission, issuer, place, names_key: header.kid.is_some(), keys_stale })
        })
    }

    /// Does what [`authenticate`](Self::authenticate) does before it checks the signature.
    pub(super) fn may_be_authentic(&self, token: &CompactToken<'_>) -> Result<(), Rejection> {
        self.with_header(token, |header| {
            if header.kid.is_none() {
                self.demand_one_fitting_key(header)?;
            }
            self.find_key(header, |key, _| match fits(key, header) {
                Err(rejection) => Ok(Attempt::Failed(rejection)),
                Ok(()) => {
                    token.claims.with_all_decoded(|_| ())?;
                    Ok(match token.signature.with_decoded(|_| ())? {
                        Some(()) => Attempt::Passed(()),
                        None => Attempt::Failed(Reason::SignatureInvalid.into()),
                    })
                }
            })
        })
        .map(drop)
    }

    /// Reads the header. A header that the issuer of a known key always writes need not be read: the key has its
    /// content.
    fn with_header<T>(
        &self,
        token: &CompactToken<'_>,
        use_header: impl FnOnce(&Header<'_>) -> Result<T, Rejection>,
    ) -> Result<T, Rejection> {
        for issuer in &self.issuers {
            let keys = issuer.keys.load();
            if let Some(key) = keys.with_usual_header(token.header.encoded()) {
                return use_header(&Header { algorithm: key.algorithm(), kid: key.kid().map(KeyId::from) });
            }
        }
        Header::with(token.header, use_header)
    }

    /// Tries each key that the header names, issuer by issuer, and returns the first that passes.
    fn find_key<T>(
        &self,
        header: &Header<'_>,
        mut attempt: impl FnMut(&Key, &TrustedIssuer) -> Result<Attempt<T>, Rejection>,
    ) -> Result<Found<'_, T>, Rejection> {
        // If no key passes, report the refusal of the key that came furthest.
        let mut furthest = Rejection::from(Reason::KeyUnknown);
        for (place, issuer) in self.issuers.iter().enumerate() {
            // Read the age before the keys. If the keys are replaced in between, new keys may count as old, but never
            // old as new.
            let keys_stale = issuer.keys.is_stale();
            for key in candidates(&issuer.keys.load(), header) {
                match attempt(key, issuer)? {
                    Attempt::Passed(of_trial) => {
                        return Ok(Found { of_trial, issuer, place, keys_stale });
                    }
                    // The numbers of the reasons follow the order of the steps.
                    Attempt::Failed(rejection) if rejection.reason() > furthest.reason() => {
                        furthest = rejection
                    }
                    Attempt::Failed(_) => {}
                }
            }
        }
        if let (Reason::KeyUnknown, Some(kid)) = (furthest.reason(), &header.kid) {
            self.issuers.iter().for_each(|issuer| issuer.keys.report_missing_key());
            return Err(Rejection::new(Reason::KeyUnknown, Detail::KeyId(kid.beginning())));
        }
        Err(furthest)
    }

    /// Tries one key of an issuer: algorithm, signature, form of the claims, name of the issuer, and then the claims.
    ///
    /// # Errors
    /// A refusal that no other key could change.
    // On its own, so that a token of an unknown key needs only a small stack frame.
    #[inline(never)]
    fn attempt<T>(
        &self,
        key: &Key,
        issuer: &TrustedIssuer,
        token: &CompactToken<'_>,
        header: &Header<'_>,
        admit: impl FnOnce(&SignedClaims<'_>, &KeyFingerprint) -> Result<T, Rejection>,
    ) -> Result<Attempt<T>, Rejection> {
        if let Err(rejection) = fits(key, header) {
            return Ok(Attempt::Failed(rejection));
        }
        let attempt = self.with_payload_signed_by(key, token, |payload| {
            SignedClaims::with(payload, &issuer.label, |claims| {
                claims.not_legacy()?;
                if !issuer.is_named(claims.issuer()) {
                    return Ok(Attempt::Failed(claims.issuer_mismatch()));
                }
                if issuer.is_namesakes_too(claims.issuer(), key.fingerprint()) {
                    return Err(Reason::IssuerAmbiguous.into());
                }
                admit(claims, key.fingerprint()).map(Attempt::Passed)
            })
        })?;
        Ok(attempt.unwrap_or_else(|| Attempt::Failed(Reason::SignatureInvalid.into())))
    }

    /// Passes the payload to `read` if the key signed it.
    ///
    /// Decodes it before it checks the signature, so that a malformed part is reported as such.
    fn with_payload_signed_by<T>(
        &self,
        key: &Key,
        token: &CompactToken<'_>,
        read: impl FnOnce(&[u8]) -> Result<T, Rejection>,
    ) -> Result<Option<T>, Rejection> {
        token.claims.with_all_decoded(|payload| {
            let holds = token.signature.with_decoded(|signature| {
                if self.fast_paths.may_serve(key) {
                    key.verify(token.signed, signature)
                } else {
                    key.verify_by_backend(token.signed, signature)
                }
            })?;
            if holds == Some(true) { read(payload).map(Some) } else { Ok(None) }
        })?
    }

    /// Requires that exactly one key of all issuers fits a token without a kid.
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

/// Requires that the header names the algorithm of the key.
fn fits(key: &Key, header: &Header<'_>) -> Result<(), Rejection> {
    if key.algorithm() == header.algorithm {
        return Ok(());
    }
    let detail = Detail::Algorithms { token: header.algorithm, key: key.algorithm() };
    Err(Rejection::new(Reason::AlgorithmMismatch, detail))
}

/// Returns the keys that the header names: the keys with its kid, or all keys if it has none.
fn candidates<'a>(keys: &'a KeySet, header: &Header<'_>) -> &'a [Key] {
    match &header.kid {
        Some(kid) => keys.find(|name| kid.compare(name)),
        None => keys.keys(),
    }
}
