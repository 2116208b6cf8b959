//! SubjectPublicKeyInfo (RFC 5280 section 4.1), the key format of `PUBLIC KEY` files and certificates.
//!
//! The API server computes a key's `kid` from it.

use super::der::{self, Reader};
use super::material::uncompressed_point;
use super::{Curve, KeyError, Material};

// Contents of object identifiers.
pub(super) const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
pub(super) const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
pub(super) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];

/// The key type that an AlgorithmIdentifier names (RFC 3279 section 2.3, RFC 5480, RFC 8410).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyType {
    Rsa,
    EllipticCurve(Curve),
    Ed25519,
}

impl KeyType {
    /// Reads the content of an AlgorithmIdentifier.
    pub(super) fn read(mut identifier: Reader<'_>) -> Result<Self, KeyError> {
        let key_type = match identifier.read(der::OBJECT_IDENTIFIER)? {
            RSA_ENCRYPTION if identifier.read(der::NULL)?.is_empty() => KeyType::Rsa,
            EC_PUBLIC_KEY => KeyType::EllipticCurve(read_curve(&mut identifier)?),
            ED25519 => KeyType::Ed25519,
            RSA_ENCRYPTION => return Err(KeyError::MalformedDer),
            _ => return Err(KeyError::UnsupportedKeyType),
        };
        identifier.end()?;
        Ok(key_type)
    }
}

/// Reads the named curve of ECParameters (RFC 5480 section 2.1.1). Explicit curve parameters are refused.
pub(super) fn read_curve(reader: &mut Reader<'_>) -> Result<Curve, KeyError> {
    match reader.read_optional(der::OBJECT_IDENTIFIER)? {
        Some(P256) => Ok(Curve::P256),
        Some(P384) => Ok(Curve::P384),
        Some(P521) => Ok(Curve::P521),
        _ => Err(KeyError::UnsupportedCurve),
    }
}

impl Material {
    /// Reads a SubjectPublicKeyInfo.
    pub(super) fn from_spki(input: &[u8]) -> Result<Self, KeyError> {
        Self::read_spki(Reader::open(input)?)
    }

    fn read_spki(mut info: Reader<'_>) -> Result<Self, KeyError> {
        let key_type = KeyType::read(info.sequence()?)?;
        let key = info.bit_string()?;
        info.end()?;
        match key_type {
            KeyType::Rsa => Self::from_pkcs1(key),
            KeyType::EllipticCurve(curve) => Self::point(curve, key),
            KeyType::Ed25519 => Self::ed25519(key),
        }
    }

    /// Reads an RSAPublicKey (RFC 8017 appendix A.1.1).
    pub(super) fn from_pkcs1(input: &[u8]) -> Result<Self, KeyError> {
        let mut key = Reader::open(input)?;
        let modulus = key.unsigned()?;
        let exponent = key.unsigned()?;
        key.end()?;
        Self::rsa(modulus, exponent)
    }

    /// Reads the key of an X.509 certificate (RFC 5280 section 4.1).
    ///
    /// It ignores everything else. Here a certificate only wraps a key that the user has chosen to trust.
    pub(super) fn from_certificate(input: &[u8]) -> Result<Self, KeyError> {
        const EXPLICIT_VERSION: u8 = 0xa0;
        let mut certificate = Reader::open(input)?;
        let mut tbs_certificate = certificate.sequence()?;
        certificate.sequence()?;
        certificate.bit_string()?;
        certificate.end()?;

        tbs_certificate.read_optional(EXPLICIT_VERSION)?;
        let _serial_number = tbs_certificate.read(der::INTEGER)?;
        let _signature = tbs_certificate.sequence()?;
        let _issuer = tbs_certificate.sequence()?;
        let _validity = tbs_certificate.sequence()?;
        let _subject = tbs_certificate.sequence()?;
        Self::read_spki(tbs_certificate.sequence()?)
    }

    /// Writes a SubjectPublicKeyInfo, byte for byte as Go's `x509.MarshalPKIXPublicKey` and OpenSSL do.
    pub(crate) fn to_spki(&self) -> Vec<u8> {
        let (identifier, key) = match self {
            Material::Rsa { modulus, exponent } => (
                vec![der::write(der::OBJECT_IDENTIFIER, &[RSA_ENCRYPTION]), der::write(der::NULL, &[])],
                der::write(der::SEQUENCE, &[&der::write_unsigned(modulus), &der::write_unsigned(exponent)]),
            ),
            Material::EllipticCurve { curve, x, y } => {
                let curve = match curve {
                    Curve::P256 => P256,
                    Curve::P384 => P384,
                    Curve::P521 => P521,
                };
                let identifier = [EC_PUBLIC_KEY, curve].map(|oid| der::write(der::OBJECT_IDENTIFIER, &[oid]));
                (identifier.to_vec(), uncompressed_point(x, y))
            }
            Material::Ed25519(bytes) => {
                (vec![der::write(der::OBJECT_IDENTIFIER, &[ED25519])], bytes.to_vec())
            }
        };
        let identifier = der::write(der::SEQUENCE, &[&identifier.concat()]);
        der::write(der::SEQUENCE, &[&identifier, &der::write(der::BIT_STRING, &[&[0], &key])])
    }
}
