//! Additions in portable code, one after the other, and what tables are built with.

use super::field;
use super::limbs::Limbs;
use super::point::{Affine, Field, Jacobian, add_affine};
use super::table::{Row, Term};
use super::verify::{Adder, TERMS};

/// The field in portable code, where all numbers are below p, and additions one after the other.
#[derive(Clone, Copy)]
pub(super) struct Portable;

impl Field for Portable {
    type Element = Limbs;

    #[inline(always)]
    fn product(self, one: &Limbs, other: &Limbs) -> Limbs {
        field::product(one, other)
    }

    #[inline(always)]
    fn square(self, number: &Limbs) -> Limbs {
        field::square(number)
    }

    #[inline(always)]
    fn difference<const MULTIPLE: u64>(self, one: &Limbs, other: &Limbs) -> Limbs {
        field::difference(one, other)
    }

    #[inline(always)]
    fn x_of_sum(self, r2: &Limbs, h3: &Limbs, v: &Limbs) -> Limbs {
        field::difference(&field::difference(r2, h3), &field::sum(v, v))
    }
}

impl Affine<Limbs> {
    /// Returns the same point with a z of 1.
    pub(super) fn to_jacobian(self) -> Jacobian<Limbs> {
        Jacobian { x: self.x, y: self.y, z: field::ONE }
    }

    /// Returns whether y² = x³ - 3 x + b.
    pub(super) fn is_on_curve(&self) -> bool {
        /// The b of the curve, in Montgomery form.
        const B: Limbs =
            [0xd89c_df62_29c4_bddf, 0xacf0_05cd_7884_3090, 0xe5a2_20ab_f721_2ed6, 0xdc30_061d_0487_4834];
        let three = field::sum(&field::sum(&field::ONE, &field::ONE), &field::ONE);
        let slope = field::difference(&field::square(&self.x), &three);
        field::square(&self.y) == field::sum(&field::product(&self.x, &slope), &B)
    }
}

/// Returns twice the point. A point of an odd order is never the opposite of itself, so there is no special case.
pub(super) fn double(point: &Jacobian<Limbs>) -> Jacobian<Limbs> {
    let twice = |number: &Limbs| field::sum(number, number);
    let z2 = field::square(&point.z);
    let y2 = field::square(&point.y);
    let beta = twice(&twice(&field::product(&point.x, &y2)));
    let product = field::product(&field::difference(&point.x, &z2), &field::sum(&point.x, &z2));
    let alpha = field::sum(&twice(&product), &product);
    let x = field::difference(&field::square(&alpha), &twice(&beta));
    let y4 = twice(&twice(&twice(&field::square(&y2))));
    let y = field::difference(&field::product(&alpha, &field::difference(&beta, &x)), &y4);
    Jacobian { x, y, z: twice(&field::product(&point.y, &point.z)) }
}

/// Packs a point into a row.
pub(super) fn pack(point: &Affine<Limbs>) -> Row {
    let ([a, b, c, d], [e, f, g, h]) = (point.x, point.y);
    Row([a, b, c, d, e, f, g, h])
}

impl Adder for Portable {
    fn pack(self, point: &Affine<Limbs>) -> Row {
        pack(point)
    }

    fn sum(self, terms: &[[Term<'_>; 8]; TERMS / 8]) -> Jacobian<Limbs> {
        let point = |term: &Term<'_>| {
            let [a, b, c, d, e, f, g, h] = term.row.0;
            Affine { x: [a, b, c, d], y: field::opposite_if(term.opposite, &[e, f, g, h]) }
        };
        let [[first, others @ ..], more @ ..] = terms;
        let others = others.iter().chain(more.as_flattened());
        others.fold(point(first).to_jacobian(), |sum, term| add_affine(self, &sum, &point(term)))
    }
}
