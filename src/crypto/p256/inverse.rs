//! Division modulo p and n by the division steps of Bernstein and Yang ("Fast constant-time gcd computation and modular
//! inversion", 2019). This form takes variable time. All numbers are public.
//!
//! Numbers are five signed digits of 62 bits, least significant first. All but the highest are from 0 to 2^62 - 1.

use super::limbs::Limbs;

type Digits = [i64; 5];

/// How many steps are taken at once on the lowest digits.
const STEPS: u32 = 62;

/// The lowest digit.
const MASK: u64 = u64::MAX >> (64 - STEPS);

/// No number below 2^256 needs more than 741 steps (theorem 11.2 of the paper).
const MOST_ROUNDS: usize = 741_usize.div_ceil(62);

/// Divides a constant by numbers, modulo an odd number.
pub(super) struct Inverter {
    modulus: Digits,
    /// The inverse of the modulus, modulo 2^62.
    modulus_inverse: u64,
    dividend: Digits,
}

/// What 62 steps do to f and g: f becomes (u f + v g) / 2^62, and g becomes (q f + r g) / 2^62.
///
/// |u| + |v| and |q| + |r| are at most 2^62.
struct Transition {
    u: i64,
    v: i64,
    q: i64,
    r: i64,
}

impl Inverter {
    /// The dividend must be below the modulus.
    pub(super) const fn new(modulus: &Limbs, dividend: &Limbs) -> Self {
        // Newton's iteration doubles the number of correct bits: 3 at first, 96 after five rounds.
        let [lowest, ..] = *modulus;
        let mut inverse = lowest;
        let mut round = 0;
        while round < 5 {
            inverse = inverse.wrapping_mul(2_u64.wrapping_sub(lowest.wrapping_mul(inverse)));
            round += 1;
        }
        Self { modulus: digits(modulus), modulus_inverse: inverse & MASK, dividend: digits(dividend) }
    }

    /// Returns the dividend divided by `number`, below the modulus. `number` must be below the modulus, and have no factor in
    /// common with it. Returns 0 for 0.
    pub(super) fn divide(&self, number: &Limbs) -> Limbs {
        // Invariant: f = d · number / dividend and g = e · number / dividend, modulo the modulus.
        let (mut f, mut g) = (self.modulus, digits(number));
        let (mut d, mut e) = ([0; 5], self.dividend);
        let mut eta = -1;
        for _ in 0..MOST_ROUNDS {
            let ([lowest_f, ..], [lowest_g, ..]) = (f, g);
            let transition;
            (eta, transition) = steps(eta, lowest_f.cast_unsigned(), lowest_g.cast_unsigned());
            (d, e) = self.apply_modulo(&transition, &d, &e);
            (f, g) = transition.apply(&f, &g);
            if g == [0; 5] {
                break;
            }
        }
        // f is 1 or -1 (or the modulus, if the number is 0), and d is above -2 · modulus and below the modulus.
        let [.., highest_f] = f;
        limbs(&self.normalize(&d, highest_f < 0))
    }

    /// Does to d and e what the transition does to f and g. The results stay above -2 · modulus and below the modulus.
    #[inline(always)]
    fn apply_modulo(&self, transition: &Transition, d: &Digits, e: &Digits) -> (Digits, Digits) {
        let Transition { u, v, q, r } = *transition;
        (self.combine(u, v, d, e), self.combine(q, r, d, e))
    }

    /// Returns (a · one + b · other) / 2^62 modulo the modulus. Adds the multiple of it that makes the lowest digit zero.
    #[inline(always)]
    fn combine(&self, a: i64, b: i64, one: &Digits, other: &Digits) -> Digits {
        let ([one_lowest, .., one_highest], [other_lowest, .., other_highest]) = (*one, *other);
        // A negative number counts with the modulus added, which keeps the result within its bounds.
        let multiple = (a & (one_highest >> 63)).wrapping_add(b & (other_highest >> 63));
        let lowest = wide(a, one_lowest) + wide(b, other_lowest);
        let correction = self
            .modulus_inverse
            .wrapping_mul(low(lowest).cast_unsigned())
            .wrapping_add(multiple.cast_unsigned());
        let multiple = multiple.wrapping_sub((correction & MASK).cast_signed());
        let mut result = [0; 5];
        let mut sum = 0_i128;
        let mut places = result.iter_mut();
        for (index, ((one, other), modulus)) in one.iter().zip(other).zip(&self.modulus).enumerate() {
            sum += wide(a, *one) + wide(b, *other) + wide(*modulus, multiple);
            // The lowest digit is zero now and is dropped.
            if index > 0
                && let Some(place) = places.next()
            {
                *place = low_digit(sum);
            }
            sum >>= STEPS;
        }
        if let Some(place) = places.next() {
            *place = low(sum);
        }
        result
    }

