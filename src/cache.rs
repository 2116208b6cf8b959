//! Accepted tokens, for when they are seen again.
//!
//! A token ends with its signature, which looks random and cannot be forged. So the end is the key of the table,
//! hashed under a random key of this process. Then the whole token is compared. `docs/decisions/0015-token-cache.md`
//! explains why the time of a look-up reveals nothing to an attacker.
//!
//! A look-up takes no lock, and seldom writes memory that another thread reads: see [`Copies`].

use std::fmt;
use std::sync::Arc;

use papaya::{Guard as _, HashMap};

use crate::claims::{Claims, Matched};
use crate::hashing::{RandomState, random_state};
use crate::sync::{AtomicBool, AtomicU64, Mutex, MutexGuard, Ordering, TryLockError};

mod copies;
mod fingerprints;
mod queues;

use copies::{COPIES, Copies};
pub(crate) use fingerprints::Fingerprints;
use queues::{Queues, Residents};

/// About how many bytes a token takes in addition to its text and its claims, once every group of threads has seen
/// it: its entry, the copies of its claims, and its places in the table and in the queues.
const OVERHEAD: usize =
    size_of::<SeenToken>() + COPIES * (size_of::<Claims>() + 2 * size_of::<usize>()) + 250;
/// The largest token that is remembered, in bytes. Kubernetes issues tokens of 1 to 2 KiB. Larger ones must not crowd
/// out all others.
const LARGEST: usize = 4 * 1024;
/// The share of the limit that is reserved for tokens that were dropped but not freed yet: one part in so many.
const LIMBO: usize = 16;
/// The id of the claims that are kept next. No id is used twice, and none is 0.
static NEXT_CLAIMS_ID: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
/// The generation of a token whose key was not looked for yet.
const UNSEEN: u64 = u64::MAX;

/// The last 16 characters of a token. They hold 96 bits of the signature.
type End = u128;

/// Accepted tokens by their end.
pub(crate) struct TokenCache {
    tokens: Tokens,
    /// Decides which token leaves when there is no room. A thread that adds or drops a token holds the lock. So the
    /// table has one writer at a time, and each token in it has a place here.
    queues: Mutex<Queues>,
    /// How many bytes all tokens take, including those that were dropped but not freed yet.
    taken: Arc<AtomicU64>,
    /// The upper limit for `taken`.
    limit: u64,
}

struct Tokens(HashMap<End, SeenToken, RandomState>);

/// An accepted token. Its times and its bound objects are judged again each time.
pub(crate) struct SeenToken {
    token: Box<[u8]>,
    claims: Copies,
    /// Unique in this process.
    claims_id: u64,
    /// The verifier's audiences that the token names. Empty if the token was accepted for other audiences only.
    matched: Matched,
    /// The fingerprints of the bound objects, if a store tells about them. They are here, and not in the claims, so that
    /// looking for the objects need not wait for the memory of the claims.
    fingerprints: Option<Fingerprints>,
    /// The place of the issuer among the verifier's.
    issuer: usize,
    /// The generation of the key set in which the token's key was last found.
    generation: AtomicU64,
    /// The number of the token's place. Only read and written under the lock of the queues.
    number: AtomicU64,
    /// Whether the token was seen again since it was added or last spared.
    used: AtomicBool,
    /// Counts the token's memory until it is freed.
    _memory: Memory,
}

/// A part of the cache's memory, counted until it is freed. That happens after the token is dropped from the table,
/// because other threads may still read it.
struct Memory {
    taken: Arc<AtomicU64>,
    size: u64,
}

impl Memory {
    /// Takes `size` bytes, unless more than `limit` would be taken.
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
    /// Creates a cache for at most `tokens` tokens, which together take at most `bytes` bytes. The size is an
    /// estimate, good to a tenth.
    pub(crate) fn new(tokens: usize, bytes: usize) -> Self {
        Self {
            tokens: Tokens(HashMap::with_hasher(random_state())),
            queues: Mutex::new(Queues::new(tokens.min(bytes / OVERHEAD), bytes - bytes / LIMBO)),
            taken: Arc::default(),
            limit: u64::try_from(bytes).unwrap_or(u64::MAX),
        }
    }

    /// Looks for the token and returns what `judge` makes of it. Drops the token if `judge` returns `None`.
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

    /// Keeps an accepted token. Returns the id of its claims.
    ///
    /// Does nothing if the token is large, if another thread is adding or dropping a token, or if there is no room
    /// until dropped tokens are freed.
    pub(crate) fn keep(
        &self,
        token: &[u8],
        claims: Arc<Claims>,
        fingerprints: Option<Fingerprints>,
        matched: Matched,
        issuer: usize,
    ) -> Option<u64> {
        let end = end(token).filter(|_| token.len() <= LARGEST)?;
        let size = token.len().saturating_add(claims.size()).saturating_add(OVERHEAD);
        let (generation, used) = (AtomicU64::new(UNSEEN), AtomicBool::new(false));
        let (token, claims) = (token.into(), Copies::new(claims));
        let mut queues = self.queues()?;
        let number = queues.number_for(size)?;
        queues.make_room_for(size, &self.tokens);
        let tokens = self.tokens.0.guard();
        let Some(memory) = Memory::take(&self.taken, size, self.limit) else {
            // Dropped tokens are freed once no thread reads them any more.
            tokens.flush();
            return None;
        };
        let claims_id = NEXT_CLAIMS_ID.fetch_add(1, Ordering::Relaxed);
        let seen = SeenToken {
            token,
            claims,
            claims_id,
            matched,
            fingerprints,
            issuer,
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
        Some(claims_id)
    }

    /// Returns how many tokens there are, and about how many bytes they take.
    pub(crate) fn content(&self) -> (u64, u64) {
        (u64::try_from(self.tokens.0.len()).unwrap_or(u64::MAX), self.taken.load(Ordering::Relaxed))
    }

    /// Drops the token with this end. If another thread holds the lock, the token stays, which does no harm: it is
    /// judged again each time.
    #[cold]
    fn forget(&self, end: &End) {
        let Some(mut queues) = self.queues() else { return };
        if let Some(seen) = self.tokens.0.pin().remove(end) {
            queues.remove(seen.number.load(Ordering::Relaxed));
        }
    }

    /// Locks the queues. Returns `None` while another thread holds them, so that nobody waits.
    fn queues(&self) -> Option<MutexGuard<'_, Queues>> {
        match self.queues.try_lock() {
            Ok(queues) => Some(queues),
            // No thread panics here. If one did, a token may be left without a place, or a place without a token.
            // Neither does any harm.
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
    /// Returns the claims. They are always there. A token without them would be verified like a new one.
    pub(crate) fn claims(&self) -> Option<&Arc<Claims>> {
        self.claims.own()
    }

    pub(crate) fn claims_id(&self) -> u64 {
        self.claims_id
    }

    /// Returns the verifier's audiences that the token names.
    pub(crate) fn matched(&self) -> &Matched {
        &self.matched
    }

    pub(crate) fn fingerprints(&self) -> Option<&Fingerprints> {
        self.fingerprints.as_ref()
    }

    pub(crate) fn issuer(&self) -> usize {
        self.issuer
    }

    /// Returns whether the key that signed the token is still published. Looks for it only if the key set was
    /// replaced since the last time.
    ///
    /// The caller reads `generation` before the keys that `is_published` looks at. If they are replaced in between,
    /// the next call notices.
    pub(crate) fn has_its_key(&self, generation: u64, is_published: impl FnOnce() -> bool) -> bool {
        if self.generation.load(Ordering::Relaxed) == generation {
            return true;
        }
        let is_published = is_published();
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
