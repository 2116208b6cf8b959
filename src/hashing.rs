//! Hashing for tables of names that others choose: fast, and under keys of this process that nobody learns.

use std::hash::BuildHasher as _;
use std::sync::LazyLock;

use foldhash::SharedSeed;
use foldhash::quality::SeedableRandomState;

use crate::crypto;

pub(crate) type RandomState = SeedableRandomState;

/// A hasher that no other table has.
pub(crate) fn random_state() -> RandomState {
    static SHARED: LazyLock<SharedSeed> = LazyLock::new(|| SharedSeed::from_u64(random()));
    RandomState::with_seed(random(), &SHARED)
}

/// A number from the system's random source.
pub(crate) fn random() -> u64 {
    let mut bytes = [0; 8];
    match crypto::fill_random(&mut bytes) {
        Ok(()) => u64::from_le_bytes(bytes),
        // The standard library's keys come from the system too, by another way, which ends the process where there is none.
        Err(_) => std::hash::RandomState::new().hash_one(0),
    }
}
