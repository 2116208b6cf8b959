//! A public key of the backend, and of the fast path where it serves the key.

use super::backend;
use super::fast_rsa::FastKey;
use crate::keys::{Algorithm, KeyError, Material};

/// A public key, parsed once.
#[derive(Clone)]
pub(crate) struct PublicKey {
    backend: backend::PublicKey,
    fast: Option<FastKey>,
}

impl PublicKey {
    pub(crate) fn new(algorithm: Algorithm, material: &Material) -> Result<Self, KeyError> {
        let backend = backend::PublicKey::new(algorithm, material)?;
        let fast = FastKey::load(algorithm, material, &backend);
        Ok(Self { backend, fast })
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.fast {
            Some(fast) if fast.is_on() => fast.verify(message, signature, &self.backend),
            _ => self.backend.verify(message, signature),
        }
    }

    pub(crate) fn verify_by_backend(&self, message: &[u8], signature: &[u8]) -> bool {
        self.backend.verify(message, signature)
    }

    /// Returns whether [`verify`](Self::verify) takes the fast path.
    pub(crate) fn is_fast(&self) -> bool {
        self.fast.as_ref().is_some_and(FastKey::is_on)
    }
}
