//! The code that verifies a key's signatures.

use std::fmt;

use crate::crypto;

/// The code that verifies a key's signatures. See [`Key::path`](super::Key::path).
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerificationPath {
    /// The compiled cryptography library: ring or AWS-LC.
    Backend,
    /// This crate's own code for RS256. See [`fast_rsa`](crate::fast_rsa).
    FastRsa,
    /// This crate's own code for ES256. See [`fast_p256`](crate::fast_p256).
    FastP256,
}

impl VerificationPath {
    /// Returns `ring`, `aws-lc-rs`, `fast-rsa` or `fast-p256`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Backend => crypto::NAME,
            Self::FastRsa => "fast-rsa",
            Self::FastP256 => "fast-p256",
        }
    }
}

impl fmt::Display for VerificationPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
