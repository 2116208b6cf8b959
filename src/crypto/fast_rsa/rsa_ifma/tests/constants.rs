//! Compares a key's constants with num-bigint.

use num_bigint::BigUint;

use super::{bytes, moduli, number, power_of_two};
use crate::crypto::fast_rsa::rsa_ifma::key::Key;
use crate::crypto::fast_rsa::rsa_ifma::product::Arithmetic;
use crate::crypto::lanes::Machine;
use crate::crypto::testing::{Random, on_every_machine};

#[test]
fn the_constants_of_a_key_are_those_of_num_bigint() {
    fn test<M: Machine>(machine: M) {
        for bytes in moduli(&mut Random::new()) {
            let modulus = BigUint::from_bytes_be(&bytes);
            let arithmetic = Arithmetic::new(machine, &bytes).unwrap();
            assert_eq!(number(&arithmetic.modulus.digits), modulus);
            assert_eq!(arithmetic.modulus.columns.digits(), arithmetic.modulus.digits);
            for (lane, fold) in (0_u32..).zip(&arithmetic.folds) {
                let weight = number(&fold.digits());
                assert!(weight < power_of_two(2048), "lane {lane} of {modulus}");
                assert_eq!(
                    (weight << (260 * (7 - lane))) % &modulus,
                    BigUint::from(1_u8),
                    "lane {lane} of {modulus}"
                );
            }
            let inverse = arithmetic.modulus.negative_inverse;
            let inverse = inverse.iter().rev().fold(BigUint::ZERO, |sum, digit| (sum << 52) + *digit);
            assert_eq!((inverse * &modulus + 1_u8) % power_of_two(260), BigUint::ZERO, "{modulus}");
            let correction = number(&arithmetic.correction(machine).digits());
            assert!(correction < power_of_two(2052));
            let expected = power_of_two(2080).modpow(&BigUint::from(65_537_u32), &modulus);
            assert_eq!(correction % &modulus, expected, "{modulus}");
        }
    }
    on_every_machine!(test);
}

#[test]
fn a_modulus_is_odd_and_has_2048_bits() {
    fn test<M: Machine>(machine: M) {
        let modulus = power_of_two(2047) + 1_u8;
        assert!(Key::new(machine, &bytes(&modulus)).is_some());
        for bad in [&modulus - 1_u8, &modulus - 2_u8, &modulus >> 1, power_of_two(2048) - 2_u8, BigUint::ZERO]
        {
            assert!(Key::new(machine, &bytes(&bad)).is_none(), "{bad}");
        }
    }
    on_every_machine!(test);
}

#[test]
fn a_key_takes_less_than_4_kb() {
    assert!(size_of::<Key>() < 4096, "{}", size_of::<Key>());
}

#[test]
fn a_key_knows_the_power_of_n_minus_1() {
    fn test<M: Machine>(machine: M) {
        for modulus in moduli(&mut Random::new()) {
            assert!(Key::new(machine, &modulus).unwrap().power_is_right(machine));
        }
    }
    on_every_machine!(test);
}

#[test]
fn a_key_with_one_wrong_constant_fails_its_self_test() {
    fn test<M: Machine>(machine: M) {
        let [.., modulus] = moduli(&mut Random::new())[..] else { unreachable!() };
        let altered = |alter: &dyn Fn(&mut Key)| {
            let mut key = Key::new(machine, &modulus).unwrap();
            alter(&mut key);
            key.power_is_right(machine)
        };
        assert!(altered(&|_| ()));
        for register in 0..5 {
            if !cfg!(debug_assertions) {
                // In debug builds, an assertion of the arithmetic notices these.
                assert!(!altered(&|key| key.arithmetic.modulus.negative_inverse[register] ^= 1));
                assert!(!altered(&|key| key.arithmetic.modulus.columns.0[register].0[0] ^= 1));
            }
            for lane in [0, 7] {
                assert!(!altered(&|key| key.correction.0[register].0[lane] ^= 1));
                for fold in 0..7 {
                    assert!(!altered(&|key| key.arithmetic.folds[fold].0[register].0[lane] ^= 1));
                }
            }
        }
    }
    on_every_machine!(test);
}
