//! Accepted tokens that are judged again without their bytes.

use std::time::Duration;

use boundtoken::{
    Algorithm, Confirmed, KeySet, KeyStore, ObjectStore, OnUnavailable, Reason, TrustedIssuer, UnixSeconds,
    VerifiedToken, Verifier,
};
use serde_json::json;

use crate::revocation::{ACCOUNT, POD, grow_too_old, objects};
use crate::{MINT, verify};
use boundtoken_testing::mint::{self, AUDIENCE, ISSUER, Mint, NOW, claims_with, key_set};

fn again(verifier: &Verifier, token: &VerifiedToken, now: u64) -> Result<Confirmed, Reason> {
    let verified = verifier.verify_again_at(token, UnixSeconds(now)).map_err(|rejection| rejection.reason());
    verified.map(|verified| {
        assert_eq!(verified.claims_id(), token.claims_id());
        assert!(verified.matched_audiences().eq(token.matched_audiences()));
        verified.confirmed()
    })
}

#[test]
fn an_accepted_token_is_judged_again_as_its_bytes_would_be() {
    let (keys, objects) = (KeyStore::new(MINT.keys()), objects());
    let verifier = |on_unavailable| {
        let issuer = TrustedIssuer::new(ISSUER, keys.clone()).bound_objects(objects.clone());
        let builder = Verifier::builder().issuer(issuer).audience(AUDIENCE).on_unavailable(on_unavailable);
        builder.build().unwrap()
    };
    let [strict, lenient] = [OnUnavailable::Refuse, OnUnavailable::Accept].map(verifier);
    let bytes = MINT.token(&claims_with(&json!({})));
    let tokens = [&strict, &lenient].map(|verifier| verify(verifier, &bytes).unwrap());
    let judged = |now| {
        let [by_strict, by_lenient] =
            [(&strict, &tokens[0]), (&lenient, &tokens[1])].map(|(verifier, token)| {
                let by_bytes = verifier.verify_at(bytes.as_bytes(), UnixSeconds(now));
                let by_bytes = by_bytes.map(|verified| verified.confirmed()).map_err(|error| error.reason());
                assert_eq!(again(verifier, token, now), by_bytes);
                by_bytes
            });
        assert!(by_strict == by_lenient || by_strict == Err(Reason::KeysStale));
        by_lenient
    };
    assert_eq!(judged(NOW), Ok(Confirmed::Live));
    assert_eq!(judged(NOW + 3_600 + 59), Ok(Confirmed::Live));
    assert_eq!(judged(NOW + 3_600 + 60), Err(Reason::Expired));
    assert_eq!(judged(NOW - 61), Err(Reason::NotYetValid));
    objects.upsert(&POD, mint::POD_UID.into(), Some(UnixSeconds(NOW)));
    assert_eq!(judged(NOW + 59), Ok(Confirmed::Live));
    assert_eq!(judged(NOW + 60), Err(Reason::PodDeleted));
    objects.upsert(&POD, "another".into(), None);
    assert_eq!(judged(NOW), Err(Reason::PodUidMismatch));
    objects.upsert(&POD, mint::POD_UID.into(), None);
    objects.delete(&ACCOUNT);
    assert_eq!(judged(NOW), Err(Reason::ServiceAccountNotFound));
    objects.upsert(&ACCOUNT, mint::ACCOUNT_UID.into(), None);
    grow_too_old(&keys);
    assert_eq!(judged(NOW), Ok(Confirmed::Stale));
    keys.set_max_age(Duration::MAX);
    keys.replace(KeySet::default());
    assert_eq!(judged(NOW), Err(Reason::KeyUnknown));
    keys.replace(MINT.keys());
    assert_eq!(judged(NOW), Ok(Confirmed::Live), "as if nothing had been");
}

#[test]
fn audiences_are_not_judged_again() {
    let verifier = MINT.verifier();
    let bytes = MINT.token(&claims_with(&json!({})));
    let token = verifier.verify_for_at(bytes.as_bytes(), &["api"], UnixSeconds(NOW)).unwrap();
    let again = verifier.verify_again_at(&token, UnixSeconds(NOW)).unwrap();
    assert_eq!(again.matched_audiences().collect::<Vec<_>>(), ["api"]);
    assert_eq!(again.confirmed(), Confirmed::NotChecked);
}

#[test]
fn another_verifier_judges_if_it_trusts_the_issuer_under_the_same_label_and_name() {
    let [one, other] = ["one", "other"].map(|kid| Mint::new(Algorithm::ES256, kid));
    let verifier = |issuer| Verifier::builder().issuer(issuer).audience("another").build().unwrap();
    let token = verify(&one.verifier(), one.token(&claims_with(&json!({})))).unwrap();
    let issuer = || TrustedIssuer::new(ISSUER, key_set([&other, &one]));
    for (issuer, expected) in [
        (issuer(), Ok(Confirmed::NotChecked)),
        (issuer().bound_objects(objects()), Ok(Confirmed::Live)),
        (issuer().bound_objects(ObjectStore::new()), Err(Reason::ServiceAccountNotFound)),
        (issuer().label("another"), Err(Reason::VerifierMismatch)),
        (TrustedIssuer::new("https://another", one.keys()).label(ISSUER), Err(Reason::VerifierMismatch)),
        (TrustedIssuer::new(ISSUER, other.keys()), Err(Reason::KeyUnknown)),
    ] {
        assert_eq!(again(&verifier(issuer), &token, NOW), expected);
    }
}

#[test]
fn a_token_that_names_no_key_is_held_to_the_key_that_signed_it() {
    let [one, other] = ["one", "other"].map(|kid| Mint::new(Algorithm::ES256, kid));
    let keys = KeyStore::new(one.keys());
    let issuer = TrustedIssuer::new(ISSUER, keys.clone());
    let verifier = Verifier::builder().issuer(issuer).audience(AUDIENCE).build().unwrap();
    let bytes = one.sign(r#"{"alg":"ES256"}"#, claims_with(&json!({})).to_string());
    let token = verify(&verifier, &bytes).unwrap();
    keys.replace(key_set([&one, &other]));
    assert_eq!(verify(&verifier, &bytes).map(drop), Err(Reason::KeyIdMissing));
    assert_eq!(again(&verifier, &token, NOW), Ok(Confirmed::NotChecked));
    keys.replace(other.keys());
    assert_eq!(again(&verifier, &token, NOW), Err(Reason::KeyUnknown));
}

#[test]
fn verdicts_on_accepted_tokens_are_counted_like_those_on_tokens_seen_again() {
    let verifier = MINT.verifier();
    let token = verify(&verifier, MINT.token(&claims_with(&json!({})))).unwrap();
    let _ = (again(&verifier, &token, NOW), again(&verifier, &token, NOW + 4_000));
    let counted = verifier.statistics();
    assert_eq!((counted.accepted_first, counted.accepted_again, counted.refused_for_claims), (1, 1, 1));
}
