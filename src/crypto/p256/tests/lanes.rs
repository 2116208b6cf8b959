//! Compares the field on lanes with num-bigint, up to the extremes of its bounds.

use num_bigint::BigUint;

use super::{any, below, from_montgomery, limbs, number, p, power_of_two};
use crate::crypto::lanes::{Eight, LARGEST_DIGIT, Machine, Work};
use crate::crypto::p256::lanes::{Element, Wide};
use crate::crypto::p256::limbs::Limbs;
use crate::crypto::p256::point::{Affine, Field as _, Jacobian, add_affine};
use crate::crypto::p256::table::{Row, Term};
use crate::crypto::testing::{Random, on_every_machine};

const ROUNDS: usize = if cfg!(miri) { 3 } else { 2_000 };

/// Eight numbers below 16 · 2^256.
type Numbers = [BigUint; 8];

/// In digits.
type Digits = [Eight; 5];

fn digits(numbers: &Numbers) -> Digits {
    std::array::from_fn(|place| {
        Eight(numbers.each_ref().map(|number| {
            assert!(number.bits() <= 260);
            u64::try_from((number >> (52 * place)) & BigUint::from(LARGEST_DIGIT)).unwrap()
        }))
    })
}

fn numbers(digits: &Digits) -> Numbers {
    assert!(digits.iter().all(|eight| eight.0.iter().all(|digit| *digit <= LARGEST_DIGIT)), "{digits:?}");
    std::array::from_fn(|lane| {
        digits.iter().rev().fold(BigUint::ZERO, |sum, eight| (sum << 52) + eight.0[lane])
    })
}

/// Numbers below `hundredths / 100 · 2^256`, many of which are as large as they can be.
fn operands(random: &mut Random, hundredths: u32) -> Numbers {
    let bound: BigUint = power_of_two(256) * hundredths / 100_u8;
    let largest = &bound - 1_u8;
    let mut next = || match random.below(5) {
        0 => largest.clone(),
        1 => BigUint::from(random.below(3)),
        // Multiples of p, and their neighbours.
        2 => (p() * random.below(1 + hundredths as usize / 100) + random.below(2)) % &bound,
        3 => &largest - BigUint::from(random.next()),
        _ => (any(random, &p()) + power_of_two(256) * random.below(8)) % &bound,
    };
    [(); 8].map(|()| next())
}

/// What the field computes.
#[derive(Clone, Copy)]
enum Operation {
    Product,
    Square,
    Difference2,
    Difference5,
    XOfSum,
}

struct Compute(Operation, [Digits; 3]);

impl Work for Compute {
    type Output = Digits;

    #[inline(always)]
    fn on<M: Machine>(self, machine: M) -> Digits {
        let [a, b, c]: [Element<M>; 3] = self.1.map(|digits| digits.map(|eight| machine.load(eight)));
        let wide = Wide(machine);
        let result = match self.0 {
            Operation::Product => wide.product(&a, &b),
            Operation::Square => wide.square(&a),
            Operation::Difference2 => wide.difference::<2>(&a, &b),
            Operation::Difference5 => wide.difference::<5>(&a, &b),
            Operation::XOfSum => wide.x_of_sum(&a, &b, &c),
        };
        result.map(|lanes| machine.store(lanes))
    }
}

/// Computes on operands below these hundredths of 2^256, and checks that the results are below theirs and are what num-bigint gives
/// modulo p.
fn check<M: Machine>(
    machine: M,
    operation: Operation,
    bounds: [u32; 3],
    result_bound: u32,
    expected: impl Fn(&BigUint, &BigUint, &BigUint) -> BigUint,
) {
    let mut random = Random::new();
    for _ in 0..ROUNDS {
        let operands = bounds.map(|bound| operands(&mut random, bound));
        let results = numbers(&machine.run(Compute(operation, operands.each_ref().map(digits))));
        let [a, b, c] = &operands;
        for (((a, b), c), result) in a.iter().zip(b).zip(c).zip(&results) {
            assert!(*result < power_of_two(256) * result_bound / 100_u8, "{a} {b} {c}: {result}");
            assert_eq!(result % p(), expected(a, b, c) % p(), "{a} {b} {c}");
        }
    }
}

/// The bounds are those in `point.rs`, and larger ones that the operations allow.
#[test]
fn the_field_on_lanes_is_that_of_num_bigint_at_every_bound() {
    fn test<M: Machine>(machine: M) {
        let divisor = power_of_two(260).modinv(&p()).unwrap();
        let product = |a: &BigUint, b: &BigUint, _: &BigUint| a * b * &divisor;
        check(machine, Operation::Product, [615, 311, 1], 220, product);
        check(machine, Operation::Product, [200, 308, 1], 140, product);
        check(machine, Operation::Product, [400, 400, 1], 200, product);
        check(machine, Operation::Product, [1599, 1400, 1], 1500, product);
        check(machine, Operation::Square, [308, 1, 1], 160, |a, _, _| a * a * &divisor);
        check(machine, Operation::Square, [615, 1, 1], 337, |a, _, _| a * a * &divisor);
        check(machine, Operation::Square, [1500, 1, 1], 1599, |a, _, _| a * a * &divisor);
        check(machine, Operation::Difference2, [220, 199, 1], 420, |a, b, _| a + p() * 2_u8 - b);
        check(machine, Operation::Difference5, [115, 470, 1], 615, |a, b, _| a + p() * 5_u8 - b);
        check(machine, Operation::XOfSum, [337, 140, 125], 101, |r2, h3, v| r2 + p() * 8_u8 - h3 - v * 2_u8);
        check(machine, Operation::XOfSum, [400, 1, 1], 101, |r2, h3, v| r2 + p() * 8_u8 - h3 - v * 2_u8);
    }
    on_every_machine!(test);
}

