//! Key sets: their form, their limits, and the lookup of keys.

use boundtoken::{Algorithm, Key, KeyError, KeySet, KeyStore};
use serde_json::{Value, json};

use crate::to_jwks;

const ED25519_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

/// An odd number of 2,048 bits. It is not a key, but it reads as one.
fn rsa_modulus() -> String {
    "_".repeat(340) + "_w"
}

#[test]
fn what_is_no_key_set_is_refused() {
    let documents: [&[u8]; 10] = [
        b"",
        b"{}",
        b"[]",
        b"null",
        br#"{"keys":{}}"#,
        br#"{"keys":null}"#,
        br#"{"keys":[]} x"#,
        br#"{"keys":[],"keys":[]}"#,
        br#"{"keys":["#,
        b"{\"keys\":[\"\xff\"]}",
    ];
    for document in documents {
        let error = KeySet::from_jwks(document).unwrap_err();
        assert!(matches!(error, KeyError::NotAKeySet { .. }), "{error:?} {document:?}");
    }
    let error = KeySet::from_jwks(b"{\n  \"keys\": 1}").unwrap_err();
    assert_eq!(error, KeyError::NotAKeySet { line: 2, column: 11 });
    assert!(KeySet::from_jwks(br#"{"keys":[]}"#).unwrap().is_empty());
}

#[test]
fn the_size_and_the_number_of_keys_are_bounded() {
    let of = |count: usize| json!({ "keys": vec![json!({}); count] }).to_string();
    assert_eq!(KeySet::from_jwks(of(KeySet::MAX_KEYS).as_bytes()).unwrap().skipped().len(), KeySet::MAX_KEYS);
    assert_eq!(KeySet::from_jwks(of(KeySet::MAX_KEYS + 1).as_bytes()).unwrap_err(), KeyError::TooManyKeys);

    const EMPTY: &str = r#"{"keys":[]}"#;
    let padded = |length: usize| format!("{EMPTY}{}", " ".repeat(length - EMPTY.len()));
    assert!(KeySet::from_jwks(padded(KeySet::MAX_DOCUMENT_BYTES).as_bytes()).is_ok());
    let too_large = padded(KeySet::MAX_DOCUMENT_BYTES + 1);
    assert_eq!(KeySet::from_jwks(too_large.as_bytes()).unwrap_err(), KeyError::DocumentTooLarge);
}

#[test]
fn keys_are_found_by_kid_in_their_configured_order() {
    let okp = |kid: &str| json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": ED25519_X });
    let rsa = |kid: &str, alg: &str| json!({ "kty": "RSA", "kid": kid, "alg": alg, "n": rsa_modulus(), "e": "AQAB" });
    let unnamed = json!({ "kty": "OKP", "crv": "Ed25519", "x": ED25519_X });
    let first =
        json!({ "keys": [rsa("b", "RS256"), unnamed, okp("a"), okp("b"), okp(""), rsa("c", "RS256")] });
    let second = json!({ "keys": [rsa("b", "PS256"), {}] });
    let first = KeySet::from_jwks(first.to_string().as_bytes()).unwrap();
    let second = KeySet::from_jwks(second.to_string().as_bytes()).unwrap();

    let merged = first.clone().merge(second);
    let found = |keys: &KeySet, kid: &str| -> Vec<Algorithm> {
        keys.with_kid(kid).iter().map(Key::algorithm).collect()
    };
    assert_eq!(found(&first, "b"), [Algorithm::RS256, Algorithm::EdDSA]);
    assert_eq!(found(&merged, "b"), [Algorithm::RS256, Algorithm::EdDSA, Algorithm::PS256]);
    assert_eq!(found(&merged, "a"), [Algorithm::EdDSA]);
    for absent in ["", "A", "aa", "bb", "d"] {
        assert!(merged.with_kid(absent).is_empty(), "{absent}");
    }
    assert_eq!((merged.len(), merged.skipped().len()), (7, 1));
    assert_eq!(merged.keys().iter().filter(|key| key.kid().is_none()).count(), 2);

    let published: Value = serde_json::from_str(&to_jwks(&merged)).unwrap();
    let kids: Vec<&str> =
        published["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap_or("-")).collect();
    assert_eq!(kids, ["b", "-", "a", "b", "-", "c", "b"]);

    let collected: KeySet = merged.keys().iter().cloned().collect();
    assert_eq!(collected.len(), 7);
}

#[test]
fn finding_a_key_allocates_nothing() {
    let document = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "a", "x": ED25519_X }] });
    let keys = KeySet::from_jwks(document.to_string().as_bytes()).unwrap();
    let counted = allocation_counter::measure(|| {
        assert_eq!(keys.with_kid("a").len(), 1);
        assert!(keys.with_kid("b").is_empty());
    });
    assert_eq!(counted.count_total, 0);
}

#[test]
fn a_reader_keeps_its_set_while_others_see_the_new_one() {
    let document = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "a", "x": ED25519_X }] });
    let store = KeyStore::from(KeySet::from_jwks(document.to_string().as_bytes()).unwrap());
    let before = store.load();
    let clone = store.clone();
    clone.replace(KeySet::default());
    assert_eq!(before.len(), 1);
    assert!(store.load().is_empty());
}
