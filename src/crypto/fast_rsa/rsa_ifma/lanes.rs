//! What the arithmetic asks of a machine: eight numbers of 64 bits at once, and products of their low 52 bits.

/// How many bits a digit has.
pub(super) const DIGIT_BITS: u32 = 52;

/// The largest digit.
pub(super) const LARGEST_DIGIT: u64 = (1 << DIGIT_BITS) - 1;

/// Eight numbers as they lie in memory.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Eight(pub(super) [u64; 8]);

/// Computes with eight lanes. The product is [`Ifma`](super::simd::Ifma); the [`Model`](super::model::Model) does the same
/// with plain arrays, and checks the bounds. Sums never overflow: see the interval argument in docs/decisions/0018-fast-rsa.md.
pub(super) trait Machine: Copy {
    /// Eight numbers as the machine holds them.
    type Lanes: Copy;

    /// From memory.
    fn load(self, eight: Eight) -> Self::Lanes;
    /// To memory.
    fn store(self, lanes: Self::Lanes) -> Eight;
    /// The same number in all lanes.
    fn broadcast(self, number: u64) -> Self::Lanes;
    /// Lane by lane.
    fn add(self, one: Self::Lanes, other: Self::Lanes) -> Self::Lanes;
    /// `sum` and the low 52 bits of the product of two digits.
    fn add_low(self, sum: Self::Lanes, one: Self::Lanes, other: Self::Lanes) -> Self::Lanes;
    /// `sum` and the high 52 bits of the product of two digits.
    fn add_high(self, sum: Self::Lanes, one: Self::Lanes, other: Self::Lanes) -> Self::Lanes;
    /// Of each lane the low 52 bits.
    fn digits(self, lanes: Self::Lanes) -> Self::Lanes;
    /// Of each lane what is above its low 52 bits.
    fn carries(self, lanes: Self::Lanes) -> Self::Lanes;
    /// Each lane takes what the next one holds; the last takes 0.
    fn down(self, lanes: Self::Lanes) -> Self::Lanes;
    /// Each lane takes what the one before holds; the first takes 0.
    fn up(self, lanes: Self::Lanes) -> Self::Lanes;
    /// What the first lane holds.
    fn first(self, lanes: Self::Lanes) -> u64;
    /// The first lane as it is, 0 in all others.
    fn only_first(self, lanes: Self::Lanes) -> Self::Lanes;
    /// Lane by lane, the bits that are set in either.
    fn either(self, one: Self::Lanes, other: Self::Lanes) -> Self::Lanes;
    /// Whether some lane holds more than a digit.
    fn exceeds_digits(self, lanes: Self::Lanes) -> bool;
    /// Does work, compiled for this machine as a whole.
    fn run<W: Work>(self, work: W) -> W::Output;
}

/// Work for a machine. No closure, so that it can be made sure that all of it becomes a part of [`Machine::run`]: whatever
/// computes with lanes is `#[inline(always)]` up to here.
pub(super) trait Work {
    type Output;

    fn on<M: Machine>(self, machine: M) -> Self::Output;
}
