//! Compares the arithmetic modulo p and n with num-bigint.

use num_bigint::BigUint;

use super::{any, below, limbs, n, number, p, power_of_two};
use crate::crypto::p256::limbs as plain;
use crate::crypto::p256::{field, scalar};
use crate::crypto::testing::Random;

/// The operands of each test.
const ROUNDS: usize = if cfg!(miri) { 20 } else { 20_000 };

#[test]
fn the_constants_are_those_of_the_standard() {
    assert_eq!(p(), power_of_two(256) - power_of_two(224) + power_of_two(192) + power_of_two(96) - 1_u8);
    let n_of_the_standard = "115792089210356248762697446949407573529996955224135760342422259061068512044369";
    assert_eq!(n().to_string(), n_of_the_standard);
    assert_eq!(number(&field::ONE), power_of_two(256) % p());
    assert_eq!(number(&field::TO_MONTGOMERY), power_of_two(512) % p());
}

#[test]
fn products_and_squares_modulo_p_are_those_of_num_bigint() {
    let (mut random, p) = (Random::new(), p());
    let largest = &p - 1_u8;
    let extremes = [(largest.clone(), largest.clone()), (BigUint::ZERO, largest)];
    let others = (0..ROUNDS).map(|_| (below(&mut random, &p), below(&mut random, &p)));
    for (one, other) in extremes.into_iter().chain(others) {
        let product = number(&field::product(&limbs(&one), &limbs(&other)));
        assert!(product < p, "{one} times {other}");
        assert_eq!((product << 256_u32) % &p, (&one * &other) % &p, "{one} times {other}");
        assert_eq!(field::square(&limbs(&one)), field::product(&limbs(&one), &limbs(&one)), "{one}");
    }
}

#[test]
fn sums_and_differences_modulo_p_are_those_of_num_bigint() {
    let (mut random, p) = (Random::new(), p());
    for _ in 0..ROUNDS {
        let (one, other) = (below(&mut random, &p), below(&mut random, &p));
        let (a, b) = (limbs(&one), limbs(&other));
        assert_eq!(number(&field::sum(&a, &b)), (&one + &other) % &p, "{one} and {other}");
        assert_eq!(number(&field::difference(&a, &b)), (&one + &p - &other) % &p, "{one} and {other}");
        assert_eq!(number(&field::opposite_if(u64::MAX, &a)), (&p - &one) % &p, "{one}");
        assert_eq!(field::opposite_if(0, &a), a);
        let unreduced = any(&mut random, &p);
        assert_eq!(number(&field::reduce_once(&limbs(&unreduced))), &unreduced % &p, "{unreduced}");
        assert_eq!(field::is_in_range(&limbs(&unreduced)), unreduced < p, "{unreduced}");
    }
    for number in [&p - 1_u8, p.clone(), &p + 1_u8, power_of_two(256) - 1_u8] {
        assert_eq!(field::is_in_range(&limbs(&number)), number < p, "{number}");
        assert_eq!(super::number(&field::reduce_once(&limbs(&number))), &number % &p);
    }
}

#[test]
fn inverses_modulo_p_are_those_of_num_bigint() {
    let (mut random, p) = (Random::new(), p());
    for _ in 0..ROUNDS / 10 {
        let one = below(&mut random, &p);
        let inverse = number(&field::inverse(&field::to_montgomery(&limbs(&one))));
        let expected = one.modinv(&p).map_or(BigUint::ZERO, |inverse| (inverse << 256_u32) % &p);
        assert_eq!(inverse, expected, "{one}");
    }
    assert_eq!(field::inverse(&plain::ZERO), plain::ZERO);
    assert_eq!(field::inverse(&field::ONE), field::ONE);
}

#[test]
fn quotients_modulo_n_are_those_of_num_bigint() {
    let (mut random, n) = (Random::new(), n());
    for round in 0..ROUNDS / 10 {
        let (one, other) = (below(&mut random, &n), below(&mut random, &n));
        let s = if round < 600 { BigUint::from(round) } else { below(&mut random, &n) };
        let s = if round % 2 == 0 { &n - 1_u8 - s } else { s };
        let Some(inverse) = s.modinv(&n) else { continue };
        let (first, second) = scalar::quotients(&limbs(&one), &limbs(&other), &limbs(&s));
        assert_eq!(number(&first), (&one * &inverse) % &n, "{one} / {s}");
        assert_eq!(number(&second), (&other * &inverse) % &n, "{other} / {s}");
    }
}

#[test]
fn numbers_are_in_range_and_reduced_modulo_n_as_num_bigint_says() {
    let (mut random, n) = (Random::new(), n());
    let edges =
        [BigUint::ZERO, BigUint::from(1_u8), &n - 1_u8, n.clone(), &n + 1_u8, power_of_two(256) - 1_u8];
    let others = (0..ROUNDS).map(|_| any(&mut random, &n));
    for number in edges.into_iter().chain(others) {
        let limbs = limbs(&number);
        assert_eq!(scalar::is_in_range(&limbs), number > BigUint::ZERO && number < n, "{number}");
        assert_eq!(super::number(&scalar::reduce(&limbs)), &number % &n, "{number}");
        let sum = &number + &n;
        let expected = (sum.bits() <= 256).then_some(sum);
        assert_eq!(scalar::plus_n(&limbs).map(|sum| super::number(&sum)), expected, "{number}");
    }
}

#[test]
fn bytes_are_read_as_big_endian() {
    let mut random = Random::new();
    for bytes in [[0; 32], [0xff; 32], random.bytes(), random.bytes()] {
        assert_eq!(number(&plain::from_bytes(&bytes)), BigUint::from_bytes_be(&bytes));
    }
}
