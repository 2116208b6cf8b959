//! A key and a signature that it made, so that a machine shows once, before it is trusted, that it accepts what is good.

use super::loaded::Computer;
use crate::crypto::backend;
use crate::keys::{Algorithm, Material};

/// Of a key that was made for this and thrown away.
const MODULUS: &[u8; 256] = include_bytes!("known_modulus.bin");
const SIGNATURE: &[u8; 256] = include_bytes!("known_signature.bin");
const MESSAGE: &[u8] = b"boundtoken tries the fast path";

/// Whether the computer says the same as the backend, and accepts what is good.
pub(super) fn is_given_by(computer: Computer) -> bool {
    let material = Material::Rsa { modulus: MODULUS.as_slice().into(), exponent: [1, 0, 1].into() };
    let (Ok(backend), Some(key)) =
        (backend::PublicKey::new(Algorithm::RS256, &material), computer.key(MODULUS))
    else {
        return false;
    };
    let mut altered = *SIGNATURE;
    if let Some(byte) = altered.last_mut() {
        *byte ^= 1;
    }
    let cases =
        [(MESSAGE, SIGNATURE, true), (b"another message", SIGNATURE, false), (MESSAGE, &altered, false)];
    cases.into_iter().all(|(message, signature, good)| {
        computer.verify(&key, message, signature) == good && backend.verify(message, signature) == good
    })
}
