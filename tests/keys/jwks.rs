//! JSON Web Key Sets.

use boundtoken::{Algorithm, Key, KeyError, KeySet};
use serde_json::{Value, json};

use crate::{fixture, to_jwk, to_jwks};

const ED25519_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

fn parse(jwk: &Value) -> KeySet {
    KeySet::from_jwks(json!({ "keys": [jwk] }).to_string().as_bytes()).unwrap()
}

fn taken(jwk: &Value) -> Key {
    let keys = parse(jwk);
    assert!(keys.skipped().is_empty(), "{:?}", keys.skipped());
    keys.keys()[0].clone()
}

fn skipped(jwk: &Value) -> KeyError {
    let keys = parse(jwk);
    assert!(keys.is_empty(), "{jwk}");
    keys.skipped()[0].error().clone()
}

/// The JWK of a fixture without its kid.
fn jwk_of(fixture_name: &str) -> Value {
    let keys = KeySet::from_pem(&fixture(fixture_name)).unwrap();
    let mut jwk: Value = serde_json::from_str(&to_jwk(&keys.keys()[0])).unwrap();
    jwk.as_object_mut().unwrap().remove("kid");
    jwk
}

fn with(jwk: &Value, member: &str, value: impl Into<Value>) -> Value {
    let mut jwk = jwk.clone();
    jwk[member] = value.into();
    jwk
}

fn without(jwk: &Value, member: &str) -> Value {
    let mut jwk = jwk.clone();
    jwk.as_object_mut().unwrap().remove(member);
    jwk
}

#[test]
fn a_published_set_reads_back_to_the_same_set() {
    let pem = ["rsa-public", "p384-public", "ed25519-public", "p256-public"].map(fixture).concat();
    let keys = KeySet::from_pem(&pem).unwrap();
    let published = to_jwks(&keys);
    let again = KeySet::from_jwks(published.as_bytes()).unwrap();
    assert_eq!(again.len(), 4);
    assert_eq!(to_jwks(&again), published);
    let order: Vec<_> = ["RSA", "P-384", "Ed25519", "P-256"].map(|name| published.find(name).unwrap()).into();
    assert!(order.is_sorted(), "{published}");
}

#[test]
fn members_are_published_in_the_api_servers_order() {
    let members = |name: &str| {
        let keys = KeySet::from_pem(&fixture(name)).unwrap();
        let text = to_jwk(&keys.keys()[0]);
        let names: Vec<String> = text.split('"').skip(1).step_by(4).map(Into::into).collect();
        names.join(" ")
    };
    assert_eq!(members("rsa-public"), "use kty kid alg n e");
    assert_eq!(members("p256-public"), "use kty kid crv alg x y");
    assert_eq!(members("ed25519-public"), "use kty kid crv alg x");
}

#[test]
fn a_key_without_alg_gets_the_algorithm_of_its_type() {
    for (name, algorithm) in [
        ("rsa-public", Algorithm::RS256),
        ("p256-public", Algorithm::ES256),
        ("p384-public", Algorithm::ES384),
        ("ed25519-public", Algorithm::EdDSA),
    ] {
        assert_eq!(taken(&without(&jwk_of(name), "alg")).algorithm(), algorithm);
    }
}

#[test]
fn alg_must_be_a_signature_algorithm_that_goes_with_the_key() {
    let rsa = jwk_of("rsa-public");
    for name in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] {
        assert_eq!(taken(&with(&rsa, "alg", name)).algorithm().name(), name);
    }
    for name in ["HS256", "none", "RSA-OAEP", "rs256", "", "ES256K"] {
        assert_eq!(skipped(&with(&rsa, "alg", name)), KeyError::UnsupportedAlgorithm, "{name}");
    }
    let mismatch = |jwk: &Value, algorithm: Algorithm| {
        assert_eq!(skipped(&with(jwk, "alg", algorithm.name())), KeyError::AlgorithmMismatch(algorithm));
    };
    mismatch(&rsa, Algorithm::ES256);
    mismatch(&jwk_of("p256-public"), Algorithm::ES384);
    mismatch(&jwk_of("p256-public"), Algorithm::RS256);
    mismatch(&jwk_of("p256-public"), Algorithm::EdDSA);
    mismatch(&jwk_of("ed25519-public"), Algorithm::ES512);
}

