//! Numbers of up to 2,080 bits as forty digits of 52 bits, in order or in the columns of the arithmetic.

use crate::crypto::lanes::{DIGIT_BITS, Eight, Machine, low_digit};

/// Forty digits in rows of five, least significant first. Row `l` holds the digits of lane `l`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digits(pub(super) [[u64; 5]; 8]);

/// The same digits, laid out for vector registers.
///
/// Lane `l` of register `v` is digit `5 l + v`. The next digit is in the next register, and five digits up is one lane
/// up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns(pub(super) [Eight; 5]);

/// Columns in a machine's registers.
pub(super) type Registers<M> = [<M as Machine>::Lanes; 5];

impl Digits {
    pub(super) const ZERO: Self = Self([[0; 5]; 8]);

    /// Reads 256 big-endian bytes.
    #[inline(always)]
    pub(super) fn from_bytes(bytes: &[u8; 256]) -> Self {
        let mut digits = Self::ZERO;
        let (pairs, _) = digits.0.as_flattened_mut().as_chunks_mut::<2>();
        for (pair, bytes) in pairs.iter_mut().zip(bytes.rchunks(TWO_DIGITS)) {
            *pair = two_digits(bytes);
        }
        digits
    }

    /// Returns whether this number is smaller than `other`.
    // Inlined, so that the check of a signature has no call: tests/fast_rsa_assurance/machine_code.sh demands it.
    #[inline(always)]
    pub(super) fn is_below(&self, other: &Self) -> bool {
        self.iter().rev().lt(other.iter().rev())
    }

    #[inline(always)]
    pub(super) fn lowest(&self) -> u64 {
        let [[lowest, ..], ..] = self.0;
        lowest
    }

    #[inline(always)]
    pub(super) fn set_lowest(&mut self, digit: u64) {
        let [[lowest, ..], ..] = &mut self.0;
        *lowest = digit;
    }

    /// Returns the two highest digits as one number.
    pub(super) fn highest_two(&self) -> u128 {
        let [.., [.., second, highest]] = self.0;
        (u128::from(highest) << DIGIT_BITS) | u128::from(second)
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &u64> {
        self.0.as_flattened().iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut u64> {
        self.0.as_flattened_mut().iter_mut()
    }

    #[inline(always)]
    pub(super) fn columns(&self) -> Columns {
        let mut columns = [[0; 8]; 5];
        for (lane, row) in self.0.iter().enumerate() {
            for (register, digit) in columns.iter_mut().zip(row) {
                if let Some(place) = register.get_mut(lane) {
                    *place = *digit;
                }
            }
        }
        Columns(columns.map(Eight))
    }
}

impl Columns {
    /// Returns the five digits of a lane, or zeros if there is no such lane.
    #[inline(always)]
    pub(super) fn row(&self, lane: usize) -> [u64; 5] {
        // Wrong product: refuses.
        self.0.each_ref().map(|register| register.0.get(lane).copied().unwrap_or(0))
    }

    #[inline(always)]
    pub(super) fn digits(&self) -> Digits {
        let mut digits = Digits::ZERO;
        for (lane, row) in digits.0.iter_mut().enumerate() {
            *row = self.row(lane);
        }
        digits
    }

    #[inline(always)]
    pub(super) fn load<M: Machine>(&self, machine: M) -> Registers<M> {
        let [a, b, c, d, e] = self.0;
        [machine.load(a), machine.load(b), machine.load(c), machine.load(d), machine.load(e)]
    }

    #[inline(always)]
    pub(super) fn store<M: Machine>(machine: M, registers: Registers<M>) -> Self {
        let [a, b, c, d, e] = registers;
        Self([machine.store(a), machine.store(b), machine.store(c), machine.store(d), machine.store(e)])
    }
}

/// The bytes of two digits: 104 bits.
pub(super) const TWO_DIGITS: usize = 13;

/// Splits up to 13 big-endian bytes into two digits, least significant first.
#[inline(always)]
pub(super) fn two_digits(bytes: &[u8]) -> [u64; 2] {
    let mut wide = [0; 16];
    if let Some(place) = wide.get_mut(16_usize.saturating_sub(bytes.len())..) {
        place.copy_from_slice(bytes);
    }
    let number = u128::from_be_bytes(wide);
    [low_digit(number), low_digit(number >> DIGIT_BITS)]
}
