//! Products modulo a 2,048-bit number.
//!
//! A digit is a number below x = 2^52, and a lane a number below y = x^5 = 2^260. Numbers stay below 2^2052 and are not
//! reduced further. A product has the factor y^-8 = 2^-2080 (Montgomery form).
//!
//! The double-width product has sixteen lanes. The seven lowest are folded: constants of the key replace them by their
//! value modulo n. A multiple of n makes the eighth zero, and it is dropped.
//!
//! docs/decisions/0018-fast-rsa.md proves the bounds in the comments.

use super::bounds;
use super::digits::{Columns, Digits, Registers};
use crate::crypto::lanes::{DIGIT_BITS, LARGEST_DIGIT, Machine, low_digit};

/// The sums of ten neighbouring digit places: five in the lane, and five in the next lane up.
type Sums<M> = [<M as Machine>::Lanes; 10];

/// A modulus n, with the constants for dividing by y.
pub(super) struct Modulus {
    pub(super) digits: Digits,
    pub(super) columns: Columns,
    /// -1/n modulo y, in digits.
    pub(super) negative_inverse: [u64; 5],
}

/// The constants for multiplying modulo n.
pub(super) struct Arithmetic {
    pub(super) modulus: Modulus,
    /// The weights of lanes 0 to 6: y^(lane - 7) modulo n.
    pub(super) folds: [Columns; 7],
}

impl Arithmetic {
    /// Returns `one · other · 2^-2080` modulo n. The factors and the result are digits of numbers below 2^2052.
    #[inline(always)]
    pub(super) fn product<M: Machine>(&self, machine: M, one: Registers<M>, other: &Columns) -> Registers<M> {
        self.multiply::<M, false>(machine, one, other)
    }

    /// Returns the product of a number with itself, with fewer multiplications.
    #[inline(always)]
    pub(super) fn square<M: Machine>(&self, machine: M, one: Registers<M>) -> Registers<M> {
        self.multiply::<M, true>(machine, one, &Columns::store(machine, one))
    }

    #[inline(always)]
    fn multiply<M: Machine, const SQUARE: bool>(
        &self,
        machine: M,
        one: Registers<M>,
        other: &Columns,
    ) -> Registers<M> {
        let mut sums = [machine.broadcast(0); 10];
        let mut lowest = [[0; 5]; 7];
        let mut carry = 0;
        for (lane, row) in lowest.iter_mut().enumerate() {
            sums = add_row::<M, SQUARE>(machine, sums, other.row(lane), one);
            // The first lane is complete: later rows do not reach it.
            for (digit, sum) in row.iter_mut().zip(&sums) {
                carry += machine.first(*sum);
                *digit = carry & LARGEST_DIGIT;
                carry >>= DIGIT_BITS;
            }
        }
        let sums = add_row::<M, SQUARE>(machine, sums, other.row(7), one);
        self.fold(machine, sums, &lowest, carry)
    }

    /// Folds the seven lowest lanes. `sums` holds the eighth lane in its first lane, and all lanes above.
    #[inline(always)]
    fn fold<M: Machine>(
        &self,
        machine: M,
        sums: Sums<M>,
        lowest: &[[u64; 5]; 7],
        carry: u64,
    ) -> Registers<M> {
        let [a, b, c, d, e, ..] = sums;
        let zero = machine.broadcast(0);
        let mut folded = [a, b, c, d, e, zero, zero, zero, zero, zero];
        for sum in folded.iter_mut().take(5) {
            *sum = machine.only_first(*sum);
        }
        let [lowest_sum, ..] = &mut folded;
        *lowest_sum = machine.add(*lowest_sum, machine.only_first(machine.broadcast(carry)));
        let above = next_lane(machine, sums);
        for (digits, weight) in lowest.iter().zip(&self.folds) {
            add_product(machine, &mut folded, *digits, weight.load(machine));
        }
        bounds::assert_folded(machine, folded, above);
        self.modulus.divide(machine, folded, above)
    }
}

impl Modulus {
    /// Returns (sums + y · above) / y modulo n. It adds the multiple of n that makes the first lane zero, then drops
    /// it.
    #[inline(always)]
    pub(super) fn divide<M: Machine>(
        &self,
        machine: M,
        mut sums: Sums<M>,
        above: Registers<M>,
    ) -> Registers<M> {
        let mut places = [0; 5];
        for (place, sum) in places.iter_mut().zip(&sums) {
            *place = machine.first(*sum);
        }
        let multiple = self.multiple(places);
        add_product(machine, &mut sums, multiple, self.columns.load(machine));
        // The first lane is now a multiple of y. Its carry goes to the next lane.
        let mut carry = machine.broadcast(0);
        for sum in sums.iter().take(5) {
            let total = machine.add(*sum, carry);
            debug_assert_eq!(
                machine.first(total) & LARGEST_DIGIT,
                0,
                "the lane that is left out is not zero"
            );
            carry = machine.only_first(machine.carries(total));
        }
        let mut result = next_lane(machine, sums);
        for (sum, above) in result.iter_mut().zip(above) {
            *sum = machine.add(*sum, above);
        }
        let [lowest, ..] = &mut result;
        *lowest = machine.add(*lowest, carry);
        carry_over(machine, result)
    }