#[test]
fn a_p521_key_is_taken_where_the_backend_has_it() {
    // The key of p521-public.pem.
    let jwk = json!({
        "kty": "EC", "crv": "P-521", "alg": "ES512",
        "x": "AfqWWXUH6sgrUGETPwhck-JcvR1xTfBS8q-i1Sof2UZWuMTrPEp1IG9jrwE8fyGojQzRSt5MB7yrB_chQ2Ff5Ofy",
        "y": "ATMiauHJy75hsE67KFXpwRDlVjK0MEIFi9q1EQ3olykSMgjkHpriKGe7k52Ya0U97WCSHp4PjlqICMrDsRova_W4",
    });
    for jwk in [jwk.clone(), without(&jwk, "alg")] {
        if Algorithm::ES512.is_supported() {
            assert_eq!(taken(&jwk).algorithm(), Algorithm::ES512);
        } else {
            assert_eq!(skipped(&jwk), KeyError::AlgorithmNotCompiled(Algorithm::ES512));
        }
    }
}

#[test]
fn only_keys_for_verifying_signatures_are_taken() {
    let jwk = without(&jwk_of("p256-public"), "use");
    taken(&jwk);
    taken(&with(&jwk, "use", "sig"));
    taken(&with(&jwk, "key_ops", json!(["sign", "verify"])));
    for purpose in ["enc", "tls", ""] {
        assert_eq!(skipped(&with(&jwk, "use", purpose)), KeyError::NotForVerification);
    }
    for operations in [json!([]), json!(["sign"]), json!(["encrypt", "Verify"])] {
        assert_eq!(skipped(&with(&jwk, "key_ops", operations)), KeyError::NotForVerification);
    }
}

#[test]
fn numbers_and_coordinates_have_exactly_one_encoding() {
    let rsa = jwk_of("rsa-public");
    for e in ["AQAB=", "AQ AB", "AQA+", "AR", "A"] {
        assert_eq!(skipped(&with(&rsa, "e", e)), KeyError::NotBase64url { member: "e" }, "{e}");
    }
    for e in ["", "AAEAAQ"] {
        assert_eq!(skipped(&with(&rsa, "e", e)), KeyError::WrongLength { member: "e" }, "{e}");
    }
    for e in ["AQ", "Ag", "AQAA"] {
        assert_eq!(skipped(&with(&rsa, "e", e)), KeyError::InvalidRsaKey, "{e}");
    }
    let leading_zero = format!("AAAA{}", rsa["n"].as_str().unwrap());
    assert_eq!(skipped(&with(&rsa, "n", leading_zero)), KeyError::WrongLength { member: "n" });
    assert_eq!(skipped(&with(&rsa, "n", "AQAB")), KeyError::RsaSize { bits: 17 });

    let p256 = jwk_of("p256-public");
    for member in ["x", "y"] {
        let value = p256[member].as_str().unwrap();
        for wrong in [String::new(), value[..40].to_owned(), format!("AAAA{value}")] {
            let expected = KeyError::WrongLength { member };
            assert_eq!(skipped(&with(&p256, member, wrong)), expected);
        }
    }
    let okp = json!({ "kty": "OKP", "crv": "Ed25519", "x": ED25519_X });
    taken(&okp);
    assert_eq!(skipped(&with(&okp, "x", "AQAB")), KeyError::WrongLength { member: "x" });
    assert_eq!(skipped(&with(&okp, "x", &ED25519_X[..42])), KeyError::NotBase64url { member: "x" });
}

#[test]
fn a_point_off_the_curve_is_found_when_the_key_is_read() {
    for name in ["p256-public", "p384-public"] {
        let jwk = jwk_of(name);
        let swapped = with(&with(&jwk, "x", jwk["y"].clone()), "y", jwk["x"].clone());
        assert_eq!(skipped(&swapped), KeyError::InvalidPoint);
        let zero = "A".repeat(jwk["x"].as_str().unwrap().len());
        assert_eq!(skipped(&with(&with(&jwk, "x", zero.clone()), "y", zero)), KeyError::InvalidPoint);
    }
}

