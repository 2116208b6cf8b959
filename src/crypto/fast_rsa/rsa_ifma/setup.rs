//! Computes the constants of a key.

use super::digits::{Columns, Digits};
use super::product::{Arithmetic, Modulus};
use crate::crypto::lanes::{DIGIT_BITS, LARGEST_DIGIT, Machine, low_digit};

impl Modulus {
    /// Returns `None` unless the number is odd and has exactly 2,048 bits.
    fn new(bytes: &[u8; 256]) -> Option<Self> {
        let [first, .., last] = bytes;
        if *first < 0x80 || last % 2 == 0 {
            return None;
        }
        let digits = Digits::from_bytes(bytes);
        Some(Self { digits, columns: digits.columns(), negative_inverse: negative_inverse(&digits) })
    }
}

impl Arithmetic {
    /// Returns `None` unless the modulus is odd and has exactly 2,048 bits.
    #[inline(always)]
    pub(super) fn new<M: Machine>(machine: M, modulus: &[u8; 256]) -> Option<Self> {
        let modulus = Modulus::new(modulus)?;
        let mut folds = [Digits::ZERO.columns(); 7];
        // The weight of a lane is that of the next lane up, divided by y.
        let mut weight = one().load(machine);
        let zero = machine.broadcast(0);
        for fold in folds.iter_mut().rev() {
            let [a, b, c, d, e] = weight;
            weight = modulus.divide(machine, [a, b, c, d, e, zero, zero, zero, zero, zero], [zero; 5]);
            *fold = Columns::store(machine, weight);
        }
        Some(Self { modulus, folds })
    }

    /// Returns 2^(2080 · 65537) modulo n, below 2^2052. It takes the 65,537th power out of Montgomery form.
    #[inline(always)]
    pub(super) fn correction<M: Machine>(&self, machine: M) -> Columns {
        // 2^2047 is below n. Two shifts give 2^(2080 + 65). Each squaring doubles the part of the exponent above 2080:
        // 65 · 2^5 = 2080, and 2080 · 2^16 = 2080 · 65536.
        const SHIFTS: u32 = (2080 + 65 - 2047) / SHIFT;
        const SQUARINGS: u32 = 5 + 16;
        let mut power = Digits::ZERO;
        let [.., [.., highest]] = &mut power.0;
        *highest = 1 << (2047 - 39 * DIGIT_BITS);
        for _ in 0..SHIFTS {
            power = shifted(&power, &self.modulus.digits);
        }
        let mut power = power.columns().load(machine);
        for _ in 0..SQUARINGS {
            power = self.square(machine, power);
        }
        Columns::store(machine, power)
    }
}

fn one() -> Columns {
    let mut one = Digits::ZERO;
    one.set_lowest(1);
    one.columns()
}

/// By how many bits [`shifted`] shifts.
const SHIFT: u32 = 49;

/// Returns `number · 2^49` modulo n, below 2 n. `number` must be below 2 n.
fn shifted(number: &Digits, modulus: &Digits) -> Digits {
    // The quotient or 1 less, below 2^50.
    let quotient = (number.highest_two() << SHIFT).checked_div(modulus.highest_two() + 1);
    let quotient = i128::from(low_digit(quotient.unwrap_or(0)));
    let (mut result, mut carry) = (*number, 0);
    for (digit, modulus) in result.iter_mut().zip(modulus.iter()) {
        let sum = (i128::from(*digit) << SHIFT) - quotient * i128::from(*modulus) + carry;
        *digit = low_digit(sum.cast_unsigned());
        carry = sum >> DIGIT_BITS;
    }
    debug_assert_eq!(carry, 0, "the number is not reduced");
    result
}

/// Returns -1/n modulo y. Each of its digits makes one more digit of 1 + n · result zero.
fn negative_inverse(modulus: &Digits) -> [u64; 5] {
    let [modulus, ..] = modulus.0;
    let [lowest, ..] = modulus;
    // Newton's iteration doubles the number of correct bits: 3 at first, 96 after five rounds.
    let mut inverse = lowest;
    for _ in 0..5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(lowest.wrapping_mul(inverse)));
    }
    let mut result = [0; 5];
    let mut places = [1_u128, 0, 0, 0, 0];
    for digit in &mut result {
        let [place, ..] = places;
        *digit = low_digit(place).wrapping_mul(inverse.wrapping_neg()) & LARGEST_DIGIT;
        for (place, modulus) in places.iter_mut().zip(modulus) {
            *place += u128::from(*digit) * u128::from(modulus);
        }
        let [a, b, c, d, e] = places;
        places = [(a >> DIGIT_BITS) + b, c, d, e, 0];
    }
    result
}