struct First(Digits);

impl Work for First {
    type Output = Limbs;

    #[inline(always)]
    fn on<M: Machine>(self, machine: M) -> Limbs {
        Wide(machine).first(self.0.map(|eight| machine.load(eight)))
    }
}

#[test]
fn the_first_lane_is_read_below_p_however_large_it_is() {
    fn test<M: Machine>(machine: M) {
        let mut random = Random::new();
        for _ in 0..ROUNDS {
            let operands = operands(&mut random, 1599);
            let first = machine.run(First(digits(&operands)));
            assert!(number(&first) < p(), "{}", operands[0]);
            assert_eq!((from_montgomery(&first) << 260_u32) % p(), &operands[0] % p(), "{}", operands[0]);
        }
        let largest = [(); 8].map(|()| power_of_two(260) - 1_u8);
        assert!(number(&machine.run(First(digits(&largest)))) < p());
    }
    on_every_machine!(test);
}

struct Load<'a>(&'a [Term<'a>; 8]);

impl Work for Load<'_> {
    type Output = [Digits; 2];

    #[inline(always)]
    fn on<M: Machine>(self, machine: M) -> [Digits; 2] {
        let point = Wide(machine).load(self.0);
        [point.x, point.y].map(|element| element.map(|lanes| machine.store(lanes)))
    }
}

#[test]
fn each_lane_gets_the_point_of_its_term_or_the_opposite() {
    fn test<M: Machine>(machine: M) {
        let mut random = Random::new();
        for _ in 0..ROUNDS {
            let points = [(); 8].map(|()| [(); 2].map(|()| below(&mut random, &p())));
            let rows = points.each_ref().map(|[x, y]| {
                let ([a, b, c, d], [e, f, g, h]) = (limbs(x), limbs(y));
                Row([a, b, c, d, e, f, g, h])
            });
            let signs = [(); 8].map(|()| [0, u64::MAX][random.below(2)]);
            let terms = std::array::from_fn(|lane| Term { row: &rows[lane], opposite: signs[lane] });
            let [x, y] = machine.run(Load(&terms)).each_ref().map(numbers);
            for (lane, [expected_x, expected_y]) in points.iter().enumerate() {
                assert_eq!(x[lane], *expected_x);
                let opposite = if signs[lane] == 0 { expected_y.clone() } else { p() * 2_u8 - expected_y };
                assert_eq!(y[lane], opposite);
            }
        }
    }
    on_every_machine!(test);
}

struct AddAffine([Digits; 5]);

impl Work for AddAffine {
    type Output = [Digits; 3];

    #[inline(always)]
    fn on<M: Machine>(self, machine: M) -> [Digits; 3] {
        let [x1, y1, z1, x2, y2]: [Element<M>; 5] =
            self.0.map(|digits| digits.map(|eight| machine.load(eight)));
        let sum = add_affine(Wide(machine), &Jacobian { x: x1, y: y1, z: z1 }, &Affine { x: x2, y: y2 });
        [sum.x, sum.y, sum.z].map(|element| element.map(|lanes| machine.store(lanes)))
    }
}

/// Whatever the numbers are, points or not: the formula is that of num-bigint, and its results keep the bounds.
#[test]
fn an_addition_at_every_bound_keeps_the_bounds() {
    fn test<M: Machine>(machine: M) {
        const BOUNDS: [u32; 5] = [101, 470, 200, 100, 200];
        let (p, divisor) = (p(), power_of_two(260).modinv(&p()).unwrap());
        let product = |one: &BigUint, other: &BigUint| (one * other * &divisor) % &p;
        let difference = |one: &BigUint, other: &BigUint| (one + &p * 16_u8 - other) % &p;
        let mut random = Random::new();
        for _ in 0..ROUNDS {
            let operands = BOUNDS.map(|bound| operands(&mut random, bound));
            let [x, y, z] = machine.run(AddAffine(operands.each_ref().map(digits))).each_ref().map(numbers);
            for lane in 0..8 {
                let [x1, y1, z1, x2, y2] = operands.each_ref().map(|numbers| &numbers[lane]);
                let z2 = product(z1, z1);
                let h = difference(&product(x2, &z2), x1);
                let r = difference(&product(y2, &product(&z2, z1)), y1);
                let (h2, h3) = (product(&h, &h), product(&product(&h, &h), &h));
                let v = product(x1, &h2);
                let sum_x = difference(&difference(&product(&r, &r), &h3), &(&v + &v));
                let sum_y = difference(&product(&r, &difference(&v, &sum_x)), &product(y1, &h3));
                let expected = [sum_x, sum_y, product(z1, &h)];
                for ((found, expected), bound) in [&x, &y, &z].into_iter().zip(expected).zip(BOUNDS) {
                    assert!(found[lane] < power_of_two(256) * bound / 100_u8, "{operands:?}");
                    assert_eq!(&found[lane] % &p, expected, "{operands:?}");
                }
            }
        }
    }
    on_every_machine!(test);
}
