//! The current key set, shared and replaceable.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};

use super::KeySet;
use crate::moment::Moment;
use crate::sync::{AtomicU64, Ordering};

/// A handle on an issuer's current keys. Clones share the keys: whoever refreshes them keeps one clone, the
/// verifier has another.
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
///
/// Keys that are not refreshed any more go on to count, unless a [maximum age](Self::set_max_age) is set: a key that the issuer
/// has withdrawn meanwhile would be believed.
#[derive(Clone)]
pub struct KeyStore(Arc<StoredKeys>);

/// The maximum age of keys that may grow as old as they like.
const ANY_AGE: u64 = u64::MAX;

struct StoredKeys {
    current: ArcSwap<KeySet>,
    /// How often the set was replaced.
    generation: AtomicU64,
    /// How old the keys may become, in nanoseconds, or [`ANY_AGE`].
    max_age: AtomicU64,
    /// When the keys were last known to be the issuer's current ones.
    current_as_of: ArcSwap<Moment>,
    /// Whom to tell that a token names a key that is not here.
    on_missing: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

/// The key set that was current when [`KeyStore::load`] was called, for as long as this is held.
pub struct CurrentKeys(Guard<Arc<KeySet>>);

impl KeyStore {
    /// A store that holds this set.
    #[must_use]
    pub fn new(keys: KeySet) -> Self {
        Self(Arc::new(StoredKeys {
            current: ArcSwap::from_pointee(keys),
            generation: AtomicU64::new(0),
            max_age: AtomicU64::new(ANY_AGE),
            current_as_of: ArcSwap::from_pointee(Moment::now()),
            on_missing: OnceLock::new(),
        }))
    }

    /// Limits how old the keys may become: any age unless set. The age counts from when they came into the store, and again
    /// from each [`replace`](Self::replace) and [`renew`](Self::renew). It counts on while the machine sleeps.
    ///
    /// Past this age a verifier refuses the issuer's tokens as [`Reason::KeysStale`](crate::Reason::KeysStale). With
    /// [`OnUnavailable::Accept`](crate::OnUnavailable::Accept) it accepts them, with
    /// [`Confirmed::Stale`](crate::Confirmed::Stale) in place of `Live`. The limit holds for all clones, and may be set at
    /// any time; [`Duration::MAX`] takes it back.
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
        let nanoseconds = u64::try_from(age.as_nanos()).unwrap_or(ANY_AGE);
        self.0.max_age.store(nanoseconds, Ordering::Relaxed);
    }

    /// How old the keys may become, if that is [limited](Self::set_max_age).
    #[must_use]
    pub fn max_age(&self) -> Option<Duration> {
        let max_age = self.0.max_age.load(Ordering::Relaxed);
        (max_age != ANY_AGE).then(|| Duration::from_nanos(max_age))
    }

    /// Whether the keys are older than [`set_max_age`](Self::set_max_age) allows. Takes no lock; without a limit it reads no clock.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        let max_age = self.0.max_age.load(Ordering::Relaxed);
        max_age != ANY_AGE && self.0.current_as_of.load().elapsed() > Duration::from_nanos(max_age)
    }

    /// Makes this the current set, at once and for all clones: as of now it is known to be the issuer's. Who is reading finishes
    /// with the set it has.
    pub fn replace(&self, keys: KeySet) {
        self.replace_as_of(keys, Moment::now());
    }

    /// As [`replace`](Self::replace), with a set that was known to be the issuer's at an earlier moment: when it was asked
    /// for.
    pub fn replace_as_of(&self, keys: KeySet, moment: Moment) {
        self.0.current.store(Arc::new(keys));
        self.0.generation.fetch_add(1, Ordering::Release);
        // Last: whoever looks at the age and then at the keys must not find old keys to be new.
        self.0.current_as_of.store(Arc::new(moment));
    }

    /// Says that the keys are the issuer's current ones, as of now: their age counts from here.
    pub fn renew(&self) {
        self.0.current_as_of.store(Arc::new(Moment::now()));
    }

    /// The current set. Takes no lock and allocates nothing, but for a small record once in each thread's life.
    #[must_use]
    pub fn load(&self) -> CurrentKeys {
        CurrentKeys(self.0.current.load())
    }

    /// Whether both are handles of one store.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Changes whenever the set was replaced.
    pub(crate) fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    /// Sets a call-back for whoever refreshes the keys.
    ///
    /// Verifiers call it when they are shown a token whose kid is not in the set, because the issuer may have rotated its
    /// keys, and when they find that the keys are older than [`set_max_age`](Self::set_max_age) allows. Anybody can send any
    /// number of such tokens. So the call-back must be quick, and what it sets off must be limited. Only the first call-back
    /// counts; returns whether this is the one.
    pub fn on_missing_key(&self, callback: impl Fn() + Send + Sync + 'static) -> bool {
        self.0.on_missing.set(Box::new(callback)).is_ok()
    }

    /// Calls the call-back of [`on_missing_key`](Self::on_missing_key), as a verifier does that misses a key.
    pub fn report_missing_key(&self) {
        if let Some(callback) = self.0.on_missing.get() {
            callback();
        }
    }
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
