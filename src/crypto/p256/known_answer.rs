//! The known-answer test that an engine must pass before it is trusted.

use super::engine::{Engine, point};
use super::growth::Growth;
use super::verify::Adder as _;
use crate::crypto::backend;
use crate::keys::{Algorithm, Curve, Material};

/// The coordinates of a throwaway key.
const POINT: &[u8; 64] = include_bytes!("known_point.bin");
const SIGNATURE: &[u8; 64] = include_bytes!("known_signature.bin");
const MESSAGE: &[u8] = b"boundtoken tries the fast path";

/// Returns whether the engine and the backend both accept a good signature and refuse two bad ones.
pub(super) fn passes(engine: &Engine) -> bool {
    let (x, y) = POINT.split_at(32);
    let material = Material::EllipticCurve { curve: Curve::P256, x: x.into(), y: y.into() };
    let table = point(x, y).and_then(|point| Growth::complete(point, |point| engine.form.pack(point)));
    let (Ok(backend), Some(table)) = (backend::PublicKey::new(Algorithm::ES256, &material), table) else {
        return false;
    };
    let mut altered = *SIGNATURE;
    let [.., last] = &mut altered;
    *last ^= 1;
    let cases =
        [(MESSAGE, SIGNATURE, true), (b"another message", SIGNATURE, false), (MESSAGE, &altered, false)];
    cases.into_iter().all(|(message, signature, good)| {
        engine.verify(&table, message, signature) == Some(good) && backend.verify(message, signature) == good
    })
}
