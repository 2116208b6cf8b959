//! One public key, ready to verify.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::jwk::PublicJwk;
use super::{Algorithm, KeyError, Material, VerificationPath};
use crate::crypto;

/// The longest header that a verifier reads, in bytes. An issuer writes no longer one.
pub(crate) const LARGEST_HEADER: usize = 4_096;

/// A public key for exactly one [`Algorithm`], with the kid it goes by.
///
/// Everything is parsed and checked when the key is made; [`Key::verify`] only verifies. What the check of
/// an elliptic curve key covers: its point is uncompressed, of the right length and on the curve. An
/// Ed25519 key is checked for its length only; one that is no point of the curve verifies nothing.
/// Keys come from a [`KeySet`](super::KeySet) or from a [`SigningKey`](super::SigningKey). They can be
/// shared between threads.
///
/// ```
/// use boundtoken::{Algorithm, KeySet, KeyError};
///
/// let jwks = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"one",
///     "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
/// let keys = KeySet::from_jwks(jwks)?;
/// let key = &keys.with_kid("one")[0];
/// assert_eq!(key.algorithm(), Algorithm::EdDSA);
/// assert!(!key.verify(b"message", &[0; 64]));
/// # Ok::<(), KeyError>(())
/// ```
#[derive(Clone)]
pub struct Key {
    kid: Option<Box<str>>,
    algorithm: Algorithm,
    material: Material,
    public_key: crypto::PublicKey,
    usual_header: Option<Box<[u8]>>,
    fingerprint: KeyFingerprint,
}

/// What tells a key from every other: a hash of its numbers, its algorithm and its kid.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyFingerprint([u8; 32]);

/// Equal when numbers, algorithm and kid are.
impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }
}

impl Eq for Key {}

impl Key {
    pub(super) fn new(
        kid: Option<Box<str>>,
        algorithm: Algorithm,
        material: Material,
    ) -> Result<Self, KeyError> {
        if !material.fits(algorithm) {
            return Err(KeyError::AlgorithmMismatch(algorithm));
        }
        if !algorithm.is_supported() {
            return Err(KeyError::AlgorithmNotCompiled(algorithm));
        }
        let public_key = crypto::PublicKey::new(algorithm, &material)?;
        let usual_header = usual_header(algorithm, kid.as_deref())?;
        let fingerprint = KeyFingerprint::new(kid.as_deref(), algorithm, &material);
        Ok(Self { kid, algorithm, material, public_key, usual_header, fingerprint })
    }

    pub(crate) fn fingerprint(&self) -> &KeyFingerprint {
        &self.fingerprint
    }

    /// The header of the tokens that an API server signs with this key, encoded: always the same bytes, so that a
    /// verifier recognizes it without reading it. `None` for one that is too large to be read.
    pub(crate) fn usual_header(&self) -> Option<&[u8]> {
        self.usual_header.as_deref()
    }

    /// A key that came without a kid of its own gets the one that the API server computes for it: the
    /// base64url of the SHA-256 of its SubjectPublicKeyInfo.
    pub(super) fn with_computed_kid(material: Material) -> Result<Self, KeyError> {
        let kid = URL_SAFE_NO_PAD.encode(crypto::sha256(&material.to_spki()));
        Self::new(Some(kid.into()), material.default_algorithm(), material)
    }

    /// The key's name; `None` for a JWK without `kid`.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The only algorithm this key verifies.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether `signature` is this key's signature of `message`.
    ///
    /// The signature has the form of JWS: for ECDSA the two numbers r and s of fixed length, one behind the
    /// other (RFC 7518 section 3.4). A signature of the wrong length is refused before any cryptography.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        signature.len() == self.material.signature_length() && self.public_key.verify(message, signature)
    }

    /// The same by the library alone, without the fast path.
    pub(crate) fn verify_by_backend(&self, message: &[u8], signature: &[u8]) -> bool {
        signature.len() == self.material.signature_length()
            && self.public_key.verify_by_backend(message, signature)
    }

    /// Which code verifies this key's signatures now. It may change once, to the library: see
    /// [`fast_rsa`](crate::fast_rsa).
    ///
    /// ```
    /// use boundtoken::{KeySet, VerificationPath};
    ///
    /// # let jwks = include_bytes!("../../tests/vectors/apiserver-rs256/jwks.json");
    /// let keys = KeySet::from_jwks(jwks)?;
    /// for key in keys.keys() {
    ///     println!("{:?} is verified by {}", key.kid(), key.path()); // fast-rsa, ring or aws-lc-rs
    /// }
    /// # Ok::<(), boundtoken::KeyError>(())
    /// ```
    #[must_use]
    pub fn path(&self) -> VerificationPath {
        if self.public_key.is_fast() { VerificationPath::FastRsa } else { VerificationPath::Backend }
    }

    /// The same key for another algorithm, such as an RSA key from a PEM file for PS256.
    ///
    /// # Errors
    ///
    /// [`KeyError::AlgorithmMismatch`] if the key's type or curve does not go with the algorithm.
    ///
    /// ```
    /// use boundtoken::{Algorithm, KeyError, KeySet};
    ///
    /// # let jwks = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    /// let key = KeySet::from_jwks(jwks)?.keys()[0].clone();
    /// let error = key.with_algorithm(Algorithm::ES256).unwrap_err();
    /// assert_eq!(error, KeyError::AlgorithmMismatch(Algorithm::ES256));
    /// # Ok::<(), KeyError>(())
    /// ```
    pub fn with_algorithm(self, algorithm: Algorithm) -> Result<Self, KeyError> {
        Self::new(self.kid, algorithm, self.material)
    }

    /// The key as a JWK, its members in the order in which the API server publishes them:
    /// `use`, `kty`, `kid`, `crv`, `alg`, `x`, `y`, `n`, `e`, as far as the key has them.
    ///
    /// ```
    /// # let jwks = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    /// # let key = boundtoken::KeySet::from_jwks(jwks)?.keys()[0].clone();
    /// let jwk = serde_json::to_string(&key.to_jwk())?;
    /// assert!(jwk.starts_with(r#"{"use":"sig","kty":"OKP","crv":"Ed25519","alg":"EdDSA","x":""#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn to_jwk(&self) -> impl Serialize {
        PublicJwk::new(self.kid(), self.algorithm, &self.material)
    }
}

impl KeyFingerprint {
    fn new(kid: Option<&str>, algorithm: Algorithm, material: &Material) -> Self {
        // DER says where it ends, and no algorithm's name has a zero byte.
        let mut described = material.to_spki();
        described.extend_from_slice(algorithm.name().as_bytes());
        if let Some(kid) = kid {
            described.push(0);
            described.extend_from_slice(kid.as_bytes());
        }
        let mut fingerprint = [0; 32];
        for (byte, hashed) in fingerprint.iter_mut().zip(crypto::sha256(&described).as_ref()) {
            *byte = *hashed;
        }
        Self(fingerprint)
    }
}

/// `{"alg":"…","kid":"…"}` in base64url.
fn usual_header(algorithm: Algorithm, kid: Option<&str>) -> Result<Option<Box<[u8]>>, KeyError> {
    #[derive(Serialize)]
    struct Header<'a> {
        alg: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        kid: Option<&'a str>,
    }
    let json =
        serde_json::to_vec(&Header { alg: algorithm.name(), kid }).map_err(|_| KeyError::MalformedJwk)?;
    Ok((json.len() <= LARGEST_HEADER).then(|| URL_SAFE_NO_PAD.encode(json).into_bytes().into_boxed_slice()))
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Key")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}
