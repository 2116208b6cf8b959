//! Numbers modulo n, the order of the group of P-256.

use super::inverse::Inverter;
use super::limbs::{self, Limbs, ZERO, add_carry, multiply_add};

pub(super) const N: Limbs =
    [0xf3b9_cac2_fc63_2551, 0xbce6_faad_a717_9e84, 0xffff_ffff_ffff_ffff, 0xffff_ffff_0000_0000];

/// 2^256 modulo n.
const MONTGOMERY: Limbs = [0x0c46_353d_039c_daaf, 0x4319_0552_58e8_617b, 0, 0x0000_0000_ffff_ffff];

/// -1/n modulo 2^64.
const NEGATIVE_INVERSE: u64 = 0xccd1_c8aa_ee00_bc4f;

/// 2^256 / s. Its [`product`] with a number is the number divided by s.
static INVERTER: Inverter = Inverter::new(&N, &MONTGOMERY);

/// Returns whether r or s of a signature is in its range, which is from 1 to n - 1.
pub(super) fn is_in_range(number: &Limbs) -> bool {
    *number != ZERO && limbs::is_below(number, &N)
}

/// Returns any number below 2^256 modulo n. As n is above 2^255, n is subtracted once at most.
pub(super) fn reduce(number: &Limbs) -> Limbs {
    let (reduced, borrow) = limbs::subtract(number, &N);
    if borrow == 0 { reduced } else { *number }
}

/// Returns `one / s` and `other / s` modulo n. `one` and `other` must be below n, and s must be from 1 to n - 1.
pub(super) fn quotients(one: &Limbs, other: &Limbs, s: &Limbs) -> (Limbs, Limbs) {
    let inverse = INVERTER.divide(s);
    (product(one, &inverse), product(other, &inverse))
}

/// Returns `one · other / 2^256` modulo n, below n for factors below n.
fn product(one: &Limbs, other: &Limbs) -> Limbs {
    // Below 2 n after each round, so the top is 0 or 1.
    let (mut sum, mut top) = (ZERO, 0);
    for limb in one {
        let [a, b, c, d] = sum;
        let [e, f, g, h] = *other;
        let (a, carry) = multiply_add(a, *limb, e, 0);
        let (b, carry) = multiply_add(b, *limb, f, carry);
        let (c, carry) = multiply_add(c, *limb, g, carry);
        let (d, carry) = multiply_add(d, *limb, h, carry);
        let (t, above) = add_carry(top, carry, 0);
        // The multiple of n that makes the lowest limb zero, which is then dropped.
        let multiple = a.wrapping_mul(NEGATIVE_INVERSE);
        let [i, j, k, l] = N;
        let (_, carry) = multiply_add(a, multiple, i, 0);
        let (a, carry) = multiply_add(b, multiple, j, carry);
        let (b, carry) = multiply_add(c, multiple, k, carry);
        let (c, carry) = multiply_add(d, multiple, l, carry);
        let (d, carry) = add_carry(t, carry, 0);
        (sum, top) = ([a, b, c, d], above + carry);
    }
    if top == 0 { reduce(&sum) } else { limbs::subtract(&sum, &N).0 }
}

/// Returns r + n if that is below 2^256. It is the other number below 2^256 that is r modulo n.
pub(super) fn plus_n(r: &Limbs) -> Option<Limbs> {
    let (sum, carry) = limbs::add(r, &N);
    (carry == 0).then_some(sum)
}
