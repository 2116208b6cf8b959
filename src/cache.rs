//! Verified tokens seen again.
//!
//! A token's signature is a random-looking number that nobody can make up, and it stands at the token's end. So the end
//! is what tokens are indexed by, under a random key of this process; then the whole token is compared. Why the time
//! that this takes tells an attacker nothing: `docs/decisions/0015-token-cache.md`.
//!
//! Looking a token up takes no lock, and seldom writes what another thread reads: see [`Copies`].

use std::fmt;
use std::sync::{Arc, OnceLock};

use papaya::{Guard as _, HashMap};

use crate::claims::{Claims, Matched};
use crate::hashing::{RandomState, random_state};
use crate::keys::KeyFingerprint;
use crate::sync::{AtomicBool, AtomicU64, Mutex, MutexGuard, Ordering, TryLockError};

mod copies;
mod fingerprints;
mod queues;

use copies::{COPIES, Copies};
use fingerprints::Fingerprints;
use queues::{Queues, Residents};

/// The bytes that a token takes in addition to its text and its claims, once every group of threads has seen it: its entry, the
/// copies of its claims, and its places in the table and in the queues, about.
const OVERHEAD: usize =
    size_of::<SeenToken>() + COPIES * (size_of::<Claims>() + 2 * size_of::<usize>()) + 250;
/// The largest token that is remembered, in bytes. Tokens of Kubernetes have 1 to 2 KiB; whoever makes larger ones must not
/// crowd out the others.
const LARGEST: usize = 4 * 1024;
/// The share of the limit that is left to what was dropped and is not freed yet: one in so many.
const LIMBO: usize = 16;
/// The generation of a token whose key has yet to be looked for.
const UNSEEN: u64 = u64::MAX;

/// The end of a token by which it is found: 16 letters, which hold 96 bits of the signature.
type End = u128;

/// Tokens that were accepted, by their end.
pub(crate) struct TokenCache {
    tokens: Tokens,
    /// Who leaves when there is no room. Held by whoever adds or drops a token, so that the table has one writer at a time
    /// and each token in it has a place here.
    queues: Mutex<Queues>,
    /// How many bytes are taken by tokens that are there, and by those that were dropped and are not freed yet.
    taken: Arc<AtomicU64>,
    /// The most bytes that may be taken.
    limit: u64,
}

struct Tokens(HashMap<End, SeenToken, RandomState>);

/// A token that was accepted. Its times and its bound objects are judged each time anew.
pub(crate) struct SeenToken {
    token: Box<[u8]>,
    claims: Copies,
    /// Which of the verifier's own audiences it names: none if it was accepted for others.
    matched: Matched,
    /// Those of its bound objects, from when it is seen again: here and not in the claims, so that to look for the objects
    /// need not wait until those are fetched.
    fingerprints: OnceLock<Fingerprints>,
    /// The place of its issuer among the verifier's.
    issuer: usize,
    key: KeyFingerprint,
    /// The generation of the issuer's key set in which the key was found last.
    generation: AtomicU64,
    /// The number of its place. Only read and written while the queues are held.
    number: AtomicU64,
    /// Whether it was seen again since it came, or since it was last spared.
    used: AtomicBool,
    /// Counts it among what is alive, until it is freed.
    _memory: Memory,
}

/// A part of the cache's memory, from when it is taken until it is freed, which is later than when it is dropped from the
/// table: others may be reading it.
struct Memory {
    taken: Arc<AtomicU64>,
    size: u64,
}

impl Memory {
    /// Takes so many bytes if then no more than `limit` are taken.
    fn take(taken: &Arc<AtomicU64>, size: usize, limit: u64) -> Option<Self> {
        let size = u64::try_from(size).ok()?;
        let fits = |taken: u64| taken.checked_add(size).filter(|&sum| sum <= limit);
        taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).ok()?;
        Some(Self { taken: Arc::clone(taken), size })
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.taken.fetch_sub(self.size, Ordering::Relaxed);
    }
}

impl TokenCache {
    /// A cache for at most so many tokens, that together take at most so many bytes, as far as they can be told: within a tenth.
    pub(crate) fn new(tokens: usize, bytes: usize) -> Self {
        Self {
            tokens: Tokens(HashMap::with_hasher(random_state())),
            queues: Mutex::new(Queues::new(tokens.min(bytes / OVERHEAD), bytes - bytes / LIMBO)),
            taken: Arc::default(),
            limit: u64::try_from(bytes).unwrap_or(u64::MAX),
        }
    }

