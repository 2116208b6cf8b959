//! A public key of the backend, and of the fast path that can serve the key.

use super::{backend, fast_p256, fast_rsa};
use crate::keys::{Algorithm, KeyError, Material, VerificationPath};

/// A public key, parsed once.
#[derive(Clone)]
pub(crate) struct PublicKey {
    backend: backend::PublicKey,
    fast: FastPath,
}

#[derive(Clone)]
enum FastPath {
    None,
    Rsa(fast_rsa::FastKey),
    P256(fast_p256::FastKey),
}

impl PublicKey {
    pub(crate) fn new(algorithm: Algorithm, material: &Material) -> Result<Self, KeyError> {
        let backend = backend::PublicKey::new(algorithm, material)?;
        let fast = if let Some(key) = fast_rsa::FastKey::load(algorithm, material) {
            FastPath::Rsa(key)
        } else if let Some(key) = fast_p256::FastKey::load(algorithm, material) {
            FastPath::P256(key)
        } else {
            FastPath::None
        };
        Ok(Self { backend, fast })
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.fast {
            FastPath::None => self.backend.verify(message, signature),
            FastPath::Rsa(key) => key.verify(message, signature, &self.backend),
            FastPath::P256(key) => key.verify(message, signature, &self.backend),
        }
    }

    pub(crate) fn verify_by_backend(&self, message: &[u8], signature: &[u8]) -> bool {
        self.backend.verify(message, signature)
    }

    /// Returns which path [`verify`](Self::verify) takes.
    pub(crate) fn path(&self) -> VerificationPath {
        match &self.fast {
            FastPath::Rsa(key) if key.is_on() => VerificationPath::FastRsa,
            FastPath::P256(key) if key.is_on() => VerificationPath::FastP256,
            _ => VerificationPath::Backend,
        }
    }
}
