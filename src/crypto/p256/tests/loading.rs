//! Tests which keys are served, when, and by whose verdict.

use std::sync::atomic::AtomicBool;

use crate::crypto::PublicKey;
use crate::crypto::p256::loaded::{BREAKER, FastKey, set_checks, status, tables};
use crate::crypto::p256::verify::KeyTable;
use crate::fast_p256::{Checks, PathState};
use crate::keys::{Algorithm, Curve, Material, VerificationPath};

const POINT: &[u8; 64] = include_bytes!("../known_point.bin");
const SIGNATURE: &[u8] = include_bytes!("../known_signature.bin");
const MESSAGE: &[u8] = b"boundtoken tries the fast path";

/// How many accepted signatures complete a table.
const WINDOWS: usize = 35;

fn material() -> Material {
    let (x, y) = POINT.split_at(32);
    Material::EllipticCurve { curve: Curve::P256, x: x.into(), y: y.into() }
}

fn public_key() -> PublicKey {
    PublicKey::new(Algorithm::ES256, &material()).unwrap()
}

/// The same key, with a complete table.
fn fast_key() -> PublicKey {
    let key = public_key();
    // Tests that run at the same time share the table. While one of them builds a window, the others build none.
    for _ in 0..1_000 * WINDOWS {
        if key.path() == VerificationPath::FastP256 {
            return key;
        }
        assert!(key.verify(MESSAGE, SIGNATURE));
    }
    panic!("the table does not grow");
}

#[test]
fn es256_keys_are_served_and_no_others() {
    let loads = |algorithm, material: &Material| FastKey::load(algorithm, material).is_some();
    assert!(loads(Algorithm::ES256, &material()));
    let ed25519 = Material::Ed25519(POINT[..32].into());
    assert!(!loads(Algorithm::EdDSA, &ed25519));
    let generator_of_p384 = [
        "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
        "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
    ];
    let [x, y] = generator_of_p384.map(|hex| {
        (0..48).map(|byte| u8::from_str_radix(&hex[2 * byte..2 * byte + 2], 16).unwrap()).collect()
    });
    assert!(!loads(Algorithm::ES384, &Material::EllipticCurve { curve: Curve::P384, x, y }));
    assert_eq!(status().keys_refused, 0);
}

#[test]
fn a_served_key_gives_the_right_verdicts_and_signatures_of_another_length_none() {
    let key = fast_key();
    for _ in 0..3 {
        assert!(key.verify(MESSAGE, SIGNATURE));
        assert!(key.verify_by_backend(MESSAGE, SIGNATURE));
        assert!(!key.verify(b"another message", SIGNATURE));
        for length in [0, 1, 32, 63] {
            assert!(!key.verify(MESSAGE, &SIGNATURE[..length]), "{length}");
        }
        for more in [1, 32] {
            assert!(!key.verify(MESSAGE, &[SIGNATURE, &vec![0; more]].concat()));
            assert!(!key.verify(MESSAGE, &[&vec![0; more], SIGNATURE].concat()));
        }
    }
    assert_eq!(status().disagreements, 0);
}

#[test]
fn a_key_that_is_loaded_again_has_the_table_at_once() {
    let first = fast_key();
    let again = public_key();
    assert_eq!(again.path(), VerificationPath::FastP256);
    assert_eq!(first.clone().path(), VerificationPath::FastP256);
    let tables = tables();
    assert!(tables.complete >= 1 && tables.bytes >= KeyTable::BYTES);
}

/// Set in the process that [`alone`] starts.
const ALONE: &str = "BOUNDTOKEN_TEST_ALONE";

/// Runs a test in a process of its own. Returns whether this is it.
fn alone(test: &str) -> bool {
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let name = format!("crypto::p256::tests::loading::{test}");
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    let output = child.args(["--exact", &name, "--nocapture"]).env(ALONE, "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    false
}

#[test]
fn each_accepted_token_adds_a_window_and_refused_ones_none() {
    // Other tests complete the same key's table.
    if !alone("each_accepted_token_adds_a_window_and_refused_ones_none") {
        return;
    }
    let key = public_key();
    for _ in 0..2 * WINDOWS {
        assert!(!key.verify(b"another message", SIGNATURE));
    }
    assert_eq!((tables().complete, tables().bytes), (0, 0), "refusals make no key busy");
    for _ in 1..WINDOWS {
        assert!(key.verify(MESSAGE, SIGNATURE));
        assert_eq!(key.path(), VerificationPath::Backend);
    }
    assert_eq!((tables().complete, tables().bytes), (0, KeyTable::BYTES));
    assert!(key.verify_by_backend(MESSAGE, SIGNATURE));
    assert_eq!(key.path(), VerificationPath::Backend, "a verifier that may not be fast builds nothing");
    assert!(key.verify(MESSAGE, SIGNATURE));
    assert_eq!(key.path(), VerificationPath::FastP256);
    assert_eq!((tables().complete, tables().bytes), (1, KeyTable::BYTES));
    let checked = status().accepted_checked;
    assert!(key.verify(MESSAGE, SIGNATURE));
    assert_eq!(status().accepted_checked, checked + 1, "the backend has the last word on the first");
    drop(key);
    assert_eq!((tables().complete, tables().bytes), (0, 0), "a key that is gone takes no memory");
}

#[test]
fn after_a_disagreement_the_backend_serves_every_key() {
    // The process has one breaker, and other tests need it closed.
    if !alone("after_a_disagreement_the_backend_serves_every_key") {
        return;
    }
    let key = fast_key();
    set_checks(Checks { accepted_one_in: std::num::NonZeroU32::MIN, ..Checks::default() });
    assert!(!BREAKER.verdict(true, &AtomicBool::new(true), || 0, || false));
    assert_eq!(key.path(), VerificationPath::Backend);
    assert_eq!(status().state, PathState::SwitchedOff);
    let checked = status().accepted_checked;
    assert!(key.verify(MESSAGE, SIGNATURE));
    assert!(!key.verify(b"another message", SIGNATURE));
    assert_eq!(status().accepted_checked, checked, "the fast path is not asked");
    assert_eq!(public_key().path(), VerificationPath::Backend, "nor any key that comes later");
}
