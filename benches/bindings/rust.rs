//! The row of Rust: see run.sh.
#![allow(clippy::restriction)]

use std::hint::black_box;
use std::io::BufRead as _;
use std::path::Path;
use std::time::Instant;

use boundtoken::{KeySet, ObjectStore, TrustedIssuer, Verifier};

fn main() {
    let folder = std::env::args().nth(1).expect("the folder of a demo");
    let folder = Path::new(&folder);
    let verifier = verifier(folder, true);
    let forgetful = self::verifier(folder, false);
    let token = std::fs::read(folder.join("token")).expect("token");
    let token = token.trim_ascii_end();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        let (case, count) = line.split_once(' ').expect("CASE COUNT");
        let count: u32 = count.parse().expect("a number");
        let by = if case == "first" { &forgetful } else { &verifier };
        let start = Instant::now();
        for _ in 0..count {
            let who = by.verify(token).expect("accepted");
            black_box(who.claims().subject().as_bytes()[0]);
        }
        let nanoseconds = start.elapsed().as_nanos();
        println!(
            r#"{{"language": "Rust", "case": "{case}", "count": {count}, "nanoseconds": {nanoseconds}}}"#
        );
    }
}

fn verifier(folder: &Path, remembers: bool) -> Verifier {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect(name);
    let keys = KeySet::from_jwks(read("jwks.json").as_bytes()).expect("keys");
    let objects = ObjectStore::from_json(read("objects.json").as_bytes()).expect("objects");
    let issuer = TrustedIssuer::new(read("issuer").as_str(), keys).bound_objects(objects);
    let builder = Verifier::builder().issuer(issuer).audience(read("audience").as_str());
    let builder = if remembers { builder } else { builder.cached_tokens(0) };
    builder.build().expect("verifier")
}