    /// Brings a number above -2 · modulus and below the modulus, or its opposite, into the range from 0 to the modulus.
    fn normalize(&self, number: &Digits, opposite: bool) -> Digits {
        let mut number = self.add_if_negative(number);
        if opposite {
            number = carry(number.map(|digit| -digit));
        }
        self.add_if_negative(&number)
    }

    fn add_if_negative(&self, number: &Digits) -> Digits {
        let mut sum = *number;
        if let [.., i64::MIN..0] = number {
            for (digit, modulus) in sum.iter_mut().zip(&self.modulus) {
                *digit += modulus;
            }
        }
        carry(sum)
    }
}

impl Transition {
    #[inline(always)]
    fn apply(&self, f: &Digits, g: &Digits) -> (Digits, Digits) {
        (combine_exactly(self.u, self.v, f, g), combine_exactly(self.q, self.r, f, g))
    }
}

/// Returns (a · one + b · other) / 2^62, which has no remainder.
#[inline(always)]
fn combine_exactly(a: i64, b: i64, one: &Digits, other: &Digits) -> Digits {
    let mut result = [0; 5];
    let mut sum = 0_i128;
    let mut places = result.iter_mut();
    for (index, (one, other)) in one.iter().zip(other).enumerate() {
        sum += wide(a, *one) + wide(b, *other);
        if index > 0
            && let Some(place) = places.next()
        {
            *place = low_digit(sum);
        }
        sum >>= STEPS;
    }
    if let Some(place) = places.next() {
        *place = low(sum);
    }
    result
}

/// Takes 62 division steps on the lowest digits of f and g. `eta` is the opposite of the paper's delta.
#[inline(always)]
fn steps(mut eta: i64, mut f: u64, mut g: u64) -> (i64, Transition) {
    let (mut u, mut v, mut q, mut r) = (1_u64, 0_u64, 0_u64, 1_u64);
    let mut left = STEPS;
    loop {
        // While g is even, a step only halves it. Instead of q and r, which it would halve too, u and v are doubled.
        let zeros = (g | u64::MAX << left).trailing_zeros();
        g >>= zeros;
        u <<= zeros;
        v <<= zeros;
        eta -= i64::from(zeros);
        left -= zeros;
        if left == 0 {
            break;
        }
        if eta < 0 {
            eta = -eta;
            (f, g) = (g, f.wrapping_neg());
            (u, q) = (q, u.wrapping_neg());
            (v, r) = (r, v.wrapping_neg());
        }
        // The next steps until eta becomes negative, at most six at once, add a multiple of f that makes that many low
        // bits of g zero.
        let bits = (eta + 1).min(i64::from(left)).min(6).cast_unsigned();
        // f (f² - 2) is -1/f modulo 2^6: f² - 1 is a multiple of 2^3, and f² (f² - 2) = (f² - 1)² - 1.
        let multiple =
            f.wrapping_mul(g).wrapping_mul(f.wrapping_mul(f).wrapping_sub(2)) & !(u64::MAX << bits);
        g = g.wrapping_add(f.wrapping_mul(multiple));
        q = q.wrapping_add(u.wrapping_mul(multiple));
        r = r.wrapping_add(v.wrapping_mul(multiple));
    }
    let transition =
        Transition { u: u.cast_signed(), v: v.cast_signed(), q: q.cast_signed(), r: r.cast_signed() };
    (eta, transition)
}

#[inline(always)]
fn wide(one: i64, other: i64) -> i128 {
    i128::from(one) * i128::from(other)
}

/// Returns the low 64 bits.
#[inline(always)]
fn low(number: i128) -> i64 {
    let [a, b, c, d, e, f, g, h, ..] = number.to_le_bytes();
    i64::from_le_bytes([a, b, c, d, e, f, g, h])
}

#[inline(always)]
fn low_digit(number: i128) -> i64 {
    low(number) & MASK.cast_signed()
}

/// Moves what is above 62 bits, or negative, to the next digit up.
fn carry(mut number: Digits) -> Digits {
    let mut carry = 0;
    let [rest @ .., highest] = &mut number;
    for digit in rest {
        let sum = *digit + carry;
        *digit = sum & MASK.cast_signed();
        carry = sum >> STEPS;
    }
    *highest += carry;
    number
}

const fn digits(limbs: &Limbs) -> Digits {
    let [a, b, c, d] = *limbs;
    let digits = [a, a >> 62 | b << 2, b >> 60 | c << 4, c >> 58 | d << 6, d >> 56];
    let [a, b, c, d, e] = digits;
    [
        (a & MASK).cast_signed(),
        (b & MASK).cast_signed(),
        (c & MASK).cast_signed(),
        (d & MASK).cast_signed(),
        e.cast_signed(),
    ]
}

/// The digits must be those of a number from 0 to 2^256 - 1.
fn limbs(digits: &Digits) -> Limbs {
    let [a, b, c, d, e] = digits.map(i64::cast_unsigned);
    [a | b << 62, b >> 2 | c << 60, c >> 4 | d << 58, d >> 6 | e << 56]
}
