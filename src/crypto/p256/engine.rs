//! The form of the arithmetic that this process uses, and the table of the generator.

use super::field;
use super::growth::Growth;
#[cfg(target_arch = "x86_64")]
use super::lanes::OnLanes;
use super::limbs::{self, Limbs};
use super::point::{Affine, Jacobian};
use super::portable::Portable;
use super::table::{Row, Term};
use super::verify::{Adder, GENERATOR, GeneratorTable, KeyTable, TERMS, verify};
#[cfg(target_arch = "x86_64")]
use crate::crypto::lanes::simd::Ifma;
use crate::crypto::sha256;

/// The arithmetic, ready to verify.
pub(super) struct Engine {
    pub(super) form: Form,
    generator: GeneratorTable,
}

/// The implementation of the arithmetic.
#[derive(Clone, Copy)]
pub(super) enum Form {
    #[cfg(target_arch = "x86_64")]
    Lanes(OnLanes<Ifma>),
    Portable(Portable),
}

impl Form {
    /// Returns the fastest form for this CPU.
    pub(super) fn fastest() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(ifma) = Ifma::detect() {
            return Self::Lanes(OnLanes(ifma));
        }
        Self::Portable(Portable)
    }

    /// Returns whether eight additions run at once.
    pub(super) fn has_lanes(self) -> bool {
        !matches!(self, Self::Portable(_))
    }
}

impl Adder for Form {
    fn pack(self, point: &Affine<Limbs>) -> Row {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Lanes(lanes) => lanes.pack(point),
            Self::Portable(portable) => portable.pack(point),
        }
    }

    fn sum(self, terms: &[[Term<'_>; 8]; TERMS / 8]) -> Jacobian<Limbs> {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Lanes(lanes) => lanes.sum(terms),
            Self::Portable(portable) => portable.sum(terms),
        }
    }
}

impl Engine {
    /// Builds the table of the generator, in some milliseconds. Returns `None` if it fails its self-test.
    pub(super) fn new(form: Form) -> Option<Self> {
        let [x, y] = GENERATOR.each_ref().map(field::to_montgomery);
        let generator = Growth::complete(Affine { x, y }, |point| form.pack(point))?;
        Some(Self { form, generator })
    }

    /// Returns whether this is the signature of the message by the key of the table. Returns `None` if the backend must decide.
    pub(super) fn verify(&self, key: &KeyTable, message: &[u8], signature: &[u8]) -> Option<bool> {
        let hash = sha256(message);
        let (halves, []) = signature.as_chunks::<32>() else { return None };
        let (Ok(signature), Ok(hash)) = (halves.try_into(), hash.as_ref().try_into()) else { return None };
        verify(self.form, &self.generator, key, hash, signature)
    }
}

/// Returns the point of a key from its coordinates of 32 bytes. Returns `None` if it is not on the curve.
pub(super) fn point(x: &[u8], y: &[u8]) -> Option<Affine<Limbs>> {
    let (x, y) = (limbs::from_bytes(x.try_into().ok()?), limbs::from_bytes(y.try_into().ok()?));
    if !field::is_in_range(&x) || !field::is_in_range(&y) {
        return None;
    }
    let point = Affine { x: field::to_montgomery(&x), y: field::to_montgomery(&y) };
    point.is_on_curve().then_some(point)
}
