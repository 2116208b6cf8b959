//! ECDSA with P-256 and SHA-256 (FIPS 186-5 section 6.4.2), by tables of the generator and of the public key.

use super::field;
use super::limbs::{self, Limbs, ZERO};
use super::point::{Affine, Jacobian};
use super::scalar;
use super::table::{Row, Table, Term};

/// How many windows the table of the generator has. All keys share it.
const GENERATOR_WINDOWS: usize = 29;

/// How many windows the table of a key has.
const KEY_WINDOWS: usize = 35;

/// With these, there are eight terms for each lane.
pub(super) const TERMS: usize = 64;

const _: () = assert!(GENERATOR_WINDOWS + KEY_WINDOWS == TERMS, "every term has a place");

pub(super) type GeneratorTable = Table<GENERATOR_WINDOWS>;
pub(super) type KeyTable = Table<KEY_WINDOWS>;
pub(super) type KeyGrowth = super::growth::Growth<KEY_WINDOWS>;

/// The generator of the group (SEC 2 section 2.4.2).
pub(super) const GENERATOR: [Limbs; 2] = [
    [0xf4a1_3945_d898_c296, 0x7703_7d81_2deb_33a0, 0xf8bc_e6e5_63a4_40f2, 0x6b17_d1f2_e12c_4247],
    [0xcbb6_4068_37bf_51f5, 0x2bce_3357_6b31_5ece, 0x8ee7_eb4a_7c0f_9e16, 0x4fe3_42e2_fe1a_7f9b],
];

/// A way to add up points.
pub(super) trait Adder: Copy {
    /// Packs a point into a row, in the form that [`sum`](Self::sum) takes.
    fn pack(self, point: &Affine<Limbs>) -> Row;

    /// Returns the sum of all terms. Its z is 0 if two points to add were equal or opposite.
    fn sum(self, terms: &[[Term<'_>; 8]; TERMS / 8]) -> Jacobian<Limbs>;
}

/// Returns whether this is the key's signature of a message with this SHA-256 hash.
///
/// Returns `None` for a special case, which the backend must decide.
pub(super) fn verify<A: Adder>(
    adder: A,
    generator: &GeneratorTable,
    key: &KeyTable,
    hash: &[u8; 32],
    signature: &[[u8; 32]; 2],
) -> Option<bool> {
    let [r, s] = signature.each_ref().map(limbs::from_bytes);
    if !scalar::is_in_range(&r) || !scalar::is_in_range(&s) {
        return Some(false);
    }
    let hash = scalar::reduce(&limbs::from_bytes(hash));
    let (u1, u2) = scalar::quotients(&hash, &r, &s);
    let mut terms = [[Term::NONE; 8]; TERMS / 8];
    let (of_generator, of_key) = terms.as_flattened_mut().split_at_mut(GENERATOR_WINDOWS);
    generator.terms(&u1, of_generator)?;
    key.terms(&u2, of_key)?;
    let Jacobian { x, z, .. } = adder.sum(&terms);
    if z == ZERO {
        return None;
    }
    // The x of the sum, modulo n, must be r: it is r or r + n.
    let z2 = field::square(&z);
    let has_x = |number: &Limbs| field::product(&field::to_montgomery(number), &z2) == x;
    Some(has_x(&r) || scalar::plus_n(&r).filter(field::is_in_range).is_some_and(|number| has_x(&number)))
}
