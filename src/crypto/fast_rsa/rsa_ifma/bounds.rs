//! Debug assertions for the interval argument of docs/decisions/0018-fast-rsa.md.

use super::digits::{Columns, Registers};
use crate::crypto::lanes::{DIGIT_BITS, Machine, low_digit};

/// Asserts that the folded value, `sums + y · above`, is below 2^2311 = 2^(44 · 52 + 23).
#[inline(always)]
pub(super) fn assert_folded<M: Machine>(machine: M, sums: [M::Lanes; 10], above: Registers<M>) {
    if cfg!(debug_assertions) {
        let mut places = [0_u128; 46];
        let lanes = (0_usize..).step_by(5);
        for (start, registers) in (0..).zip(sums).chain((5..).zip(above)) {
            for (lane, number) in lanes.clone().zip(machine.store(registers).0) {
                if let Some(place) = places.iter_mut().skip(start).nth(lane) {
                    *place += u128::from(number);
                }
            }
        }
        let mut carry = 0;
        let digits = places.map(|place| {
            carry += place;
            let digit = low_digit(carry);
            carry >>= DIGIT_BITS;
            digit
        });
        assert!(digits[44] < 1 << 23 && digits[45] == 0 && carry == 0, "the folded value is too large");
    }
}

/// Asserts that no carry leaves the highest digit.
#[inline(always)]
pub(super) fn assert_nothing_above<M: Machine>(machine: M, highest_carries: M::Lanes) {
    debug_assert_eq!(machine.store(highest_carries).0[7], 0, "a carry is lost");
}

/// Asserts that the result is below 2^2052 = 2^(39 · 52 + 24).
#[inline(always)]
pub(super) fn assert_result<M: Machine>(machine: M, result: Registers<M>) {
    debug_assert!(Columns::store(machine, result).row(7)[4] < 1 << 24, "the result is too large");
}

/// Counts a further carry pass, for tests.
#[inline(always)]
pub(super) fn count_further_pass() {
    #[cfg(test)]
    FURTHER_PASSES.with(|count| count.set(count.get() + 1));
}

#[cfg(test)]
thread_local! {
    /// The further carry passes on this thread.
    pub(super) static FURTHER_PASSES: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}
