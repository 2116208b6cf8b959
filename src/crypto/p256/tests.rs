//! The tests run on the portable code, on the model of the lanes, which checks every bound, and on the instructions where the CPU
//! has them.

mod arithmetic;
mod lanes;
mod loading;
mod memory;
mod special;
mod tables;
mod verdicts;

use ::aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
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

/// Big-endian. The number must be below 2^256.
fn bytes(number: &BigUint) -> [u8; 32] {
    let significant = number.to_bytes_be();
    let mut bytes = [0; 32];
    bytes[32 - significant.len()..].copy_from_slice(&significant);
    bytes
}

fn p() -> BigUint {
    number(&field::P)
}

fn n() -> BigUint {
    number(&super::scalar::N)
}

/// A number below 2^256. It is often near 0 or the modulus, made of limbs of ones and zeros, or the same few bits again and again.
fn any(random: &mut Random, modulus: &BigUint) -> BigUint {
    let small = BigUint::from(random.next() >> random.below(64));
    match random.below(7) {
        0 => small,
        1 => modulus - 1_u8 - small,
        2 => modulus + (small >> 33_u32),
        3 => number(&[(); 4].map(|()| [0, 1, u64::MAX, u64::MAX - 1, random.next()][random.below(5)])),
        4 => power_of_two(random.below(256) as u32) - 1_u8,
        // Windows have 7 to 9 bits, so their digits are all ones, alternate, or repeat.
        5 => {
            let length = 1 + random.below(18);
            let part = (random.next() >> (64 - length)) as u32;
            let part = [1, (1 << length) - 1, (1 << (length / 2)) - 1, part][random.below(4)];
            (0..256 / length).fold(BigUint::ZERO, |number, _| (number << length) + part)
        }
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

/// The multiple by AWS-LC, in a hundredth of the time that [`plain_multiple`] takes.
fn multiple_of_generator(multiplier: &BigUint) -> Plain {
    let multiplier = multiplier % n();
    if multiplier == BigUint::ZERO {
        return None;
    }
    let private = PrivateKey::from_private_key(&ECDH_P256, &bytes(&multiplier)).unwrap();
    let public = private.compute_public_key().unwrap();
    let (x, y) = public.as_ref()[1..].split_at(32);
    Some([x, y].map(BigUint::from_bytes_be))
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
