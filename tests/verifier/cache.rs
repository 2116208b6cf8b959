//! Tokens seen again: remembered, but never believed longer than they hold.

use boundtoken::{KeyStore, ObjectKind, ObjectReference, ObjectStore, TrustedIssuer};
use serde_json::json;

use super::*;
use crate::mint::{AUDIENCE, ISSUER, claims_with, key_set};

fn verifier(keys: &KeyStore) -> Verifier {
    Verifier::builder().issuer(TrustedIssuer::new(ISSUER, keys.clone())).audience(AUDIENCE).build().unwrap()
}

/// How many tokens a verifier remembers, as its `Debug` tells.
fn remembered(verifier: &Verifier) -> usize {
    let shown = format!("{verifier:?}");
    let (_, rest) = shown.split_once("TokenCache { tokens: ").expect(&shown);
    rest.split_once(' ').and_then(|(count, _)| count.parse().ok()).expect(&shown)
}

#[test]
fn an_accepted_token_is_remembered_and_answered_alike() {
    let verifier = verifier(&MINT.keys().into());
    let token = MINT.token(&claims_with(&json!({})));
    let [first, again] = [(); 2].map(|()| verify(&verifier, &token).unwrap());
    assert_eq!(remembered(&verifier), 1);
    assert_eq!(serde_json::to_value(&first).unwrap(), serde_json::to_value(&again).unwrap());
}

#[test]
fn a_remembered_token_still_expires() {
    let verifier = verifier(&MINT.keys().into());
    let token = MINT.token(&claims_with(&json!({})));
    assert!(verify(&verifier, &token).is_ok());
    assert!(verify_at(&verifier, &token, NOW + 3_600 + 59).is_ok());
    assert_eq!(verify_at(&verifier, &token, NOW + 3_600 + 60).unwrap_err(), Reason::Expired);
    assert_eq!(remembered(&verifier), 0, "it leaves");
    assert!(verify(&verifier, &token).is_ok());
    assert_eq!(verify_at(&verifier, &token, NOW - 61).unwrap_err(), Reason::NotYetValid);
}

#[test]
fn a_remembered_token_leaves_with_its_key_and_stays_when_others_come() {
    let other = Mint::new(Algorithm::ES256, "other");
    let keys = KeyStore::new(MINT.keys());
    let verifier = verifier(&keys);
    let token = MINT.token(&claims_with(&json!({})));
    assert!(verify(&verifier, &token).is_ok());
    keys.replace(key_set([&other, &MINT]));
    assert!(verify(&verifier, &token).is_ok());
    keys.replace(other.keys());
    assert_eq!(verify(&verifier, &token).unwrap_err(), Reason::KeyUnknown);
    assert_eq!(remembered(&verifier), 0, "it leaves");
    // The same kid, but another key.
    keys.replace(MINT.keys());
    assert!(verify(&verifier, &token).is_ok());
    keys.replace(Mint::new(Algorithm::ES256, mint::KID).keys());
    assert_eq!(verify(&verifier, &token).unwrap_err(), Reason::SignatureInvalid);
}

#[test]
fn bound_objects_are_asked_each_time() {
    let objects = ObjectStore::new();
    let pod = ObjectReference { kind: ObjectKind::Pod, namespace: "demo", name: "live" };
    let account = ObjectReference { kind: ObjectKind::ServiceAccount, name: "app", ..pod };
    objects.upsert(&account, mint::ACCOUNT_UID.into(), None);
    objects.upsert(&pod, mint::POD_UID.into(), None);
    let issuer = TrustedIssuer::new(ISSUER, MINT.keys()).bound_objects(objects.clone());
    let verifier = Verifier::builder().issuer(issuer).audience(AUDIENCE).build().unwrap();
    let token = MINT.token(&claims_with(&json!({})));
    assert!(verify(&verifier, &token).is_ok());
    objects.delete(&pod);
    assert_eq!(verify(&verifier, &token).unwrap_err(), Reason::PodNotFound);
    objects.upsert(&pod, mint::POD_UID.into(), None);
    assert!(verify(&verifier, &token).is_ok());
}

#[test]
fn a_token_that_only_ends_alike_is_no_token_seen_before() {
    let verifier = verifier(&MINT.keys().into());
    let token = MINT.token(&claims_with(&json!({})));
    assert!(verify(&verifier, &token).is_ok());
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    let admin = mint::base64url(
        claims_with(&json!({"sub": "system:serviceaccount:demo:admin"})).to_string().as_bytes(),
    );
    assert_eq!(
        verify(&verifier, format!("{header}.{admin}.{signature}")).unwrap_err(),
        Reason::SignatureInvalid
    );
    for place in 0..token.len() {
        let mut forged = token.clone().into_bytes();
        forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
        assert!(verify(&verifier, forged).is_err(), "{place}");
    }
    for cut in 1..token.len() {
        assert!(verify(&verifier, &token[cut..]).is_err());
    }
    assert!(verify(&verifier, &token).is_ok());
    assert_eq!(remembered(&verifier), 1);
}

#[test]
fn only_accepted_tokens_that_name_their_key_are_remembered() {
    let verifier = verifier(&MINT.keys().into());
    let claims = claims_with(&json!({}));
    for token in [
        MINT.token(&claims_with(&json!({"aud": ["mail"]}))),
        MINT.token(&claims_with(&json!({"exp": NOW - 100}))),
        Mint::new(Algorithm::ES256, "other").token(&claims),
        "x".repeat(1_000),
    ] {
        assert!(verify(&verifier, &token).is_err());
    }
    // Without a kid, a further key may make it ambiguous.
    let nameless = MINT.sign(r#"{"alg":"ES256"}"#, claims.to_string());
    assert!(verify(&verifier, &nameless).is_ok());
    assert_eq!(remembered(&verifier), 0);
}

#[test]
fn no_more_are_remembered_than_allowed() {
    let tokens: Vec<_> =
        (0..200).map(|number| MINT.token(&claims_with(&json!({"jti": number.to_string()})))).collect();
    for (count, size, most) in [(32, usize::MAX, 32), (usize::MAX, 100_000, 100_000 / 1_000), (1, 1 << 20, 1)]
    {
        let issuer = TrustedIssuer::new(ISSUER, MINT.keys());
        let builder = Verifier::builder().issuer(issuer).audience(AUDIENCE);
        let verifier = builder.cached_tokens(count).cache_size(size).build().unwrap();
        for token in tokens.iter().chain(&tokens) {
            assert!(verify(&verifier, token).is_ok());
        }
        assert!(remembered(&verifier) <= most, "{} of {most}", remembered(&verifier));
    }
    for (count, size) in [(0, 1 << 20), (100, 0)] {
        let issuer = TrustedIssuer::new(ISSUER, MINT.keys());
        let builder = Verifier::builder().issuer(issuer).audience(AUDIENCE);
        let verifier = builder.cached_tokens(count).cache_size(size).build().unwrap();
        assert!(verify(&verifier, &tokens[0]).is_ok() && verify(&verifier, &tokens[0]).is_ok());
        assert!(format!("{verifier:?}").contains("cache: None"));
    }
}
