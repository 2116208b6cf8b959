//! The keys of one issuer.

use std::cmp::Ordering;

use serde::Serialize;

use super::jwk::{Element, JwkSet};
use super::{Key, KeyError, pem};

/// The public keys of one issuer.
///
/// A broken or unknown key in a document does not affect the others. [`KeySet::skipped`] reports it. Several keys may
/// have the same `kid`. A set never changes. To follow an issuer that rotates its keys, use a
/// [`KeyStore`](super::KeyStore).
///
/// ```
/// use boundtoken::{KeyError, KeySet};
///
/// let keys = KeySet::from_jwks(br#"{"keys":[
///     {"kty":"OKP","crv":"Ed25519","kid":"one","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
///     {"kty":"oct","kid":"two","k":"c2VjcmV0"}
/// ]}"#)?;
/// assert_eq!(keys.len(), 1);
/// assert_eq!(keys.skipped()[0].kid(), Some("two"));
/// assert_eq!(keys.skipped()[0].error(), &KeyError::Symmetric);
/// # Ok::<(), KeyError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    /// Sorted by `kid` for binary search. Keys with equal `kid`s stay in their configured order.
    keys: Vec<Key>,
    /// The place of each key in the configured order.
    places: Vec<usize>,
    skipped: Vec<SkippedKey>,
}

/// A key of a document that was skipped, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedKey {
    index: usize,
    kid: Option<Box<str>>,
    error: KeyError,
}

impl SkippedKey {
    /// Returns the key's index, counted from 0: in `keys` of a JWKS, or among the blocks of a PEM file.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns the key's `kid`, if it has one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Returns why the key was skipped.
    #[must_use]
    pub fn error(&self) -> &KeyError {
        &self.error
    }
}

impl KeySet {
    /// The longest document that is read: 1 MiB. An API server's key set has about 450 bytes per key.
    pub const MAX_DOCUMENT_BYTES: usize = 1 << 20;

    /// The most keys in one document, including skipped ones.
    pub const MAX_KEYS: usize = 1_000;

    /// Reads a JSON Web Key Set (RFC 7517 section 5), as the API server serves at `/openid/v1/jwks`.
    ///
    /// Keys that cannot be used are skipped: see [`skipped`](Self::skipped). A key is used if
    ///
    /// - its `use` is absent or `sig`,
    /// - its `key_ops` is absent or holds `verify`, and
    /// - its `alg` is absent or matches the key's type.
    ///
    /// Without `alg`, an RSA key is for RS256, and any other for its curve's algorithm. The encoding is strict:
    /// canonical base64url, numbers without leading zeros, coordinates of full length. Of a private key only the
    /// public half is kept.
    ///
    /// # Errors
    ///
    /// Returns [`KeyError::NotAKeySet`], [`KeyError::DocumentTooLarge`] or [`KeyError::TooManyKeys`] if the document
    /// as a whole is not a key set. A single bad key is not an error.
    pub fn from_jwks(json: &[u8]) -> Result<Self, KeyError> {
        check_size(json)?;
        let document: JwkSet = serde_json::from_slice(json)
            .map_err(|error| KeyError::NotAKeySet { line: error.line(), column: error.column() })?;
        if document.keys.len() > Self::MAX_KEYS {
            return Err(KeyError::TooManyKeys);
        }
        let parsed = document.keys.iter().map(|element| (element.kid(), Element::to_key(element)));
        Ok(Self::collect(parsed))
    }

