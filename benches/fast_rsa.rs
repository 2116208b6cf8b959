//! Compares the fast path for RS256 with the cryptography libraries, in alternating rounds of one run:
//! `cargo bench --bench fast_rsa --features aws-lc-rs,fast-rsa`.
#![allow(clippy::restriction)]

mod common;

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boundtoken::fast_rsa::{self, PathState};
use boundtoken::{Key, KeySet};
use serde_json::{Value, json};

const ROUNDS: usize = 200;
const CALLS_IN_A_ROUND: u32 = 50;

type Contender<'a> = Box<dyn Fn() + 'a>;

fn main() {
    let subjects = common::subjects();
    let [subject, ..] = &subjects[..] else { unreachable!("RS256 comes first") };
    let state = fast_rsa::status().state;
    if state != PathState::On {
        println!(
            "fast-rsa: {state:?} on this machine, nothing to measure (it needs a CPU with AVX-512 IFMA)"
        );
        return;
    }
    let (signed, signature) = subject.signed_and_signature();
    let jwk = serde_json::to_value(subject.key.to_jwk()).expect("JSON");
    let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().expect("RSA")).expect("base64");
    let aws_lc = aws_lc_rs::signature::ParsedPublicKey::new(
        &aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256,
        pkcs1(&modulus),
    );
    let aws_lc = aws_lc.expect("key");
    let aws_lc_check = || assert!(black_box(aws_lc.verify_sig(signed, &signature).is_ok()));
    #[cfg(feature = "ring")]
    let ring = ring::signature::RsaPublicKeyComponents { n: modulus.clone(), e: vec![1_u8, 0, 1] };
    #[cfg(feature = "ring")]
    let ring_check = || {
        let parameters = &ring::signature::RSA_PKCS1_2048_8192_SHA256;
        assert!(black_box(ring.verify(parameters, signed, &signature).is_ok()));
    };
    // Only the backend serves this key, so it shows what a key costs without the fast path.
    let mut other_jwk = jwk.clone();
    other_jwk["alg"] = json!("RS384");
    let contenders: Vec<(&str, Contender<'_>)> = vec![
        ("aws-lc, parsed key: bare check", Box::new(aws_lc_check)),
        #[cfg(feature = "ring")]
        ("ring: bare check", Box::new(ring_check)),
        ("fast-rsa: bare check", Box::new(|| assert!(black_box(subject.key.verify(signed, &signature))))),
        ("verify with fast-rsa", Box::new(|| subject.without_objects())),
        ("verify without fast-rsa", Box::new(|| subject.without_fast_path())),
        ("jsonwebtoken (aws-lc)", Box::new(|| subject.peer())),
        ("fast-rsa: loading a key", Box::new(|| drop(black_box(load(&jwk))))),
        ("loading a key without it", Box::new(|| drop(black_box(load(&other_jwk))))),
    ];
    let mut best = vec![Duration::MAX; contenders.len()];
    for _ in 0..ROUNDS {
        for ((_, contender), best) in contenders.iter().zip(&mut best) {
            let start = Instant::now();
            for _ in 0..CALLS_IN_A_ROUND {
                contender();
            }
            *best = (*best).min(start.elapsed() / CALLS_IN_A_ROUND);
        }
    }
    println!("{:<34}{:>12}{:>18}", "", "ns", "aws-lc's over it");
    for ((name, _), time) in contenders.iter().zip(&best) {
        println!("{name:<34}{:>12}{:>18.2}", time.as_nanos(), best[0].as_secs_f64() / time.as_secs_f64());
    }
    println!("one accepted check in 256 includes the library's, which the best rounds are without:");
    println!("{:?}", fast_rsa::status());
    let key = &subject.key;
    measure_scalar_work([
        ("aws-lc's checks", &aws_lc_check),
        ("fast-rsa's checks", &|| assert!(key.verify(signed, &signature))),
    ]);
}

/// Prints how long scalar work takes while another thread checks signatures, and after the same thread has checked some.
///
/// 512-bit instructions can lower the clock of a core, on some CPUs for the better part of a millisecond after the last one.
fn measure_scalar_work(checks: [(&str, &(dyn Fn() + Sync)); 2]) {
    const SETTLES: Duration = Duration::from_millis(1);
    let lasting = |work: &dyn Fn()| {
        let start = Instant::now();
        while start.elapsed() < SETTLES {
            work();
        }
    };
    let idle: [(_, &(dyn Fn() + Sync)); 1] = [("nothing", &|| thread::sleep(SETTLES / 10))];
    let neighbours = [&idle[..], &checks].concat();
    let turn = AtomicUsize::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            while let Some((_, check)) = neighbours.get(turn.load(Relaxed)) {
                check();
            }
        });
        let times = alternating(neighbours.len(), |place| {
            turn.store(place, Relaxed);
            lasting(&|| _ = scalar_work());
        });
        turn.store(usize::MAX, Relaxed);
        print_scalar("meanwhile", &neighbours, times);
    });
    let scalar: [(_, &(dyn Fn() + Sync)); 1] = [("the same work", &|| _ = scalar_work())];
    let before = [&scalar[..], &checks].concat();
    print_scalar("right after", &before, alternating(before.len(), |place| lasting(before[place].1)));
    let later = alternating(before.len(), |place| {
        lasting(before[place].1);
        _ = scalar_work();
    });
    print_scalar("31 µs after", &before, later);
}

/// Returns the times of scalar work after each of the preparations, in alternating rounds.
fn alternating(count: usize, prepare: impl Fn(usize)) -> Vec<Vec<Duration>> {
    let mut times = vec![vec![]; count];
    for _ in 0..ROUNDS * 2 {
        for (place, times) in times.iter_mut().enumerate() {
            prepare(place);
            times.push(scalar_work());
        }
    }
    times
}

/// Parses JSON, for some 30 µs. Returns how long it took.
fn scalar_work() -> Duration {
    const DOCUMENT: &str =
        r#"{"sub":"system:serviceaccount:demo:app","aud":["vault"],"exp":1795525900,"iat":1795522300}"#;
    let start = Instant::now();
    for _ in 0..150 {
        drop(black_box(serde_json::from_str::<Value>(black_box(DOCUMENT))));
    }
    start.elapsed()
}

fn print_scalar(when: &str, names: &[(&str, &(dyn Fn() + Sync))], times: Vec<Vec<Duration>>) {
    let medians: Vec<_> = times
        .into_iter()
        .map(|mut times| {
            times.sort_unstable();
            times[times.len() / 2].as_secs_f64()
        })
        .collect();
    let [first, ..] = medians[..] else { return };
    println!("\n{:<34}{:>12}{:>18}", format!("scalar work {when}"), "µs, median", "over the first");
    for ((name, _), time) in names.iter().zip(medians) {
        println!("{name:<34}{:>12.1}{:>18.3}", time * 1e6, time / first);
    }
}

fn load(jwk: &Value) -> Key {
    let keys = KeySet::from_jwks(json!({ "keys": [jwk] }).to_string().as_bytes()).expect("key set");
    keys.keys()[0].clone()
}

/// RSAPublicKey (RFC 8017 appendix A.1.1) of a modulus of 2,048 bits and the exponent 65537.
fn pkcs1(modulus: &[u8]) -> Vec<u8> {
    [&[0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00], modulus, &[0x02, 0x03, 0x01, 0x00, 0x01]]
        .concat()
}
