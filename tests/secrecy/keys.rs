//! For every error of reading a key: a key that provokes it, and what is printed about the key.

use std::collections::BTreeSet;

use boundtoken::{Algorithm, KeyError, KeySet, ObjectStore, SigningKey};
use serde_json::{Value, json};

use crate::Secrets;
use boundtoken_testing::mint::{Mint, claims_with, pem};

/// Kinds that cannot be provoked, and why.
const UNMET: &[(&str, &str)] =
    &[("CryptographyFailed", "it would take a system without random numbers, or a broken library")];

/// Every kind of [`KeyError`], by its name.
const KINDS: &[&str] = &[
    "DocumentTooLarge",
    "TooManyKeys",
    "NotAKeySet",
    "NoUsableKey",
    "NoPrivateKey",
    "MalformedPem",
    "NotAKey",
    "Encrypted",
    "MalformedDer",
    "MalformedJwk",
    "NotBase64url",
    "WrongLength",
    "Symmetric",
    "UnsupportedKeyType",
    "UnsupportedCurve",
    "UnsupportedAlgorithm",
    "AlgorithmNotCompiled",
    "AlgorithmMismatch",
    "NotForVerification",
    "RsaSize",
    "InvalidRsaKey",
    "InvalidPoint",
    "PublicKeyMissing",
    "KeyPairMismatch",
    "CannotGenerate",
    "CannotSign",
    "CryptographyFailed",
];

/// Kinds that only one of the two backends has, and why.
fn unmet_here() -> &'static [(&'static str, &'static str)] {
    if cfg!(feature = "aws-lc-rs") {
        &[
            ("AlgorithmNotCompiled", "AWS-LC has every algorithm"),
            ("PublicKeyMissing", "AWS-LC derives the public key"),
        ]
    } else {
        &[]
    }
}

fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/keys/{name}.pem", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("fixture")
}

/// The name of the kind, from the error's `Debug`.
fn kind(error: &KeyError) -> String {
    format!("{error:?}").chars().take_while(char::is_ascii_alphanumeric).collect()
}

