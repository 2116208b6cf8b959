//! Cryptography by ring.

use ::ring::agreement::{self, EphemeralPrivateKey};
use ::ring::rand::{SecureRandom as _, SystemRandom};
use ::ring::rsa::KeyPair as RsaKeyPair;
use ::ring::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use ::ring::{digest, error::KeyRejected};

use crate::keys::{Algorithm, Curve, KeyError, Material, uncompressed_point};

/// The name of the backend.
pub(crate) const NAME: &str = "ring";

/// ring lacks P-521.
pub(crate) const HAS_P521: bool = false;

pub(crate) fn sha256(message: &[u8]) -> impl AsRef<[u8]> {
    digest::digest(&digest::SHA256, message)
}

pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), KeyError> {
    SystemRandom::new().fill(bytes).map_err(|_| KeyError::CryptographyFailed)
}

/// A public key in the form that ring takes.
///
/// ring has no type for a parsed key and parses it for each verification. Separate RSA numbers at least save the DER.
#[derive(Clone)]
pub(crate) enum PublicKey {
    Rsa(&'static RsaParameters, RsaPublicKeyComponents<Box<[u8]>>),
    Other(UnparsedPublicKey<Box<[u8]>>),
}

impl PublicKey {
    pub(crate) fn new(algorithm: Algorithm, material: &Material) -> Result<Self, KeyError> {
        match material {
            Material::Rsa { modulus, exponent } => {
                let parameters = match algorithm {
                    Algorithm::RS256 => &signature::RSA_PKCS1_2048_8192_SHA256,
                    Algorithm::RS384 => &signature::RSA_PKCS1_2048_8192_SHA384,
                    Algorithm::RS512 => &signature::RSA_PKCS1_2048_8192_SHA512,
                    Algorithm::PS256 => &signature::RSA_PSS_2048_8192_SHA256,
                    Algorithm::PS384 => &signature::RSA_PSS_2048_8192_SHA384,
                    Algorithm::PS512 => &signature::RSA_PSS_2048_8192_SHA512,
                    _ => return Err(KeyError::AlgorithmMismatch(algorithm)),
                };
                let components = RsaPublicKeyComponents { n: modulus.clone(), e: exponent.clone() };
                Ok(PublicKey::Rsa(parameters, components))
            }
            Material::EllipticCurve { curve, x, y } => {
                let (verification, agreement): (&dyn VerificationAlgorithm, _) = match curve {
                    Curve::P256 => (&signature::ECDSA_P256_SHA256_FIXED, &agreement::ECDH_P256),
                    Curve::P384 => (&signature::ECDSA_P384_SHA384_FIXED, &agreement::ECDH_P384),
                    Curve::P521 => return Err(KeyError::AlgorithmNotCompiled(algorithm)),
                };
                let point = uncompressed_point(x, y);
                check_point(agreement, &point)?;
                Ok(PublicKey::Other(UnparsedPublicKey::new(verification, point.into())))
            }
            Material::Ed25519(bytes) => {
                Ok(PublicKey::Other(UnparsedPublicKey::new(&signature::ED25519, bytes.clone())))
            }
        }
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            PublicKey::Rsa(parameters, components) => {
                components.verify(parameters, message, signature).is_ok()
            }
            PublicKey::Other(key) => key.verify(message, signature).is_ok(),
        }
    }
}

/// Checks that a point is on the curve.
///
/// ring's verification does not tell a bad key from a bad signature. Key agreement with a throwaway private key fails
/// only for a bad point.
fn check_point(algorithm: &'static agreement::Algorithm, point: &[u8]) -> Result<(), KeyError> {
    let throwaway = EphemeralPrivateKey::generate(algorithm, &SystemRandom::new())
        .map_err(|_| KeyError::CryptographyFailed)?;
    agreement::agree_ephemeral(throwaway, &agreement::UnparsedPublicKey::new(algorithm, point), |_| ())
        .map_err(|_| KeyError::InvalidPoint)
}

/// Checks that the point belongs to the private key, and returns it. ring cannot derive a missing one.
pub(crate) fn elliptic_curve_public_key(
    curve: Curve,
    private: &[u8],
    public: Option<&[u8]>,
) -> Result<Vec<u8>, KeyError> {
    let algorithm = signing_algorithm(curve)?;
    let public = public.ok_or(KeyError::PublicKeyMissing)?;
    ecdsa_key_pair(algorithm, private, public).map(|pair| pair.public_key().as_ref().to_vec())
}

/// Derives the public key of a seed. If `public` is given, it must be the same.
pub(crate) fn ed25519_public_key(seed: &[u8], public: Option<&[u8]>) -> Result<Vec<u8>, KeyError> {
    let pair = match public {
        Some(public) => Ed25519KeyPair::from_seed_and_public_key(seed, public),
        None => Ed25519KeyPair::from_seed_unchecked(seed),
    };
    pair.map(|pair| pair.public_key().as_ref().to_vec()).map_err(mismatch)
}

/// A private key with its public key, for signing.
pub(crate) enum KeyPair {
    Rsa(Box<RsaKeyPair>),
    EllipticCurve(Box<EcdsaKeyPair>),
}

impl KeyPair {
    /// Generates a key. Returns it with its public point.
    pub(crate) fn generate(curve: Curve) -> Result<(Self, Vec<u8>), KeyError> {
        let algorithm = signing_algorithm(curve)?;
        let random = SystemRandom::new();
        let document =
            EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(|_| KeyError::CryptographyFailed)?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random)
            .map_err(|_| KeyError::CryptographyFailed)?;
        let point = pair.public_key().as_ref().to_vec();
        Ok((KeyPair::EllipticCurve(Box::new(pair)), point))
    }

    /// Reads an RSAPrivateKey structure.
    pub(crate) fn rsa(pkcs1: &[u8]) -> Result<Self, KeyError> {
        let pair = RsaKeyPair::from_der(pkcs1).map_err(|_| KeyError::CannotSign)?;
        Ok(KeyPair::Rsa(Box::new(pair)))
    }

    pub(crate) fn elliptic_curve(curve: Curve, private: &[u8], point: &[u8]) -> Result<Self, KeyError> {
        let pair = ecdsa_key_pair(signing_algorithm(curve)?, private, point)?;
        Ok(KeyPair::EllipticCurve(Box::new(pair)))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let random = SystemRandom::new();
        match self {
            KeyPair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&signature::RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map(|()| signature)
                    .map_err(|_| KeyError::CryptographyFailed)
            }
            KeyPair::EllipticCurve(pair) => pair
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| KeyError::CryptographyFailed),
        }
    }
}

fn signing_algorithm(curve: Curve) -> Result<&'static EcdsaSigningAlgorithm, KeyError> {
    match curve {
        Curve::P256 => Ok(&signature::ECDSA_P256_SHA256_FIXED_SIGNING),
        Curve::P384 => Ok(&signature::ECDSA_P384_SHA384_FIXED_SIGNING),
        Curve::P521 => Err(KeyError::AlgorithmNotCompiled(curve.algorithm())),
    }
}

fn ecdsa_key_pair(
    algorithm: &'static EcdsaSigningAlgorithm,
    private: &[u8],
    point: &[u8],
) -> Result<EcdsaKeyPair, KeyError> {
    EcdsaKeyPair::from_private_key_and_public_key(algorithm, private, point, &SystemRandom::new())
        .map_err(mismatch)
}

fn mismatch(_: KeyRejected) -> KeyError {
    KeyError::KeyPairMismatch
}
