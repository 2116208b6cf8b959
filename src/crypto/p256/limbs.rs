//! Numbers of 256 bits as four 64-bit limbs, least significant first.

/// A number below 2^256.
pub(super) type Limbs = [u64; 4];

pub(super) const ZERO: Limbs = [0; 4];

/// Reads 32 big-endian bytes.
#[inline(always)]
pub(super) fn from_bytes(bytes: &[u8; 32]) -> Limbs {
    let mut limbs = ZERO;
    let (words, _) = bytes.as_chunks::<8>();
    for (limb, word) in limbs.iter_mut().rev().zip(words) {
        *limb = u64::from_be_bytes(*word);
    }
    limbs
}

/// Returns whether `one` is smaller than `other`.
#[inline(always)]
pub(super) fn is_below(one: &Limbs, other: &Limbs) -> bool {
    let (_, borrow) = subtract(one, other);
    borrow == 1
}

/// Returns `one + other`, and the carry: 0 or 1.
#[inline(always)]
pub(super) fn add(one: &Limbs, other: &Limbs) -> (Limbs, u64) {
    let ([a, b, c, d], [e, f, g, h]) = (*one, *other);
    let (i, carry) = add_carry(a, e, 0);
    let (j, carry) = add_carry(b, f, carry);
    let (k, carry) = add_carry(c, g, carry);
    let (l, carry) = add_carry(d, h, carry);
    ([i, j, k, l], carry)
}

/// Returns `one - other`, and the borrow: 0 or 1.
#[inline(always)]
pub(super) fn subtract(one: &Limbs, other: &Limbs) -> (Limbs, u64) {
    let ([a, b, c, d], [e, f, g, h]) = (*one, *other);
    let (i, borrow) = subtract_borrow(a, e, 0);
    let (j, borrow) = subtract_borrow(b, f, borrow);
    let (k, borrow) = subtract_borrow(c, g, borrow);
    let (l, borrow) = subtract_borrow(d, h, borrow);
    ([i, j, k, l], borrow)
}

/// Returns `one` where `mask` has ones and `other` where it has zeros. The mask is all ones or all zeros.
#[inline(always)]
pub(super) fn select(mask: u64, one: &Limbs, other: &Limbs) -> Limbs {
    let ([a, b, c, d], [e, f, g, h]) = (*one, *other);
    let pick = |one: u64, other: u64| (one & mask) | (other & !mask);
    [pick(a, e), pick(b, f), pick(c, g), pick(d, h)]
}

/// Returns the low limb and the carry of `one + other + carry`. The carry of three limbs is at most 2.
#[inline(always)]
pub(super) fn add_carry(one: u64, other: u64, carry: u64) -> (u64, u64) {
    let (sum, first) = one.overflowing_add(other);
    let (sum, second) = sum.overflowing_add(carry);
    (sum, u64::from(first) + u64::from(second))
}

/// Returns the limb and the borrow, 0 or 1, of `one - other - borrow`.
#[inline(always)]
fn subtract_borrow(one: u64, other: u64, borrow: u64) -> (u64, u64) {
    let (difference, first) = one.overflowing_sub(other);
    let (difference, second) = difference.overflowing_sub(borrow);
    (difference, u64::from(first | second))
}

/// Returns the low and the high limb of `sum + one · other + carry`. It never exceeds two limbs.
#[inline(always)]
pub(super) fn multiply_add(sum: u64, one: u64, other: u64, carry: u64) -> (u64, u64) {
    let wide = u128::from(sum) + u128::from(one) * u128::from(other) + u128::from(carry);
    (low(wide), low(wide >> 64))
}

/// Returns the low 64 bits.
#[inline(always)]
fn low(number: u128) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = number.to_le_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}
