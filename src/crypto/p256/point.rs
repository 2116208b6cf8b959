//! Addition of points, for any implementation of the field.
//!
//! The formulas hold for two points that are neither equal, nor opposite, nor at infinity. Everything else is noticed: then the z
//! of the sum is 0, and it stays 0 in every further sum. The proof is in docs/decisions/0037-fast-p256.md.

/// The operations of the field that additions need.
pub(super) trait Field: Copy {
    type Element: Copy;

    fn product(self, one: &Self::Element, other: &Self::Element) -> Self::Element;
    fn square(self, number: &Self::Element) -> Self::Element;
    /// Returns `one - other + MULTIPLE · p`. An implementation without signs needs `other` to be below that multiple.
    fn difference<const MULTIPLE: u64>(self, one: &Self::Element, other: &Self::Element) -> Self::Element;
    /// Returns the x of a sum, which is `r2 - h3 - 2 v`.
    fn x_of_sum(self, r2: &Self::Element, h3: &Self::Element, v: &Self::Element) -> Self::Element;
}

/// A point in affine coordinates. It is never the one at infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Affine<E> {
    pub(super) x: E,
    pub(super) y: E,
}

/// A point in Jacobian coordinates: (x / z², y / z³). With a z of 0 it is no result: see the module's text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Jacobian<E> {
    pub(super) x: E,
    pub(super) y: E,
    pub(super) z: E,
}

/// Returns the sum of a point and one in affine coordinates.
///
/// Bounds in multiples of 2^256, for a field that keeps numbers only below such bounds. Given x1 < 1.01, y1 < 4.7, z1 < 2, x2 < 1
/// and y2 < 2, the sum has the same bounds again. A product of factors below a and b is below a b / 16 + 1.
#[inline(always)]
pub(super) fn add_affine<F: Field>(
    field: F,
    one: &Jacobian<F::Element>,
    other: &Affine<F::Element>,
) -> Jacobian<F::Element> {
    let z2 = field.square(&one.z); // 1.25
    let z3 = field.product(&z2, &one.z); // 1.16
    let u = field.product(&other.x, &z2); // 1.08
    let s = field.product(&other.y, &z3); // 1.15
    let h = field.difference::<2>(&u, &one.x); // 3.08
    let r = field.difference::<5>(&s, &one.y); // 6.15
    finish(field, &one.x, &one.y, &one.z, &h, &r)
}

/// Returns the sum of two points. The bounds are those of [`add_affine`], for both. Only lanes need it.
#[cfg(any(test, target_arch = "x86_64"))]
#[inline(always)]
pub(super) fn add<F: Field>(
    field: F,
    one: &Jacobian<F::Element>,
    other: &Jacobian<F::Element>,
) -> Jacobian<F::Element> {
    let (one_z2, other_z2) = (field.square(&one.z), field.square(&other.z)); // 1.25
    let one_z3 = field.product(&one_z2, &one.z); // 1.16
    let other_z3 = field.product(&other_z2, &other.z); // 1.16
    let (u1, u2) = (field.product(&one.x, &other_z2), field.product(&other.x, &one_z2)); // 1.08
    let (s1, s2) = (field.product(&one.y, &other_z3), field.product(&other.y, &one_z3)); // 1.35
    let h = field.difference::<2>(&u2, &u1); // 3.08
    let r = field.difference::<2>(&s2, &s1); // 3.35
    let z = field.product(&one.z, &other.z); // 1.25
    finish(field, &u1, &s1, &z, &h, &r)
}

/// Returns the sum, given u and s of one point, the product of both z, and the differences h and r of both u and s.
///
/// Given u < 1.08, s < 4.7, z < 2, h < 3.08 and r < 6.15.
#[inline(always)]
fn finish<F: Field>(
    field: F,
    u: &F::Element,
    s: &F::Element,
    z: &F::Element,
    h: &F::Element,
    r: &F::Element,
) -> Jacobian<F::Element> {
    let z = field.product(z, h); // 1.39
    let h2 = field.square(h); // 1.60
    let h3 = field.product(&h2, h); // 1.31
    let v = field.product(u, &h2); // 1.11
    let x = field.x_of_sum(&field.square(r), &h3, &v); // r²: 3.37; the sum: 1.01
    let slope = field.product(r, &field.difference::<2>(&v, &x)); // 3.11, then 2.20
    let y = field.difference::<2>(&slope, &field.product(s, &h3)); // 1.39, then 4.20
    Jacobian { x, y, z }
}
