//! Compares the fast path for ES256 with the cryptography libraries, in alternating rounds of one run:
//! `cargo bench --bench fast_p256 --features aws-lc-rs,fast-p256`.
//!
//! A process has one form of the fast path. So a second process measures the portable one, a round whenever this one asks.
#![allow(clippy::restriction)]

mod common;

use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boundtoken::fast_p256::{self, PathState};
use boundtoken::{Key, KeySet};
use serde_json::{Value, json};

const ROUNDS: usize = 200;
const CALLS_IN_A_ROUND: u32 = 50;

/// Set to `portable` in the second process.
const VARIABLE: &str = "BOUNDTOKEN_FAST_P256";

type Contender<'a> = Box<dyn Fn() + 'a>;

fn main() {
    let subjects = common::subjects();
    let subject = subjects.iter().find(|subject| subject.name == "ES256").expect("ES256");
    let (signed, signature) = subject.signed_and_signature();
    let key = &subject.key;
    let mut window = Duration::MAX;
    while key.path() != boundtoken::VerificationPath::FastP256 {
        assert_eq!(fast_p256::status().state, PathState::On, "there is nothing to measure");
        let start = Instant::now();
        assert!(key.verify(signed, &signature));
        window = window.min(start.elapsed());
    }
    let bare_check = || assert!(black_box(key.verify(signed, &signature)));
    if std::env::var_os(VARIABLE).is_some_and(|form| form == "portable") {
        let contenders: [&dyn Fn(); 2] = [&bare_check, &|| subject.without_objects()];
        for line in std::io::stdin().lines() {
            drop(line.expect("a line"));
            let [check, verify] = contenders.map(|contender| round(contender).as_nanos());
            println!("{check} {verify}");
            std::io::stdout().flush().expect("the other process");
        }
        return;
    }
    let jwk = serde_json::to_value(key.to_jwk()).expect("JSON");
    let coordinate =
        |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().expect("a point")).expect("base64");
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let aws_lc =
        aws_lc_rs::signature::ParsedPublicKey::new(&aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED, &point);
    let aws_lc = aws_lc.expect("key");
    let aws_lc_check = || assert!(black_box(aws_lc.verify_sig(signed, &signature).is_ok()));
    #[cfg(feature = "ring")]
    let ring = ring::signature::UnparsedPublicKey::new(&ring::signature::ECDSA_P256_SHA256_FIXED, &point);
    #[cfg(feature = "ring")]
    let ring_check = || assert!(black_box(ring.verify(signed, &signature).is_ok()));
    let contenders: Vec<(&str, Contender<'_>)> = vec![
        ("aws-lc, parsed key: bare check", Box::new(aws_lc_check)),
        #[cfg(feature = "ring")]
        ("ring: bare check", Box::new(ring_check)),
        ("fast-p256: bare check", Box::new(bare_check)),
        ("verify with fast-p256", Box::new(|| subject.without_objects())),
        ("verify without fast-p256", Box::new(|| subject.without_fast_path())),
        ("jsonwebtoken (aws-lc)", Box::new(|| subject.peer())),
        ("loading a key", Box::new(|| drop(black_box(load(&jwk))))),
    ];
    let mut best = vec![Duration::MAX; contenders.len()];
    let mut portable = Portable::start();
    for _ in 0..ROUNDS {
        for ((_, contender), best) in contenders.iter().zip(&mut best) {
            *best = (*best).min(round(contender));
        }
        portable.round();
    }
    let tables = fast_p256::tables();
    println!("{:<34}{:>12}{:>18}", "", "ns", "aws-lc's over it");
    let of_portable = ["portable: bare check", "portable: verify"].into_iter().zip(portable.best);
    for (name, time) in contenders.iter().map(|(name, _)| *name).zip(best.clone()).chain(of_portable) {
        println!("{name:<34}{:>12}{:>18.2}", time.as_nanos(), best[0].as_secs_f64() / time.as_secs_f64());
    }
    println!("fast-p256 has lanes: {}; {} bytes a table", tables.has_lanes, tables.bytes / tables.complete);
    println!("each of 35 tokens builds a window of a table, and takes {} ns", window.as_nanos());
    println!("one accepted check in 256 includes the library's, which the best rounds are without:");
    println!("{:?}", fast_p256::status());
    portable.end();
}

/// The time of one call.
fn round(contender: impl Fn()) -> Duration {
    let start = Instant::now();
    for _ in 0..CALLS_IN_A_ROUND {
        contender();
    }
    start.elapsed() / CALLS_IN_A_ROUND
}

/// The process that measures the portable form.
struct Portable {
    process: Child,
    says: BufReader<std::process::ChildStdout>,
    best: [Duration; 2],
}

impl Portable {
    fn start() -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.env(VARIABLE, "portable").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("a second process");
        let says = BufReader::new(process.stdout.take().expect("its output"));
        Self { process, says, best: [Duration::MAX; 2] }
    }

    fn round(&mut self) {
        self.process.stdin.as_mut().expect("its input").write_all(b"\n").expect("it reads");
        let mut line = String::new();
        self.says.read_line(&mut line).expect("it answers");
        for (best, time) in self.best.iter_mut().zip(line.split_whitespace()) {
            *best = (*best).min(Duration::from_nanos(time.parse().expect("nanoseconds")));
        }
    }

    fn end(mut self) {
        drop(self.process.stdin.take());
        assert!(self.process.wait().expect("it ends").success());
    }
}

fn load(jwk: &Value) -> Key {
    let keys = KeySet::from_jwks(json!({ "keys": [jwk] }).to_string().as_bytes()).expect("key set");
    keys.keys()[0].clone()
}
