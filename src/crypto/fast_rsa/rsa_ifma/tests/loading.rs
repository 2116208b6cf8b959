//! Tests which keys are served. Needs the instructions or the feature `fast-rsa-model`.

use std::sync::atomic::AtomicBool;

use crate::crypto::PublicKey;
use crate::crypto::fast_rsa::rsa_ifma::loaded::{BREAKER, FastKey, set_checks, status};
use crate::fast_rsa::{Checks, PathState};
use crate::keys::{Algorithm, Material, VerificationPath};

const MODULUS: &[u8] = include_bytes!("../known_modulus.bin");
const SIGNATURE: &[u8] = include_bytes!("../known_signature.bin");
const MESSAGE: &[u8] = b"boundtoken tries the fast path";

fn loads(algorithm: Algorithm, modulus: &[u8], exponent: &[u8]) -> bool {
    let material = Material::Rsa { modulus: modulus.into(), exponent: exponent.into() };
    FastKey::load(algorithm, &material).is_some()
}

/// Returns whether the fast path is on. Otherwise prints that it is not tested.
fn is_available() -> bool {
    let state = status().state;
    if state != PathState::On {
        println!("NOT TESTED: fast-rsa is {state:?} here; the feature fast-rsa-model has a stand-in");
        assert_eq!(state, PathState::NoInstructions);
        assert!(!loads(Algorithm::RS256, MODULUS, &[1, 0, 1]));
    }
    state == PathState::On
}

#[test]
fn rs256_keys_of_2048_bits_with_the_usual_exponent_are_served_and_no_others() {
    if !is_available() {
        return;
    }
    assert!(loads(Algorithm::RS256, MODULUS, &[1, 0, 1]));
    for algorithm in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256] {
        assert!(!loads(algorithm, MODULUS, &[1, 0, 1]), "{algorithm}");
    }
    for exponent in [&[3][..], &[17], &[1, 0, 3], &[1, 0, 0, 1]] {
        assert!(!loads(Algorithm::RS256, MODULUS, exponent), "{exponent:?}");
    }
    let longer = [&[0x80], MODULUS].concat();
    assert!(!loads(Algorithm::RS256, &longer, &[1, 0, 1]));
    assert_eq!(status().keys_refused, 0);
}

#[test]
fn a_served_key_gives_the_right_verdicts_and_signatures_of_another_length_none() {
    if !is_available() {
        return;
    }
    let material = Material::Rsa { modulus: MODULUS.into(), exponent: [1, 0, 1].into() };
    let key = PublicKey::new(Algorithm::RS256, &material).unwrap();
    assert_eq!(key.path(), VerificationPath::FastRsa);
    for _ in 0..3 {
        assert!(key.verify(MESSAGE, SIGNATURE));
        assert!(key.verify_by_backend(MESSAGE, SIGNATURE));
        assert!(!key.verify(b"another message", SIGNATURE));
        for length in [0, 1, 255] {
            assert!(!key.verify(MESSAGE, &SIGNATURE[..length]), "{length}");
        }
        assert!(!key.verify(MESSAGE, &[SIGNATURE, &[0]].concat()));
        assert!(!key.verify(MESSAGE, &[&[0], SIGNATURE].concat()));
    }
    assert_eq!(status().disagreements, 0);
}

/// Set in the process that [`after_a_disagreement_the_backend_serves_every_key`] starts.
const ALONE: &str = "BOUNDTOKEN_TEST_ALONE";

#[test]
fn after_a_disagreement_the_backend_serves_every_key() {
    if std::env::var_os(ALONE).is_none() {
        // The process has one breaker, and other tests need it closed.
        let name =
            "crypto::fast_rsa::rsa_ifma::tests::loading::after_a_disagreement_the_backend_serves_every_key";
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        let output = child.args(["--exact", name, "--nocapture"]).env(ALONE, "1").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    if !is_available() {
        return;
    }
    let material = Material::Rsa { modulus: MODULUS.into(), exponent: [1, 0, 1].into() };
    let key = PublicKey::new(Algorithm::RS256, &material).unwrap();
    assert_eq!([key.path(), key.clone().path()], [VerificationPath::FastRsa; 2]);
    set_checks(Checks { accepted_one_in: std::num::NonZeroU32::MIN, ..Checks::default() });
    assert!(!BREAKER.verdict(true, &AtomicBool::new(true), || 0, || false));
    assert_eq!(key.path(), VerificationPath::Backend);
    assert_eq!(status().state, PathState::SwitchedOff);
    assert!(key.verify(MESSAGE, SIGNATURE));
    assert!(!key.verify(b"another message", SIGNATURE));
    let later = PublicKey::new(Algorithm::RS256, &material).unwrap();
    assert_eq!(later.path(), VerificationPath::Backend, "nor any key that comes later");
}