/// The lines of PEM files, and every string of a JSON document.
fn material(document: &str) -> Secrets {
    fn texts(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) => found.push(text.clone()),
            Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
            Value::Object(members) => members.values().for_each(|value| texts(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    match serde_json::from_str(document) {
        Ok(value) => texts(&value, &mut found),
        Err(_) => found.extend(document.lines().filter(|line| !line.starts_with("-----")).map(str::to_owned)),
    }
    Secrets::new(found)
}

fn assert_hidden(document: &str, error: &KeyError, met: &mut BTreeSet<String>) {
    let secrets = material(document);
    secrets.assert_unseen_in("Display", &error.to_string());
    secrets.assert_unseen_in("Debug", &format!("{error:?}{error:#?}"));
    met.insert(kind(error));
    if let KeyError::NoUsableKey { found } = error {
        for error in found {
            assert_hidden(document, error, met);
        }
    }
}

#[test]
fn every_error_of_a_key_can_be_met_and_none_shows_the_key() {
    let mut met = BTreeSet::new();
    for (jwks, expected) in jwks_documents() {
        match KeySet::from_jwks(jwks.as_bytes()) {
            Ok(keys) => {
                material(&jwks).assert_unseen_in("the key set", &format!("{keys:?}{keys:#?}"));
                let skipped: Vec<String> = keys.skipped().iter().map(|key| kind(key.error())).collect();
                assert!(
                    skipped.iter().any(|kind| kind == expected) || may_be_missing(expected),
                    "{expected}: {skipped:?}"
                );
                for skipped in keys.skipped() {
                    assert_hidden(&jwks, skipped.error(), &mut met);
                }
            }
            Err(error) => {
                assert_eq!(kind(&error), expected);
                assert_hidden(&jwks, &error, &mut met);
            }
        }
    }
    for (pem, expected) in pem_documents() {
        let errors = [KeySet::from_pem(pem.as_bytes()).err(), SigningKey::from_pem(pem.as_bytes()).err()];
        let mut here = BTreeSet::new();
        for error in errors.iter().flatten() {
            assert_hidden(&pem, error, &mut here);
        }
        assert!(here.contains(expected) || may_be_missing(expected), "{expected}: {here:?}");
        met.extend(here);
    }
    let rsa = KeySet::from_pem(fixture("rsa-public").as_bytes()).unwrap().keys()[0].clone();
    assert_hidden(&fixture("rsa-public"), &rsa.with_algorithm(Algorithm::ES256).unwrap_err(), &mut met);
    assert_hidden("", &SigningKey::generate(Algorithm::RS256).unwrap_err(), &mut met);

    let missing: Vec<_> =
        KINDS.iter().filter(|kind| !met.contains(**kind) && !may_be_missing(kind)).collect();
    assert!(missing.is_empty(), "no case here for {missing:?}");
    let unlisted: Vec<_> = met.iter().filter(|kind| !KINDS.contains(&kind.as_str())).collect();
    assert!(unlisted.is_empty(), "new kinds: {unlisted:?}");
}

fn may_be_missing(kind: &str) -> bool {
    UNMET.iter().chain(unmet_here()).any(|(unmet, _)| *unmet == kind)
}

fn jwks_documents() -> Vec<(String, &'static str)> {
    let rsa = Mint::new(Algorithm::RS256, "rsa").jwk;
    let p256 = Mint::new(Algorithm::ES256, "p256").jwk;
    let set = |keys: Value| json!({"keys": keys}).to_string();
    let changed = |key: &Value, patch: Value| set(json!([boundtoken_testing::mint::merged(key, &patch)]));
    let n = rsa["n"].as_str().unwrap();
    let x = p256["x"].as_str().unwrap();
    vec![
        (set(vec![p256.clone(); 1_001].into()), "TooManyKeys"),
        (format!("{}{}", set(json!([rsa])), " ".repeat(1 << 20)), "DocumentTooLarge"),
        (rsa.to_string(), "NotAKeySet"),
        (set(rsa["n"].clone()), "NotAKeySet"),
        (rsa["n"].to_string(), "NotAKeySet"),
        (n.to_owned(), "NotAKeySet"),
        (set(json!([rsa]))[1..].to_owned(), "NotAKeySet"),
        (set(json!([rsa["n"]])), "MalformedJwk"),
        (changed(&rsa, json!({"e": null})), "MalformedJwk"),
        (changed(&rsa, json!({"n": [n]})), "MalformedJwk"),
        (changed(&rsa, json!({"kty": n})), "UnsupportedKeyType"),
        (changed(&rsa, json!({"n": format!("{n}=")})), "NotBase64url"),
        (changed(&p256, json!({"x": x.replace(&x[..1], "+")})), "NotBase64url"),
        (changed(&p256, json!({"x": &x[..40]})), "WrongLength"),
        (changed(&p256, json!({"x": p256["y"], "y": p256["x"]})), "InvalidPoint"),
        (set(json!([{"kty": "oct", "k": "c2VjcmV0IHRoYXQgbm9ib2R5IG11c3Qgc2Vl"}])), "Symmetric"),
        (changed(&p256, json!({"crv": "secp256k1"})), "UnsupportedCurve"),
        (changed(&rsa, json!({"alg": n})), "UnsupportedAlgorithm"),
        (changed(&rsa, json!({"alg": "HS256"})), "UnsupportedAlgorithm"),
        (changed(&rsa, json!({"alg": "ES256"})), "AlgorithmMismatch"),
        (changed(&rsa, json!({"use": "enc"})), "NotForVerification"),
        (changed(&rsa, json!({"key_ops": ["encrypt"]})), "NotForVerification"),
        (changed(&rsa, json!({"n": &n[..172]})), "RsaSize"),
        (changed(&rsa, json!({"e": "AQAA"})), "InvalidRsaKey"),
    ]
}

fn pem_documents() -> Vec<(String, &'static str)> {
    let whole = fixture("rsa-pkcs8");
    let first_lines: Vec<&str> = whole.lines().take(10).collect();
    let half = first_lines.join("\n");
    vec![
        (format!("{whole}{}", "\n".repeat(1 << 20)), "DocumentTooLarge"),
        (fixture("rsa-public"), "NoPrivateKey"),
        (half.clone(), "MalformedPem"),
        (format!("{half}\n-----END PRIVATE KEY-----\n"), "MalformedDer"),
        (whole.replace("PRIVATE KEY", "PUBLIC KEY"), "MalformedDer"),
        (whole.replace("PRIVATE KEY", "DH PARAMETERS"), "NotAKey"),
        (pem("PRIVATE KEY", whole.as_bytes()), "MalformedDer"),
        (whole.replace('\n', " "), "NoUsableKey"),
        (fixture("rsa-pkcs8-encrypted"), "Encrypted"),
        (fixture("rsa-pkcs1-encrypted"), "Encrypted"),
        (fixture("x25519-public"), "UnsupportedKeyType"),
        (fixture("secp256k1-public"), "UnsupportedCurve"),
        (fixture("p521-pkcs8"), "AlgorithmNotCompiled"),
        (fixture("rsa-1024-public"), "RsaSize"),
        (fixture("p256-compressed-public"), "InvalidPoint"),
        (fixture("p256-sec1-without-public"), "PublicKeyMissing"),
        (fixture("p256-sec1-mismatched"), "KeyPairMismatch"),
        (fixture("ed25519-pkcs8"), "CannotSign"),
    ]
}

#[test]
fn a_signing_key_shows_its_kid_and_nothing_else() {
    for name in ["rsa-pkcs1", "rsa-pkcs8", "p256-pkcs8", "p256-sec1", "p384-pkcs8"] {
        let pem = fixture(name);
        let key = SigningKey::from_pem(pem.as_bytes()).unwrap();
        let kid = key.public_key().kid().unwrap();
        let shown = format!("{key:?}{key:#?}{:?}", key.public_key());
        assert!(shown.contains(kid));
        material(&pem).assert_unseen_in(name, &shown);
        let jwk = serde_json::to_value(key.public_key().to_jwk()).unwrap();
        let public = ["n", "x", "y"].into_iter().filter_map(|member| jwk[member].as_str());
        Secrets::new(public).assert_unseen_in(name, &shown);
        let token = key.sign(claims_with(&json!({})).to_string().as_bytes()).unwrap();
        Secrets::of_token(token.as_bytes()).assert_unseen_in(name, &format!("{key:?}"));
    }
}

#[test]
fn a_token_or_key_in_the_place_of_another_file_is_not_shown() {
    let mint = Mint::new(Algorithm::ES256, "key");
    let token = mint.token(&claims_with(&json!({})));
    let private = fixture("p256-pkcs8");
    for secret in [&token, &private] {
        let secrets = Secrets::new(secret.split(['.', '\n']));
        let quoted = Value::from(secret.as_str()).to_string();
        for document in
            [secret.clone(), quoted.clone(), format!("{{\"keys\":{quoted}}}"), format!("[{quoted}]")]
        {
            let bytes = document.as_bytes();
            if let Err(error) = KeySet::from_jwks(bytes) {
                secrets.assert_unseen_in("a key set's error", &format!("{error}{error:?}"));
            }
            if let Err(error) = KeySet::from_pem(bytes) {
                secrets.assert_unseen_in("a PEM file's error", &format!("{error}{error:?}"));
            }
            if let Err(error) = SigningKey::from_pem(bytes) {
                secrets.assert_unseen_in("a signing key's error", &format!("{error}{error:?}"));
            }
        }
        for document in [
            secret.clone(),
            quoted.clone(),
            format!("[{quoted}]"),
            format!("{{{quoted}:1}}"),
            format!("{{\"pods\":{quoted}}}"),
            format!("{{\"kind\":\"Secret\",\"metadata\":{quoted}}}"),
            format!("{{\"secrets\":[{{\"metadata\":{quoted}}}]}}"),
            format!("{{\"secrets\":[{{\"metadata\":{{\"namespace\":\"demo\",\"name\":{quoted}}}}}]}}"),
            format!(
                "{{\"nodes\":[{{\"metadata\":{{\"name\":\"n\",\"uid\":\"1\",\"deletionTimestamp\":{quoted}}}}}]}}"
            ),
        ] {
            let error = ObjectStore::from_json(document.as_bytes()).unwrap_err();
            secrets.assert_unseen_in("an object store's error", &format!("{error}{error:?}"));
        }
    }
}
