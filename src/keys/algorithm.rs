//! The asymmetric signature algorithms of RFC 7518 section 3 and RFC 8037.

use std::fmt;

use crate::crypto;

/// A JWS signature algorithm (RFC 7518 section 3.1; RFC 8037 section 3.1 for `EdDSA`).
///
/// Each key has one. A token verifies only if its header names the algorithm of its key. Symmetric algorithms and
/// `none` do not exist here, so no key can have them.
///
/// ```
/// use boundtoken::Algorithm;
///
/// assert_eq!(Algorithm::from_name("RS256"), Some(Algorithm::RS256));
/// assert_eq!(Algorithm::from_name("none"), None);
/// assert!(Algorithm::RS256.is_supported());
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256. The API server uses it with RSA keys.
    RS256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RS384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RS512,
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes.
    PS256,
    /// RSASSA-PSS with SHA-384, MGF1 with SHA-384 and a salt of 48 bytes.
    PS384,
    /// RSASSA-PSS with SHA-512, MGF1 with SHA-512 and a salt of 64 bytes.
    PS512,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// ECDSA on P-384 with SHA-384.
    ES384,
    /// ECDSA on P-521 with SHA-512. Needs the feature `aws-lc-rs`, or `host`.
    ES512,
    /// Ed25519.
    EdDSA,
}

impl Algorithm {
    /// All algorithms, including those that the compiled backend lacks.
    pub const ALL: &'static [Algorithm] = &[
        Algorithm::RS256,
        Algorithm::RS384,
        Algorithm::RS512,
        Algorithm::PS256,
        Algorithm::PS384,
        Algorithm::PS512,
        Algorithm::ES256,
        Algorithm::ES384,
        Algorithm::ES512,
        Algorithm::EdDSA,
    ];

    /// Returns the name, as in the `alg` of a header or a JWK.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::RS256 => "RS256",
            Algorithm::RS384 => "RS384",
            Algorithm::RS512 => "RS512",
            Algorithm::PS256 => "PS256",
            Algorithm::PS384 => "PS384",
            Algorithm::PS512 => "PS512",
            Algorithm::ES256 => "ES256",
            Algorithm::ES384 => "ES384",
            Algorithm::ES512 => "ES512",
            Algorithm::EdDSA => "EdDSA",
        }
    }

    /// Returns the algorithm of this name, or `None`. Names are case-sensitive.
    ///
    /// It also finds algorithms that the compiled backend lacks: see [`Algorithm::is_supported`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|algorithm| algorithm.name() == name)
    }

    /// Returns whether the compiled backend can verify this algorithm. Only ES512 needs the feature `aws-lc-rs`, or `host`.
    #[must_use]
    pub fn is_supported(self) -> bool {
        self != Algorithm::ES512 || crypto::HAS_P521
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Algorithm;

    #[test]
    fn every_algorithm_is_found_by_its_name_and_by_nothing_else() {
        for &algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::from_name(algorithm.name()), Some(algorithm));
            assert_eq!(Algorithm::from_name(&format!("{algorithm} ")), None);
            assert_eq!(Algorithm::from_name(&algorithm.name().to_lowercase()), None);
        }
        for name in ["", "none", "HS256", "ES256K", "EDDSA", "RSA-OAEP", "RS25", "RS2566"] {
            assert_eq!(Algorithm::from_name(name), None, "{name}");
        }
    }

    #[test]
    fn only_es512_depends_on_the_backend() {
        for &algorithm in Algorithm::ALL {
            let expected = algorithm != Algorithm::ES512 || cfg!(feature = "aws-lc-rs");
            assert_eq!(algorithm.is_supported(), expected, "{algorithm}");
        }
    }
}
