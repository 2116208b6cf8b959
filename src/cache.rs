//! Verified tokens seen again.
//!
//! A token's signature is a random-looking number that nobody can make up, and it stands at the token's end. So the end
//! is what tokens are indexed by, under a random key of this process; then the whole token is compared. Why the time
//! that this takes tells an attacker nothing: `docs/decisions/0015-token-cache.md`.

use std::fmt;
use std::hash::RandomState;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::sync::{Cache, DefaultLifecycle};

use crate::claims::Claims;
use crate::keys::{KeyFingerprint, KeyStore};

/// The end of a token by which it is found: as many bytes of text as hold 144 bits of the signature.
const END: usize = 24;
/// What an entry takes beside the texts of token and claims, about, in bytes.
const OVERHEAD: usize = 512;
/// The generation of an entry whose key has yet to be looked for.
const UNSEEN: u64 = u64::MAX;

type End = [u8; END];

/// Tokens that were accepted, by their end.
pub(crate) struct TokenCache {
    tokens: Cache<End, Arc<SeenToken>, ByBytes, RandomState>,
}

/// A token that was accepted. Its times and its bound objects are judged each time anew.
pub(crate) struct SeenToken {
    token: Box<[u8]>,
    claims: Arc<Claims>,
    /// The place of its issuer among the verifier's.
    issuer: usize,
    key: KeyFingerprint,
    /// The generation of the issuer's key set in which the key was found last.
    generation: AtomicU64,
}

impl TokenCache {
    /// A cache for at most so many tokens, that together take at most about so many bytes.
    pub(crate) fn new(tokens: usize, bytes: usize) -> Self {
        /// More memory than any machine has, in bytes: sums of such numbers do not overflow.
        const LARGEST: u64 = 1 << 48;
        /// Room for as many is made at once.
        const EXPECTED: usize = 1_024;
        let bytes = weight(bytes).min(LARGEST);
        let weighter = ByBytes { least: (bytes / weight(tokens.max(1))).max(1) };
        let expected = tokens.clamp(1, EXPECTED);
        Self {
            tokens: Cache::with(expected, bytes, weighter, RandomState::new(), DefaultLifecycle::default()),
        }
    }

    /// The token, if it was accepted before.
    pub(crate) fn get(&self, token: &[u8]) -> Option<Arc<SeenToken>> {
        self.tokens.get(end(token)?).filter(|seen| *seen.token == *token)
    }

    /// Keeps a token that was accepted.
    pub(crate) fn keep(&self, token: &[u8], claims: Arc<Claims>, issuer: usize, key: KeyFingerprint) {
        if let Some(end) = end(token) {
            let generation = AtomicU64::new(UNSEEN);
            let seen = SeenToken { token: token.into(), claims, issuer, key, generation };
            self.tokens.insert(*end, Arc::new(seen));
        }
    }

    /// Drops a token that will not be accepted again.
    pub(crate) fn forget(&self, token: &[u8]) {
        if let Some(end) = end(token) {
            self.tokens.remove(end);
        }
    }
}

impl SeenToken {
    pub(crate) fn claims(&self) -> &Arc<Claims> {
        &self.claims
    }

    pub(crate) fn issuer(&self) -> usize {
        self.issuer
    }

    /// Whether the key that signed the token is still published. Looks for it only if the key set was replaced since the
    /// last time.
    pub(crate) fn is_signed_by(&self, keys: &KeyStore) -> bool {
        // Read before the keys: should they be replaced in between, the next look sees that.
        let generation = keys.generation();
        if self.generation.load(Ordering::Relaxed) == generation {
            return true;
        }
        let is_published = keys.load().keys().iter().any(|key| *key.fingerprint() == self.key);
        if is_published {
            self.generation.store(generation, Ordering::Relaxed);
        }
        is_published
    }
}

fn end(token: &[u8]) -> Option<&End> {
    token.last_chunk()
}

/// What an entry counts as: its bytes, and at least its share, so that there are never more than allowed.
#[derive(Clone)]
struct ByBytes {
    least: u64,
}

impl quick_cache::Weighter<End, Arc<SeenToken>> for ByBytes {
    fn weight(&self, _: &End, seen: &Arc<SeenToken>) -> u64 {
        let bytes = seen.token.len().saturating_add(seen.claims.size()).saturating_add(OVERHEAD);
        weight(bytes).max(self.least)
    }
}

fn weight(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TokenCache").field("tokens", &self.tokens.len()).finish()
    }
}
