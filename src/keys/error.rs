//! Why a key or a key document was refused.

use std::fmt;

use super::Algorithm;

/// Why a key or a key document was refused.
///
/// The message says what is wrong and what to do. It never contains key material.
///
/// ```
/// use boundtoken::{KeyError, KeySet};
///
/// let error = KeySet::from_pem(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n-----END ENCRYPTED PRIVATE KEY-----\n").unwrap_err();
/// assert_eq!(error, KeyError::NoUsableKey { found: vec![KeyError::Encrypted] });
/// assert!(error.to_string().contains("the private key is encrypted: give its public key"));
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// The document is longer than [`KeySet::MAX_DOCUMENT_BYTES`](super::KeySet::MAX_DOCUMENT_BYTES).
    DocumentTooLarge,
    /// The document has more than [`KeySet::MAX_KEYS`](super::KeySet::MAX_KEYS) keys.
    TooManyKeys,
    /// The document is not a JSON Web Key Set (RFC 7517 section 5).
    NotAKeySet {
        /// The line, counted from 1, where reading stopped.
        line: usize,
        /// The column, counted from 1, where reading stopped.
        column: usize,
    },
    /// No block of the PEM file holds a usable public key.
    NoUsableKey {
        /// What is wrong with each block, in the file's order. Empty if there are no blocks.
        found: Vec<KeyError>,
    },
    /// The PEM file has no private key.
    NoPrivateKey,
    /// The PEM block is broken: its content is not base64, or its END line is missing.
    MalformedPem,
    /// The PEM block's label names no key, such as `EC PARAMETERS`.
    NotAKey {
        /// The block's label.
        label: Box<str>,
    },
    /// The private key is encrypted.
    Encrypted,
    /// The key's DER structure is broken (SPKI, PKCS#1, PKCS#8, SEC 1 or X.509).
    MalformedDer,
    /// The JWK lacks a member that its `kty` demands, has one twice, or has one of the wrong JSON type.
    MalformedJwk,
    /// A member of the JWK is not canonical base64url without padding (RFC 7515 section 2).
    NotBase64url {
        /// The member's name.
        member: &'static str,
    },
    /// A member of the JWK has the wrong length for its curve, or leading zero bytes (RFC 7518 section 6).
    WrongLength {
        /// The member's name.
        member: &'static str,
    },
    /// The key is symmetric (`kty` is `oct`). Anyone who can verify with it can also sign.
    Symmetric,
    /// The key is neither RSA, nor elliptic curve, nor Ed25519.
    UnsupportedKeyType,
    /// The curve is none of P-256, P-384, P-521 and Ed25519, or does not match the `kty`.
    UnsupportedCurve,
    /// The JWK's `alg` is not an asymmetric signature algorithm.
    UnsupportedAlgorithm,
    /// The compiled backend lacks the algorithm.
    AlgorithmNotCompiled(Algorithm),
    /// The algorithm does not match the key's type or curve.
    AlgorithmMismatch(Algorithm),
    /// The JWK's `use` is not `sig`, or its `key_ops` lacks `verify` (RFC 7517 sections 4.2 and 4.3).
    NotForVerification,
    /// The RSA modulus has fewer than 2,048 or more than 8,192 bits.
    RsaSize {
        /// The size of the modulus in bits.
        bits: usize,
    },
    /// The RSA modulus is even, or the exponent is even, below 3 or above 2^33 - 1.
    InvalidRsaKey,
    /// The point is not an uncompressed point on the curve.
    InvalidPoint,
    /// The elliptic curve private key lacks its public key, and ring cannot derive it.
    PublicKeyMissing,
    /// The public key does not belong to the private key in the same file.
    KeyPairMismatch,
    /// Keys for this algorithm cannot be generated here.
    CannotGenerate(Algorithm),
    /// This private key cannot sign here. It is an Ed25519 key, an RSA key with inconsistent numbers, or, with ring, an
    /// RSA key of more than 4,096 bits.
    CannotSign,
    /// The cryptography library failed, for example because the system has no random numbers.
    CryptographyFailed,
}