    /// Returns the factor below y whose product with n makes these five digit places zero modulo y.
    #[inline(always)]
    fn multiple(&self, places: [u64; 5]) -> [u64; 5] {
        let mut digits = [0; 5];
        let mut sum = 0_u128;
        for (index, digit) in digits.iter_mut().enumerate() {
            let inverse = self.negative_inverse.iter().take(index.saturating_add(1)).rev();
            for (place, inverse) in places.iter().zip(inverse) {
                // At most five products below 2^60 · 2^52 and a carry.
                sum += u128::from(*place) * u128::from(*inverse);
            }
            *digit = low_digit(sum);
            sum >>= DIGIT_BITS;
        }
        digits
    }
}

/// Shifts the sums down by a lane, then adds one row of digits times `number`.
#[inline(always)]
fn add_row<M: Machine, const SQUARE: bool>(
    machine: M,
    sums: Sums<M>,
    row: [u64; 5],
    number: Registers<M>,
) -> Sums<M> {
    let mut result = [machine.broadcast(0); 10];
    if SQUARE {
        // The product of two different digit places occurs twice.
        add_unequal_places(machine, &mut result, row, number);
        for sum in &mut result {
            *sum = machine.add(*sum, *sum);
        }
    }
    for (sum, shifted) in result.iter_mut().zip(next_lane(machine, sums)) {
        *sum = machine.add(*sum, shifted);
    }
    if SQUARE {
        add_equal_places(machine, &mut result, row, number);
    } else {
        add_product(machine, &mut result, row, number);
    }
    result
}

/// Returns the sums from the next lane up, without those in the first lane.
#[inline(always)]
fn next_lane<M: Machine>(machine: M, sums: Sums<M>) -> Registers<M> {
    let [a, b, c, d, e, f, g, h, i, j] = sums;
    let mut result = [a, b, c, d, e];
    for (sum, high) in result.iter_mut().zip([f, g, h, i, j]) {
        *sum = machine.add(machine.down(*sum), high);
    }
    result
}

/// Adds the product of five digits and a number.
#[inline(always)]
fn add_product<M: Machine>(machine: M, sums: &mut Sums<M>, digits: [u64; 5], number: Registers<M>) {
    let [a, b, c, d, e] = digits;
    add_multiple::<M, 0, 5>(machine, sums, a, number);
    add_multiple::<M, 1, 5>(machine, sums, b, number);
    add_multiple::<M, 2, 5>(machine, sums, c, number);
    add_multiple::<M, 3, 5>(machine, sums, d, number);
    add_multiple::<M, 4, 5>(machine, sums, e, number);
}

/// Adds the part of that product where the register's place is above the digit's.
#[inline(always)]
fn add_unequal_places<M: Machine>(machine: M, sums: &mut Sums<M>, row: [u64; 5], number: Registers<M>) {
    let ([a, b, c, d, _], [_, v, w, x, y]) = (row, number);
    add_multiple::<M, 1, 4>(machine, sums, a, [v, w, x, y]);
    add_multiple::<M, 3, 3>(machine, sums, b, [w, x, y]);
    add_multiple::<M, 5, 2>(machine, sums, c, [x, y]);
    add_multiple::<M, 7, 1>(machine, sums, d, [y]);
}

/// Adds the part of that product where the register's place is the digit's.
#[inline(always)]
fn add_equal_places<M: Machine>(machine: M, sums: &mut Sums<M>, row: [u64; 5], number: Registers<M>) {
    let ([a, b, c, d, e], [u, v, w, x, y]) = (row, number);
    add_multiple::<M, 0, 1>(machine, sums, a, [u]);
    add_multiple::<M, 2, 1>(machine, sums, b, [v]);
    add_multiple::<M, 4, 1>(machine, sums, c, [w]);
    add_multiple::<M, 6, 1>(machine, sums, d, [x]);
    add_multiple::<M, 8, 1>(machine, sums, e, [y]);
}

/// Adds the product of a digit and registers, from digit place `PLACE` on.
#[inline(always)]
fn add_multiple<M: Machine, const PLACE: usize, const COUNT: usize>(
    machine: M,
    sums: &mut Sums<M>,
    digit: u64,
    registers: [M::Lanes; COUNT],
) {
    let digit = machine.broadcast(digit);
    // With `get_mut`, unlike `skip`, the compiler keeps the sums in registers.
    if let Some(sums) = sums.get_mut(PLACE..) {
        for (sum, lanes) in sums.iter_mut().zip(&registers) {
            *sum = machine.add_low(*sum, digit, *lanes);
        }
    }
    if let Some(sums) = sums.get_mut(PLACE.saturating_add(1)..) {
        for (sum, lanes) in sums.iter_mut().zip(&registers) {
            *sum = machine.add_high(*sum, digit, *lanes);
        }
    }
}

/// Turns sums into digits.
///
/// One pass moves all carries at once. Another follows if a carry makes a digit overflow. That happens in about one
/// product in 2^34, unless someone provokes it. The loop ends because every carry lowers the sum of all digits.
#[inline(always)]
fn carry_over<M: Machine>(machine: M, mut sums: Registers<M>) -> Registers<M> {
    loop {
        let mut carries = sums;
        for carry in &mut carries {
            *carry = machine.carries(*carry);
        }
        let [a, b, c, d, e] = carries;
        bounds::assert_nothing_above(machine, e);
        let mut overflows = machine.broadcast(0);
        for (sum, carry) in sums.iter_mut().zip([machine.up(e), a, b, c, d]) {
            *sum = machine.add(machine.digits(*sum), carry);
            overflows = machine.either(overflows, *sum);
        }
        if !machine.exceeds_digits(overflows) {
            bounds::assert_result(machine, sums);
            return sums;
        }
        bounds::count_further_pass();
    }
}
