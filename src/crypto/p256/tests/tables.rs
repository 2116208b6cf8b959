//! Tests the tables and the terms that they give.

use num_bigint::BigUint;

use super::{Plain, affine, below, generator, limbs, n, plain, plain_multiple, plain_sum, power_of_two};
use crate::crypto::p256::field;
use crate::crypto::p256::growth::{Grown, Growth};
use crate::crypto::p256::limbs::Limbs;
use crate::crypto::p256::point::Affine;
use crate::crypto::p256::portable::pack;
use crate::crypto::p256::table::{Row, Table, Term};
use crate::crypto::p256::verify::{GeneratorTable, KeyTable};
use crate::crypto::testing::Random;

fn unpack(row: &Row) -> Affine<Limbs> {
    let [a, b, c, d, e, f, g, h] = row.0;
    Affine { x: [a, b, c, d], y: [e, f, g, h] }
}

fn plain_term(term: &Term<'_>) -> Plain {
    let point = unpack(term.row);
    assert!(term.opposite == 0 || term.opposite == u64::MAX);
    plain(&Affine { y: field::opposite_if(term.opposite, &point.y), ..point })
}

/// Checks every row against doublings and additions of num-bigint.
fn check_rows<const WINDOWS: usize>(point: &[BigUint; 2]) {
    let table: Table<WINDOWS> = Growth::complete(affine(point), pack).unwrap();
    let mut base = Some(point.clone());
    let mut rows = table.rows().iter();
    for window in 0..WINDOWS {
        let (width, count) = Table::<WINDOWS>::rows_of(window).unwrap();
        assert_eq!(count, 1 << (width - 1));
        let step = plain_sum(&base, &base);
        let mut multiple = base.clone();
        for _ in 0..count {
            assert_eq!(plain(&unpack(rows.next().unwrap())), multiple, "window {window}");
            multiple = plain_sum(&multiple, &step);
        }
        for _ in 0..width {
            base = plain_sum(&base, &base);
        }
    }
    assert!(rows.next().is_none());
}

#[test]
fn every_row_is_the_multiple_that_it_stands_for() {
    check_rows::<29>(&generator());
    check_rows::<35>(&plain_multiple(&generator(), &BigUint::from(3_u8)).unwrap());
}

#[test]
fn a_key_takes_at_most_190_kb_and_the_generator_half_a_megabyte() {
    assert_eq!(KeyTable::BYTES, 188_416);
    assert_eq!(GeneratorTable::BYTES, 434_176);
}

/// Multipliers whose parts are extreme.
fn multipliers(random: &mut Random) -> Vec<BigUint> {
    let n = n();
    let mut multipliers = vec![BigUint::ZERO];
    for small in 1_u32..12 {
        multipliers.extend([BigUint::from(small), &n - small]);
    }
    // Around n/2 and n/3, all ones, alternating bits, and single bits.
    multipliers.extend([&n >> 1, (&n >> 1) + 1_u8, &n / 3_u8]);
    let ones = power_of_two(255) - 1_u8;
    multipliers.extend([&ones / 3_u8, &ones / 3_u8 * 2_u8, &ones / 127_u8, &ones / 255_u8, ones]);
    for bit in (0..256).step_by(3) {
        multipliers.extend([power_of_two(bit) % &n, &n - power_of_two(bit) % &n]);
    }
    multipliers.extend((0..10).map(|_| below(random, &n)));
    multipliers
}

fn check_terms<const WINDOWS: usize>(point: &[BigUint; 2]) {
    let table: Table<WINDOWS> = Growth::complete(affine(point), pack).unwrap();
    for multiplier in multipliers(&mut Random::new()) {
        let mut terms = [Term::NONE; WINDOWS];
        table.terms(&limbs(&multiplier), &mut terms).unwrap();
        let sum = terms.iter().fold(None, |sum, term| plain_sum(&sum, &plain_term(term)));
        assert_eq!(sum, plain_multiple(point, &multiplier), "{multiplier}");
    }
}

#[test]
fn the_terms_of_a_multiplier_add_up_to_the_multiple() {
    check_terms::<29>(&generator());
    check_terms::<35>(&plain_multiple(&generator(), &BigUint::from(5_u8)).unwrap());
}

#[test]
fn a_table_grows_by_a_window_at_a_time() {
    let mut growth = Growth::<35>::new(affine(&generator()));
    for _ in 1..35 {
        let Grown::Further(further) = growth.grow(pack) else { panic!("not yet") };
        growth = further;
    }
    assert!(matches!(growth.grow(pack), Grown::Complete(_)));
}

#[test]
fn a_point_that_is_not_on_the_curve_gets_no_table() {
    let [x, y] = generator();
    let off = affine(&[x, y + 1_u8]);
    assert!(!off.is_on_curve() && affine(&generator()).is_on_curve());
    assert!(matches!(Growth::<35>::new(off).grow(pack), Grown::Faulty));
}
