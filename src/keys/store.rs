//! A shared handle on the current key set.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};

use super::{KeyFingerprint, KeySet};
use crate::moment::Moment;
use crate::sync::{AtomicU64, Ordering};
use crate::waiters::{Waiter, Waiters, Waiting};

/// A handle on an issuer's current keys.
///
/// Clones share the keys. The code that refreshes them holds one clone, and the verifier holds another.
///
/// A key that comes or goes wakes whoever waits for the end of its tokens: see [`Revocation`](crate::Revocation).
///
/// Keys stay valid without a refresh unless a [maximum age](Self::set_max_age) is set. Without one, a verifier that is
/// no longer refreshed trusts keys that the issuer has withdrawn.
///
/// ```
/// use boundtoken::{KeyError, KeySet, KeyStore};
///
/// let store = KeyStore::new(KeySet::default());
/// let refresher = store.clone();
/// refresher.replace(KeySet::from_jwks(br#"{"keys":[
///     {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#)?);
/// assert_eq!(store.load().len(), 1);
/// # Ok::<(), KeyError>(())
/// ```
#[derive(Clone)]
pub struct KeyStore(Arc<StoredKeys>);

/// The maximum age in nanoseconds that means no limit.
const ANY_AGE: u64 = u64::MAX;

struct StoredKeys {
    current: ArcSwap<KeySet>,
    /// The number of replacements so far.
    generation: AtomicU64,
    /// The maximum age of the keys in nanoseconds, or [`ANY_AGE`].
    max_age: AtomicU64,
    /// When the keys were last known to be current.
    current_as_of: ArcSwap<Moment>,
    /// Called when a token names a key that the set lacks.
    on_missing: OnceLock<Box<dyn Fn() + Send + Sync>>,
    /// Those who wait for a key to come or go.
    waiters: Arc<Waiters<KeyFingerprint>>,
}

/// The key set that was current when [`KeyStore::load`] was called. It stays valid while this guard is held.
pub struct CurrentKeys(Guard<Arc<KeySet>>);

impl KeyStore {
    /// Creates a store that holds this set.
    #[must_use]
    pub fn new(keys: KeySet) -> Self {
        Self(Arc::new(StoredKeys {
            current: ArcSwap::from_pointee(keys),
            generation: AtomicU64::new(0),
            max_age: AtomicU64::new(ANY_AGE),
            current_as_of: ArcSwap::from_pointee(Moment::now()),
            on_missing: OnceLock::new(),
            waiters: Arc::new(Waiters::new()),
        }))
    }

    /// Sets the maximum age of the keys. By default there is none.
    ///
    /// The age counts from [`new`](Self::new), [`replace`](Self::replace) or [`renew`](Self::renew), whichever came
    /// last. It includes the time that the machine sleeps.
    ///
    /// Past this age a verifier refuses the issuer's tokens as [`Reason::KeysStale`](crate::Reason::KeysStale). With
    /// [`OnUnavailable::Accept`](crate::OnUnavailable::Accept) it accepts them as
    /// [`Confirmed::Stale`](crate::Confirmed::Stale) instead of `Live`.
    ///
    /// The limit applies to all clones and can change at any time. [`Duration::MAX`] removes it.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use boundtoken::{KeySet, KeyStore};
    ///
    /// let store = KeyStore::new(KeySet::default());
    /// store.set_max_age(Duration::from_secs(3_600));
    /// // Whenever the issuer was asked:
    /// # let (published, is_unchanged) = (KeySet::default(), true);
    /// if is_unchanged {
    ///     store.renew();
    /// } else {
    ///     store.replace(published);
    /// }
    /// assert!(!store.is_stale());
    /// ```
    pub fn set_max_age(&self, age: Duration) {
        // Over 584 years: unlimited.
        let nanoseconds = u64::try_from(age.as_nanos()).unwrap_or(ANY_AGE);
        self.0.max_age.store(nanoseconds, Ordering::Relaxed);
    }

