//! Which keys have tables: all of them while memory lasts, then the busiest.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::key::{Growing, Key};
use super::limbs::Limbs;
use super::point::Affine;
use super::verify::{Adder, KeyTable};

/// How much memory all tables of keys may take by default, in bytes: 22 tables.
const DEFAULT: usize = 4 << 20;

/// A key without memory competes for it once in this many accepted signatures.
const COMPETES_ONCE_IN: u64 = 64;

/// The coordinates of a point, in Montgomery form.
type Point = [Limbs; 2];

/// The keys that a process knows. A process has one, and tests have their own.
pub(super) struct Memory {
    keys: Mutex<Known>,
    most: AtomicUsize,
}

struct Known {
    keys: HashMap<Point, Weak<Key>>,
    /// At this number, those that are gone are removed.
    clean_at: usize,
    /// How often keys have competed for memory since the last time that all were made less busy.
    competed: usize,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self {
            keys: Mutex::new(Known { keys: HashMap::new(), clean_at: 64, competed: 0 }),
            most: AtomicUsize::new(DEFAULT),
        }
    }

    /// Returns the key of a point. Keys of equal points share it, so a key set that is loaded again keeps its tables.
    pub(super) fn key(&self, point: Affine<Limbs>) -> Arc<Key> {
        let mut known = self.lock();
        let name = [point.x, point.y];
        if let Some(key) = known.keys.get(&name).and_then(Weak::upgrade) {
            return key;
        }
        if known.keys.len() >= known.clean_at {
            known.keys.retain(|_, key| key.strong_count() > 0);
            known.clean_at = known.keys.len().saturating_mul(2).max(64);
        }
        let key = Arc::new(Key::new(point));
        known.keys.insert(name, Arc::downgrade(&key));
        key
    }

    /// Counts a signature of a key without a complete table that the backend accepted. Builds one more window of the table.
    pub(super) fn accepted<A: Adder>(&self, key: &Key, adder: A) -> Growing {
        key.accepted.fetch_add(1, Relaxed);
        let competes = || key.without_memory.fetch_add(1, Relaxed).is_multiple_of(COMPETES_ONCE_IN);
        key.grow(adder, || competes() && self.claim(key))
    }

    /// Returns whether the key may have a table. If there is no memory, takes that of the least busy key, unless it is about half as busy
    /// or more: keys that are equally busy must not take turns.
    fn claim(&self, key: &Key) -> bool {
        let most = self.most.load(Relaxed);
        let mut others = self.with_memory();
        others.retain(|other| !std::ptr::eq(&**other, key));
        if others.len().saturating_add(1).saturating_mul(KeyTable::BYTES) <= most {
            return true;
        }
        self.compete();
        let busy = |key: &Key| key.accepted.load(Relaxed);
        let Some(idlest) = others.iter().min_by_key(|key| busy(key)) else { return false };
        if busy(idlest).saturating_mul(2).saturating_add(COMPETES_ONCE_IN) >= busy(key) {
            return false;
        }
        idlest.drop_table();
        !idlest.has_memory() && others.len().saturating_mul(KeyTable::BYTES) <= most
    }

    /// Counts that a key competes. When as many have as there are keys, halves how busy each key is, so that recent tokens count most.
    fn compete(&self) {
        let mut known = self.lock();
        known.competed = known.competed.saturating_add(1);
        if known.competed >= known.keys.len() {
            known.competed = 0;
            for key in known.keys.values().filter_map(Weak::upgrade) {
                key.accepted.store(key.accepted.load(Relaxed) / 2, Relaxed);
            }
        }
    }

    /// Sets how much memory tables of keys may take, in bytes. Drops tables that are too many, the least busy first.
    pub(super) fn set_most(&self, bytes: usize) {
        self.most.store(bytes, Relaxed);
        let mut keys = self.with_memory();
        keys.sort_by_key(|key| std::cmp::Reverse(key.accepted.load(Relaxed)));
        for key in keys.iter().skip(bytes / KeyTable::BYTES) {
            key.drop_table();
        }
    }

    /// Returns the keys that have tables or build them.
    pub(super) fn with_memory(&self) -> Vec<Arc<Key>> {
        let known = self.lock();
        known.keys.values().filter_map(Weak::upgrade).filter(|key| key.has_memory()).collect()
    }

    /// How many keys are known, with those that are gone.
    #[cfg(test)]
    pub(super) fn known(&self) -> usize {
        self.lock().keys.len()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
