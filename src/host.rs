//! What a program on `wasm32` gets from whoever runs it: cryptography, random numbers and the time (feature `host`).
//!
//! WebAssembly has none of these. The program that runs the module, its host, offers them as imported functions. A guest
//! wraps these in a [`Host`], and calls [`set`] once, before anything else:
//!
//! ```text
//! struct Imports;
//! impl boundtoken::host::Host for Imports { … }
//! boundtoken::host::set(Imports)?;
//! ```
//!
//! **The host is trusted.** What it answers is taken as true: if [`Host::verify`] says that a signature holds, it holds. It may
//! also do what takes vector instructions or tables: find a byte, and decode letters of base64url. Nothing
//! else of the judgement is the host's. Parsing, algorithms, sizes of keys, lengths of signatures, claims, times and bound objects are
//! judged here, by the same code as everywhere.
//!
//! Without a host, no key can be read, and no signature holds. The time is 1970, when no token is valid yet.
//!
//! The feature compiles for `wasm32` alone, and alone among the backends. So no program on another target can have its
//! cryptography replaced because some dependency turns the feature on.

use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::keys::Algorithm;

/// The private keys whose public keys a host derives.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateKeyKind {
    /// A number for P-256, as long as the field.
    P256,
    /// A number for P-384, as long as the field.
    P384,
    /// A number for P-521, as long as the field.
    P521,
    /// A seed for Ed25519, of 32 bytes.
    Ed25519,
}

/// Cryptography, random numbers and the time of the program that runs this one.
///
/// The keys are SubjectPublicKeyInfo (RFC 5280 section 4.1) in DER, of the right type for the algorithm.
pub trait Host: Send + Sync {
    /// Returns whether `signature` is the key's signature of `message`.
    ///
    /// The form is that of JWS: for ECDSA r followed by s, each as long as the field. The salt of RSA-PSS is as long as the hash.
    /// The length of the signature is right for the key.
    ///
    /// Answer true only if the signature holds. Nothing checks this answer.
    fn verify(&self, algorithm: Algorithm, key: &[u8], message: &[u8], signature: &[u8]) -> bool;

    /// Returns whether signatures of this key can be verified. The point of an elliptic curve key must be on its curve.
    ///
    /// It is asked once, when a key is read.
    fn accepts_key(&self, algorithm: Algorithm, key: &[u8]) -> bool;

    /// Returns the public key of a private key: an uncompressed point, or the 32 bytes of Ed25519. `None` if the private key is not
    /// valid.
    ///
    /// It is asked for the private keys of PEM files, of which only the public half is kept.
    fn public_key(&self, kind: PrivateKeyKind, private: &[u8]) -> Option<Vec<u8>>;

    /// Returns the SHA-256 of `message`.
    fn sha256(&self, message: &[u8]) -> [u8; 32];

    /// Fills `bytes` with random numbers that nobody can guess. Returns false if there are none.
    fn fill_random(&self, bytes: &mut [u8]) -> bool;

    /// Returns the place of the first `byte` in `bytes`.
    ///
    /// It is asked where the dots of a token are. A host may have vector instructions for it, which the target has not.
    fn find(&self, byte: u8, bytes: &[u8]) -> Option<usize> {
        memchr::memchr(byte, bytes)
    }

    /// Decodes the beginning of a part of a token, and returns how many letters it decoded. 0 is always a right answer.
    ///
    /// It may decode whole groups of four letters of base64url (RFC 4648 section 5), each to three bytes. It ends before a group with any
    /// other byte, and writes to `to` alone. What it leaves is judged here.
    fn decode_base64url(&self, encoded: &[u8], to: &mut [u8]) -> usize {
        let _ = (encoded, to);
        0
    }

    /// Returns the time since 1970.
    fn now(&self) -> Duration;
}

static HOST: OnceLock<Box<dyn Host>> = OnceLock::new();

/// Sets the host of this program. It can be set once.
///
/// # Errors
/// [`AlreadySet`] if there is one. It stays.
pub fn set(host: impl Host + 'static) -> Result<(), AlreadySet> {
    HOST.set(Box::new(host)).map_err(|_| AlreadySet)
}

/// The host was already set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlreadySet;

impl fmt::Display for AlreadySet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the host is already set: set it once, before anything else")
    }
}

impl std::error::Error for AlreadySet {}

pub(crate) fn get() -> Option<&'static dyn Host> {
    HOST.get().map(|host| &**host)
}

pub(crate) fn find(byte: u8, bytes: &[u8]) -> Option<usize> {
    match get() {
        Some(host) => host.find(byte, bytes),
        None => memchr::memchr(byte, bytes),
    }
}

/// Returns how many letters the host decoded: a multiple of four, at most as many as there are.
pub(crate) fn decode_base64url(encoded: &[u8], to: &mut [u8]) -> usize {
    let decoded = get().map_or(0, |host| host.decode_base64url(encoded, to));
    decoded.min(encoded.len()) / 4 * 4
}

/// The time of the host. 1970 without one.
fn now() -> Duration {
    get().map_or(Duration::ZERO, Host::now)
}

/// Stands for the clock that `wasm32` lacks.
pub(crate) fn wall_clock() -> SystemTime {
    UNIX_EPOCH.checked_add(now()).unwrap_or(UNIX_EPOCH)
}

/// Stands for [`std::time::Instant`], by the only clock that there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instant(Duration);

impl Instant {
    pub(crate) fn now() -> Self {
        Self(now())
    }

    pub(crate) fn saturating_duration_since(&self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}
