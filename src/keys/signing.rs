//! Private keys that sign: the issuer's side.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::private_key::PrivateKey;
use super::{Algorithm, Curve, Key, KeyError, KeySet, Material, pem};
use crate::crypto;

/// A private key that signs tokens as an API server does, for issuers and tests.
///
/// Its private number lives in the cryptography library alone and cannot be read out. The key can be shared
/// between threads.
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
    /// Makes a new random key: for ES256, ES384 or, with the feature `aws-lc-rs`, ES512.
    ///
    /// # Errors
    ///
    /// [`KeyError::CannotGenerate`] for other algorithms, [`KeyError::CryptographyFailed`] if the system has no
    /// random numbers.
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

    /// Reads the first private key of a PEM file (PKCS#8, PKCS#1 or SEC 1, not encrypted), such as the API
    /// server's `--service-account-signing-key-file`. RSA keys sign with RS256, others with their curve's
    /// algorithm.
    ///
    /// # Errors
    ///
    /// [`KeyError::NoPrivateKey`] if there is none, [`KeyError::CannotSign`] if it is of no use here, or what
    /// else is wrong with the key.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        if pem.len() > KeySet::MAX_DOCUMENT_BYTES {
            return Err(KeyError::DocumentTooLarge);
        }
        for block in pem::blocks(pem) {
            if let Some(private) = block.private_key() {
                let private = private?;
                let public = private.public()?;
                return Self::new(key_pair(&private, &public)?, public)?.tried();
            }
        }
        Err(KeyError::NoPrivateKey)
    }

    fn new(key_pair: crypto::KeyPair, public: Material) -> Result<Self, KeyError> {
        Ok(Self { public_key: Key::with_computed_kid(public)?, key_pair })
    }

    /// The same key, if it makes a signature that its public half verifies: a damaged key is found when it is read.
    fn tried(self) -> Result<Self, KeyError> {
        const MESSAGE: &[u8] = b"a message to try the key with";
        let signature = self.key_pair.sign(MESSAGE).map_err(|_| KeyError::CannotSign)?;
        if self.public_key.verify(MESSAGE, &signature) { Ok(self) } else { Err(KeyError::KeyPairMismatch) }
    }

    /// The public key, with the kid that the API server computes for it.
    #[must_use]
    pub fn public_key(&self) -> &Key {
        &self.public_key
    }

    /// Signs claims, given as JSON, and returns the token in compact form (RFC 7515 section 7.1). Its header
    /// is `{"alg":"…","kid":"…"}` and nothing else, as the API server writes it. The claims are signed
    /// as they are, byte for byte.
    ///
    /// # Errors
    ///
    /// [`KeyError::CryptographyFailed`] if the system has no random numbers.
    pub fn sign(&self, claims_json: &[u8]) -> Result<String, KeyError> {
        let header = self.public_key.usual_header().ok_or(KeyError::CannotSign)?;
        let mut token = String::from_utf8_lossy(header).into_owned();
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
        (&PrivateKey::EllipticCurve { curve, private, .. }, Material::EllipticCurve { point, .. }) => {
            crypto::KeyPair::elliptic_curve(curve, private, point)
        }
        _ => Err(KeyError::CannotSign),
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SigningKey").field("kid", &self.public_key.kid()).finish_non_exhaustive()
    }
}
