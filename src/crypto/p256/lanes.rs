//! Eight additions at once, one in each lane.
//!
//! An element of the field is five digits of 52 bits, each in a register of its own, in Montgomery form: a number a is kept as
//! a · 2^260. Elements are not reduced below p. They stay below 16 · 2^256, so five digits suffice. Comments give bounds in
//! multiples of 2^256. A product of factors below a and b is below a b / 16 + 1: it adds a multiple of p below 2^260 · p, then
//! divides by 2^260.

use super::field;
use super::limbs::Limbs;
use super::point::{Affine, Field, Jacobian, add, add_affine};
use super::portable;
use super::table::{Row, Term};
use super::verify::{Adder, TERMS};
use crate::crypto::lanes::{DIGIT_BITS, Eight, LARGEST_DIGIT, Machine, Work};

/// An element in each of eight lanes.
pub(super) type Element<M> = [<M as Machine>::Lanes; 5];

/// The columns of a product before its reduction.
type Columns<M> = [<M as Machine>::Lanes; 10];

/// p in digits. The lowest is -1 modulo 2^52.
const P: [u64; 5] = [LARGEST_DIGIT, (1 << 44) - 1, 0, 1 << 36, (1 << 48) - (1 << 16)];

/// 2^256 - p in digits.
const ABOVE: [u64; 5] =
    [1, LARGEST_DIGIT - (1 << 44) + 1, LARGEST_DIGIT, LARGEST_DIGIT - (1 << 36), (1 << 16) - 1];

/// 2^260 modulo p. Its product with a number is the number in the form of the lanes: see [`field::product`].
pub(super) const TO_LANES: Limbs =
    [0x0000_0000_0000_0010, 0xffff_fff0_0000_0000, 0xffff_ffff_ffff_ffff, 0x0000_000f_ffff_ffef];

/// 2^252, which takes a number back from the form of the lanes.
const FROM_LANES: Limbs = [0, 0, 0, 1 << 60];

/// `multiple` times p, in digits that leave room to subtract `count` digits from each: the lower ones have `count · 2^52` more,
/// which the next higher ones have less.
const fn multiple_of_p(multiple: u64, count: u64) -> [u64; 5] {
    let [a, b, c, d, e] = P;
    let more = count << DIGIT_BITS;
    [
        multiple * a + more,
        multiple * b + more - count,
        multiple * c + more - count,
        multiple * d + more - count,
        multiple * e - count,
    ]
}

/// The field, on a machine.
#[derive(Clone, Copy)]
pub(super) struct Wide<M>(pub(super) M);

impl<M: Machine> Field for Wide<M> {
    type Element = Element<M>;

    // Without optimization, all products in one function would take megabytes of stack.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn product(self, one: &Element<M>, other: &Element<M>) -> Element<M> {
        let [a, b, c, d, e] = *one;
        let mut columns = [self.0.broadcast(0); 10];
        self.add_multiple::<0, 5>(&mut columns, a, *other);
        self.add_multiple::<1, 5>(&mut columns, b, *other);
        self.add_multiple::<2, 5>(&mut columns, c, *other);
        self.add_multiple::<3, 5>(&mut columns, d, *other);
        self.add_multiple::<4, 5>(&mut columns, e, *other);
        self.reduce(columns)
    }

    // Without optimization, all products in one function would take megabytes of stack.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn square(self, number: &Element<M>) -> Element<M> {
        let [a, b, c, d, e] = *number;
        let mut columns = [self.0.broadcast(0); 10];
        // The products of two different digits occur twice.
        self.add_multiple::<1, 4>(&mut columns, a, [b, c, d, e]);
        self.add_multiple::<3, 3>(&mut columns, b, [c, d, e]);
        self.add_multiple::<5, 2>(&mut columns, c, [d, e]);
        self.add_multiple::<7, 1>(&mut columns, d, [e]);
        for column in &mut columns {
            *column = self.0.add(*column, *column);
        }
        self.add_multiple::<0, 1>(&mut columns, a, [a]);
        self.add_multiple::<2, 1>(&mut columns, b, [b]);
        self.add_multiple::<4, 1>(&mut columns, c, [c]);
        self.add_multiple::<6, 1>(&mut columns, d, [d]);
        self.add_multiple::<8, 1>(&mut columns, e, [e]);
        self.reduce(columns)
    }

    /// `other` must be below `(MULTIPLE - 0.01)`. The result is below the bound of `one` plus `MULTIPLE`.
    #[inline(always)]
    fn difference<const MULTIPLE: u64>(self, one: &Element<M>, other: &Element<M>) -> Element<M> {
        let room = const { multiple_of_p(MULTIPLE, 1) };
        let mut result = *one;
        for ((digit, other), room) in result.iter_mut().zip(other).zip(room) {
            *digit = self.0.subtract(self.0.add(*digit, self.0.broadcast(room)), *other);
        }
        self.carry(result)
    }

    /// `h3 + 2 v` must be below 3.9, and `r2` below 4. The result is below 1.01.
    #[inline(always)]
    fn x_of_sum(self, r2: &Element<M>, h3: &Element<M>, v: &Element<M>) -> Element<M> {
        const ROOM: [u64; 5] = multiple_of_p(4, 3);
        let mut result = *r2;
        for (((digit, h3), v), room) in result.iter_mut().zip(h3).zip(v).zip(ROOM) {
            let subtrahend = self.0.add(*h3, self.0.add(*v, *v));
            *digit = self.0.subtract(self.0.add(*digit, self.0.broadcast(room)), subtrahend);
        }
        // What is above 2^256, at most 8 times, is replaced by as many times 2^256 - p. The highest digit lacks a carry of at most
        // 8, so it may count one too few; then the result is above 2^256, by less than 8 / 2^48 of it.
        let [a, b, c, d, e] = result;
        let times = self.0.right::<48>(e);
        let rest = self.0.subtract(e, self.0.left::<48>(times));
        let mut result = [a, b, c, d, rest];
        let mut carried = self.0.broadcast(0);
        for (digit, above) in result.iter_mut().zip(ABOVE) {
            let above = self.0.broadcast(above);
            *digit = self.0.add_low(self.0.add(*digit, carried), above, times);
            carried = self.0.add_high(self.0.broadcast(0), above, times);
        }
        self.carry(result)
    }
}

