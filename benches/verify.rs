//! Measures verification with each algorithm and counts allocations: `cargo bench --bench verify`.
#![allow(clippy::restriction)]

mod common;

use common::Subject;
use divan::{AllocProfiler, Bencher};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

const ALGORITHMS: [&str; 3] = ["RS256", "ES256", "EdDSA"];

fn main() {
    divan::main();
}

fn with(algorithm: &str) -> Subject {
    common::subjects().into_iter().find(|subject| subject.name == algorithm).expect("algorithm")
}

#[divan::bench(args = ALGORITHMS)]
fn bare_signature_check(bencher: Bencher<'_, '_>, algorithm: &str) {
    let subject = with(algorithm);
    let (signed, signature) = subject.signed_and_signature();
    bencher.bench(|| subject.raw_check_of(signed, &signature));
}

#[divan::bench(args = ALGORITHMS)]
fn boundtoken_without_bound_objects(bencher: Bencher<'_, '_>, algorithm: &str) {
    let subject = with(algorithm);
    bencher.bench(|| subject.without_objects());
}

#[divan::bench(args = ALGORITHMS)]
fn boundtoken_with_bound_objects(bencher: Bencher<'_, '_>, algorithm: &str) {
    let subject = with(algorithm);
    bencher.bench(|| subject.everything());
}

#[divan::bench(args = ALGORITHMS)]
fn boundtoken_seen_again(bencher: Bencher<'_, '_>, algorithm: &str) {
    let subject = with(algorithm);
    bencher.bench(|| subject.again());
}

#[divan::bench(args = ALGORITHMS)]
fn jsonwebtoken(bencher: Bencher<'_, '_>, algorithm: &str) {
    let subject = with(algorithm);
    bencher.bench(|| subject.peer());
}

#[divan::bench(args = ALGORITHMS)]
fn boundtoken_refuses_unknown_kid(bencher: Bencher<'_, '_>, algorithm: &str) {
    let subject = with(algorithm);
    let token = subject.token_with_unknown_kid();
    bencher.bench(|| subject.refused_before_signature(&token));
}
