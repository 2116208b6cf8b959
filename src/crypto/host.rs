//! Cryptography by the program that runs this one. See [`host`](crate::host).

use crate::host::{self, Host, PrivateKeyKind};
use crate::keys::{Algorithm, Curve, KeyError, Material};

/// The name of the backend.
pub(crate) const NAME: &str = "host";

/// A host has P-521.
pub(crate) const HAS_P521: bool = true;

fn host() -> Result<&'static dyn Host, KeyError> {
    host::get().ok_or(KeyError::CryptographyFailed)
}

/// Returns the hash, or nothing without a host. No reader takes nothing for a hash.
pub(crate) fn sha256(message: &[u8]) -> impl AsRef<[u8]> {
    host().map_or_else(|_| Vec::new(), |host| host.sha256(message).to_vec())
}

pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), KeyError> {
    if host()?.fill_random(bytes) { Ok(()) } else { Err(KeyError::CryptographyFailed) }
}

/// A public key as the host takes it.
#[derive(Clone)]
pub(crate) struct PublicKey {
    algorithm: Algorithm,
    spki: Box<[u8]>,
}

impl PublicKey {
    pub(crate) fn new(algorithm: Algorithm, material: &Material) -> Result<Self, KeyError> {
        let spki = material.to_spki().into_boxed_slice();
        if !host()?.accepts_key(algorithm, &spki) {
            return Err(match material {
                Material::Rsa { .. } => KeyError::InvalidRsaKey,
                Material::EllipticCurve { .. } | Material::Ed25519(_) => KeyError::InvalidPoint,
            });
        }
        Ok(Self { algorithm, spki })
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        host().is_ok_and(|host| host.verify(self.algorithm, &self.spki, message, signature))
    }
}

/// Derives the point of a private key. If `public` is given, it must be the same.
pub(crate) fn elliptic_curve_public_key(
    curve: Curve,
    private: &[u8],
    public: Option<&[u8]>,
) -> Result<Vec<u8>, KeyError> {
    let kind = match curve {
        Curve::P256 => PrivateKeyKind::P256,
        Curve::P384 => PrivateKeyKind::P384,
        Curve::P521 => PrivateKeyKind::P521,
    };
    derived(kind, private, public)
}

/// Derives the public key of a seed. If `public` is given, it must be the same.
pub(crate) fn ed25519_public_key(seed: &[u8], public: Option<&[u8]>) -> Result<Vec<u8>, KeyError> {
    derived(PrivateKeyKind::Ed25519, seed, public)
}

fn derived(kind: PrivateKeyKind, private: &[u8], public: Option<&[u8]>) -> Result<Vec<u8>, KeyError> {
    let derived = host()?.public_key(kind, private).ok_or(KeyError::KeyPairMismatch)?;
    if public.is_none_or(|public| public == derived) { Ok(derived) } else { Err(KeyError::KeyPairMismatch) }
}

/// A private key for signing. There is none: a host only verifies.
pub(crate) enum KeyPair {}

impl KeyPair {
    pub(crate) fn generate(curve: Curve) -> Result<(Self, Vec<u8>), KeyError> {
        Err(KeyError::CannotGenerate(curve.algorithm()))
    }

    pub(crate) fn rsa(_pkcs1: &[u8]) -> Result<Self, KeyError> {
        Err(KeyError::CannotSign)
    }

    pub(crate) fn elliptic_curve(_curve: Curve, _private: &[u8], _point: &[u8]) -> Result<Self, KeyError> {
        Err(KeyError::CannotSign)
    }

    pub(crate) fn sign(&self, _message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match *self {}
    }
}
