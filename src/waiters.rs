//! Those who wait for something to change, by what they wait for.
//!
//! Nobody misses a change. Who waits sets a waker, waits for its keys, and only then looks at what may change. Who changes
//! something changes it first, and only then wakes whoever waits for it. Both take the same lock in between. If the waker comes
//! first, it is woken. If the change comes first, it is seen.
//!
//! A waker may run any code, also when it is cloned or dropped. So none of this happens under a lock.

use std::collections::HashMap;
use std::hash::Hash;
use std::iter;
use std::mem;
use std::sync::{Arc, PoisonError};
use std::task::Waker;

use crate::hashing::{RandomState, random_state};
use crate::sync::{Mutex, MutexGuard};

/// One who waits. It may wait for any number of keys.
#[derive(Default)]
pub(crate) struct Waiter(Mutex<Option<Waker>>);

impl Waiter {
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
pub(crate) struct Waiters<K>(Mutex<Lists<K>>);

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
            wakers.extend(self.lists().of(&key).filter_map(Waiter::take));
        }
        wakers.into_iter().for_each(Waker::wake);
    }

    fn lists(&self) -> MutexGuard<'_, Lists<K>> {
        // No thread panics under the lock. If one did, it panicked before it changed a list.
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

/// A list for each key. All lists go through one vector, so that one who waits takes little memory, and leaves in a moment
/// however many wait for the same.
struct Lists<K> {
    /// The place where each list begins.
    first: HashMap<K, usize, RandomState>,
    slots: Vec<Slot>,
    /// The place where the list of free slots begins. Only `after` leads on.
    free: usize,
}

/// A link of a list.
struct Slot {
    /// `None` if the slot is free.
    waiter: Option<Arc<Waiter>>,
    before: usize,
    after: usize,
}

/// The place behind the end of every list. No vector is that long.
const NOWHERE: usize = usize::MAX;

impl<K: Copy + Eq + Hash> Lists<K> {
    fn new() -> Self {
        Self { first: HashMap::with_hasher(random_state()), slots: Vec::new(), free: NOWHERE }
    }

    fn of(&self, key: &K) -> impl Iterator<Item = &Waiter> {
        let slot = |place| self.slots.get(place);
        let first = self.first.get(key).copied().and_then(slot);
        iter::successors(first, move |link| slot(link.after)).filter_map(|link| link.waiter.as_deref())
    }

    /// Puts one at the beginning of a list. Returns its place.
    fn add(&mut self, key: K, waiter: Arc<Waiter>) -> usize {
        let new = Slot { waiter: Some(waiter), before: NOWHERE, after: NOWHERE };
        let place = match self.slots.get_mut(self.free) {
            Some(slot) => mem::replace(&mut self.free, mem::replace(slot, new).after),
            None => {
                self.slots.push(new);
                self.slots.len() - 1
            }
        };
        if let Some(after) = self.first.insert(key, place) {
            self.link(place, after);
        }
        place
    }

    /// Frees a place in the list of this key.
    fn remove(&mut self, key: &K, place: usize) -> Option<Arc<Waiter>> {
        let slot = self.slots.get_mut(place)?;
        let freed = Slot { waiter: None, before: NOWHERE, after: self.free };
        let Slot { waiter, before, after } = mem::replace(slot, freed);
        self.free = place;
        if before != NOWHERE {
            self.link(before, after);
        } else if after != NOWHERE {
            self.link(NOWHERE, after);
            self.first.insert(*key, after);
        } else {
            self.first.remove(key);
        }
        if self.first.is_empty() {
            *self = Self::new();
        }
        waiter
    }

    fn link(&mut self, before: usize, after: usize) {
        if let Some(slot) = self.slots.get_mut(before) {
            slot.after = after;
        }
        if let Some(slot) = self.slots.get_mut(after) {
            slot.before = before;
        }
    }
}
