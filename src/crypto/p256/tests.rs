//! The tests run on the portable code, on the model of the lanes, which checks every bound, and on the instructions where the CPU
//! has them.

mod arithmetic;
mod lanes;
mod loading;
mod memory;
mod special;
mod tables;
mod verdicts;

use num_bigint::BigUint;

use super::field;
use super::limbs::Limbs;
use super::point::Affine;
use crate::crypto::testing::Random;

fn power_of_two(exponent: u32) -> BigUint {
    BigUint::from(1_u8) << exponent
}

fn number(limbs: &Limbs) -> BigUint {
    limbs.iter().rev().fold(BigUint::ZERO, |sum, limb| (sum << 64) + *limb)
}

/// The number must be below 2^256.
fn limbs(number: &BigUint) -> Limbs {
    let mut limbs = [0; 4];
    for (place, digit) in limbs.iter_mut().zip(number.iter_u64_digits()) {
        *place = digit;
    }
    assert_eq!(self::number(&limbs), *number);
    limbs
}

fn p() -> BigUint {
    number(&field::P)
}

fn n() -> BigUint {
    number(&super::scalar::N)
}

/// A number below 2^256. It is often near 0 or the modulus, or made of limbs of ones and zeros.
fn any(random: &mut Random, modulus: &BigUint) -> BigUint {
    let small = BigUint::from(random.next() >> random.below(64));
    match random.below(6) {
        0 => small,
        1 => modulus - 1_u8 - small,
        2 => modulus + (small >> 33_u32),
        3 => number(&[(); 4].map(|()| [0, 1, u64::MAX, u64::MAX - 1, random.next()][random.below(5)])),
        4 => power_of_two(random.below(256) as u32) - 1_u8,
        _ => number(&[(); 4].map(|()| random.next())),
    }
}

/// Like [`any`], but below the modulus.
fn below(random: &mut Random, modulus: &BigUint) -> BigUint {
    any(random, modulus) % modulus
}

/// A number below p, taken out of Montgomery form.
fn from_montgomery(number: &Limbs) -> BigUint {
    super::tests::number(&field::product(number, &[1, 0, 0, 0]))
}

/// A point of affine coordinates in plain form, by num-bigint. `None` is the one at infinity.
type Plain = Option<[BigUint; 2]>;

fn plain(point: &Affine<Limbs>) -> Plain {
    Some([from_montgomery(&point.x), from_montgomery(&point.y)])
}

fn affine(point: &[BigUint; 2]) -> Affine<Limbs> {
    let [x, y] = point.each_ref().map(|number| field::to_montgomery(&limbs(number)));
    Affine { x, y }
}

fn generator() -> [BigUint; 2] {
    super::verify::GENERATOR.map(|coordinate| number(&coordinate))
}

/// Adds points as textbooks do.
fn plain_sum(one: &Plain, other: &Plain) -> Plain {
    let (Some([x1, y1]), Some([x2, y2])) = (one, other) else { return one.clone().or(other.clone()) };
    let p = p();
    let (rise, run) = if x1 != x2 {
        ((&p + y2 - y1) % &p, (&p + x2 - x1) % &p)
    } else if y1 == y2 {
        ((x1 * x1 * 3_u8 + &p - 3_u8) % &p, (y1 * 2_u8) % &p)
    } else {
        return None;
    };
    let slope = rise * run.modinv(&p).expect("p is prime");
    let x = (&slope * &slope + &p + &p - x1 - x2) % &p;
    let y = (slope * (&p + x1 - &x) + &p - y1) % &p;
    Some([x, y])
}

fn plain_multiple(point: &[BigUint; 2], multiplier: &BigUint) -> Plain {
    let mut sum = None;
    for bit in (0..multiplier.bits()).rev() {
        sum = plain_sum(&sum, &sum);
        if multiplier.bit(bit) {
            sum = plain_sum(&sum, &Some(point.clone()));
        }
    }
    sum
}
