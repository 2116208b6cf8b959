//! The fast path as users see it. It is on or off, and the verdict is the same.
//!
//! With the feature `fast-rsa-model`, which is in `--all-features`, the tests run on every machine. With `fast-rsa`
//! alone they run only on a CPU with AVX-512 IFMA.
#![allow(clippy::restriction)]

use std::num::NonZeroU32;

use boundtoken::fast_rsa::{self, Checks, PathState};
use boundtoken::{Algorithm, Key, Reason, TrustedIssuer, UnixSeconds, VerificationPath, Verifier};
use boundtoken_testing::mint::{self, Mint, NOW};
use boundtoken_testing::tools::said_with;

/// Set when a test runs its own program as another process.
const VARIABLE: &str = "BOUNDTOKEN_FAST_RSA";

/// Makes the library check every verdict of the fast path.
fn watch_closely() {
    fast_rsa::set_checks(Checks { accepted_one_in: NonZeroU32::MIN, refused_per_second: u32::MAX });
}

/// Its public key.
fn key(mint: &Mint) -> Key {
    mint.keys().keys()[0].clone()
}

/// Whether the fast path is on here. Prints a note if there is nothing to test.
fn is_on() -> bool {
    drop(key(&Mint::new(Algorithm::RS256, mint::KID)));
    let state = fast_rsa::status().state;
    if state != PathState::On {
        println!("NOT TESTED: the fast path is {state:?} here; --features fast-rsa-model has a stand-in");
        assert!(matches!(state, PathState::NotCompiled | PathState::NoInstructions | PathState::TurnedOff));
        let compiled = cfg!(feature = "fast-rsa") && cfg!(target_arch = "x86_64");
        assert!(state != PathState::NotCompiled || !compiled);
        assert!(
            !cfg!(feature = "fast-rsa-model") || state == PathState::TurnedOff,
            "the stand-in runs everywhere"
        );
    }
    state == PathState::On
}

#[test]
fn the_fast_path_serves_rs256_and_nothing_else() {
    let expected = if is_on() { VerificationPath::FastRsa } else { VerificationPath::Backend };
    let rsa = key(&Mint::new(Algorithm::RS256, mint::KID));
    assert_eq!(rsa.path(), expected);
    assert_eq!(rsa.clone().path(), expected);
    assert_eq!(rsa.with_algorithm(Algorithm::PS256).unwrap().path(), VerificationPath::Backend);
    for algorithm in [Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA] {
        assert_eq!(key(&Mint::new(algorithm, mint::KID)).path(), VerificationPath::Backend, "{algorithm}");
    }
    let backend = if cfg!(feature = "aws-lc-rs") { "aws-lc-rs" } else { "ring" };
    assert_eq!(VerificationPath::Backend.to_string(), backend);
    assert_eq!(VerificationPath::FastRsa.to_string(), "fast-rsa");
}

#[test]
fn every_rs256_verdict_on_the_crafted_vectors_is_the_librarys() {
    let on = is_on();
    watch_closely();
    let before = fast_rsa::status();
    let (mut accepted, mut refused) = (0, 0);
    for folder in boundtoken_testing::folders() {
        let Some(keys) = folder.keys() else { continue };
        if on && folder.name.contains("rs256") {
            assert!(keys.keys().iter().any(|key| key.path() == VerificationPath::FastRsa), "{}", folder.name);
        }
        let stores = folder.stores();
        for case in &folder.cases {
            let verifier = folder.verifier(&keys, case, &stores[case.objects]);
            match verifier.verify_at(case.token.as_bytes(), UnixSeconds(case.now)) {
                Ok(_) => accepted += 1,
                Err(_) => refused += 1,
            }
        }
    }
    let after = fast_rsa::status();
    println!("{accepted} accepted, {refused} refused; {after:?}");
    assert_eq!((after.disagreements, after.keys_refused), (0, 0));
    assert!(accepted > 0 && refused > 0);
    assert!(!on || after.accepted_checked > before.accepted_checked, "the fast path decided nothing");
    assert!(!on || after.refused_checked > before.refused_checked, "the fast path refused nothing");
}

#[test]
fn a_verifier_that_may_not_use_it_verifies_all_the_same() {
    let mint = Mint::new(Algorithm::RS256, mint::KID);
    let token = mint.token(&mint::claims(NOW));
    // Other characters in the middle of the signature.
    let middle = token.len() - 100;
    let other = if token[middle..].starts_with("AAAA") { "BBBB" } else { "AAAA" };
    let broken = format!("{}{other}{}", &token[..middle], &token[middle + 4..]);
    for allowed in [false, true] {
        let builder = Verifier::builder().issuer(TrustedIssuer::new(mint::ISSUER, mint.keys()));
        let verifier = builder.audience(mint::AUDIENCE).fast_rsa(allowed).build().unwrap();
        assert!(verifier.verify_at(token.as_bytes(), UnixSeconds(NOW)).is_ok());
        let rejection = verifier.verify_at(broken.as_bytes(), UnixSeconds(NOW)).unwrap_err();
        assert_eq!(rejection.reason(), Reason::SignatureInvalid);
    }
}

#[test]
fn the_environment_turns_it_off() {
    if !is_on() {
        return;
    }
    for (value, expected) in [("off", "TurnedOff"), ("0", "TurnedOff"), ("on", "On"), ("", "On")] {
        let said = said_with(VARIABLE, value, "this_process_says_whether_it_is_on");
        assert!(said.contains(&format!("fast-rsa here: {expected} ")), "{value:?}: {said}");
    }
}

/// The other process of [`the_environment_turns_it_off`] runs this.
#[test]
fn this_process_says_whether_it_is_on() {
    let path = key(&Mint::new(Algorithm::RS256, mint::KID)).path();
    let state = fast_rsa::status().state;
    println!("fast-rsa here: {state:?} ");
    assert_eq!(path == VerificationPath::FastRsa, state == PathState::On);
}
