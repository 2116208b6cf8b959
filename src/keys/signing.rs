//! Private keys that sign tokens.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::material::uncompressed_point;
use super::private_key::PrivateKey;
use super::{Algorithm, Curve, Key, KeyError, KeySet, Material, pem};
use crate::crypto;

/// A private key that signs tokens as an API server does, for issuers and tests.
///
/// Only the cryptography library holds the private number, and nothing can read it out. Threads can share the key.
///
/// ```
/// use boundtoken::{Algorithm, KeyError, SigningKey};
///
/// let key = SigningKey::generate(Algorithm::ES256)?;
/// let token = key.sign(br#"{"sub":"system:serviceaccount:demo:default"}"#)?;
/// assert_eq!(token.split('.').count(), 3);
/// # Ok::<(), KeyError>(())
/// ```
pub struct SigningKey {
    public_key: Key,
    key_pair: crypto::KeyPair,
}

impl SigningKey {
    /// Generates a key for ES256, ES384 or, with the feature `aws-lc-rs`, ES512.
    ///
    /// # Errors
    ///
    /// Returns [`KeyError::AlgorithmNotCompiled`] for ES512 without `aws-lc-rs`, [`KeyError::CannotGenerate`] for other
    /// algorithms, and [`KeyError::CryptographyFailed`] if the system has no random numbers.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let curve = match algorithm {
            Algorithm::ES256 => Curve::P256,
            Algorithm::ES384 => Curve::P384,
            Algorithm::ES512 if algorithm.is_supported() => Curve::P521,
            Algorithm::ES512 => return Err(KeyError::AlgorithmNotCompiled(algorithm)),
            _ => return Err(KeyError::CannotGenerate(algorithm)),
        };
        let (key_pair, point) = crypto::KeyPair::generate(curve)?;
        Self::new(key_pair, Material::point(curve, &point)?)
    }

    /// Reads the first private key of a PEM file, such as the API server's `--service-account-signing-key-file`.
    ///
    /// The key is in PKCS#8, PKCS#1 or SEC 1, and not encrypted. RSA keys sign with RS256, others with their curve's
    /// algorithm.
    ///
    /// # Errors
    ///
    /// Returns [`KeyError::NoPrivateKey`] if the file has none, [`KeyError::CannotSign`] if the key cannot sign here,
    /// and another [`KeyError`] if the key is broken.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        if pem.len() > KeySet::MAX_DOCUMENT_BYTES {
            return Err(KeyError::DocumentTooLarge);
        }
        for block in pem::blocks(pem) {
            if let Some(private) = block.private_key() {
                let private = private?;
                let public = private.public()?;
                return Self::new(key_pair(&private, &public)?, public)?.self_tested();
            }
        }
        Err(KeyError::NoPrivateKey)
    }

    fn new(key_pair: crypto::KeyPair, public: Material) -> Result<Self, KeyError> {
        Ok(Self { public_key: Key::with_computed_kid(public)?, key_pair })
    }

    /// Signs and verifies a message, to refuse a damaged key when it is read.
    fn self_tested(self) -> Result<Self, KeyError> {
        const MESSAGE: &[u8] = b"a message to try the key with";
        let signature = self.key_pair.sign(MESSAGE).map_err(|_| KeyError::CannotSign)?;
        if self.public_key.verify(MESSAGE, &signature) { Ok(self) } else { Err(KeyError::KeyPairMismatch) }
    }

    /// Returns the public key, with the `kid` that the API server computes for it.
    #[must_use]
    pub fn public_key(&self) -> &Key {
        &self.public_key
    }

    /// Signs claims, given as JSON, and returns the token in compact form (RFC 7515 section 7.1).
    ///
    /// The header is `{"alg":"…","kid":"…"}`, as the API server writes it. The claims are signed byte for byte.
    ///
    /// # Errors
    ///
    /// Returns [`KeyError::CryptographyFailed`] if the system has no random numbers.
    pub fn sign(&self, claims_json: &[u8]) -> Result<String, KeyError> {
        let header = self.public_key.usual_header().ok_or(KeyError::CannotSign)?;
        let mut token = header.to_owned();
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims_json, &mut token);
        let signature = self.key_pair.sign(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

fn key_pair(private: &PrivateKey<'_>, public: &Material) -> Result<crypto::KeyPair, KeyError> {
    match (private, public) {
        (PrivateKey::Rsa { pkcs1, .. }, _) => crypto::KeyPair::rsa(pkcs1),
        (&PrivateKey::EllipticCurve { curve, private, .. }, Material::EllipticCurve { x, y, .. }) => {
            crypto::KeyPair::elliptic_curve(curve, private, &uncompressed_point(x, y))
        }
        _ => Err(KeyError::CannotSign),
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SigningKey").field("kid", &self.public_key.kid()).finish_non_exhaustive()
    }
}
