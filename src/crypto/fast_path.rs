//! What every fast path can say of itself, and how often it is checked.

use std::num::NonZeroU32;

/// Whether a fast path is on.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathState {
    /// The crate was compiled without its feature, or not for a CPU that it supports.
    NotCompiled,
    /// The CPU or the operating system lacks the instructions, which are AVX-512 IFMA.
    NoInstructions,
    /// Its environment variable turned it off.
    TurnedOff,
    /// It failed its self-test and serves no keys. This machine or this crate has a fault. Please report it.
    SelfTestFailed,
    /// It is on and serves the keys that qualify.
    On,
    /// It disagreed with the library once and is off since then. Please report it.
    SwitchedOff,
}

impl PathState {
    /// Returns the stable number in the C ABI: 0 not compiled, 1 no instructions, 2 turned off, 3 self-test failed, 4 on,
    /// 5 switched off.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::NotCompiled => 0,
            Self::NoInstructions => 1,
            Self::TurnedOff => 2,
            Self::SelfTestFailed => 3,
            Self::On => 4,
            Self::SwitchedOff => 5,
        }
    }
}

/// What a fast path has done in this process.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathStatus {
    /// Whether it is on.
    pub state: PathState,
    /// How many keys qualified but failed their self-test.
    pub keys_refused: u64,
    /// How many signatures it accepted that the library checked again.
    pub accepted_checked: u64,
    /// How many signatures it refused that the library checked again.
    pub refused_checked: u64,
    /// How many signatures it refused that the library did not check, because of
    /// [`Checks::refused_per_second`].
    pub refused_unchecked: u64,
    /// How often the library came to another verdict. The library's verdict was returned.
    pub disagreements: u64,
}

/// How often the library checks a fast path's verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checks {
    /// The library checks one in this many accepted signatures. The default is 256. With 1 it checks them all, to try
    /// the fast path without relying on it.
    pub accepted_one_in: NonZeroU32,
    /// The library checks at most this many refused signatures a second. The default is 500. This bounds the cost of a
    /// flood of bad tokens.
    pub refused_per_second: u32,
}

impl Default for Checks {
    fn default() -> Self {
        const ONE_IN: NonZeroU32 = NonZeroU32::MIN.saturating_add(255);
        Self { accepted_one_in: ONE_IN, refused_per_second: 500 }
    }
}