    /// Reads the keys of a PEM file, such as the API server's `--service-account-key-file`.
    ///
    /// It reads the blocks `PUBLIC KEY`, `RSA PUBLIC KEY` and `CERTIFICATE`. Of `PRIVATE KEY`, `RSA PRIVATE KEY` and
    /// `EC PRIVATE KEY` it keeps the public half only. Other blocks are skipped: see [`skipped`](Self::skipped).
    ///
    /// RSA keys are for RS256, and others for their curve's algorithm: see [`Key::with_algorithm`]. The `kid` is the
    /// one that the API server computes: base64url of the SHA-256 of the key's SubjectPublicKeyInfo.
    ///
    /// A public key in an elliptic curve private key must belong to it. If it has none, only the feature `aws-lc-rs`
    /// can derive it.
    ///
    /// # Errors
    ///
    /// Returns [`KeyError::NoUsableKey`] with what was wrong with each block, [`KeyError::DocumentTooLarge`] or
    /// [`KeyError::TooManyKeys`].
    ///
    /// ```
    /// use boundtoken::{Algorithm, KeyError, KeySet};
    ///
    /// let keys = KeySet::from_pem(b"
    /// -----BEGIN PUBLIC KEY-----
    /// MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
    /// -----END PUBLIC KEY-----
    /// ")?;
    /// assert_eq!(keys.keys()[0].algorithm(), Algorithm::EdDSA);
    /// # Ok::<(), KeyError>(())
    /// ```
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        check_size(pem)?;
        let mut parsed = Vec::new();
        for block in pem::blocks(pem) {
            if parsed.len() == Self::MAX_KEYS {
                return Err(KeyError::TooManyKeys);
            }
            parsed.push((None, block.material().and_then(Key::with_computed_kid)));
        }
        let set = Self::collect(parsed.into_iter());
        if set.is_empty() {
            return Err(KeyError::NoUsableKey {
                found: set.skipped.into_iter().map(|key| key.error).collect(),
            });
        }
        Ok(set)
    }

    fn collect<'a>(parsed: impl Iterator<Item = (Option<&'a str>, Result<Key, KeyError>)>) -> Self {
        let mut configured = Vec::new();
        let mut skipped = Vec::new();
        for (index, (kid, result)) in parsed.enumerate() {
            match result {
                Ok(key) => configured.push(key),
                Err(error) => skipped.push(SkippedKey { index, kid: kid.map(Into::into), error }),
            }
        }
        Self::new(configured, skipped)
    }

    fn new(configured: Vec<Key>, skipped: Vec<SkippedKey>) -> Self {
        let mut placed: Vec<(usize, Key)> = configured.into_iter().enumerate().collect();
        placed.sort_by(|(_, one), (_, other)| one.kid().cmp(&other.kid()));
        let (places, keys) = placed.into_iter().unzip();
        Self { keys, places, skipped }
    }

    /// Returns all keys, sorted by `kid`. Keys without one come first.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Returns the keys of the document that cannot be used.
    #[must_use]
    pub fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }

    /// Returns whether the set has no keys.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Returns the number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Returns all keys with exactly this `kid`, in their configured order. Never allocates.
    #[must_use]
    pub fn with_kid(&self, kid: &str) -> &[Key] {
        self.find(|name| name.cmp(kid))
    }

    /// Like [`with_kid`](Self::with_kid). `compare` orders a key's `kid` relative to the wanted one.
    pub(crate) fn find(&self, compare: impl Fn(&str) -> Ordering) -> &[Key] {
        let order = |key: &Key| key.kid().map_or(Ordering::Less, &compare);
        let start = self.keys.partition_point(|key| order(key) == Ordering::Less);
        // No keys: refuses.
        let rest = self.keys.get(start..).unwrap_or_default();
        let count = rest.iter().take_while(|key| order(key) == Ordering::Equal).count();
        rest.get(..count).unwrap_or_default()
    }

    /// Returns the key whose [usual header](Key::usual_header) is exactly this one. Never allocates.
    ///
    /// It compares only the first eight keys. For the others the caller must parse the header.
    pub(crate) fn with_usual_header(&self, header: &[u8]) -> Option<&Key> {
        /// More comparisons would cost more than parsing the header.
        const COMPARED: usize = 8;
        self.keys.iter().take(COMPARED).find(|key| key.usual_header().map(str::as_bytes) == Some(header))
    }

    /// Returns the keys of this set followed by those of `other`. Keys in both appear twice.
    #[must_use]
    pub fn merge(self, other: KeySet) -> Self {
        let (mut configured, mut skipped) = self.into_configured();
        let (more_keys, more_skipped) = other.into_configured();
        configured.extend(more_keys);
        skipped.extend(more_skipped);
        Self::new(configured, skipped)
    }

    /// Returns the set without the keys of this `kid`.
    pub(crate) fn without_kid(&self, kid: &str) -> Self {
        let (configured, skipped) = self.clone().into_configured();
        Self::new(configured.into_iter().filter(|key| key.kid() != Some(kid)).collect(), skipped)
    }

    fn into_configured(self) -> (Vec<Key>, Vec<SkippedKey>) {
        let mut placed: Vec<(usize, Key)> = self.places.into_iter().zip(self.keys).collect();
        placed.sort_by_key(|(place, _)| *place);
        (placed.into_iter().map(|(_, key)| key).collect(), self.skipped)
    }

    /// Returns the set as a JSON Web Key Set, with the keys in their configured order.
    ///
    /// It serializes byte for byte as an API server with these keys publishes it. See [`Key::to_jwk`].
    ///
    /// ```
    /// use boundtoken::KeySet;
    ///
    /// assert_eq!(serde_json::to_string(&KeySet::default().to_jwks())?, r#"{"keys":[]}"#);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn to_jwks(&self) -> impl Serialize {
        #[derive(Serialize)]
        struct Published<T> {
            keys: Vec<T>,
        }
        let mut placed: Vec<(&usize, &Key)> = self.places.iter().zip(&self.keys).collect();
        placed.sort_by_key(|(place, _)| **place);
        Published { keys: placed.into_iter().map(|(_, key)| key.to_jwk()).collect() }
    }
}

fn check_size(document: &[u8]) -> Result<(), KeyError> {
    if document.len() > KeySet::MAX_DOCUMENT_BYTES { Err(KeyError::DocumentTooLarge) } else { Ok(()) }
}

impl FromIterator<Key> for KeySet {
    fn from_iter<I: IntoIterator<Item = Key>>(keys: I) -> Self {
        Self::new(keys.into_iter().collect(), Vec::new())
    }
}
