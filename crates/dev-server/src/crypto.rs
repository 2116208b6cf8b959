//! Cryptography, by the library that TLS uses.

use std::sync::Arc;

use boundtoken::KeyError;
use tokio_rustls::rustls::crypto::CryptoProvider;

#[cfg(feature = "aws-lc-rs")]
use tokio_rustls::rustls::crypto::aws_lc_rs as provider;
#[cfg(not(feature = "aws-lc-rs"))]
use tokio_rustls::rustls::crypto::ring as provider;

pub(crate) fn tls_provider() -> Arc<CryptoProvider> {
    Arc::new(provider::default_provider())
}

/// Fills the bytes from the system's random source.
pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), KeyError> {
    provider::default_provider().secure_random.fill(bytes).map_err(|_| KeyError::CryptographyFailed)
}
