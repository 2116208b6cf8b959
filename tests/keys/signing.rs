//! Keys that sign.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boundtoken::{Algorithm, Key, KeyError, KeySet, SigningKey};

use crate::{fixture, to_jwk};

const CLAIMS: &[u8] = br#"{"sub": "system:serviceaccount:demo:default"}"#;

/// Checks the form of a token and its signature.
fn assert_signed(token: &str, key: &Key) {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let expected = format!(r#"{{"alg":"{}","kid":"{}"}}"#, key.algorithm(), key.kid().unwrap());
    assert_eq!(URL_SAFE_NO_PAD.decode(header).unwrap(), expected.as_bytes());
    assert_eq!(URL_SAFE_NO_PAD.decode(claims).unwrap(), CLAIMS);
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    assert!(key.verify(signed.as_bytes(), &signature));
    assert!(!key.verify(b"something else", &signature));
    assert!(!key.verify(signed.as_bytes(), &signature[1..]));
    assert!(!key.verify(signed.as_bytes(), &[&signature[..], &[0]].concat()));
    assert!(!key.verify(signed.as_bytes(), &[]));
}

#[test]
fn every_private_key_file_signs_for_its_public_key() {
    for name in [
        "rsa-pkcs8",
        "rsa-pkcs1",
        "p256-sec1",
        "p256-pkcs8",
        "p384-sec1",
        "p384-pkcs8",
        "p521-sec1",
        "p521-pkcs8",
    ] {
        let key = SigningKey::from_pem(&fixture(name));
        if name.starts_with("p521") && !Algorithm::ES512.is_supported() {
            assert_eq!(key.unwrap_err(), KeyError::AlgorithmNotCompiled(Algorithm::ES512));
            continue;
        }
        let key = key.unwrap_or_else(|error| panic!("{name}: {error}"));
        let public_name = format!("{}-public", name.split('-').next().unwrap());
        let public = KeySet::from_pem(&fixture(&public_name)).unwrap().keys()[0].clone();
        assert_eq!(to_jwk(key.public_key()), to_jwk(&public), "{name}");
        assert_signed(&key.sign(CLAIMS).unwrap(), &public);
    }
}

#[test]
fn generated_keys_sign_and_differ() {
    for algorithm in [Algorithm::ES256, Algorithm::ES384, Algorithm::ES512] {
        let key = SigningKey::generate(algorithm);
        if !algorithm.is_supported() {
            assert_eq!(key.unwrap_err(), KeyError::AlgorithmNotCompiled(algorithm));
            continue;
        }
        let key = key.unwrap();
        assert_eq!(key.public_key().algorithm(), algorithm);
        assert_signed(&key.sign(CLAIMS).unwrap(), key.public_key());
        assert_ne!(SigningKey::generate(algorithm).unwrap().public_key().kid(), key.public_key().kid());
    }
    for algorithm in [Algorithm::RS256, Algorithm::PS512, Algorithm::EdDSA] {
        assert_eq!(SigningKey::generate(algorithm).unwrap_err(), KeyError::CannotGenerate(algorithm));
    }
}

#[test]
fn files_that_hold_no_key_to_sign_with_are_refused() {
    for (name, expected) in [
        ("rsa-public", KeyError::NoPrivateKey),
        ("rsa-certificate", KeyError::NoPrivateKey),
        ("rsa-pkcs8-encrypted", KeyError::Encrypted),
        ("rsa-pkcs1-encrypted", KeyError::Encrypted),
        ("ed25519-pkcs8", KeyError::CannotSign),
        ("p256-sec1-mismatched", KeyError::KeyPairMismatch),
    ] {
        assert_eq!(SigningKey::from_pem(&fixture(name)).unwrap_err(), expected, "{name}");
    }
    let too_large = vec![b' '; KeySet::MAX_DOCUMENT_BYTES + 1];
    assert_eq!(SigningKey::from_pem(&too_large).unwrap_err(), KeyError::DocumentTooLarge);
}

#[test]
fn a_key_without_its_point_signs_where_the_backend_can_derive_it() {
    let result = SigningKey::from_pem(&fixture("p256-sec1-without-public"));
    if cfg!(feature = "aws-lc-rs") {
        let key = result.unwrap();
        assert_signed(&key.sign(CLAIMS).unwrap(), key.public_key());
    } else {
        assert_eq!(result.unwrap_err(), KeyError::PublicKeyMissing);
    }
}

#[test]
fn an_rsa_key_with_a_damaged_private_number_cannot_sign() {
    let pem = String::from_utf8(fixture("rsa-pkcs1")).unwrap();
    // The last but one line of the content is inside the last number, the coefficient of the primes.
    let line = pem.lines().rev().nth(2).unwrap();
    let damaged: String = line.chars().rev().collect();
    let error = SigningKey::from_pem(pem.replace(line, &damaged).as_bytes()).unwrap_err();
    assert_eq!(error, KeyError::CannotSign);
}

#[test]
fn an_rsa_key_with_a_damaged_prime_exponent_cannot_sign() {
    let pem = String::from_utf8(fixture("rsa-pkcs1")).unwrap();
    let damaged = pem.replace("XwGeNem9sZ03L", "XwGeN9emsZ03L");
    assert_ne!(damaged, pem);
    assert_eq!(SigningKey::from_pem(damaged.as_bytes()).unwrap_err(), KeyError::CannotSign);
}

#[test]
fn debug_shows_the_kid_and_nothing_private() {
    let key = SigningKey::from_pem(&fixture("p256-pkcs8")).unwrap();
    let expected = format!("SigningKey {{ kid: {:?}, .. }}", key.public_key().kid());
    assert_eq!(format!("{key:?}"), expected);
}