impl<M: Machine> Wide<M> {
    /// Adds the product of a digit and others, from the column `PLACE` on.
    #[inline(always)]
    fn add_multiple<const PLACE: usize, const COUNT: usize>(
        self,
        columns: &mut Columns<M>,
        digit: M::Lanes,
        others: [M::Lanes; COUNT],
    ) {
        // With `get_mut`, unlike `skip`, the compiler keeps the columns in registers.
        if let Some(columns) = columns.get_mut(PLACE..) {
            for (column, other) in columns.iter_mut().zip(&others) {
                *column = self.0.add_low(*column, digit, *other);
            }
        }
        if let Some(columns) = columns.get_mut(PLACE.saturating_add(1)..) {
            for (column, other) in columns.iter_mut().zip(&others) {
                *column = self.0.add_high(*column, digit, *other);
            }
        }
    }

    /// Divides by 2^260 modulo p: adds multiples of p that make the five lowest digits zero, and drops them.
    ///
    /// No column exceeds 2^57: a product has at most 10 halves below 2^52 in a column, the multiples of p have 6 more, and a carry
    /// is below 2^6.
    #[inline(always)]
    fn reduce(self, columns: Columns<M>) -> Element<M> {
        let [a, b, c, d, e, f, g, h, i, j] = columns;
        let [b, c, d, e, f] = self.clear_lowest([a, b, c, d, e, f]);
        let [c, d, e, f, g] = self.clear_lowest([b, c, d, e, f, g]);
        let [d, e, f, g, h] = self.clear_lowest([c, d, e, f, g, h]);
        let [e, f, g, h, i] = self.clear_lowest([d, e, f, g, h, i]);
        let [f, g, h, i, j] = self.clear_lowest([e, f, g, h, i, j]);
        self.carry([f, g, h, i, j])
    }

    /// Adds the multiple of p that makes the lowest digit zero, and drops it.
    #[inline(always)]
    fn clear_lowest(self, columns: [M::Lanes; 6]) -> Element<M> {
        let (machine, [a, b, c, d, e, f]) = (self.0, columns);
        let [_, _, _, p3, p4] = P;
        let (p3, p4, middle) = (machine.broadcast(p3), machine.broadcast(p4), machine.broadcast(1 << 44));
        // p is -1 + 2^96 + its two highest digits. So the multiple is the digit itself, and -1 makes it zero.
        let m = machine.digits(a);
        [
            machine.add_low(machine.add(b, machine.carries(a)), m, middle),
            machine.add_high(c, m, middle),
            machine.add_low(d, m, p3),
            machine.add_low(machine.add_high(e, m, p3), m, p4),
            machine.add_high(f, m, p4),
        ]
    }

    /// Turns columns into digits, from the lowest up. Nothing is carried out of the highest.
    #[inline(always)]
    fn carry(self, columns: Element<M>) -> Element<M> {
        let [mut a, mut b, mut c, mut d, mut e] = columns;
        b = self.0.add(b, self.0.carries(a));
        a = self.0.digits(a);
        c = self.0.add(c, self.0.carries(b));
        b = self.0.digits(b);
        d = self.0.add(d, self.0.carries(c));
        c = self.0.digits(c);
        e = self.0.add(e, self.0.carries(d));
        d = self.0.digits(d);
        debug_assert!(!self.0.exceeds_digits(e), "an element is not below 16");
        [a, b, c, d, e]
    }

