//! Hashing for tables with keys that others choose. The hash functions are fast, and use secret keys of this process.

use std::hash::BuildHasher as _;
use std::sync::LazyLock;

use foldhash::SharedSeed;
use foldhash::quality::SeedableRandomState;

use crate::crypto;

pub(crate) type RandomState = SeedableRandomState;

/// Returns a hasher with a key that no other table has.
pub(crate) fn random_state() -> RandomState {
    static SHARED: LazyLock<SharedSeed> = LazyLock::new(|| SharedSeed::from_u64(random()));
    RandomState::with_seed(random(), &SHARED)
}

/// Returns a number from the system's random source.
pub(crate) fn random() -> u64 {
    let mut bytes = [0; 8];
    match crypto::fill_random(&mut bytes) {
        Ok(()) => u64::from_le_bytes(bytes),
        // The standard library asks the system in another way. It ends the process if there are no random numbers.
        Err(_) => std::hash::RandomState::new().hash_one(0),
    }
}
