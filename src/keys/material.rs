//! The numbers of a public key, checked independently of the backend.

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

    /// Returns the name, as in the `crv` of a JWK.
    pub(super) fn name(self) -> &'static str {
        match self {
            Curve::P256 => "P-256",
            Curve::P384 => "P-384",
            Curve::P521 => "P-521",
        }
    }

    /// Returns the size of a coordinate, and of a private key, in bytes.
    pub(super) fn field_bytes(self) -> usize {
        match self {
            Curve::P256 => 32,
            Curve::P384 => 48,
            Curve::P521 => 66,
        }
    }
}

/// The numbers of one public key. The constructors check whatever needs no cryptography.
#[derive(Clone)]
pub(crate) enum Material {
    /// The modulus and the exponent, big-endian without leading zeros.
    Rsa { modulus: Box<[u8]>, exponent: Box<[u8]> },
    /// The coordinates of the point, big-endian and as long as the field.
    EllipticCurve { curve: Curve, x: Box<[u8]>, y: Box<[u8]> },
    /// The 32 bytes of the encoded point (RFC 8032 section 5.1.5).
    Ed25519(Box<[u8]>),
}

impl Material {
    /// Takes the modulus and the exponent, big-endian without leading zeros.
    pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        const SMALLEST: usize = 2_048;
        const LARGEST: usize = 8_192;
        // Both backends have this bound. Larger exponents only slow verification down.
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

    /// Takes an uncompressed point (SEC 1 section 2.3.3). The backend checks that it is on the curve.
    pub(super) fn point(curve: Curve, point: &[u8]) -> Result<Self, KeyError> {
        let [0x04, coordinates @ ..] = point else { return Err(KeyError::InvalidPoint) };
        match coordinates.split_at_checked(curve.field_bytes()) {
            Some((x, y)) if y.len() == x.len() => {
                Ok(Material::EllipticCurve { curve, x: x.into(), y: y.into() })
            }
            _ => Err(KeyError::InvalidPoint),
        }
    }

    /// Takes the 32 bytes of a public key.
    pub(super) fn ed25519(bytes: &[u8]) -> Result<Self, KeyError> {
        if bytes.len() == 32 { Ok(Material::Ed25519(bytes.into())) } else { Err(KeyError::InvalidPoint) }
    }

    /// Returns the algorithm of a key that names none. It is RS256 for RSA, as the API server signs, or the curve's
    /// own.
    pub(super) fn default_algorithm(&self) -> Algorithm {
        match self {
            Material::Rsa { .. } => Algorithm::RS256,
            Material::EllipticCurve { curve, .. } => curve.algorithm(),
            Material::Ed25519(_) => Algorithm::EdDSA,
        }
    }

    /// Returns whether this type of key works with the algorithm.
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

    /// Returns the length of this key's signatures in bytes (RFC 7518 section 3, RFC 8032).
    pub(super) fn signature_length(&self) -> usize {
        match self {
            Material::Rsa { modulus, .. } => modulus.len(),
            Material::EllipticCurve { curve, .. } => curve.field_bytes().saturating_mul(2),
            Material::Ed25519(_) => 64,
        }
    }
}

/// Writes a point uncompressed: `04`, x and y (SEC 1 section 2.3.3).
pub(crate) fn uncompressed_point(x: &[u8], y: &[u8]) -> Vec<u8> {
    [&[0x04], x, y].concat()
}

/// Returns the length in bits of a big-endian number without leading zero bytes.
fn bit_length(number: &[u8]) -> usize {
    let Some((first, rest)) = number.split_first() else { return 0 };
    let first_bits = (0..u8::BITS).take_while(|bits| first >> bits != 0).count();
    rest.len().saturating_mul(8).saturating_add(first_bits)
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
