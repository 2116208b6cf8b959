//! The field of P-256: numbers modulo p = 2^256 - 2^224 + 2^192 + 2^96 - 1, in portable code.
//!
//! A number a is kept in Montgomery form, as a · 2^256 modulo p, in four limbs, always below p.

use super::inverse::Inverter;
use super::limbs::{self, Limbs, ZERO, add_carry, multiply_add};

pub(super) const P: Limbs = [0xffff_ffff_ffff_ffff, 0x0000_0000_ffff_ffff, 0, 0xffff_ffff_0000_0001];

/// 1 in Montgomery form: 2^256 modulo p.
pub(super) const ONE: Limbs =
    [0x0000_0000_0000_0001, 0xffff_ffff_0000_0000, 0xffff_ffff_ffff_ffff, 0x0000_0000_ffff_fffe];

/// 2^512 modulo p, whose product with a number is the number in Montgomery form.
pub(super) const TO_MONTGOMERY: Limbs =
    [0x0000_0000_0000_0003, 0xffff_fffb_ffff_ffff, 0xffff_ffff_ffff_fffe, 0x0000_0004_ffff_fffd];

/// 2^512 / a, for the form of a and of its inverse alike.
static INVERTER: Inverter = Inverter::new(&P, &TO_MONTGOMERY);

/// Returns `one · other`, below p for factors below p.
#[inline(always)]
pub(super) fn product(one: &Limbs, other: &Limbs) -> Limbs {
    let ([a, b, c, d], [e, f, g, h]) = (*one, *other);
    let (t0, carry) = multiply_add(0, a, e, 0);
    let (t1, carry) = multiply_add(0, a, f, carry);
    let (t2, carry) = multiply_add(0, a, g, carry);
    let (t3, t4) = multiply_add(0, a, h, carry);
    let (t1, carry) = multiply_add(t1, b, e, 0);
    let (t2, carry) = multiply_add(t2, b, f, carry);
    let (t3, carry) = multiply_add(t3, b, g, carry);
    let (t4, t5) = multiply_add(t4, b, h, carry);
    let (t2, carry) = multiply_add(t2, c, e, 0);
    let (t3, carry) = multiply_add(t3, c, f, carry);
    let (t4, carry) = multiply_add(t4, c, g, carry);
    let (t5, t6) = multiply_add(t5, c, h, carry);
    let (t3, carry) = multiply_add(t3, d, e, 0);
    let (t4, carry) = multiply_add(t4, d, f, carry);
    let (t5, carry) = multiply_add(t5, d, g, carry);
    let (t6, t7) = multiply_add(t6, d, h, carry);
    reduce([t0, t1, t2, t3], [t4, t5, t6, t7])
}

/// Returns the product of a number with itself, with fewer multiplications.
#[inline(always)]
pub(super) fn square(number: &Limbs) -> Limbs {
    let [a, b, c, d] = *number;
    // The products of two different limbs occur twice.
    let (t1, carry) = multiply_add(0, a, b, 0);
    let (t2, carry) = multiply_add(0, a, c, carry);
    let (t3, t4) = multiply_add(0, a, d, carry);
    let (t3, carry) = multiply_add(t3, b, c, 0);
    let (t4, t5) = multiply_add(t4, b, d, carry);
    let (t5, t6) = multiply_add(t5, c, d, 0);
    let (t7, t6, t5) = (t6 >> 63, t6 << 1 | t5 >> 63, t5 << 1 | t4 >> 63);
    let (t4, t3, t2, t1) = (t4 << 1 | t3 >> 63, t3 << 1 | t2 >> 63, t2 << 1 | t1 >> 63, t1 << 1);
    let (t0, carry) = multiply_add(0, a, a, 0);
    let (t1, carry) = add_carry(t1, carry, 0);
    let (low, high) = multiply_add(0, b, b, 0);
    let (t2, carry) = add_carry(t2, low, carry);
    let (t3, carry) = add_carry(t3, high, carry);
    let (low, high) = multiply_add(0, c, c, 0);
    let (t4, carry) = add_carry(t4, low, carry);
    let (t5, carry) = add_carry(t5, high, carry);
    let (low, high) = multiply_add(0, d, d, 0);
    let (t6, carry) = add_carry(t6, low, carry);
    let (t7, _) = add_carry(t7, high, carry);
    reduce([t0, t1, t2, t3], [t4, t5, t6, t7])
}

/// Returns `(low + 2^256 · high) / 2^256` modulo p, below p if `low + 2^256 · high` is below p · 2^256.
#[inline(always)]
fn reduce(low: Limbs, high: Limbs) -> Limbs {
    let low = clear_lowest(clear_lowest(clear_lowest(clear_lowest(low))));
    let (sum, carry) = limbs::add(&low, &high);
    subtract_p(&sum, carry)
}

/// Adds the multiple of p that makes the lowest limb zero, then drops that limb.
///
/// p is -1 modulo 2^64, so the multiple is the lowest limb m. m · p is m · (2^96 - 1) + m · 2^192 · `P[3]`. The result is
/// below 2^256, because (2^256 - 1 + (2^64 - 1) · p) / 2^64 is.
#[inline(always)]
fn clear_lowest([m, a, b, c]: Limbs) -> Limbs {
    let (a, carry) = add_carry(a, m << 32, 0);
    let (b, carry) = add_carry(b, m >> 32, carry);
    let (c, d) = multiply_add(c, m, P[3], carry);
    [a, b, c, d]
}

/// Returns `number + 2^256 · carry`, which must be below 2 p, modulo p.
#[inline(always)]
fn subtract_p(number: &Limbs, carry: u64) -> Limbs {
    let (reduced, borrow) = limbs::subtract(number, &P);
    // Below p: without a carry, something was borrowed.
    let is_below = 0_u64.wrapping_sub(borrow & !carry);
    limbs::select(is_below, number, &reduced)
}

/// Returns `one + other`, below p for terms below p.
#[inline(always)]
pub(super) fn sum(one: &Limbs, other: &Limbs) -> Limbs {
    let (sum, carry) = limbs::add(one, other);
    subtract_p(&sum, carry)
}

/// Returns `one - other`, below p for numbers below p.
#[inline(always)]
pub(super) fn difference(one: &Limbs, other: &Limbs) -> Limbs {
    let (difference, borrow) = limbs::subtract(one, other);
    let negative = 0_u64.wrapping_sub(borrow);
    let (difference, _) = limbs::add(&difference, &limbs::select(negative, &P, &ZERO));
    difference
}

/// Returns the number, or its opposite if the mask is all ones.
#[inline(always)]
pub(super) fn opposite_if(mask: u64, number: &Limbs) -> Limbs {
    limbs::select(mask, &difference(&ZERO, number), number)
}

/// Returns the inverse, or 0 for 0.
pub(super) fn inverse(number: &Limbs) -> Limbs {
    INVERTER.divide(number)
}

/// Returns a number below p in Montgomery form.
pub(super) fn to_montgomery(number: &Limbs) -> Limbs {
    product(number, &TO_MONTGOMERY)
}

/// Returns any number below 2^256 modulo p. As p is above 2^255, p is subtracted once at most. Only lanes need it.
#[cfg(any(test, target_arch = "x86_64"))]
#[inline(always)]
pub(super) fn reduce_once(number: &Limbs) -> Limbs {
    subtract_p(number, 0)
}

/// Returns whether a number is below p.
pub(super) fn is_in_range(number: &Limbs) -> bool {
    limbs::is_below(number, &P)
}
