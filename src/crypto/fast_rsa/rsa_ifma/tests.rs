//! The tests run on the model, which checks every bound, and on the instructions where the CPU has them.

mod constants;
mod encoding;
mod loading;
mod products;
mod verdicts;

use num_bigint::BigUint;

use super::digits::{Columns, Digits};
use crate::crypto::lanes::LARGEST_DIGIT;
use crate::crypto::testing::Random;

fn power_of_two(exponent: u64) -> BigUint {
    BigUint::from(1_u8) << exponent
}

fn number(digits: &Digits) -> BigUint {
    digits.iter().rev().fold(BigUint::ZERO, |sum, digit| (sum << 52) + *digit)
}

fn digits(number: &BigUint) -> Digits {
    let mut digits = Digits::ZERO;
    let mut rest = number.clone();
    for digit in digits.iter_mut() {
        *digit = u64::try_from(&rest % power_of_two(52)).unwrap();
        rest >>= 52;
    }
    assert_eq!(rest, BigUint::ZERO);
    digits
}

fn columns(number: &BigUint) -> Columns {
    digits(number).columns()
}

fn bytes(number: &BigUint) -> [u8; 256] {
    let mut bytes = [0; 256];
    let significant = number.to_bytes_be();
    bytes[256 - significant.len()..].copy_from_slice(&significant);
    bytes
}

/// Two primes of extreme shape: nearly all ones and nearly all zeros.
fn extreme_primes() -> [BigUint; 2] {
    [power_of_two(2048) - PRIME_BELOW_2_2048, power_of_two(2047) + PRIME_ABOVE_2_2047]
}

const PRIME_BELOW_2_2048: u32 = 1_557;
const PRIME_ABOVE_2_2047: u32 = 1_919;

/// Odd numbers of 2,048 bits, random and extreme.
fn moduli(random: &mut Random) -> Vec<[u8; 256]> {
    let mut moduli: Vec<[u8; 256]> = extreme_primes().iter().map(bytes).collect();
    moduli.push([0xff; 256]);
    moduli.push(bytes(&(power_of_two(2047) + 1_u8)));
    // Digits of ones alternate with digits of zeros.
    moduli.push(bytes(&digits_by(|index| if index % 2 == 0 { LARGEST_DIGIT } else { 0 }, 1 << 19)));
    if cfg!(miri) {
        moduli.drain(1..4);
    }
    for _ in 0..2 {
        let mut modulus: [u8; 256] = random.bytes();
        modulus[0] |= 0x80;
        modulus[255] |= 1;
        moduli.push(modulus);
    }
    moduli
}

fn digits_by(digit: impl Fn(usize) -> u64, highest: u64) -> BigUint {
    let mut digits = Digits::ZERO;
    for (index, place) in digits.iter_mut().enumerate() {
        *place = if index == 39 { highest } else { digit(index) };
    }
    number(&digits)
}