    /// What `judge` makes of the token, if it was accepted before. One that `judge` rejects is dropped.
    pub(crate) fn find<T>(&self, token: &[u8], judge: impl FnOnce(&SeenToken) -> Option<T>) -> Option<T> {
        let end = end(token)?;
        let tokens = self.tokens.0.pin();
        let seen = tokens.get(&end).filter(|seen| *seen.token == *token)?;
        let judged = judge(seen);
        if judged.is_none() {
            self.forget(&end);
        } else if !seen.used.load(Ordering::Relaxed) {
            seen.used.store(true, Ordering::Relaxed);
        }
        judged
    }

    /// Keeps a token that was accepted; not if it is large, if another thread is keeping one at this moment, or if there is no
    /// room before what was dropped is freed.
    pub(crate) fn keep(
        &self,
        token: &[u8],
        claims: Arc<Claims>,
        matched: Matched,
        issuer: usize,
        key: KeyFingerprint,
    ) {
        let Some(end) = end(token).filter(|_| token.len() <= LARGEST) else { return };
        let size = token.len().saturating_add(claims.size()).saturating_add(OVERHEAD);
        let (generation, used) = (AtomicU64::new(UNSEEN), AtomicBool::new(false));
        let (token, claims, fingerprints) = (token.into(), Copies::new(claims), OnceLock::new());
        let Some(mut queues) = self.queues() else { return };
        let Some(number) = queues.number_for(size) else { return };
        queues.make_room_for(size, &self.tokens);
        let tokens = self.tokens.0.guard();
        let Some(memory) = Memory::take(&self.taken, size, self.limit) else {
            // Until the others have let go of it.
            tokens.flush();
            return;
        };
        let seen = SeenToken {
            token,
            claims,
            matched,
            fingerprints,
            issuer,
            key,
            generation,
            number: AtomicU64::new(number),
            used,
            _memory: memory,
        };
        if let Some(before) = self.tokens.0.insert(end, seen, &tokens) {
            queues.remove(before.number.load(Ordering::Relaxed));
        }
        queues.add(number, end, size);
        tokens.flush();
    }

    /// Drops whatever token has this end. It may stay if another thread is keeping one: it is judged each time anew.
    #[cold]
    fn forget(&self, end: &End) {
        let Some(mut queues) = self.queues() else { return };
        if let Some(seen) = self.tokens.0.pin().remove(end) {
            queues.remove(seen.number.load(Ordering::Relaxed));
        }
    }

    /// `None` while another thread has them: nobody waits.
    fn queues(&self) -> Option<MutexGuard<'_, Queues>> {
        match self.queues.try_lock() {
            Ok(queues) => Some(queues),
            // A thread that panicked here, which none does, may have left a token without a place or a place without a
            // token. Either does no harm.
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

impl Residents for Tokens {
    fn take_use(&self, end: &End) -> bool {
        self.0.pin().get(end).is_some_and(|seen| seen.used.swap(false, Ordering::Relaxed))
    }

    fn renumber(&self, end: &End, number: u64) {
        if let Some(seen) = self.0.pin().get(end) {
            seen.number.store(number, Ordering::Relaxed);
        }
    }

    fn remove(&self, end: &End) {
        self.0.pin().remove(end);
    }
}

impl SeenToken {
    /// What it claims: always there.
    pub(crate) fn claims(&self) -> Option<&Arc<Claims>> {
        self.claims.own()
    }

    /// Which of the verifier's own audiences it names.
    pub(crate) fn matched(&self) -> &Matched {
        &self.matched
    }

    /// Those of its bound objects: made of its claims when first asked for.
    pub(crate) fn fingerprints(&self, claims: &Claims) -> &Fingerprints {
        self.fingerprints.get_or_init(|| Fingerprints::of(claims))
    }

    pub(crate) fn issuer(&self) -> usize {
        self.issuer
    }

    /// Whether the key that signed the token is still published. Looks for it only if the key set was replaced since the
    /// last time.
    ///
    /// `generation` is read before the keys that `is_published` looks at: should they be replaced in between, the next look
    /// sees that.
    pub(crate) fn is_signed_by(
        &self,
        generation: u64,
        is_published: impl FnOnce(&KeyFingerprint) -> bool,
    ) -> bool {
        if self.generation.load(Ordering::Relaxed) == generation {
            return true;
        }
        let is_published = is_published(&self.key);
        if is_published {
            self.generation.store(generation, Ordering::Relaxed);
        }
        is_published
    }
}

fn end(token: &[u8]) -> Option<End> {
    token.last_chunk().copied().map(End::from_le_bytes)
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TokenCache").field("tokens", &self.tokens.0.len()).finish()
    }
}
