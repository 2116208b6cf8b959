//! A public key, ready to verify.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::jwk::PublicJwk;
use super::{Algorithm, KeyError, Material, VerificationPath};
use crate::crypto;

/// The longest header that a verifier reads, in bytes. An issuer writes no longer one.
pub(crate) const LARGEST_HEADER: usize = 4_096;

/// A public key for exactly one [`Algorithm`], with its `kid`.
///
/// Keys come from a [`KeySet`](super::KeySet) or from a [`SigningKey`](super::SigningKey). Threads can share them.
///
/// A key is parsed and checked once, when it is read. The point of an elliptic curve key must be uncompressed, of the
/// right length and on the curve. Of an Ed25519 key only the length is checked. One that is not on the curve verifies
/// nothing.
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
    usual_header: Option<Box<str>>,
    fingerprint: KeyFingerprint,
}

/// Identifies a key: the SHA-256 of its numbers, its algorithm and its `kid`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct KeyFingerprint([u8; 32]);

/// Keys are equal if their numbers, algorithms and `kid`s are.
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
        let fingerprint = KeyFingerprint::new(kid.as_deref(), algorithm, &material)?;
        Ok(Self { kid, algorithm, material, public_key, usual_header, fingerprint })
    }

    pub(crate) fn fingerprint(&self) -> &KeyFingerprint {
        &self.fingerprint
    }

    /// Returns the encoded header that an API server writes for this key, or `None` if it is too large to be read.
    ///
    /// It is the same for every token, so a verifier recognizes it without parsing it.
    pub(crate) fn usual_header(&self) -> Option<&str> {
        self.usual_header.as_deref()
    }

    /// Makes a key with the `kid` that the API server computes: base64url of the SHA-256 of its SubjectPublicKeyInfo.
    pub(super) fn with_computed_kid(material: Material) -> Result<Self, KeyError> {
        let kid = URL_SAFE_NO_PAD.encode(crypto::sha256(&material.to_spki()));
        Self::new(Some(kid.into()), material.default_algorithm(), material)
    }

    /// Returns the `kid`, or `None` for a JWK without one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Returns the only algorithm that this key verifies.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns whether `signature` is this key's signature of `message`.
    ///
    /// The signature has the form that JWS uses. For ECDSA that is r followed by s, each of fixed length (RFC 7518
    /// section 3.4). A signature of the wrong length is refused before any cryptography.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        signature.len() == self.material.signature_length() && self.public_key.verify(message, signature)
    }

    /// Like [`verify`](Self::verify), but never takes the fast path.
    pub(crate) fn verify_by_backend(&self, message: &[u8], signature: &[u8]) -> bool {
        signature.len() == self.material.signature_length()
            && self.public_key.verify_by_backend(message, signature)
    }

    /// Returns which code verifies this key's signatures now.
    ///
    /// A fast path leaves its keys to the library once it has disagreed with it: see [`fast_rsa`](crate::fast_rsa). The one for
    /// ES256 also serves a key only while it has a table: see [`fast_p256`](crate::fast_p256).
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
        self.public_key.path()
    }

    /// Returns the same key for another algorithm, such as PS256 for an RSA key from a PEM file.
    ///
    /// # Errors
    ///
    /// Returns [`KeyError::AlgorithmMismatch`] if the algorithm does not match the key's type or curve, and
    /// [`KeyError::AlgorithmNotCompiled`] if the compiled backend lacks it.
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

    /// Returns the key as a JWK.
    ///
    /// The members are in the API server's order: `use`, `kty`, `kid`, `crv`, `alg`, `x`, `y`, `n`, `e`. Members that
    /// the key lacks are left out.
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
    fn new(kid: Option<&str>, algorithm: Algorithm, material: &Material) -> Result<Self, KeyError> {
        // Unambiguous: DER carries its own length, and no algorithm name has a zero byte.
        let mut described = material.to_spki();
        described.extend_from_slice(algorithm.name().as_bytes());
        if let Some(kid) = kid {
            described.push(0);
            described.extend_from_slice(kid.as_bytes());
        }
        let hash = crypto::sha256(&described);
        hash.as_ref().try_into().map(Self).map_err(|_| KeyError::CryptographyFailed)
    }
}

/// Encodes `{"alg":"…","kid":"…"}` in base64url.
fn usual_header(algorithm: Algorithm, kid: Option<&str>) -> Result<Option<Box<str>>, KeyError> {
    #[derive(Serialize)]
    struct Header<'a> {
        alg: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        kid: Option<&'a str>,
    }
    let json =
        serde_json::to_vec(&Header { alg: algorithm.name(), kid }).map_err(|_| KeyError::MalformedJwk)?;
    Ok((json.len() <= LARGEST_HEADER).then(|| URL_SAFE_NO_PAD.encode(json).into()))
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
