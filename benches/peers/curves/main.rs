//! Measures checks of ES384 and EdDSA signatures by the cryptography libraries, and what a table of the issuer's key gives in one of
//! them: `make bench-curves`. All take turns in rounds of one run. docs/decisions/0039-other-curves.md has the results.
//!
//! Before that, it compares verdicts about unusual Ed25519 keys and signatures.

mod table_key;
mod verdicts;

use std::hint::black_box;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA384, SHA512, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self as aws_lc, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, ParsedPublicKey};
use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsBasepointTable, VartimeEdwardsPrecomputation};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{BasepointTable as _, VartimePrecomputedMultiscalarMul as _};
use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use ring::signature as ring;

use table_key::{TableKey, challenge};

/// About the bytes that a token's signature is for.
const MESSAGE: [u8; 904] = [7; 904];

const ROUNDS: usize = 1_000;

/// Short, so that other work on the machine leaves the best round alone.
const ROUND: Duration = Duration::from_micros(500);

struct Contender {
    algorithm: &'static str,
    name: &'static str,
    call: Box<dyn Fn() -> bool>,
    best: Duration,
}

fn main() {
    println!("{}", verdicts::compare());
    let mut contenders = vec![];
    let mut add = |algorithm, name, call: Box<dyn Fn() -> bool>| {
        contenders.push(Contender { algorithm, name, call, best: Duration::MAX });
    };
    es384(|name, call| add("ES384", name, call));
    eddsa(|name, call| add("EdDSA", name, call));
    for _ in 0..ROUNDS {
        for contender in &mut contenders {
            contender.best = contender.best.min(contender.round());
        }
    }
    println!("{:<7}{:<58}{:>8}{:>18}", "", "", "µs", "AWS-LC's over it");
    for Contender { algorithm, name, best, .. } in &contenders {
        let first = contenders.iter().find(|first| first.algorithm == *algorithm).expect("itself");
        let ratio = first.best.as_secs_f64() / best.as_secs_f64();
        println!("{algorithm:<7}{name:<58}{:>8.2}{ratio:>18.2}", best.as_secs_f64() * 1e6);
    }
    println!("a table of curve25519-dalek takes {} bytes", size_of::<EdwardsBasepointTable>());
}

impl Contender {
    /// The time of one call.
    fn round(&self) -> Duration {
        let start = Instant::now();
        let mut calls = 0;
        while calls == 0 || start.elapsed() < ROUND {
            assert!(black_box((self.call)()), "{}: {}", self.algorithm, self.name);
            calls += 1;
        }
        start.elapsed() / calls
    }
}

fn es384(mut add: impl FnMut(&'static str, Box<dyn Fn() -> bool>)) {
    let pair = EcdsaKeyPair::generate(&aws_lc::ECDSA_P384_SHA384_FIXED_SIGNING).expect("key");
    let signature = pair.sign(&SystemRandom::new(), &MESSAGE).expect("signature");
    let point = pair.public_key().as_ref().to_vec();
    let parsed = ParsedPublicKey::new(&aws_lc::ECDSA_P384_SHA384_FIXED, &point).expect("key");
    add("AWS-LC, parsed key", Box::new(move || parsed.verify_sig(&MESSAGE, signature.as_ref()).is_ok()));
    let key = ring::UnparsedPublicKey::new(&ring::ECDSA_P384_SHA384_FIXED, point);
    add("ring", Box::new(move || key.verify(&MESSAGE, signature.as_ref()).is_ok()));
    add("a part: SHA-384", Box::new(|| digest(&SHA384, black_box(&MESSAGE)).as_ref().len() == 48));
}

fn eddsa(mut add: impl FnMut(&'static str, Box<dyn Fn() -> bool>)) {
    let pair = Ed25519KeyPair::generate().expect("key");
    let key: [u8; 32] = pair.public_key().as_ref().try_into().expect("32 bytes");
    let signature: [u8; 64] = pair.sign(&MESSAGE).as_ref().try_into().expect("64 bytes");
    let opposite = -CompressedEdwardsY(key).decompress().expect("a point");

    let parsed = ParsedPublicKey::new(&aws_lc::ED25519, key).expect("key");
    add("AWS-LC, parsed key", Box::new(move || parsed.verify_sig(&MESSAGE, &signature).is_ok()));
    let unparsed = ring::UnparsedPublicKey::new(&ring::ED25519, key);
    add("ring", Box::new(move || unparsed.verify(&MESSAGE, &signature).is_ok()));
    let dalek = VerifyingKey::from_bytes(&key).expect("key");
    let dalek_signature = Signature::from_bytes(&signature);
    add("ed25519-dalek", Box::new(move || dalek.verify(&MESSAGE, &dalek_signature).is_ok()));
    let multiples = VartimeEdwardsPrecomputation::new([ED25519_BASEPOINT_POINT, opposite]);
    let r: [u8; 32] = *signature.first_chunk().expect("64 bytes");
    let s = Scalar::from_canonical_bytes(*signature.last_chunk().expect("64 bytes")).expect("below L");
    let few_multiples = move || {
        let k = challenge(&r, &key, &MESSAGE);
        multiples.vartime_multiscalar_mul([s, k]).compress().0 == r
    };
    add("curve25519-dalek, few multiples of the key", Box::new(few_multiples));
    let table = TableKey::new(key).expect("canonical");
    add("curve25519-dalek, a table of the key", Box::new(move || table.verify(&MESSAGE, &signature)));
    add("a part: SHA-512", Box::new(|| digest(&SHA512, black_box(&MESSAGE)).as_ref().len() == 64));
    let build = move || {
        black_box(Box::new(EdwardsBasepointTable::create(&opposite)));
        true
    };
    add("once for each key: the table", Box::new(build));
}
