//! The verdict does not depend on the algorithm. Every captured token with a good signature is signed again with keys
//! of the other algorithms, without any other change, and must get the same verdict.
#![allow(clippy::restriction)]

use std::collections::BTreeMap;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boundtoken::{
    Algorithm, KeySet, Reason, Rejection, TrustedIssuer, UnixSeconds, UserInfo, VerifiedToken, Verifier,
};
use serde_json::{Value, json};

const KID: &str = "UJESrj88BJUyMccNht9JdyeDSVWOaAk6ITbG92gzTAs";

type Sign = Box<dyn Fn(&[u8]) -> Vec<u8>>;

struct Signer {
    algorithm: Algorithm,
    jwk: Value,
    sign: Sign,
}

fn signers() -> Vec<Signer> {
    let mut signers = vec![
        elliptic(Algorithm::ES256, "P-256", &signature::ECDSA_P256_SHA256_FIXED_SIGNING),
        elliptic(Algorithm::ES384, "P-384", &signature::ECDSA_P384_SHA384_FIXED_SIGNING),
        elliptic(Algorithm::ES512, "P-521", &signature::ECDSA_P521_SHA512_FIXED_SIGNING),
        edwards(),
        rsa(Algorithm::RS384, &signature::RSA_PKCS1_SHA384),
        rsa(Algorithm::RS512, &signature::RSA_PKCS1_SHA512),
        rsa(Algorithm::PS256, &signature::RSA_PSS_SHA256),
        rsa(Algorithm::PS384, &signature::RSA_PSS_SHA384),
        rsa(Algorithm::PS512, &signature::RSA_PSS_SHA512),
    ];
    signers.retain(|signer| {
        if !signer.algorithm.is_supported() {
            println!(
                "{}: SKIPPED, this backend does not have it; run with --features aws-lc-rs",
                signer.algorithm
            );
        }
        signer.algorithm.is_supported()
    });
    signers
}

fn elliptic(algorithm: Algorithm, curve: &str, signing: &'static EcdsaSigningAlgorithm) -> Signer {
    let pair = EcdsaKeyPair::generate(signing).expect("key");
    let point = &pair.public_key().as_ref()[1..];
    let (x, y) = point.split_at(point.len() / 2);
    let jwk = json!({"kty": "EC", "crv": curve, "alg": algorithm.name(), "x": encode(x), "y": encode(y)});
    let sign =
        move |message: &[u8]| pair.sign(&SystemRandom::new(), message).expect("signature").as_ref().to_vec();
    Signer { algorithm, jwk, sign: Box::new(sign) }
}

fn edwards() -> Signer {
    let pair = Ed25519KeyPair::generate().expect("key");
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref())});
    Signer {
        algorithm: Algorithm::EdDSA,
        jwk,
        sign: Box::new(move |message| pair.sign(message).as_ref().to_vec()),
    }
}

fn rsa(algorithm: Algorithm, padding: &'static dyn signature::RsaEncoding) -> Signer {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("key");
    let modulus = encode(pair.public_key().modulus().big_endian_without_leading_zero());
    let jwk = json!({"kty": "RSA", "alg": algorithm.name(), "n": modulus, "e": "AQAB"});
    let sign = move |message: &[u8]| {
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(padding, &SystemRandom::new(), message, &mut signature).expect("signature");
        signature
    };
    Signer { algorithm, jwk, sign: Box::new(sign) }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The same token signed with another key. The header names that key, and every other byte stays as it is.
fn signed_again(token: &str, signer: &Signer) -> Option<String> {
    let (header, rest) = token.split_once('.')?;
    let (claims, _) = rest.split_once('.')?;
    let header = String::from_utf8(URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    let (old, new) = (r#""alg":"RS256""#, format!(r#""alg":"{}""#, signer.algorithm));
    if header.matches(old).count() != 1 {
        return None;
    }
    let signed = format!("{}.{claims}", encode(header.replace(old, &new).as_bytes()));
    let signature = encode(&(signer.sign)(signed.as_bytes()));
    Some(format!("{signed}.{signature}"))
}

/// Who was accepted, or why not.
fn verdict(result: Result<VerifiedToken, Rejection>) -> Result<UserInfo, Reason> {
    result.map(|verified| verified.user_info()).map_err(|rejection| rejection.reason())
}

#[test]
fn every_algorithm_gives_the_verdict_that_the_captured_token_got() {
    let folder = boundtoken_testing::folders()
        .into_iter()
        .find(|folder| folder.name == "apiserver-rs256")
        .expect("vectors");
    let keys = folder.keys().expect("keys");
    let stores = folder.stores();
    let mut counts: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for signer in signers() {
        let mut jwk = signer.jwk.clone();
        jwk["kid"] = KID.into();
        let other_keys = KeySet::from_jwks(json!({"keys": [jwk]}).to_string().as_bytes()).expect("key set");
        // Verification is slow without optimization, so each algorithm gets every other case.
        for case in folder.cases.iter().step_by(2) {
            let expected = verdict(
                folder
                    .verifier(&keys, case, &stores[case.objects])
                    .verify_at(case.token.as_bytes(), UnixSeconds(case.now)),
            );
            let decided_before_the_claims =
                expected.as_ref().is_err_and(|reason| *reason <= Reason::SignatureInvalid);
            let Some(token) = signed_again(&case.token, &signer).filter(|_| !decided_before_the_claims)
            else {
                continue;
            };
            let verifier = folder.verifier(&other_keys, case, &stores[case.objects]);
            let found = verdict(verifier.verify_at(token.as_bytes(), UnixSeconds(case.now)));
            assert_eq!(found, expected, "{}: {}", signer.algorithm, case.name);
            counts.entry(signer.algorithm.to_string()).or_default()[usize::from(found.is_ok())] += 1;
        }
    }
    for (algorithm, [refused, accepted]) in &counts {
        println!("{algorithm}: {accepted} accepted, {refused} refused");
        assert!(*accepted > 50 && *refused > 50, "{algorithm}: too few cases");
    }
}

#[test]
fn a_key_never_verifies_another_algorithm_than_its_own() {
    let folder = boundtoken_testing::folders()
        .into_iter()
        .find(|folder| folder.name == "apiserver-rs256")
        .expect("vectors");
    let token = &folder.tokens["pod-live"];
    let signers = signers();
    for signer in &signers {
        let mut jwk = signer.jwk.clone();
        jwk["kid"] = KID.into();
        let keys = KeySet::from_jwks(json!({"keys": [jwk]}).to_string().as_bytes()).expect("key set");
        let issuer = TrustedIssuer::new(folder.issuers[0].as_str(), keys);
        let verifier = Verifier::builder().issuer(issuer).audience("vault").build().expect("verifier");
        for other in &signers {
            let token = signed_again(token, other).expect("a token");
            let verdict = verifier
                .verify_at(token.as_bytes(), UnixSeconds(1_795_522_300))
                .map_err(|rejection| rejection.reason());
            match verdict {
                Ok(_) => assert_eq!(signer.algorithm, other.algorithm),
                Err(reason) => assert_eq!(
                    (reason, signer.algorithm == other.algorithm),
                    (Reason::AlgorithmMismatch, false)
                ),
            }
        }
    }
}
