//! Tests which keys have tables when memory is short.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use num_bigint::BigUint;

use super::{affine, generator, plain_multiple};
use crate::crypto::p256::key::{Growing, Key};
use crate::crypto::p256::memory::Memory;
use crate::crypto::p256::portable::Portable;
use crate::crypto::p256::verify::KeyTable;

const WINDOWS: u32 = 35;

fn key(memory: &Memory, private: u32) -> Arc<Key> {
    memory.key(affine(&plain_multiple(&generator(), &BigUint::from(private)).unwrap()))
}

/// The backend accepts signatures of the key.
fn accept(memory: &Memory, key: &Key, times: u32) {
    for _ in 0..times {
        assert_ne!(memory.accepted(key, Portable), Growing::Faulty);
    }
}

fn has_table(key: &Key) -> bool {
    key.table.load().is_some()
}

#[test]
fn keys_get_tables_while_memory_lasts() {
    let memory = Memory::new();
    memory.set_most(2 * KeyTable::BYTES + 1);
    let keys = [1, 2, 3].map(|private| key(&memory, private));
    for key in &keys {
        accept(&memory, key, WINDOWS - 1);
        assert!(!has_table(key));
        accept(&memory, key, 1);
    }
    assert_eq!(keys.each_ref().map(|key| has_table(key)), [true, true, false]);
    assert_eq!(memory.with_memory().len(), 2);
}

#[test]
fn a_busier_key_takes_the_memory_of_the_least_busy_and_equally_busy_ones_do_not_take_turns() {
    let memory = Memory::new();
    memory.set_most(2 * KeyTable::BYTES);
    let [busy, idle, new] = [1, 2, 3].map(|private| key(&memory, private));
    accept(&memory, &busy, WINDOWS);
    accept(&memory, &idle, WINDOWS);
    busy.accepted.fetch_add(10_000, Relaxed);
    idle.accepted.fetch_add(100, Relaxed);
    // Some tokens do not suffice.
    accept(&memory, &new, 65);
    assert!(!new.has_memory() && has_table(&idle));
    accept(&memory, &new, 500);
    assert!(new.has_memory() && !idle.has_memory() && !has_table(&idle) && has_table(&busy));
    accept(&memory, &new, WINDOWS);
    assert!(has_table(&new));
    // Equally busy from now on.
    for key in [&busy, &idle, &new] {
        key.accepted.store(1_000, Relaxed);
    }
    for _ in 0..1_000 {
        accept(&memory, &idle, 1);
        new.accepted.fetch_add(1, Relaxed);
        busy.accepted.fetch_add(1, Relaxed);
    }
    assert!(has_table(&new) && has_table(&busy) && !idle.has_memory());
}

#[test]
fn less_memory_drops_tables_at_once_and_none_drops_all() {
    let memory = Memory::new();
    let [busy, idle] = [1, 2].map(|private| key(&memory, private));
    accept(&memory, &idle, WINDOWS);
    accept(&memory, &busy, 2 * WINDOWS);
    assert!(has_table(&busy) && has_table(&idle));
    memory.set_most(2 * KeyTable::BYTES - 1);
    assert!(has_table(&busy) && !idle.has_memory());
    memory.set_most(0);
    assert!(!busy.has_memory());
    accept(&memory, &busy, 200);
    assert!(!busy.has_memory());
    memory.set_most(usize::MAX);
    accept(&memory, &busy, 64 + WINDOWS);
    assert!(has_table(&busy));
}

#[test]
fn keys_of_a_point_share_a_table_and_those_that_are_gone_are_forgotten() {
    let memory = Memory::new();
    let one = key(&memory, 1);
    assert!(Arc::ptr_eq(&one, &key(&memory, 1)));
    assert!(!Arc::ptr_eq(&one, &key(&memory, 2)));
    accept(&memory, &one, 1);
    assert_eq!(memory.with_memory().len(), 1);
    drop(one);
    assert_eq!(memory.with_memory().len(), 0);
    // Far more keys than live at a time.
    for private in 1..300 {
        key(&memory, private);
    }
    assert!(memory.known() <= 64, "{}", memory.known());
}
