//! What a public key is made of, checked once, independent of the cryptography in use.

use super::{Algorithm, KeyError};

/// The curves of RFC 7518 section 6.2.1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    pub(crate) fn algorithm(self) -> Algorithm {
        match self {
            Curve::P256 => Algorithm::ES256,
            Curve::P384 => Algorithm::ES384,
            Curve::P521 => Algorithm::ES512,
        }
    }

    /// The name in a JWK's `crv`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Curve::P256 => "P-256",
            Curve::P384 => "P-384",
            Curve::P521 => "P-521",
        }
    }

    /// The size in bytes of a coordinate, and of a private key.
    pub(super) fn field_bytes(self) -> usize {
        match self {
            Curve::P256 => 32,
            Curve::P384 => 48,
            Curve::P521 => 66,
        }
    }
}

/// The numbers of one public key. Every constructor checks all that can be checked without cryptography.
#[derive(Clone)]
pub(crate) enum Material {
    /// Modulus and exponent, big-endian without leading zeros.
    Rsa { modulus: Box<[u8]>, exponent: Box<[u8]> },
    /// An uncompressed point: `04`, x, y, each coordinate as long as the field (SEC 1 section 2.3.3).
    EllipticCurve { curve: Curve, point: Box<[u8]> },
    /// The 32 bytes of RFC 8032 section 5.1.5.
    Ed25519(Box<[u8]>),
}

impl Material {
    /// Takes big-endian numbers without leading zeros.
    pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        const SMALLEST: usize = 2_048;
        const LARGEST: usize = 8_192;
        // Larger exponents only make verification slow; this is the bound of both backends.
        const LARGEST_EXPONENT: u64 = (1 << 33) - 1;

        let bits = bit_length(modulus);
        if !(SMALLEST..=LARGEST).contains(&bits) {
            return Err(KeyError::RsaSize { bits });
        }
        let value = exponent.iter().try_fold(0_u64, |value, byte| {
            let shifted = value.checked_mul(256)?;
            Some(shifted | u64::from(*byte))
        });
        let exponent_fits = value.is_some_and(|e| (3..=LARGEST_EXPONENT).contains(&e) && e % 2 == 1);
        let modulus_is_odd = modulus.last().is_some_and(|byte| byte % 2 == 1);
        if !exponent_fits || !modulus_is_odd {
            return Err(KeyError::InvalidRsaKey);
        }
        Ok(Material::Rsa { modulus: modulus.into(), exponent: exponent.into() })
    }

    /// Takes an uncompressed point. Whether it lies on the curve is for the backend to say.
    pub(super) fn point(curve: Curve, point: &[u8]) -> Result<Self, KeyError> {
        let expected = curve.field_bytes().saturating_mul(2);
        match point {
            [0x04, coordinates @ ..] if coordinates.len() == expected => {
                Ok(Material::EllipticCurve { curve, point: point.into() })
            }
            _ => Err(KeyError::InvalidPoint),
        }
    }

    /// Takes 32 bytes.
    pub(super) fn ed25519(bytes: &[u8]) -> Result<Self, KeyError> {
        if bytes.len() == 32 { Ok(Material::Ed25519(bytes.into())) } else { Err(KeyError::InvalidPoint) }
    }

    /// The algorithm of a key that names none: RS256, as the API server signs, or the curve's own.
    pub(super) fn default_algorithm(&self) -> Algorithm {
        match self {
            Material::Rsa { .. } => Algorithm::RS256,
            Material::EllipticCurve { curve, .. } => curve.algorithm(),
            Material::Ed25519(_) => Algorithm::EdDSA,
        }
    }

    /// Whether this type of key can be used with the algorithm.
    pub(super) fn fits(&self, algorithm: Algorithm) -> bool {
        match self {
            Material::Rsa { .. } => matches!(
                algorithm,
                Algorithm::RS256
                    | Algorithm::RS384
                    | Algorithm::RS512
                    | Algorithm::PS256
                    | Algorithm::PS384
                    | Algorithm::PS512
            ),
            _ => algorithm == self.default_algorithm(),
        }
    }

    /// The one length in bytes that a signature by this key can have (RFC 7518 section 3, RFC 8032).
    pub(super) fn signature_length(&self) -> usize {
        match self {
            Material::Rsa { modulus, .. } => modulus.len(),
            Material::EllipticCurve { curve, .. } => curve.field_bytes().saturating_mul(2),
            Material::Ed25519(_) => 64,
        }
    }
}

fn bit_length(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |first| first.leading_zeros());
    let bits = number.len().saturating_mul(8);
    bits.saturating_sub(usize::try_from(unused).unwrap_or(bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modulus(bytes: usize, first: u8, last: u8) -> Vec<u8> {
        let mut modulus = vec![0xff; bytes];
        modulus[0] = first;
        modulus[bytes - 1] = last;
        modulus
    }

    const E: &[u8] = &[1, 0, 1];

    #[test]
    fn rsa_keys_have_2048_to_8192_bits() {
        assert!(Material::rsa(&modulus(256, 0x80, 1), E).is_ok());
        assert!(Material::rsa(&modulus(1024, 0xff, 1), E).is_ok());
        let refused = |modulus: &[u8]| Material::rsa(modulus, E).err();
        assert_eq!(refused(&modulus(256, 0x7f, 1)), Some(KeyError::RsaSize { bits: 2047 }));
        assert_eq!(refused(&modulus(1025, 0x01, 1)), Some(KeyError::RsaSize { bits: 8193 }));
        assert_eq!(refused(&[]), Some(KeyError::RsaSize { bits: 0 }));
        assert_eq!(refused(&modulus(256, 0x80, 2)), Some(KeyError::InvalidRsaKey));
    }

    #[test]
    fn rsa_exponents_are_odd_and_within_3_and_33_bits() {
        let modulus = modulus(256, 0x80, 1);
        for good in [&[3][..], &[17], E, &[1, 0xff, 0xff, 0xff, 0xff]] {
            assert!(Material::rsa(&modulus, good).is_ok(), "{good:02x?}");
        }
        for bad in [&[][..], &[1], &[2], &[1, 0, 0], &[2, 0, 0, 0, 1], &[1, 0, 0, 0, 0, 0, 0, 0, 1]] {
            assert_eq!(Material::rsa(&modulus, bad).err(), Some(KeyError::InvalidRsaKey), "{bad:02x?}");
        }
    }

    #[test]
    fn points_are_uncompressed_and_of_the_curves_size() {
        for (curve, field) in [(Curve::P256, 32), (Curve::P384, 48), (Curve::P521, 66)] {
            let mut point = vec![4; 1 + 2 * field];
            assert!(Material::point(curve, &point).is_ok());
            point.push(0);
            assert_eq!(Material::point(curve, &point).err(), Some(KeyError::InvalidPoint));
            point.truncate(1 + field);
            point[0] = 2;
            assert_eq!(Material::point(curve, &point).err(), Some(KeyError::InvalidPoint));
        }
        assert_eq!(Material::ed25519(&[0; 31]).err(), Some(KeyError::InvalidPoint));
    }
}
