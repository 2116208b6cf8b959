//! The known-answer test that a machine must pass before it is trusted.

use super::loaded::Engine;
use crate::crypto::backend;
use crate::keys::{Algorithm, Material};

/// The modulus of a throwaway key.
const MODULUS: &[u8; 256] = include_bytes!("known_modulus.bin");
const SIGNATURE: &[u8; 256] = include_bytes!("known_signature.bin");
const MESSAGE: &[u8] = b"boundtoken tries the fast path";

/// Returns whether the engine and the backend both accept a good signature and refuse two bad ones.
pub(super) fn passes(engine: Engine) -> bool {
    let material = Material::Rsa { modulus: MODULUS.as_slice().into(), exponent: [1, 0, 1].into() };
    let (Ok(backend), Some(key)) =
        (backend::PublicKey::new(Algorithm::RS256, &material), engine.key(MODULUS))
    else {
        return false;
    };
    let mut altered = *SIGNATURE;
    let [.., last] = &mut altered;
    *last ^= 1;
    let cases =
        [(MESSAGE, SIGNATURE, true), (b"another message", SIGNATURE, false), (MESSAGE, &altered, false)];
    cases.into_iter().all(|(message, signature, good)| {
        engine.verify(&key, message, signature) == good && backend.verify(message, signature) == good
    })
}
