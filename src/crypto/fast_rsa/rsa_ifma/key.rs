//! A key, and the check of a signature.

use super::digits::{Columns, Digits};
use super::encoding;
use super::lanes::{Machine, Work};
use super::product::Arithmetic;

/// Everything that is computed once for a modulus; 3.3 KB.
pub(super) struct Key {
    pub(super) arithmetic: Arithmetic,
    pub(super) correction: Columns,
}

impl Key {
    /// `None` unless the modulus is odd and has exactly 2,048 bits.
    pub(super) fn new<M: Machine>(machine: M, modulus: &[u8; 256]) -> Option<Self> {
        machine.run(Setup { modulus })
    }

    /// Whether this is the signature of a message with this SHA-256 hash (RFC 8017 section 8.2.2), for the exponent 65537.
    pub(super) fn verify<M: Machine>(&self, machine: M, signature: &[u8; 256], hash: &[u8; 32]) -> bool {
        self.power_is(machine, &Digits::from_bytes(signature), &encoding::encoded(hash))
    }

    /// Whether the 65,537th power of 0, of 1 and of n - 1 are these numbers themselves: a key with a wrong constant would have
    /// to be wrong in a way that cancels out.
    pub(super) fn powers_are_right<M: Machine>(&self, machine: M) -> bool {
        let (zero, mut one, mut last) = (Digits::ZERO, Digits::ZERO, self.arithmetic.modulus.digits);
        if let (Some(one), Some(last)) = (one.iter_mut().next(), last.iter_mut().next()) {
            *one = 1;
            // n is odd: nothing is borrowed.
            *last &= !1;
        }
        [zero, one, last].iter().all(|number| self.power_is(machine, number, number))
    }

    fn power_is<M: Machine>(&self, machine: M, number: &Digits, expected: &Digits) -> bool {
        machine.run(PowerIs { key: self, number, expected })
    }
}

struct Setup<'a> {
    modulus: &'a [u8; 256],
}

impl Work for Setup<'_> {
    type Output = Option<Key>;

    #[inline(always)]
    fn on<M: Machine>(self, machine: M) -> Option<Key> {
        let arithmetic = Arithmetic::new(machine, self.modulus)?;
        let correction = arithmetic.correction(machine);
        Some(Key { arithmetic, correction })
    }
}

/// Whether a number is below n and its 65,537th power modulo n is `expected`.
struct PowerIs<'a> {
    key: &'a Key,
    number: &'a Digits,
    expected: &'a Digits,
}

impl Work for PowerIs<'_> {
    type Output = bool;

    #[inline(always)]
    fn on<M: Machine>(self, machine: M) -> bool {
        let Key { arithmetic, correction } = self.key;
        if !self.number.is_below(&arithmetic.modulus.digits) {
            return false;
        }
        let number = self.number.columns();
        let mut power = number.load(machine);
        for _ in 0..16 {
            power = arithmetic.square(machine, power);
        }
        power = arithmetic.product(machine, power, &number);
        power = arithmetic.product(machine, power, correction);
        arithmetic.modulus.is_congruent(&Columns::store(machine, power), self.expected)
    }
}