    /// Returns the [maximum age](Self::set_max_age) of the keys, or `None` if there is no limit.
    #[must_use]
    pub fn max_age(&self) -> Option<Duration> {
        let max_age = self.0.max_age.load(Ordering::Relaxed);
        (max_age != ANY_AGE).then(|| Duration::from_nanos(max_age))
    }

    /// Returns whether the keys are older than their [maximum age](Self::set_max_age).
    ///
    /// It takes no lock, and reads no clock if there is no limit.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        let max_age = self.0.max_age.load(Ordering::Relaxed);
        max_age != ANY_AGE && self.0.current_as_of.load().elapsed() > Duration::from_nanos(max_age)
    }

    /// Replaces the current set for all clones, and restarts its age.
    ///
    /// Readers that have already [loaded](Self::load) the old set keep it until they drop it.
    pub fn replace(&self, keys: KeySet) {
        self.replace_as_of(keys, Moment::now());
    }

    /// Like [`replace`](Self::replace), but the age counts from `moment`. Pass the moment at which the set was
    /// requested.
    pub fn replace_as_of(&self, keys: KeySet, moment: Moment) {
        let keys = Arc::new(keys);
        let before = self.0.current.swap(Arc::clone(&keys));
        self.0.generation.fetch_add(1, Ordering::Release);
        // Must come last: a reader of the age and then the keys must not take old keys for new ones.
        self.0.current_as_of.store(Arc::new(moment));
        let withdrawn = fingerprints(&before).filter(|key| !has(&keys, key));
        let added = fingerprints(&keys).filter(|key| !has(&before, key));
        self.0.waiters.wake(withdrawn.chain(added).copied());
    }

    /// Waits for this key to come or go, until the result is dropped.
    pub(crate) fn wait_for(&self, key: KeyFingerprint, waiter: &Arc<Waiter>) -> Waiting<KeyFingerprint> {
        self.0.waiters.add(key, waiter)
    }

    /// Marks the keys as current, which restarts their age.
    pub fn renew(&self) {
        self.0.current_as_of.store(Arc::new(Moment::now()));
    }

    /// Returns the current set. It takes no lock, and allocates only once per thread, a small record.
    #[must_use]
    pub fn load(&self) -> CurrentKeys {
        CurrentKeys(self.0.current.load())
    }

    /// Returns whether the current set has a key with this fingerprint.
    pub(crate) fn publishes(&self, key: &KeyFingerprint) -> bool {
        has(&self.load(), key)
    }

    /// Returns whether both are handles on the same store.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Returns a number that changes whenever the set is replaced.
    pub(crate) fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    /// Sets a callback that asks for a refresh of the keys. Returns false, and changes nothing, if one is already set.
    ///
    /// A verifier calls it when a token's `kid` is not in the set, since the issuer may have rotated its keys. It
    /// also calls it when the keys are older than their [maximum age](Self::set_max_age).
    ///
    /// Anyone can send any number of such tokens. The callback must therefore be quick, and must limit the work that it
    /// starts.
    pub fn on_missing_key(&self, callback: impl Fn() + Send + Sync + 'static) -> bool {
        self.0.on_missing.set(Box::new(callback)).is_ok()
    }

    /// Calls the callback of [`on_missing_key`](Self::on_missing_key), as a verifier does when a key is missing.
    pub fn report_missing_key(&self) {
        if let Some(callback) = self.0.on_missing.get() {
            callback();
        }
    }
}

fn fingerprints(keys: &KeySet) -> impl Iterator<Item = &KeyFingerprint> {
    keys.keys().iter().map(|key| key.fingerprint())
}

fn has(keys: &KeySet, key: &KeyFingerprint) -> bool {
    fingerprints(keys).any(|published| published == key)
}

impl From<KeySet> for KeyStore {
    fn from(keys: KeySet) -> Self {
        Self::new(keys)
    }
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("KeyStore").field(&*self.load()).finish()
    }
}

impl Deref for CurrentKeys {
    type Target = KeySet;

    fn deref(&self) -> &KeySet {
        &self.0
    }
}

impl fmt::Debug for CurrentKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, formatter)
    }
}
