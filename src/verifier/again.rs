//! Tokens that were accepted, without their bytes.

use super::confirm::{self, LONGEST_LAG, Objection};
use super::{Counted, TrustedIssuer, Verifier};
use crate::claims::Claims;
use crate::objects::{Asked, Freshness};
use crate::rejection::{Reason, Rejection};
use crate::time::UnixSeconds;
use crate::verified::VerifiedToken;

/// When to ask again where nobody says that an answer has changed, in seconds.
const ASK_AGAIN: u64 = 10;

impl Verifier {
    /// Judges an accepted token again, at the time of the system's clock. Its bytes are not needed.
    ///
    /// This is for long connections, which authenticate once: call it before something that must not be done for a caller
    /// who is no longer good. A [`Revocation`](super::Revocation) tells as soon as that is so.
    ///
    /// Judged are the key, the times, the age of the keys and the bound objects, as for a token that is seen again. Not judged
    /// are the audiences: the token keeps those that it was accepted for. A token that names no key is held to the key that
    /// signed it, however many there are now.
    ///
    /// ```
    /// # use boundtoken::{KeySet, ObjectKind, ObjectReference, ObjectStore, Reason, TrustedIssuer, UnixSeconds, Verifier};
    /// # let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/apiserver-rs256/");
    /// # let read = |name: &str| std::fs::read(format!("{vectors}{name}"));
    /// # let tokens: std::collections::BTreeMap<String, String> = serde_json::from_slice(&read("tokens.json")?)?;
    /// # let captured: serde_json::Value = serde_json::from_slice(&read("objects.json")?)?;
    /// # let objects = ObjectStore::from_json(captured["before"].to_string().as_bytes())?;
    /// # let (token, now) = (tokens["pod-live"].as_bytes(), UnixSeconds(1_795_522_300));
    /// # let issuer = TrustedIssuer::new(
    /// #     "https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(&read("jwks.json")?)?);
    /// # let verifier =
    /// #     Verifier::builder().issuer(issuer.bound_objects(objects.clone())).audience("vault").build()?;
    /// let caller = verifier.verify_at(token, now)?;
    /// assert!(verifier.verify_again_at(&caller, now).is_ok());
    /// objects.delete(&ObjectReference { kind: ObjectKind::Pod, namespace: "demo", name: "live" });
    /// assert_eq!(verifier.verify_again_at(&caller, now).unwrap_err().reason(), Reason::PodNotFound);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// - The reasons for times and for bound objects, and [`Reason::KeysStale`].
    /// - [`Reason::KeyUnknown`] if the issuer has withdrawn the key.
    /// - [`Reason::IssuerAmbiguous`] if another issuer of the same name publishes the key too.
    /// - [`Reason::VerifierMismatch`] if this verifier trusts no issuer of the token's label and name.
    pub fn verify_again(&self, token: &VerifiedToken) -> Result<VerifiedToken, Rejection> {
        self.verify_again_at(token, UnixSeconds::now())
    }

    /// Judges an accepted token again at a given time, like [`verify_again`](Self::verify_again).
    ///
    /// # Errors
    /// As [`verify_again`](Self::verify_again).
    pub fn verify_again_at(
        &self,
        token: &VerifiedToken,
        now: UnixSeconds,
    ) -> Result<VerifiedToken, Rejection> {
        self.counted(Counted::AcceptedAgain, self.judge_again(token, now))
    }

    fn judge_again(&self, token: &VerifiedToken, now: UnixSeconds) -> Result<VerifiedToken, Rejection> {
        let claims = token.claims();
        let issuer = self.issuer_by_label(claims).ok_or(Reason::VerifierMismatch)?;
        // Read the age before the keys. If the keys are replaced in between, new keys may count as old, but never
        // old as new.
        let keys_stale = issuer.keys.is_stale();
        vouches_for(issuer, claims)?;
        claims.within(now, self.leeway)?;
        self.demand_current_keys(issuer, keys_stale)?;
        let confirmed = self.confirm_objects(claims, issuer, now)?;
        Ok(token.confirmed_as(confirmed.by_keys(keys_stale)))
    }

    /// Judges whether an accepted token is lost for good. If not, returns the next second at which time alone may change
    /// that, or at which a source must be asked again. It is always later than `now`.
    ///
    /// What cannot be known at the moment is no loss, whatever [`OnUnavailable`](super::OnUnavailable) says.
    pub(super) fn outlook(&self, token: &VerifiedToken, now: UnixSeconds) -> Result<UnixSeconds, Rejection> {
        let claims = token.claims();
        let issuer = self.issuer_by_label(claims).ok_or(Reason::VerifierMismatch)?;
        vouches_for(issuer, claims)?;
        let end = claims.not_expired(now, self.leeway)?;
        match &issuer.objects {
            Some(objects) => Ok(end.min(outlook_of_objects(claims, objects.asked(), now)?)),
            None => Ok(end),
        }
    }

    /// Returns the issuer of an accepted token.
    pub(super) fn issuer_by_label(&self, claims: &Claims) -> Option<&TrustedIssuer> {
        let is_its = |issuer: &&TrustedIssuer| *issuer.label == *claims.issuer_label();
        self.issuers.iter().find(is_its).filter(|issuer| issuer.is_named(claims.issuer()))
    }
}

/// Requires that the issuer, and no other of its name, publishes the key that signed the token.
fn vouches_for(issuer: &TrustedIssuer, claims: &Claims) -> Result<(), Rejection> {
    let key = claims.signed_by();
    if !issuer.publishes(key) {
        return Err(Reason::KeyUnknown.into());
    }
    if issuer.is_namesakes_too(claims.issuer(), key) {
        return Err(Reason::IssuerAmbiguous.into());
    }
    Ok(())
}

/// Does for the bound objects what [`Verifier::outlook`] does.
fn outlook_of_objects(
    claims: &Claims,
    objects: Asked<'_>,
    now: UnixSeconds,
) -> Result<UnixSeconds, Rejection> {
    let freshness = objects.freshness();
    let soon = now.plus(ASK_AGAIN);
    let mut next = match objects {
        Asked::Store(_) => UnixSeconds::MAX,
        // A call-back wakes nobody.
        Asked::CallBack(_) => soon,
    };
    for object in claims.bound_objects() {
        let change = match confirm::judge(&object, claims, objects, freshness, now) {
            Ok(end_of_grace) => end_of_grace,
            Err(Objection::Pending) => claims.issued_at().map(|issued| issued.plus(LONGEST_LAG).plus(1)),
            Err(Objection::Unavailable | Objection::NotFollowed) => None,
            // A store that lost touch may not know the object yet, unless it saw it go. Nobody is woken when it knows better.
            Err(Objection::NotFound | Objection::UidMismatch)
                if freshness == Freshness::Stale && !objects.is_gone(&object) =>
            {
                Some(soon)
            }
            Err(objection) => return Err(objection.of(&object.reference)),
        };
        next = change.map_or(next, |change| change.min(next));
    }
    Ok(next)
}
