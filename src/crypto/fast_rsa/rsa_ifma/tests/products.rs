//! Compares products with num-bigint.

use num_bigint::BigUint;

use super::{columns, moduli, number, power_of_two};
use crate::crypto::fast_rsa::rsa_ifma::bounds::FURTHER_PASSES;
use crate::crypto::fast_rsa::rsa_ifma::digits::{Columns, Digits};
use crate::crypto::fast_rsa::rsa_ifma::product::Arithmetic;
use crate::crypto::lanes::{LARGEST_DIGIT, Machine, Work};
use crate::crypto::testing::{Random, on_every_machine};

/// The operands that each modulus is tested with.
const ROUNDS: usize = if cfg!(miri) { 1 } else { 60 };

/// A number below 2^2052. It is often all ones, all zeros or close to n.
fn operand(random: &mut Random, modulus: &Digits) -> BigUint {
    let kind = random.below(7);
    let mut digits = *modulus;
    for digit in digits.iter_mut() {
        *digit = match kind {
            0 => random.next() & LARGEST_DIGIT,
            1 => LARGEST_DIGIT,
            2 => 0,
            3 => [0, LARGEST_DIGIT][random.below(2)],
            4 => {
                [LARGEST_DIGIT, LARGEST_DIGIT, LARGEST_DIGIT, random.next() & LARGEST_DIGIT][random.below(4)]
            }
            5 => [0, 1, LARGEST_DIGIT, LARGEST_DIGIT - 1, 1 << 51][random.below(5)],
            _ => *digit,
        };
    }
    if kind == 6 {
        digits.0[random.below(8)][random.below(5)] ^= random.next() & 1;
    }
    digits.0[7][4] &= (1 << 24) - 1;
    number(&digits)
}

/// Computes the product of two numbers, and the square of the first.
struct Both<'a> {
    arithmetic: &'a Arithmetic,
    one: &'a Columns,
    other: &'a Columns,
}

impl Work for Both<'_> {
    type Output = (Columns, Columns);

    #[inline(always)]
    fn on<M: Machine>(self, machine: M) -> (Columns, Columns) {
        let one = self.one.load(machine);
        let product = self.arithmetic.product(machine, one, self.other);
        (Columns::store(machine, product), Columns::store(machine, self.arithmetic.square(machine, one)))
    }
}

/// Checks both operations on these operands. Returns the product.
fn check<M: Machine>(machine: M, arithmetic: &Arithmetic, one: &BigUint, other: &BigUint) -> BigUint {
    let modulus = number(&arithmetic.modulus.digits);
    let (product, square) = machine.run(Both { arithmetic, one: &columns(one), other: &columns(other) });
    for (result, factor) in [(&product, other), (&square, one)] {
        let digits = result.digits();
        assert!(digits.iter().all(|digit| *digit <= LARGEST_DIGIT), "{one} times {factor} modulo {modulus}");
        let result = number(&digits);
        assert!(result < power_of_two(2052), "{one} times {factor} modulo {modulus}");
        let unscaled = (result << 2080_u32) % &modulus;
        assert_eq!(unscaled, (one * factor) % &modulus, "{one} times {factor} modulo {modulus}");
    }
    number(&product.digits())
}

#[test]
fn products_are_those_of_num_bigint_also_at_the_extremes() {
    fn test<M: Machine>(machine: M) {
        let mut random = Random::new();
        for modulus in moduli(&mut random) {
            let arithmetic = Arithmetic::new(machine, &modulus).unwrap();
            let largest = power_of_two(2052) - 1_u8;
            check(machine, &arithmetic, &largest, &largest);
            check(machine, &arithmetic, &BigUint::ZERO, &largest);
            for _ in 0..ROUNDS {
                let one = operand(&mut random, &arithmetic.modulus.digits);
                let other = operand(&mut random, &arithmetic.modulus.digits);
                check(machine, &arithmetic, &one, &other);
            }
        }
    }
    on_every_machine!(test);
}

#[test]
fn products_with_runs_of_zero_digits_need_further_carry_passes_and_are_right() {
    fn test<M: Machine>(machine: M) {
        let mut random = Random::new();
        let before = FURTHER_PASSES.get();
        // Powers of two modulo 2^2047 + 1: a sum becomes a zero digit only with the carry from its neighbour.
        let modulus = power_of_two(2047) + 1_u8;
        let arithmetic = Arithmetic::new(machine, &super::bytes(&modulus)).unwrap();
        let mut rounds = 0;
        while rounds < ROUNDS {
            let other = number(&Digits::from_bytes(&random.bytes())) % &modulus;
            let Some(inverse) = other.modinv(&modulus) else { continue };
            let sparse = power_of_two(random.below(2047) as u64) + power_of_two(random.below(2047) as u64);
            let one = ((&sparse << 2080_u32) * inverse) % &modulus;
            let product = check(machine, &arithmetic, &one, &other);
            assert_eq!(product % &modulus, sparse % &modulus);
            rounds += 1;
        }
        let passes = FURTHER_PASSES.get() - before;
        println!("{rounds} sparse products: {passes} further carry passes");
        assert!(passes > 0, "nothing was tested");
    }
    on_every_machine!(test);
}
