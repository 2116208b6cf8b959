//! Tests digits, the encoded message and the comparison with it.

use num_bigint::BigUint;

use super::{bytes, columns, digits, moduli, number, power_of_two};
use crate::crypto::fast_rsa::rsa_ifma::digits::Digits;
use crate::crypto::fast_rsa::rsa_ifma::encoding::{encoded, encoded_bytes};
use crate::crypto::fast_rsa::rsa_ifma::product::Arithmetic;
use crate::crypto::lanes::model::Model;
use crate::crypto::testing::Random;

#[test]
fn bytes_become_the_digits_of_the_same_number_and_columns_keep_them() {
    let mut random = Random::new();
    for bytes in [[0xff; 256], [0; 256], random.bytes(), random.bytes()] {
        let read = Digits::from_bytes(&bytes);
        assert_eq!(read, digits(&BigUint::from_bytes_be(&bytes)));
        assert_eq!(read.columns().digits(), read);
    }
    // Digit 5 l + v is in lane l of register v.
    let columns = digits(&power_of_two(52 * (5 * 6 + 3))).columns();
    assert_eq!(columns.0[3].0[6], 1);
    assert_eq!(columns.row(8), [0; 5], "there is no such lane");
}

#[test]
fn a_number_is_below_those_that_are_larger_and_not_below_itself() {
    let numbers: Vec<BigUint> =
        [0, 1, 51, 52, 53, 1000, 2047].iter().map(|exponent| power_of_two(*exponent)).collect();
    for (index, one) in numbers.iter().enumerate() {
        for (place, other) in numbers.iter().enumerate() {
            assert_eq!(digits(one).is_below(&digits(other)), index < place);
            assert!(digits(&(one - 1_u8)).is_below(&digits(one)));
        }
    }
}

#[test]
fn the_encoded_message_is_that_of_rfc_8017() {
    let hash: [u8; 32] = Random::new().bytes();
    let mut expected =
        "0001".to_owned() + &"ff".repeat(202) + "00" + "3031300d060960864801650304020105000420";
    expected.extend(hash.iter().map(|byte| format!("{byte:02x}")));
    let bytes = encoded_bytes(&hash);
    assert_eq!(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), expected);
    for hash in [hash, [0xff; 32], [0; 32]] {
        assert_eq!(encoded(&hash), Digits::from_bytes(&encoded_bytes(&hash)));
    }
}

#[test]
fn every_digit_is_compared_for_every_multiple_of_the_modulus() {
    let mut random = Random::new();
    for modulus in moduli(&mut random) {
        let arithmetic = Arithmetic::new(Model, &modulus).unwrap();
        let modulus = BigUint::from_bytes_be(&modulus);
        let expected = digits(&(number(&encoded(&random.bytes())) % &modulus));
        let mut multiples = 0_u32;
        while number(&expected) + &modulus * multiples < power_of_two(2052) {
            let found = digits(&(number(&expected) + &modulus * multiples));
            assert!(
                arithmetic.modulus.is_congruent(&found.columns(), &expected),
                "{multiples} times {modulus}"
            );
            for place in 0..40 {
                let mut altered = found;
                altered.0[place / 5][place % 5] ^= 1 << random.below(if place == 39 { 24 } else { 52 });
                assert!(!arithmetic.modulus.is_congruent(&altered.columns(), &expected), "digit {place}");
            }
            multiples += 1;
        }
        assert!(multiples >= 16, "2^2052 has every modulus 16 times");
    }
}

#[test]
fn a_difference_that_is_no_multiple_of_the_modulus_is_none_however_small() {
    let mut random = Random::new();
    for modulus in moduli(&mut random) {
        let arithmetic = Arithmetic::new(Model, &modulus).unwrap();
        let expected = encoded(&random.bytes());
        for difference in [1_u8, 2, 3, 16, 31, 32, 33] {
            let found = columns(&(number(&expected) + difference));
            assert!(!arithmetic.modulus.is_congruent(&found, &expected));
        }
        assert!(
            !arithmetic
                .modulus
                .is_congruent(&columns(&BigUint::from_bytes_be(&bytes(&BigUint::ZERO))), &expected)
        );
    }
}
