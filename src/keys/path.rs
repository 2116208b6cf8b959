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
}

impl VerificationPath {
    /// Returns `ring`, `aws-lc-rs` or `fast-rsa`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Backend => crypto::NAME,
            Self::FastRsa => "fast-rsa",
        }
    }
}

impl fmt::Display for VerificationPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
