//! PEM files as the API server reads them.

use boundtoken::{Algorithm, KeyError, KeySet};

use crate::{fixture, read, to_jwk, to_jwks};

const RSA_KID: &str = "lC-w3VHdTw1wgh9IAkekAyfiT8c29u9vqL_GeUv0tD0";
const P256_KID: &str = "GvF-3RyLZIkpoy8jhkXeBJPzoPYgHzaHAoiYpKt3Jys";
const P384_KID: &str = "OU-wfXST8z3C7YDJtG73lg91UKqmqo9Z0ufHtmfs5TU";
const P521_KID: &str = "MEdgTQO8QSzFfeIhVvM4pai0jh9QCzQiX3N5CEskgoY";
const ED25519_KID: &str = "fKNUYsH0lzMneYPo_C7vNxDS9d63XIhF-CAdzpH8QUo";

/// The error of the only block of a file.
fn refused(pem: &[u8]) -> KeyError {
    match KeySet::from_pem(pem).unwrap_err() {
        KeyError::NoUsableKey { mut found } if found.len() == 1 => found.remove(0),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_api_servers_key_file_gives_the_key_set_it_publishes() {
    let keys = KeySet::from_pem(&read("vectors/apiserver-rs256/signing-key.pem")).unwrap();
    let published = read("vectors/apiserver-rs256/jwks.json");
    assert_eq!(keys.keys()[0].kid(), Some("UJESrj88BJUyMccNht9JdyeDSVWOaAk6ITbG92gzTAs"));
    assert_eq!(to_jwks(&keys).as_bytes(), published);
}

#[test]
fn every_form_of_a_key_gives_the_same_key_and_the_api_servers_kid() {
    let forms: [(&str, Algorithm, &[&str]); 5] = [
        (
            RSA_KID,
            Algorithm::RS256,
            &["rsa-public", "rsa-pkcs1-public", "rsa-certificate", "rsa-pkcs1", "rsa-pkcs8"],
        ),
        (P256_KID, Algorithm::ES256, &["p256-public", "p256-sec1", "p256-pkcs8"]),
        (P384_KID, Algorithm::ES384, &["p384-public", "p384-sec1", "p384-pkcs8", "p384-certificate"]),
        (P521_KID, Algorithm::ES512, &["p521-public", "p521-sec1", "p521-pkcs8"]),
        (ED25519_KID, Algorithm::EdDSA, &["ed25519-public", "ed25519-pkcs8"]),
    ];
    for (kid, algorithm, names) in forms {
        for name in names {
            let result = KeySet::from_pem(&fixture(name));
            if !algorithm.is_supported() {
                let Err(KeyError::NoUsableKey { found }) = result else { panic!("{name}") };
                assert_eq!(found.last(), Some(&KeyError::AlgorithmNotCompiled(algorithm)), "{name}");
                continue;
            }
            let keys = result.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(keys.len(), 1, "{name}");
            assert_eq!(keys.keys()[0].kid(), Some(kid), "{name}");
            assert_eq!(keys.keys()[0].algorithm(), algorithm, "{name}");
            let public = KeySet::from_pem(&fixture(names[0])).unwrap();
            assert_eq!(to_jwk(&keys.keys()[0]), to_jwk(&public.keys()[0]), "{name}");
        }
    }
}

#[test]
fn a_file_may_hold_several_keys_with_text_around_them() {
    let mut pem = b"The keys of our cluster\r\n".to_vec();
    for name in ["rsa-public", "p256-sec1", "rsa-pkcs8-encrypted", "ed25519-public"] {
        pem.extend(fixture(name));
        pem.extend(b"\n  and another one\n");
    }
    let pem = String::from_utf8(pem).unwrap();
    for text in [pem.clone(), pem.replace('\n', "\r\n"), pem.replace("-----\n", "-----  \n")] {
        let keys = KeySet::from_pem(text.as_bytes()).unwrap();
        let published = to_jwks(&keys);
        let places = [RSA_KID, P256_KID, ED25519_KID].map(|kid| published.find(kid).unwrap());
        assert!(places.is_sorted(), "the order of the file: {published}");
        let skipped: Vec<_> = keys.skipped().iter().map(|key| (key.index(), key.error().clone())).collect();
        let parameters = KeyError::NotAKey { label: "EC PARAMETERS".into() };
        assert_eq!(skipped, [(1, parameters), (3, KeyError::Encrypted)]);
    }
}

#[test]
fn base64_lines_may_have_any_length() {
    let pem = String::from_utf8(fixture("rsa-public")).unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    for length in [1, 3, 76, 10_000] {
        let lines: Vec<&str> =
            body.as_bytes().chunks(length).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", lines.join("\n"));
        assert_eq!(KeySet::from_pem(pem.as_bytes()).unwrap().keys()[0].kid(), Some(RSA_KID), "{length}");
    }
}

#[test]
fn keys_that_cannot_be_used_are_refused_with_the_reason() {
    let cases = [
        ("rsa-1024-public", KeyError::RsaSize { bits: 1024 }),
        ("rsa-pkcs1-encrypted", KeyError::Encrypted),
        ("rsa-pkcs8-encrypted", KeyError::Encrypted),
        ("p256-compressed-public", KeyError::InvalidPoint),
        ("p256-explicit-public", KeyError::UnsupportedCurve),
        ("secp256k1-public", KeyError::UnsupportedCurve),
        ("x25519-public", KeyError::UnsupportedKeyType),
        ("p256-sec1-mismatched", KeyError::KeyPairMismatch),
    ];
    for (name, expected) in cases {
        assert_eq!(refused(&fixture(name)), expected, "{name}");
    }
}

#[test]
fn a_private_key_without_its_point_needs_a_backend_that_can_derive_it() {
    let pem = fixture("p256-sec1-without-public");
    if cfg!(feature = "aws-lc-rs") {
        assert_eq!(KeySet::from_pem(&pem).unwrap().keys()[0].kid(), Some(P256_KID));
    } else {
        let error = refused(&pem);
        assert_eq!(error, KeyError::PublicKeyMissing);
        assert!(error.to_string().contains("`openssl ec -in old.pem -out new.pem`"));
    }
}

#[test]
fn a_file_without_a_key_says_what_was_found() {
    let nothing = KeySet::from_pem(b"hello").unwrap_err();
    assert_eq!(nothing, KeyError::NoUsableKey { found: vec![] });
    assert!(nothing.to_string().starts_with("no PEM block"));
    let other = KeySet::from_pem(b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n").unwrap_err();
    assert_eq!(other.to_string(), "no usable key: a X509 CRL block holds no key: leave it out");
}

#[test]
fn broken_blocks_are_refused_and_spoil_no_other() {
    let good = String::from_utf8(fixture("p256-public")).unwrap();
    let broken = [
        good.replace("-----END PUBLIC KEY-----", ""),
        good.replace("-----END PUBLIC", "-----END RSA PUBLIC"),
        good.replacen("MF", "M*", 1),
        good.replacen("MF", "=F", 1),
        good.replacen("MF", "F", 1),
        good.replacen("==\n", "\n", 1),
        good.replacen("\n-----END", "AAAA\n-----END", 1),
    ];
    for pem in broken {
        assert_eq!(refused(pem.as_bytes()), KeyError::MalformedPem, "{pem}");
        let keys = KeySet::from_pem(format!("{pem}\n{good}").as_bytes()).unwrap();
        assert_eq!((keys.len(), keys.skipped().len()), (1, 1), "{pem}");
    }
    for (label, expected) in [("PUBLIC KEY", KeyError::MalformedDer), ("CERTIFICATE", KeyError::MalformedDer)]
    {
        let pem = format!("-----BEGIN {label}-----\nMAA=\n-----END {label}-----\n");
        assert_eq!(refused(pem.as_bytes()), expected, "{label}");
    }
}

#[test]
fn cut_and_damaged_files_never_give_another_key() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    for (name, label, kid) in [
        ("rsa-public", "PUBLIC KEY", RSA_KID),
        ("rsa-certificate", "CERTIFICATE", RSA_KID),
        ("rsa-pkcs8", "PRIVATE KEY", RSA_KID),
        ("p256-pkcs8", "PRIVATE KEY", P256_KID),
        ("ed25519-pkcs8", "PRIVATE KEY", ED25519_KID),
    ] {
        let pem = String::from_utf8(fixture(name)).unwrap();
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD.decode(body).unwrap();
        let parse = |der: &[u8]| {
            let body = STANDARD.encode(der);
            KeySet::from_pem(format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----").as_bytes())
        };
        assert_eq!(parse(&der).unwrap().keys()[0].kid(), Some(kid));
        for end in 0..der.len() {
            assert!(parse(&der[..end]).is_err(), "{name} cut at {end}");
        }
        assert!(parse(&[&der[..], &[0]].concat()).is_err(), "{name} with a byte too many");
        for place in 0..der.len() {
            let mut damaged = der.clone();
            damaged[place] ^= 0xff;
            // If the file has both the private key and its point, damage to one shows in the other.
            if let Ok(keys) = parse(&damaged)
                && name == "p256-pkcs8"
            {
                assert_eq!(keys.keys()[0].kid(), Some(kid), "{name} damaged at {place}");
            }
        }
    }
}

#[test]
fn the_size_and_the_number_of_blocks_are_bounded() {
    let block = "-----BEGIN EC PARAMETERS-----\n-----END EC PARAMETERS-----\n";
    let key = String::from_utf8(fixture("ed25519-public")).unwrap();
    let most = format!("{}{key}", block.repeat(KeySet::MAX_KEYS - 1));
    assert_eq!(KeySet::from_pem(most.as_bytes()).unwrap().skipped().len(), KeySet::MAX_KEYS - 1);
    assert_eq!(KeySet::from_pem(format!("{block}{most}").as_bytes()).unwrap_err(), KeyError::TooManyKeys);

    let padded = |length: usize| format!("{key}{}", " ".repeat(length - key.len()));
    assert!(KeySet::from_pem(padded(KeySet::MAX_DOCUMENT_BYTES).as_bytes()).is_ok());
    let too_large = padded(KeySet::MAX_DOCUMENT_BYTES + 1);
    assert_eq!(KeySet::from_pem(too_large.as_bytes()).unwrap_err(), KeyError::DocumentTooLarge);
}

#[test]
fn an_rsa_key_can_be_used_with_any_rsa_algorithm_and_no_other() {
    let key = KeySet::from_pem(&fixture("rsa-public")).unwrap().keys()[0].clone();
    for &algorithm in Algorithm::ALL {
        let result = key.clone().with_algorithm(algorithm);
        match algorithm.name() {
            "ES256" | "ES384" | "ES512" | "EdDSA" => {
                assert_eq!(result.unwrap_err(), KeyError::AlgorithmMismatch(algorithm));
            }
            name => {
                let key = result.unwrap();
                assert_eq!((key.algorithm(), key.kid()), (algorithm, Some(RSA_KID)));
                assert!(to_jwk(&key).contains(&format!(r#""alg":"{name}""#)));
            }
        }
    }
}
