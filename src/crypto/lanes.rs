//! Eight 64-bit numbers at once, with products of their low 52 bits: what the fast paths compute with.

#[cfg(any(test, feature = "fast-rsa-model"))]
pub(super) mod model;
#[cfg(target_arch = "x86_64")]
pub(super) mod simd;

/// The bits of a digit.
pub(super) const DIGIT_BITS: u32 = 52;

/// The largest digit.
pub(super) const LARGEST_DIGIT: u64 = (1 << DIGIT_BITS) - 1;

/// Eight numbers in memory.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Eight(pub(super) [u64; 8]);

/// Computes with eight lanes.
///
/// `simd::Ifma` uses the instructions. `model::Model` uses plain arrays and checks the bounds. Sums never overflow, and
/// differences are never negative: see the interval arguments in docs/decisions/0018-fast-rsa.md and 0037-fast-p256.md.
pub(super) trait Machine: Copy {
    /// Eight numbers in the machine's registers.
    type Lanes: Copy;

    /// Loads lanes from memory.
    fn load(self, eight: Eight) -> Self::Lanes;
    /// Stores lanes to memory.
    fn store(self, lanes: Self::Lanes) -> Eight;
    /// Sets all lanes to the same number.
    fn broadcast(self, number: u64) -> Self::Lanes;
    /// Adds lane by lane.
    fn add(self, one: Self::Lanes, other: Self::Lanes) -> Self::Lanes;
    /// Subtracts lane by lane. No lane of `one` is below that of `other`.
    fn subtract(self, one: Self::Lanes, other: Self::Lanes) -> Self::Lanes;
    /// Adds the low 52 bits of the product of two digits to `sum`.
    fn add_low(self, sum: Self::Lanes, one: Self::Lanes, other: Self::Lanes) -> Self::Lanes;
    /// Adds the high 52 bits of the product of two digits to `sum`.
    fn add_high(self, sum: Self::Lanes, one: Self::Lanes, other: Self::Lanes) -> Self::Lanes;
    /// Keeps the low 52 bits of each lane.
    fn digits(self, lanes: Self::Lanes) -> Self::Lanes;
    /// Keeps what is above the low 52 bits of each lane, shifted down by 52 bits.
    fn carries(self, lanes: Self::Lanes) -> Self::Lanes;
    /// Shifts each lane down by `BITS`, which is below 64.
    fn right<const BITS: u32>(self, lanes: Self::Lanes) -> Self::Lanes;
    /// Shifts each lane up by `BITS`, which is below 64.
    fn left<const BITS: u32>(self, lanes: Self::Lanes) -> Self::Lanes;
    /// Moves each lane to the one before. The last lane becomes 0.
    fn down(self, lanes: Self::Lanes) -> Self::Lanes;
    /// Moves each lane to the next one. The first lane becomes 0.
    fn up(self, lanes: Self::Lanes) -> Self::Lanes;
    /// Fills each lane with the lane whose place, from 0 to 7, is in the same lane of `places`.
    fn permute(self, places: Self::Lanes, lanes: Self::Lanes) -> Self::Lanes;
    /// Returns the first lanes of all, then the second lanes of all, and so on.
    fn transpose(self, rows: [Self::Lanes; 8]) -> [Self::Lanes; 8];
    /// Returns the first lane.
    fn first(self, lanes: Self::Lanes) -> u64;
    /// Keeps the first lane and sets all others to 0.
    fn only_first(self, lanes: Self::Lanes) -> Self::Lanes;
    /// Returns the bitwise OR, lane by lane.
    fn either(self, one: Self::Lanes, other: Self::Lanes) -> Self::Lanes;
    /// Returns the bits of `one` where `mask` has ones, and those of `other` where it has zeros.
    fn select(self, mask: Self::Lanes, one: Self::Lanes, other: Self::Lanes) -> Self::Lanes;
    /// Returns whether any lane exceeds the largest digit.
    fn exceeds_digits(self, lanes: Self::Lanes) -> bool;
    /// Runs work that is compiled for this machine as a whole.
    fn run<W: Work>(self, work: W) -> W::Output;
}

/// Work for a machine.
///
/// All of it must be inlined into [`Machine::run`]. Everything that computes with lanes is therefore
/// `#[inline(always)]`, which a closure cannot guarantee.
pub(super) trait Work {
    type Output;

    fn on<M: Machine>(self, machine: M) -> Self::Output;
}

/// Returns the low 52 bits.
#[inline(always)]
pub(super) fn low_digit(number: u128) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = number.to_le_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h]) & LARGEST_DIGIT
}
