//! The keys that sign, the keys that are published, and the names that an issuer may have.

use boundtoken::{IssuerError, KeySet, Reason, Verifier};

use super::*;

fn key() -> SigningKey {
    SigningKey::generate(Algorithm::ES256).unwrap()
}

fn kids(issuer: &Issuer) -> Vec<String> {
    let jwks: Value = serde_json::from_str(&issuer.jwks()).unwrap();
    jwks["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn after_a_rotation_old_tokens_hold_until_their_key_is_withdrawn() {
    let issuer = issuer();
    let verifier = Verifier::builder().issuer(issuer.trusted()).audience("api").build().unwrap();
    let old_kid = kids(&issuer).remove(0);
    let old = issue(&issuer, TokenRequest::default()).unwrap();

    let (new_key, new_kid) = (key(), |key: &SigningKey| key.public_key().kid().unwrap().to_owned());
    let new_kid = new_kid(&new_key);
    issuer.rotate(new_key);
    assert_eq!(kids(&issuer), [new_kid.clone(), old_kid.clone()]);
    let new = issue(&issuer, TokenRequest::default()).unwrap();
    for token in [old.token(), new.token()] {
        verifier.verify_at(token.as_bytes(), NOW).unwrap();
    }

    assert!(!issuer.withdraw(&new_kid), "the signing key stays");
    assert!(issuer.withdraw(&old_kid));
    assert!(!issuer.withdraw(&old_kid));
    assert_eq!(kids(&issuer), [new_kid]);
    assert_eq!(verifier.verify_at(old.token().as_bytes(), NOW).unwrap_err().reason(), Reason::KeyUnknown);
    verifier.verify_at(new.token().as_bytes(), NOW).unwrap();
}

#[test]
fn a_key_is_published_once_however_often_it_comes_back() {
    let pem = include_bytes!("../vectors/apiserver-rs256/signing-key.pem");
    let issuer = builder().publish(KeySet::from_pem(pem).unwrap()).build().unwrap();
    let before = kids(&issuer);
    issuer.rotate(SigningKey::from_pem(pem).unwrap());
    assert_eq!(kids(&issuer), before.iter().rev().cloned().collect::<Vec<_>>());
    let document: Value = serde_json::from_str(&issuer.openid_configuration().unwrap()).unwrap();
    assert_eq!(document["id_token_signing_alg_values_supported"], serde_json::json!(["ES256", "RS256"]));
}

#[test]
fn every_kind_of_key_signs_with_its_algorithm() {
    let supported = [Algorithm::ES256, Algorithm::ES384, Algorithm::ES512];
    for algorithm in supported.into_iter().filter(|algorithm| algorithm.is_supported()) {
        let issuer = Issuer::builder(ISSUER, SigningKey::generate(algorithm).unwrap())
            .bound_objects(objects())
            .build()
            .unwrap();
        let token = issue(&issuer, TokenRequest::default()).unwrap();
        let verifier = Verifier::builder().issuer(issuer.trusted()).audience(ISSUER).build().unwrap();
        verifier.verify_at(token.token().as_bytes(), NOW).unwrap();
        let document: Value = serde_json::from_str(&issuer.openid_configuration().unwrap()).unwrap();
        assert_eq!(document["id_token_signing_alg_values_supported"][0], algorithm.name());
    }
}

#[test]
fn only_an_https_issuer_has_a_discovery_document() {
    for (name, has) in [
        ("https://issuer.example.com", true),
        ("https://issuer.example.com/path/", true),
        ("http://issuer.example.com", false),
        ("https://issuer.example.com?a=b", false),
        ("https://issuer.example.com#a", false),
        ("kubernetes", false),
    ] {
        let issuer = Issuer::builder(name, key()).build().unwrap();
        assert_eq!(issuer.openid_configuration().is_some(), has, "{name}");
    }
    let issuer = Issuer::builder("https://issuer.example.com/path/", key()).build().unwrap();
    let document: Value = serde_json::from_str(&issuer.openid_configuration().unwrap()).unwrap();
    assert_eq!(document["jwks_uri"], "https://issuer.example.com/path/openid/v1/jwks");
}

#[test]
fn a_further_name_is_accepted_but_never_written() {
    let issuer = builder().also_named("https://old.example.com").build().unwrap();
    assert_eq!(issuer.api_audiences(), [ISSUER, "https://old.example.com"]);
    let issued = issue(&issuer, TokenRequest::default()).unwrap();
    assert_eq!(claims(&issued)["iss"], ISSUER);
    let verifier =
        Verifier::builder().issuer(issuer.trusted()).audience("https://old.example.com").build().unwrap();
    verifier.verify_at(issued.token().as_bytes(), NOW).unwrap();
}

#[test]
fn mistakes_are_found_when_the_issuer_is_built() {
    let two = |name: &str, other: &str| Issuer::builder(name, key()).also_named(other).build().unwrap_err();
    assert_eq!(two("", "b"), IssuerError::EmptyName);
    assert_eq!(two("a", ""), IssuerError::EmptyName);
    assert_eq!(two("a", "a"), IssuerError::DuplicateName("a".into()));
    assert_eq!(two("a", "1:b"), IssuerError::NotAUrl("1:b".into()));
    for seconds in [0, 3_599, (1 << 32) + 1, u64::MAX] {
        let error = builder().max_expiration(seconds).build().unwrap_err();
        assert_eq!(error, IssuerError::MaxExpirationOutOfRange(seconds));
        assert!(error.to_string().contains("3600 to 4294967296"), "{error}");
    }
}

#[test]
fn nothing_private_is_shown() {
    let pem = include_str!("../vectors/apiserver-rs256/signing-key.pem");
    let key = || SigningKey::from_pem(pem.as_bytes()).unwrap();
    let builder = Issuer::builder(ISSUER, key());
    let shown = format!("{:?} {:?} {builder:?} {:?}", key(), builder, Issuer::builder(ISSUER, key()).build());
    for line in pem.lines().filter(|line| !line.starts_with("-----")) {
        assert!(!shown.contains(line));
    }
    assert!(shown.len() < 2_000, "{shown}");
}