impl fmt::Display for KeyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            KeyError::DocumentTooLarge => "the key document is larger than 1 MiB: is it the right file?",
            KeyError::TooManyKeys => "the key document has more than 1000 keys: is it the right file?",
            KeyError::NotAKeySet { line, column } => {
                return write!(
                    formatter,
                    "not a JSON Web Key Set (line {line}, column {column}): it must be an object with an array `keys`"
                );
            }
            KeyError::NoUsableKey { found } => return write_found(formatter, found),
            KeyError::NoPrivateKey => {
                "no private key in PEM form: give a PKCS#8, PKCS#1 or SEC 1 private key"
            }
            KeyError::MalformedPem => {
                "broken PEM block: its content must be base64 and end with a matching END line"
            }
            KeyError::NotAKey { label } => {
                return write!(formatter, "a {label} block holds no key: leave it out");
            }
            KeyError::Encrypted => {
                "the private key is encrypted: give its public key, as `openssl pkey -in FILE -pubout` writes it"
            }
            KeyError::MalformedDer => "broken DER structure: write the key again with `openssl pkey`",
            KeyError::MalformedJwk => {
                "broken JWK: a member is missing, is given twice or has the wrong JSON type (RFC 7517 section 4)"
            }
            KeyError::NotBase64url { member } => {
                return write!(
                    formatter,
                    "`{member}` is not canonical base64url without padding (RFC 7515 section 2)"
                );
            }
            KeyError::WrongLength { member } => {
                return write!(
                    formatter,
                    "`{member}` has the wrong length or leading zero bytes (RFC 7518 section 6, RFC 8037 section 2)"
                );
            }
            KeyError::Symmetric => "the key is symmetric: configure the issuer's public keys",
            KeyError::UnsupportedKeyType => "unsupported key type: use RSA, P-256, P-384, P-521 or Ed25519",
            KeyError::UnsupportedCurve => {
                "unsupported curve for this key type: use P-256, P-384, P-521 or Ed25519"
            }
            KeyError::UnsupportedAlgorithm => {
                "`alg` is not a public-key signature algorithm: use RS256 to RS512, PS256 to PS512, ES256 to ES512 or EdDSA"
            }
            KeyError::AlgorithmNotCompiled(algorithm) => {
                return write!(
                    formatter,
                    "{algorithm} is not compiled in: build with the feature `aws-lc-rs`"
                );
            }
            KeyError::AlgorithmMismatch(algorithm) => {
                return write!(
                    formatter,
                    "{algorithm} does not fit this type of key: use an algorithm that does"
                );
            }
            KeyError::NotForVerification => {
                "the key is not for verifying signatures: `use` must be `sig`, `key_ops` must contain `verify`"
            }
            KeyError::RsaSize { bits } => {
                return write!(formatter, "the RSA key has {bits} bits: use one of 2048 to 8192 bits");
            }
            KeyError::InvalidRsaKey => {
                "invalid RSA key: the modulus must be odd, and the exponent must be odd and from 3 to 2^33 - 1"
            }
            KeyError::InvalidPoint => {
                "the public key is not an uncompressed point on its curve: export the key again"
            }
            KeyError::PublicKeyMissing => {
                "the private key comes without its public key: `openssl ec -in old.pem -out new.pem` adds it"
            }
            KeyError::KeyPairMismatch => {
                "the public key does not belong to the private key: export the key again"
            }
            KeyError::CannotGenerate(algorithm) => {
                return write!(
                    formatter,
                    "cannot generate a key for {algorithm}: generate a key for ES256 or ES384, or load one from a file"
                );
            }
            KeyError::CannotSign => {
                "cannot sign with this private key: use a sound RSA key of 2048 to 4096 bits, P-256 or P-384"
            }
            KeyError::CryptographyFailed => {
                "the cryptography library failed: check that the system has random numbers"
            }
        };
        formatter.write_str(text)
    }
}

/// Names only the first few blocks: the message must fit one line of a log.
fn write_found(formatter: &mut fmt::Formatter<'_>, found: &[KeyError]) -> fmt::Result {
    const SHOWN: usize = 3;
    if found.is_empty() {
        return formatter
            .write_str("no PEM block: give a file with `-----BEGIN PUBLIC KEY-----` or the like");
    }
    formatter.write_str("no usable key: ")?;
    for (index, error) in found.iter().take(SHOWN).enumerate() {
        let separator = if index == 0 { "" } else { "; " };
        write!(formatter, "{separator}{error}")?;
    }
    match found.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => write!(formatter, "; and {more} more"),
    }
}

impl std::error::Error for KeyError {}
