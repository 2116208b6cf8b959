//! The library's fast path for RS256 on this machine.

use boundtoken::KeySet;
use boundtoken::fast_rsa::{self, PathState};

use crate::failure::Failure;

/// An RSA key of 2,048 bits. Its private key was thrown away.
const SAMPLE_JWKS: &[u8] = include_bytes!("fast_path/sample.jwks.json");

pub fn sample_keys() -> Result<KeySet, Failure> {
    KeySet::from_jwks(SAMPLE_JWKS).map_err(|error| Failure::new(error.to_string()))
}

/// Why the fast path is off. None if it is on.
pub fn why_off() -> Result<Option<&'static str>, Failure> {
    // The state is known once a key is loaded.
    sample_keys()?;
    Ok(match fast_rsa::status().state {
        PathState::On => None,
        PathState::NoInstructions => Some("this CPU lacks AVX-512 IFMA"),
        PathState::TurnedOff => Some("the environment variable BOUNDTOKEN_FAST_RSA forbids it"),
        PathState::NotCompiled => Some("this program was built without it, or for another kind of CPU"),
        _ => Some("it failed its self-test; please report this as a bug"),
    })
}
