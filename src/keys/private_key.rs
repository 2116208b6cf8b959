//! Reads private keys in PKCS#8 (RFC 5208, RFC 5958), PKCS#1 (RFC 8017) and SEC 1 (RFC 5915).
//!
//! Everything borrows from the file's bytes. Nothing private is copied here.

use super::der::{self, Reader};
use super::spki::{KeyType, read_curve};
use super::{Curve, KeyError, Material};
use crate::crypto;

/// A private key of sound structure. Its numbers are not checked yet.
pub(super) enum PrivateKey<'a> {
    /// The whole RSAPrivateKey structure, and the public numbers in it.
    Rsa { pkcs1: &'a [u8], modulus: &'a [u8], exponent: &'a [u8] },
    /// The private number, as long as the field, and the public point if the file has it.
    EllipticCurve { curve: Curve, private: &'a [u8], public: Option<&'a [u8]> },
    /// The 32-byte seed, and the public key if the file has it.
    Ed25519 { seed: &'a [u8], public: Option<&'a [u8]> },
}

impl<'a> PrivateKey<'a> {
    /// Reads a PrivateKeyInfo or OneAsymmetricKey.
    pub(super) fn from_pkcs8(input: &'a [u8]) -> Result<Self, KeyError> {
        const ATTRIBUTES: u8 = 0xa0;
        const PUBLIC_KEY: u8 = 0x81;
        let mut info = Reader::open(input)?;
        let version = info.read(der::INTEGER)?;
        let key_type = KeyType::read(info.sequence()?)?;
        let key = info.read(der::OCTET_STRING)?;
        info.read_optional(ATTRIBUTES)?;
        let public = match version {
            [0] => None,
            [1] => info.read_optional(PUBLIC_KEY)?.map(der::whole_bytes).transpose()?,
            _ => return Err(KeyError::MalformedDer),
        };
        info.end()?;
        match key_type {
            KeyType::Rsa => Self::from_pkcs1(key),
            KeyType::EllipticCurve(curve) => Self::read_sec1(key, Some(curve), public),
            KeyType::Ed25519 => {
                let mut inner = Reader::new(key);
                let seed = inner.read(der::OCTET_STRING)?;
                inner.end()?;
                if seed.len() != 32 {
                    return Err(KeyError::MalformedDer);
                }
                Ok(PrivateKey::Ed25519 { seed, public })
            }
        }
    }

    /// Reads an RSAPrivateKey with two primes.
    pub(super) fn from_pkcs1(input: &'a [u8]) -> Result<Self, KeyError> {
        let mut key = Reader::open(input)?;
        if !key.unsigned()?.is_empty() {
            return Err(KeyError::MalformedDer);
        }
        let modulus = key.unsigned()?;
        let exponent = key.unsigned()?;
        // The private exponent, two primes, two exponents and the coefficient.
        for _ in 0..6 {
            key.unsigned()?;
        }
        key.end()?;
        Ok(PrivateKey::Rsa { pkcs1: input, modulus, exponent })
    }

    /// Reads an ECPrivateKey, which must name its curve.
    pub(super) fn from_sec1(input: &'a [u8]) -> Result<Self, KeyError> {
        Self::read_sec1(input, None, None)
    }

    /// Reads an ECPrivateKey. PKCS#8 may give the curve and the point too; where both give one, they must agree.
    fn read_sec1(
        input: &'a [u8],
        outer_curve: Option<Curve>,
        outer_public: Option<&'a [u8]>,
    ) -> Result<Self, KeyError> {
        const PARAMETERS: u8 = 0xa0;
        const PUBLIC_KEY: u8 = 0xa1;
        let mut key = Reader::open(input)?;
        if key.unsigned()? != [1] {
            return Err(KeyError::MalformedDer);
        }
        let private = key.read(der::OCTET_STRING)?;
        let inner_curve = match key.read_optional(PARAMETERS)? {
            Some(parameters) => {
                let mut parameters = Reader::new(parameters);
                let curve = read_curve(&mut parameters)?;
                parameters.end()?;
                Some(curve)
            }
            None => None,
        };
        let inner_public = match key.read_optional(PUBLIC_KEY)? {
            Some(public) => {
                let mut public = Reader::new(public);
                let point = public.bit_string()?;
                public.end()?;
                Some(point)
            }
            None => None,
        };
        key.end()?;

        let curve = agreed(inner_curve, outer_curve)?.ok_or(KeyError::UnsupportedCurve)?;
        let public = agreed(inner_public, outer_public)?;
        if private.len() != curve.field_bytes() {
            return Err(KeyError::MalformedDer);
        }
        Ok(PrivateKey::EllipticCurve { curve, private, public })
    }

    /// Returns the public half.
    ///
    /// For RSA, it takes the two public numbers of the structure as they are. Otherwise, a public key in the file must
    /// belong to the private key, and a missing one is derived if the backend can.
    pub(super) fn public(&self) -> Result<Material, KeyError> {
        match *self {
            PrivateKey::Rsa { modulus, exponent, .. } => Material::rsa(modulus, exponent),
            PrivateKey::EllipticCurve { curve, private, public } => {
                Material::point(curve, &crypto::elliptic_curve_public_key(curve, private, public)?)
            }
            PrivateKey::Ed25519 { seed, public } => {
                Material::ed25519(&crypto::ed25519_public_key(seed, public)?)
            }
        }
    }
}

/// Returns the value that is given. If both are, they must be equal.
fn agreed<T: PartialEq>(inner: Option<T>, outer: Option<T>) -> Result<Option<T>, KeyError> {
    match (inner, outer) {
        (Some(inner), Some(outer)) if inner != outer => Err(KeyError::MalformedDer),
        (inner, outer) => Ok(inner.or(outer)),
    }
}
