//! The tests run on the model, which checks every bound, and on the instructions where the CPU has them.

mod breaker;
mod constants;
mod encoding;
mod loading;
mod products;
mod verdicts;

use num_bigint::BigUint;

use super::digits::{Columns, Digits};
use super::lanes::LARGEST_DIGIT;

/// Runs a generic test on every available machine, and prints which they are.
macro_rules! on_every_machine {
    ($test:ident) => {{
        $test(crate::crypto::fast_rsa::rsa_ifma::model::Model);
        #[cfg(target_arch = "x86_64")]
        match crate::crypto::fast_rsa::rsa_ifma::simd::Ifma::detect() {
            Some(ifma) => {
                $test(ifma);
                println!("on the model and with AVX-512 IFMA");
            }
            None => println!("ON THE MODEL ALONE: THIS CPU LACKS AVX-512 IFMA"),
        }
    }};
}
use on_every_machine;

/// The generator xorshift64*. It gives the same numbers in every run.
struct Random(u64);

impl Random {
    fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 33) as usize % bound
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| (self.next() >> 40) as u8)
    }
}

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
