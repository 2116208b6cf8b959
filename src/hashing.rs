//! Hashing for tables of names that others choose: fast, and under keys of this process that nobody learns.

use std::hash::BuildHasher as _;
use std::sync::LazyLock;

use foldhash::SharedSeed;
use foldhash::quality::SeedableRandomState;

pub(crate) type RandomState = SeedableRandomState;

/// A hasher that no other table has.
pub(crate) fn random_state() -> RandomState {
    static SHARED: LazyLock<SharedSeed> = LazyLock::new(|| SharedSeed::from_u64(random()));
    RandomState::with_seed(random(), &SHARED)
}

/// A number that the operating system's random numbers are behind, as they are behind the keys of the standard library.
pub(crate) fn random() -> u64 {
    std::hash::RandomState::new().hash_one(0)
}
