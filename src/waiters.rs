//! Those who wait for something to change, by what they wait for.
//!
//! Nobody misses a change. Who waits sets a waker, waits for its keys, and only then looks at what may change. Who changes
//! something changes it first, and only then wakes whoever waits for it. Both take the same lock in between. If the waiter
//! comes first, it is woken. If the change comes first, it is seen.
//!
//! A waker may run any code, also when it is cloned or dropped. So none of this happens under a lock.

use std::hash::Hash;
use std::sync::{Arc, PoisonError};
use std::task::Waker;

use crate::sync::{Mutex, MutexGuard};

mod lists;

use lists::Lists;

/// One who waits. It may wait for any number of keys.
pub(crate) struct Waiter(Mutex<Option<Waker>>);

impl Waiter {
    pub(crate) fn new(waker: &Waker) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(waker.clone()))))
    }

    /// Sets who is woken by the next change, and by no further one.
    pub(crate) fn set(&self, waker: &Waker) {
        if self.waker().as_ref().is_some_and(|known| known.will_wake(waker)) {
            return;
        }
        let waker = waker.clone();
        let before = self.waker().replace(waker);
        drop(before);
    }

    fn take(&self) -> Option<Waker> {
        self.waker().take()
    }

    fn waker(&self) -> MutexGuard<'_, Option<Waker>> {
        // No thread panics under the lock. If one did, there is a waker or none all the same.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Those who wait, by the key that they wait for. While nothing happens they cost only memory.
pub(crate) struct Waiters<K>(Mutex<Lists<K, Arc<Waiter>>>);

impl<K: Copy + Eq + Hash> Waiters<K> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Lists::new()))
    }

    /// Adds one who waits for `key`, until the result is dropped.
    pub(crate) fn add(self: &Arc<Self>, key: K, waiter: &Arc<Waiter>) -> Waiting<K> {
        let place = self.lists().add(key, Arc::clone(waiter));
        Waiting { waiters: Arc::clone(self), key, place }
    }

    /// Wakes whoever waits for one of these keys. The caller has changed what they wait for, and holds no lock.
    pub(crate) fn wake(&self, keys: impl IntoIterator<Item = K>) {
        let mut wakers = Vec::new();
        for key in keys {
            wakers.extend(self.lists().of(&key).filter_map(|waiter| waiter.take()));
        }
        wakers.into_iter().for_each(Waker::wake);
    }

    fn lists(&self) -> MutexGuard<'_, Lists<K, Arc<Waiter>>> {
        // No thread panics under the lock. If one did, someone may be missing, and looks again when time says so.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for a key until it is dropped.
pub(crate) struct Waiting<K: Copy + Eq + Hash> {
    waiters: Arc<Waiters<K>>,
    key: K,
    place: usize,
}

impl<K: Copy + Eq + Hash> Drop for Waiting<K> {
    fn drop(&mut self) {
        let removed = self.waiters.lists().remove(&self.key, self.place);
        drop(removed);
    }
}
