//! Which code verifies a key's signatures.

use std::fmt;

use crate::crypto;

/// Which code verifies a key's signatures. See [`Key::path`](super::Key::path).
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerificationPath {
    /// The cryptography library that was compiled in: ring or AWS-LC.
    Backend,
    /// The crate's own code for RS256: see [`fast_rsa`](crate::fast_rsa).
    FastRsa,
}

impl VerificationPath {
    /// `ring` or `aws-lc-rs` for the library, or `fast-rsa`.
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
