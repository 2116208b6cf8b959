//! The current key set, shared and replaceable.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use arc_swap::{ArcSwap, Guard};

use super::KeySet;
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
#[derive(Clone)]
pub struct KeyStore(Arc<Shared>);

struct Shared {
    current: ArcSwap<KeySet>,
    /// How often the set was replaced.
    generation: AtomicU64,
    /// Whom to tell that a token names a key that is not here.
    on_missing: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

/// The key set that was current when [`KeyStore::load`] was called, for as long as this is held.
pub struct CurrentKeys(Guard<Arc<KeySet>>);

impl KeyStore {
    /// A store that holds this set.
    #[must_use]
    pub fn new(keys: KeySet) -> Self {
        let current = ArcSwap::from_pointee(keys);
        Self(Arc::new(Shared { current, generation: AtomicU64::new(0), on_missing: OnceLock::new() }))
    }

    /// Makes this the current set, at once and for all clones. Who is reading finishes with the set it has.
    pub fn replace(&self, keys: KeySet) {
        self.0.current.store(Arc::new(keys));
        self.0.generation.fetch_add(1, Ordering::Release);
    }

    /// The current set. Takes no lock and allocates nothing, but for a small record once in each thread's life.
    #[must_use]
    pub fn load(&self) -> CurrentKeys {
        CurrentKeys(self.0.current.load())
    }

    /// Whether both are handles of one store.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Changes whenever the set was replaced.
    pub(crate) fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    /// Calls this whenever a verifier is shown a token whose kid is not in the set: the issuer may have rotated its
    /// keys. Anybody can send such tokens, as many as they like, so it must be quick, and whatever it sets off must be
    /// limited. Only the first call-back counts; returns whether this is the one.
    pub fn on_missing_key(&self, callback: impl Fn() + Send + Sync + 'static) -> bool {
        self.0.on_missing.set(Box::new(callback)).is_ok()
    }

    pub(crate) fn report_missing_key(&self) {
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
