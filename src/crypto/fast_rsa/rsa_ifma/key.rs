//! A key, and how it checks a signature.

use super::digits::{Columns, Digits};
use super::encoding;
use super::product::Arithmetic;
use crate::crypto::lanes::{Machine, Work};

/// The constants of a modulus; 3.3 KB.
pub(super) struct Key {
    pub(super) arithmetic: Arithmetic,
    pub(super) correction: Columns,
}

impl Key {
    /// Returns `None` unless the modulus is odd and has exactly 2,048 bits.
    pub(super) fn new<M: Machine>(machine: M, modulus: &[u8; 256]) -> Option<Self> {
        machine.run(Setup { modulus })
    }

    /// Returns whether this is the signature, with the exponent 65537, of a message with this SHA-256 hash (RFC 8017
    /// section 8.2.2).
    pub(super) fn verify<M: Machine>(&self, machine: M, signature: &[u8; 256], hash: &[u8; 32]) -> bool {
        self.power_is(machine, &Digits::from_bytes(signature), &encoding::encoded(hash))
    }

    /// Tests the key's constants: the 65,537th power of n - 1 must be n - 1 itself, and must not be 1.
    ///
    /// Wrong constants pass only if their errors cancel out.
    pub(super) fn power_is_right<M: Machine>(&self, machine: M) -> bool {
        let (mut one, mut last) = (Digits::ZERO, self.arithmetic.modulus.digits);
        one.set_lowest(1);
        // n is odd: nothing is borrowed.
        last.set_lowest(last.lowest() & !1);
        self.power_is(machine, &last, &last) && !self.power_is(machine, &last, &one)
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

/// Tests whether a number is below n and its 65,537th power modulo n is `expected`.
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