#[test]
fn one_broken_key_spoils_no_other() {
    let good = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "good", "x": ED25519_X });
    let p256 = jwk_of("p256-public");
    let cases = [
        (json!({ "kty": "oct", "k": "c2VjcmV0" }), KeyError::Symmetric),
        (json!({ "kty": "oct" }), KeyError::Symmetric),
        (json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA" }), KeyError::UnsupportedKeyType),
        (json!({ "kty": "rsa", "n": "AQAB", "e": "AQAB" }), KeyError::UnsupportedKeyType),
        (json!({ "kty": "RSA", "n": "AQAB" }), KeyError::MalformedJwk),
        (json!({ "kty": "RSA", "n": 5, "e": "AQAB" }), KeyError::MalformedJwk),
        (json!({ "n": "AQAB", "e": "AQAB" }), KeyError::MalformedJwk),
        (json!({ "kty": "OKP", "x": ED25519_X }), KeyError::MalformedJwk),
        (json!({ "kty": "OKP", "crv": "Ed448", "x": ED25519_X }), KeyError::UnsupportedCurve),
        (json!({ "kty": "OKP", "crv": "P-256", "x": ED25519_X }), KeyError::UnsupportedCurve),
        (with(&p256, "crv", "secp256k1"), KeyError::UnsupportedCurve),
        (with(&p256, "crv", "Ed25519"), KeyError::UnsupportedCurve),
        (without(&p256, "y"), KeyError::MalformedJwk),
        (with(&p256, "kid", 7), KeyError::MalformedJwk),
        (with(&p256, "alg", json!(["ES256"])), KeyError::MalformedJwk),
        (with(&p256, "key_ops", "verify"), KeyError::MalformedJwk),
        (json!({}), KeyError::MalformedJwk),
        (json!(null), KeyError::MalformedJwk),
        (json!("key"), KeyError::MalformedJwk),
        (json!([[]]), KeyError::MalformedJwk),
    ];
    for (bad, expected) in cases {
        let document = json!({ "keys": [bad, good], "other": 1 });
        let keys = KeySet::from_jwks(document.to_string().as_bytes()).unwrap();
        assert_eq!(keys.with_kid("good").len(), 1, "{bad}");
        assert_eq!(keys.skipped()[0].error(), &expected, "{bad}");
        assert_eq!(keys.skipped()[0].index(), 0);
    }
}

#[test]
fn a_member_that_stands_twice_spoils_its_key() {
    let okp = format!(r#""kty":"OKP","crv":"Ed25519","x":"{ED25519_X}","kid":"a""#);
    for twice in [r#""kid":"b""#, r#""alg":"EdDSA","alg":"EdDSA""#, r#""kty":"OKP""#, r#""x":"AAAA""#] {
        let document = format!(r#"{{"keys":[{{{okp},{twice}}}]}}"#);
        let keys = KeySet::from_jwks(document.as_bytes()).unwrap();
        assert!(keys.is_empty(), "{twice}");
        assert_eq!(keys.skipped()[0].error(), &KeyError::MalformedJwk, "{twice}");
    }
}

#[test]
fn skipped_keys_are_named() {
    let keys = parse(&json!({ "kty": "oct", "kid": "secret", "k": "c2VjcmV0" }));
    assert_eq!(keys.skipped()[0].kid(), Some("secret"));
    let keys = parse(&json!({ "kid": "odd" }));
    assert_eq!(keys.skipped()[0].kid(), Some("odd"));
    let keys = parse(&json!({ "kid": 5 }));
    assert_eq!(keys.skipped()[0].kid(), None);
}

#[test]
fn of_a_private_key_only_the_public_half_is_kept() {
    let private = with(&with(&jwk_of("p256-public"), "kid", "p"), "d", "c2VjcmV0");
    let key = taken(&private);
    assert!(!to_jwk(&key).contains("c2VjcmV0"));
    assert!(!to_jwk(&key).contains("\"d\""));
}

#[test]
fn neither_debug_nor_errors_show_key_material() {
    let jwk = with(&jwk_of("p256-public"), "kid", "name");
    let x = jwk["x"].as_str().unwrap();
    let keys = parse(&jwk);
    assert_eq!(format!("{:?}", keys.keys()), r#"[Key { kid: Some("name"), algorithm: ES256, .. }]"#);
    assert!(!format!("{keys:?}").contains(x));
    let error = parse(&with(&jwk, "crv", "P-384")).skipped()[0].clone();
    assert!(!format!("{error:?} {}", error.error()).contains(x));
}