    /// Splits four limbs into digits.
    #[inline(always)]
    fn unpack(self, limbs: [M::Lanes; 4]) -> Element<M> {
        let machine = self.0;
        let [a, b, c, d] = limbs;
        [
            machine.digits(a),
            machine.digits(machine.either(machine.right::<52>(a), machine.left::<12>(b))),
            machine.digits(machine.either(machine.right::<40>(b), machine.left::<24>(c))),
            machine.digits(machine.either(machine.right::<28>(c), machine.left::<36>(d))),
            machine.right::<16>(d),
        ]
    }

    /// Loads the points of eight terms: x below 1, and y below 2, because an opposite is 2 p - y.
    #[inline(always)]
    pub(super) fn load(self, terms: &[Term<'_>; 8]) -> Affine<Element<M>> {
        let mut rows = [self.0.broadcast(0); 8];
        let mut opposite = Eight([0; 8]);
        for ((row, opposite), term) in rows.iter_mut().zip(&mut opposite.0).zip(terms) {
            *row = self.0.load(Eight(term.row.0));
            *opposite = term.opposite;
        }
        let opposite = self.0.load(opposite);
        let [a, b, c, d, e, f, g, h] = self.0.transpose(rows);
        let (x, y) = (self.unpack([a, b, c, d]), self.unpack([e, f, g, h]));
        let mut signed = self.difference::<2>(&[self.0.broadcast(0); 5], &y);
        for (signed, y) in signed.iter_mut().zip(y) {
            *signed = self.0.select(opposite, *signed, y);
        }
        Affine { x, y: signed }
    }

    /// Moves each lane down by some places, around the end.
    #[inline(always)]
    fn rotate(self, point: &Jacobian<Element<M>>, count: u64) -> Jacobian<Element<M>> {
        let mut places = Eight([0, 1, 2, 3, 4, 5, 6, 7]);
        for place in &mut places.0 {
            *place = (*place + count) % 8;
        }
        let (places, mut rotated) = (self.0.load(places), *point);
        for lanes in rotated.x.iter_mut().chain(&mut rotated.y).chain(&mut rotated.z) {
            *lanes = self.0.permute(places, *lanes);
        }
        rotated
    }

    /// Returns the first lane, below p in the form of [`field`].
    #[inline(always)]
    pub(super) fn first(self, element: Element<M>) -> Limbs {
        let mut digits = [0; 5];
        for (digit, lanes) in digits.iter_mut().zip(element) {
            *digit = self.0.first(lanes);
        }
        let [a, b, c, d, e] = digits;
        let mut number =
            field::reduce_once(&[a | b << 52, b >> 12 | c << 40, c >> 24 | d << 28, d >> 36 | e << 16]);
        // What is above 2^256, at most 15 times, counts as many times 2^256 modulo p, which is `field::ONE`.
        for _ in 0..e >> 48 {
            number = field::sum(&number, &field::ONE);
        }
        field::product(&number, &FROM_LANES)
    }
}

/// Additions on a machine, eight at a time.
#[derive(Clone, Copy)]
pub(super) struct OnLanes<M>(pub(super) M);

impl<M: Machine> Adder for OnLanes<M> {
    fn pack(self, point: &Affine<Limbs>) -> Row {
        let to_lanes = |number: &Limbs| field::product(number, &TO_LANES);
        portable::pack(&Affine { x: to_lanes(&point.x), y: to_lanes(&point.y) })
    }

    fn sum(self, terms: &[[Term<'_>; 8]; TERMS / 8]) -> Jacobian<Limbs> {
        self.0.run(Sum(terms))
    }
}

struct Sum<'a>(&'a [[Term<'a>; 8]; TERMS / 8]);

impl Work for Sum<'_> {
    type Output = Jacobian<Limbs>;

    #[inline(always)]
    fn on<M: Machine>(self, machine: M) -> Jacobian<Limbs> {
        let wide = Wide(machine);
        let [first, others @ ..] = self.0;
        let Affine { x, y } = wide.load(first);
        let [a, b, c, d] = TO_LANES;
        let one = [machine.broadcast(a), machine.broadcast(b), machine.broadcast(c), machine.broadcast(d)];
        let z = wide.unpack(one);
        let mut sum = Jacobian { x, y, z };
        for terms in others {
            sum = add_affine(wide, &sum, &wide.load(terms));
        }
        // Lanes 4 to 7 to lanes 0 to 3, then 2 and 3 to 0 and 1, then 1 to 0.
        for count in [4, 2, 1] {
            sum = add(wide, &sum, &wide.rotate(&sum, count));
        }
        Jacobian { x: wide.first(sum.x), y: wide.first(sum.y), z: wide.first(sum.z) }
    }
}
