//! The fast path for ES256 as users see it. It is on or off, and the verdict is the same. It runs on every machine.
#![allow(clippy::restriction)]

use std::num::NonZeroU32;

use boundtoken::fast_p256::{self, Checks, PathState};
use boundtoken::{Algorithm, Key, Reason, TrustedIssuer, UnixSeconds, VerificationPath, Verifier};
use boundtoken_testing::mint::{self, Mint, NOW};
use boundtoken_testing::tools::said_with;

/// Set when a test runs its own program as another process.
const VARIABLE: &str = "BOUNDTOKEN_FAST_P256";

/// How many accepted tokens complete a table.
const WINDOWS: usize = 35;

/// Its public key.
fn key(mint: &Mint) -> Key {
    mint.keys().keys()[0].clone()
}

/// Whether the fast path is on here. Prints a note if there is nothing to test.
fn is_on() -> bool {
    drop(key(&Mint::new(Algorithm::ES256, mint::KID)));
    let state = fast_p256::status().state;
    if state != PathState::On {
        println!("NOT TESTED: the fast path is {state:?} here");
        assert!(matches!(state, PathState::NotCompiled | PathState::TurnedOff));
        assert_eq!(state == PathState::NotCompiled, !cfg!(feature = "fast-p256"));
    }
    state == PathState::On
}

/// A verifier that remembers no token.
fn verifier(mint: &Mint, allowed: bool) -> Verifier {
    let builder = Verifier::builder().issuer(TrustedIssuer::new(mint::ISSUER, mint.keys()));
    builder.audience(mint::AUDIENCE).cached_tokens(0).fast_p256(allowed).build().unwrap()
}

#[test]
fn a_key_is_served_after_35_accepted_tokens_and_verdicts_and_reasons_stay_the_same() {
    let on = is_on();
    fast_p256::set_checks(Checks { accepted_one_in: NonZeroU32::MIN, refused_per_second: u32::MAX });
    let mint = Mint::new(Algorithm::ES256, mint::KID);
    let token = mint.token(&mint::claims(NOW));
    // Another character in the middle of the signature.
    let middle = token.len() - 40;
    let other = if &token[middle..=middle] == "A" { "B" } else { "A" };
    let broken = format!("{}{other}{}", &token[..middle], &token[middle + 1..]);
    let [never, fast] = [false, true].map(|allowed| verifier(&mint, allowed));
    for round in 0..2 * WINDOWS {
        for verifier in [&never, &fast] {
            assert!(verifier.verify_at(token.as_bytes(), UnixSeconds(NOW)).is_ok());
            let rejection = verifier.verify_at(broken.as_bytes(), UnixSeconds(NOW)).unwrap_err();
            assert_eq!(rejection.reason(), Reason::SignatureInvalid);
        }
        let served = u64::from(on && round + 1 >= WINDOWS);
        assert_eq!(fast.statistics().fast_p256_keys, served, "{round}");
        assert_eq!(never.statistics().fast_p256_keys, 0);
    }
    let status = fast_p256::status();
    assert_eq!((status.disagreements, status.keys_refused), (0, 0));
    assert!(!on || (status.accepted_checked > 0 && status.refused_checked > 0), "{status:?}");
    assert!(!on || fast_p256::tables().complete > 0);
}

#[test]
fn other_algorithms_are_not_served() {
    for algorithm in [Algorithm::ES384, Algorithm::EdDSA] {
        let mint = Mint::new(algorithm, mint::KID);
        let (verifier, token) = (verifier(&mint, true), mint.token(&mint::claims(NOW)));
        for _ in 0..=WINDOWS {
            assert!(verifier.verify_at(token.as_bytes(), UnixSeconds(NOW)).is_ok());
        }
        assert_eq!(verifier.statistics().fast_p256_keys, 0, "{algorithm}");
    }
    assert_eq!(VerificationPath::FastP256.to_string(), "fast-p256");
}

#[test]
fn the_environment_turns_it_off_or_leaves_the_vector_instructions_alone() {
    if !is_on() {
        return;
    }
    let lanes = fast_p256::tables().has_lanes;
    let cases = [
        ("off", "TurnedOff", false),
        ("0", "TurnedOff", false),
        ("portable", "On", false),
        ("on", "On", lanes),
        ("", "On", lanes),
    ];
    for (value, expected, lanes) in cases {
        let said = said_with(VARIABLE, value, "this_process_says_whether_it_is_on");
        assert!(said.contains(&format!("fast-p256 here: {expected}, lanes: {lanes} ")), "{value:?}: {said}");
    }
}

/// The other process of [`the_environment_turns_it_off_or_leaves_the_vector_instructions_alone`] runs this.
#[test]
fn this_process_says_whether_it_is_on() {
    let mint = Mint::new(Algorithm::ES256, mint::KID);
    let (verifier, token) = (verifier(&mint, true), mint.token(&mint::claims(NOW)));
    for _ in 0..WINDOWS {
        assert!(verifier.verify_at(token.as_bytes(), UnixSeconds(NOW)).is_ok());
    }
    let state = fast_p256::status().state;
    println!("fast-p256 here: {state:?}, lanes: {} ", fast_p256::tables().has_lanes);
    assert_eq!(verifier.statistics().fast_p256_keys, u64::from(state == PathState::On));
}
