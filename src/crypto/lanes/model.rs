//! Lanes in a plain array. It runs everywhere, Miri included, and debug builds check the bounds of the arithmetic.

use super::{DIGIT_BITS, Eight, LARGEST_DIGIT, Machine, Work, low_digit};

/// Every column stays below this.
const COLUMN_BOUND: u64 = 1 << 60;

/// Plain arrays in place of vector registers.
#[derive(Clone, Copy)]
pub(crate) struct Model;

impl Machine for Model {
    type Lanes = [u64; 8];

    fn load(self, eight: Eight) -> [u64; 8] {
        eight.0
    }

    fn store(self, lanes: [u64; 8]) -> Eight {
        Eight(lanes)
    }

    fn broadcast(self, number: u64) -> [u64; 8] {
        [number; 8]
    }

    fn add(self, one: [u64; 8], other: [u64; 8]) -> [u64; 8] {
        lane_by_lane(one, other, bounded_sum)
    }

    fn subtract(self, one: [u64; 8], other: [u64; 8]) -> [u64; 8] {
        lane_by_lane(one, other, |one, other| {
            debug_assert!(one >= other, "a difference is negative");
            one.wrapping_sub(other)
        })
    }

    fn add_low(self, sum: [u64; 8], one: [u64; 8], other: [u64; 8]) -> [u64; 8] {
        lane_by_lane(sum, lane_by_lane(one, other, low_half), bounded_sum)
    }

    fn add_high(self, sum: [u64; 8], one: [u64; 8], other: [u64; 8]) -> [u64; 8] {
        lane_by_lane(sum, lane_by_lane(one, other, high_half), bounded_sum)
    }

    fn digits(self, lanes: [u64; 8]) -> [u64; 8] {
        lanes.map(|lane| lane & LARGEST_DIGIT)
    }

    fn carries(self, lanes: [u64; 8]) -> [u64; 8] {
        lanes.map(|lane| lane >> DIGIT_BITS)
    }

    fn right<const BITS: u32>(self, lanes: [u64; 8]) -> [u64; 8] {
        lanes.map(|lane| lane >> BITS)
    }

    fn left<const BITS: u32>(self, lanes: [u64; 8]) -> [u64; 8] {
        lanes.map(|lane| lane << BITS)
    }

    fn permute(self, places: [u64; 8], lanes: [u64; 8]) -> [u64; 8] {
        // The instruction has no other places either.
        places.map(|place| {
            (0..8).zip(lanes).fold(0, |found, (at, lane)| if at == place & 7 { lane } else { found })
        })
    }

    fn transpose(self, rows: [[u64; 8]; 8]) -> [[u64; 8]; 8] {
        let mut columns = rows.map(IntoIterator::into_iter);
        // Every row has another lane for each of the eight.
        [(); 8].map(|()| columns.each_mut().map(|row| row.next().unwrap_or(0)))
    }

    fn down(self, lanes: [u64; 8]) -> [u64; 8] {
        let [_, rest @ ..] = lanes;
        let [a, b, c, d, e, f, g] = rest;
        [a, b, c, d, e, f, g, 0]
    }

    fn up(self, lanes: [u64; 8]) -> [u64; 8] {
        let [a, b, c, d, e, f, g, _] = lanes;
        [0, a, b, c, d, e, f, g]
    }

    fn first(self, lanes: [u64; 8]) -> u64 {
        let [first, ..] = lanes;
        first
    }

    fn only_first(self, lanes: [u64; 8]) -> [u64; 8] {
        [self.first(lanes), 0, 0, 0, 0, 0, 0, 0]
    }

    fn either(self, one: [u64; 8], other: [u64; 8]) -> [u64; 8] {
        lane_by_lane(one, other, |one, other| one | other)
    }

    fn select(self, mask: [u64; 8], one: [u64; 8], other: [u64; 8]) -> [u64; 8] {
        self.either(
            lane_by_lane(mask, one, |mask, one| mask & one),
            lane_by_lane(mask, other, |mask, other| !mask & other),
        )
    }

    fn exceeds_digits(self, lanes: [u64; 8]) -> bool {
        lanes.iter().any(|lane| *lane > LARGEST_DIGIT)
    }

    fn run<W: Work>(self, work: W) -> W::Output {
        work.on(self)
    }
}

#[inline(always)]
fn lane_by_lane(one: [u64; 8], other: [u64; 8], operation: impl Fn(u64, u64) -> u64) -> [u64; 8] {
    let ([a, b, c, d, e, f, g, h], [s, t, u, v, w, x, y, z]) = (one, other);
    [
        operation(a, s),
        operation(b, t),
        operation(c, u),
        operation(d, v),
        operation(e, w),
        operation(f, x),
        operation(g, y),
        operation(h, z),
    ]
}

fn bounded_sum(one: u64, other: u64) -> u64 {
    let sum = one.wrapping_add(other);
    debug_assert!(sum < COLUMN_BOUND && one < COLUMN_BOUND, "a column overflows");
    sum
}

/// Uses only the low 52 bits of each factor, like the instructions.
fn low_half(one: u64, other: u64) -> u64 {
    debug_assert!(one <= LARGEST_DIGIT && other <= LARGEST_DIGIT, "a factor is no digit");
    (one & LARGEST_DIGIT).wrapping_mul(other & LARGEST_DIGIT) & LARGEST_DIGIT
}

fn high_half(one: u64, other: u64) -> u64 {
    debug_assert!(one <= LARGEST_DIGIT && other <= LARGEST_DIGIT, "a factor is no digit");
    low_digit((u128::from(one & LARGEST_DIGIT) * u128::from(other & LARGEST_DIGIT)) >> DIGIT_BITS)
}
