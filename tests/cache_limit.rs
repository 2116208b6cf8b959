//! Remembered tokens use no more memory than the limit, for any tokens and any number of threads. The allocator
//! counts.
#![allow(clippy::restriction)]

use std::alloc::System;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};

use boundtoken::{Algorithm, SigningKey, TrustedIssuer, UnixSeconds, Verifier};
use boundtoken_testing::mint::{AUDIENCE, ISSUER, NOW, claims_with};
use cap::Cap;
use serde_json::json;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

const THREADS: usize = 32;
const LIMIT: usize = 4 << 20;
/// Memory that is counted too but not for remembered tokens: running verifications, and the threads themselves.
const BESIDE: usize = (THREADS * 24) << 10;

struct Issuer(SigningKey);

impl Issuer {
    fn new() -> Self {
        Self(SigningKey::generate(Algorithm::ES256).expect("key"))
    }

    fn verifier(&self, limit: usize, max_token_size: usize) -> Verifier {
        let issuer = TrustedIssuer::new(
            ISSUER,
            std::iter::once(self.0.public_key().clone()).collect::<boundtoken::KeySet>(),
        );
        Verifier::builder()
            .issuer(issuer)
            .audience(AUDIENCE)
            .cached_tokens(1_000_000)
            .cache_size(limit)
            .max_token_size(max_token_size)
            .build()
            .expect("verifier")
    }

    /// A token of about this many bytes, with many audiences or with one long claim.
    fn token(&self, number: usize, size: usize, of_audiences: bool) -> Vec<u8> {
        let patch = if of_audiences {
            let mut audiences = vec![AUDIENCE];
            audiences.resize(1 + (size * 3 / 4).saturating_sub(500) / 4, "a");
            json!({"jti": format!("{number:06}"), "aud": audiences})
        } else {
            json!({"jti": format!("{number:06}"), "x": "x".repeat((size * 3 / 4).saturating_sub(500))})
        };
        self.0.sign(claims_with(&patch).to_string().as_bytes()).expect("token").into_bytes()
    }
}

/// Verifies every token twice, on many threads. Returns the peak of the memory in use meanwhile, in bytes.
fn most_taken(verifier: &Verifier, tokens: &[Vec<u8>]) -> usize {
    let (before, most) = (ALLOCATOR.allocated(), AtomicUsize::new(0));
    let all_started = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for chunk in tokens.chunks(tokens.len().div_ceil(THREADS)) {
            let (most, all_started) = (&most, &all_started);
            scope.spawn(move || {
                all_started.wait();
                for token in chunk {
                    for _ in 0..2 {
                        verifier.verify_at(token, UnixSeconds(NOW)).expect("accepted");
                    }
                    most.fetch_max(ALLOCATOR.allocated().saturating_sub(before), Ordering::Relaxed);
                }
            });
        }
    });
    most.into_inner().max(ALLOCATOR.allocated().saturating_sub(before))
}

/// The allocator counts for the whole process, so only one test may run at a time.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn the_limit_holds_for_the_worst_tokens_of_many_threads() {
    let _alone = ALONE.lock();
    let issuer = Issuer::new();
    for (size, of_audiences) in [(3_900, true), (3_900, false), (900, false)] {
        let verifier = issuer.verifier(LIMIT, 16 << 10);
        let tokens: Vec<Vec<u8>> =
            (0..THREADS * 120).map(|number| issuer.token(number, size, of_audiences)).collect();
        let before = ALLOCATOR.allocated();
        let most = most_taken(&verifier, &tokens);
        // A token that arrives while another is being added is not remembered. One thread alone fills the cache.
        let verify = |token: &Vec<u8>| drop(verifier.verify_at(token, UnixSeconds(NOW)).expect("accepted"));
        tokens.iter().for_each(verify);
        let full = ALLOCATOR.allocated().saturating_sub(before);
        let most = most.max(full);
        println!("tokens of {} bytes: {most} bytes at most, {full} in the end, of {LIMIT}", tokens[0].len());
        assert!(most <= LIMIT + LIMIT / 10 + BESIDE, "{size} {of_audiences}: {most} of {LIMIT}");
        // The cache does use what it may.
        assert!(full >= LIMIT / 2, "{size} {of_audiences}: {full} of {LIMIT}");
    }
}

#[test]
fn a_token_of_more_than_a_few_kibibytes_is_not_remembered() {
    let _alone = ALONE.lock();
    let issuer = Issuer::new();
    let verifier = issuer.verifier(LIMIT, 1 << 20);
    let tokens: Vec<Vec<u8>> = (0..THREADS).map(|number| issuer.token(number, 100_000, true)).collect();
    most_taken(&verifier, &tokens);
    assert!(format!("{verifier:?}").contains("TokenCache { tokens: 0"), "{verifier:?}");
}
