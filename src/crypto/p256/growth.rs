//! Builds tables, one window at a time.

use super::field;
use super::limbs::Limbs;
use super::point::{Affine, Jacobian, add_affine};
use super::portable::{Portable, double};
use super::table::{Row, Table};

/// A table of which the first windows are built.
pub(super) struct Growth<const WINDOWS: usize> {
    rows: Box<[Row]>,
    /// The place of the first row of the next window.
    built: usize,
    /// How many windows are built.
    windows: usize,
    /// The point times 2^bit of the next window.
    base: Affine<Limbs>,
}

/// What has become of a table with one more window.
pub(super) enum Grown<const WINDOWS: usize> {
    Further(Growth<WINDOWS>),
    Complete(Table<WINDOWS>),
    /// The window failed its self-test.
    Faulty,
}

/// How many points share an inversion. It divides the rows of every window.
const BATCH: usize = 32;

impl<const WINDOWS: usize> Growth<WINDOWS> {
    /// Allocates the whole table. The point must be on the curve.
    pub(super) fn new(point: Affine<Limbs>) -> Self {
        let rows = vec![Row([0; 8]); Table::<WINDOWS>::ROWS].into_boxed_slice();
        Self { rows, built: 0, windows: 0, base: point }
    }

    /// Builds one more window. `pack` gives the row of a point.
    pub(super) fn grow(mut self, pack: impl Fn(&Affine<Limbs>) -> Row) -> Grown<WINDOWS> {
        let Some(next) = self.add_window(pack) else { return Grown::Faulty };
        if self.windows < WINDOWS {
            return Grown::Further(Self { base: next, ..self });
        }
        Grown::Complete(Table::new(self.rows))
    }

    /// Builds a table at once. Returns `None` if it fails its self-test.
    pub(super) fn complete(
        point: Affine<Limbs>,
        pack: impl Fn(&Affine<Limbs>) -> Row,
    ) -> Option<Table<WINDOWS>> {
        let mut growth = Self::new(point);
        loop {
            match growth.grow(&pack) {
                Grown::Further(further) => growth = further,
                Grown::Complete(table) => return Some(table),
                Grown::Faulty => return None,
            }
        }
    }

    /// Writes the odd multiples of the base. Returns the next base, or `None` if the self-test fails.
    ///
    /// No addition is a special case: it would make a small multiple of the base the point at infinity, but the order of the
    /// base is n.
    fn add_window(&mut self, pack: impl Fn(&Affine<Limbs>) -> Row) -> Option<Affine<Limbs>> {
        let (width, rows) = Table::<WINDOWS>::rows_of(self.windows)?;
        let end = self.built + rows;
        let rows = self.rows.get_mut(self.built..end)?;
        // On the curve where x / z² and y / z³ of twice the base are its x and y, the step from one odd multiple to the next is
        // an affine point, and the formulas of additions are the same.
        let twice = double(&self.base.to_jacobian());
        let z2 = field::square(&twice.z);
        let z3 = field::product(&z2, &twice.z);
        let step = Affine { x: twice.x, y: twice.y };
        let first = Affine { x: field::product(&self.base.x, &z2), y: field::product(&self.base.y, &z3) };
        let mut multiple = first.to_jacobian();
        let back = |point: &Jacobian<Limbs>| Jacobian { z: field::product(&point.z, &twice.z), ..*point };
        let (batches, _) = rows.as_chunks_mut::<BATCH>();
        for batch in batches {
            let points = [(); BATCH].map(|()| {
                let point = back(&multiple);
                multiple = add_affine(Portable, &multiple, &step);
                point
            });
            for (row, point) in batch.iter_mut().zip(to_affine(&points)) {
                if !point.is_on_curve() {
                    return None;
                }
                *row = pack(&point);
            }
        }
        // The multiple after the last row, 2^width + 1, must be what doubling gives.
        let doubled = (0..width).fold(self.base.to_jacobian(), |point, _| double(&point));
        let [next, reached] = to_affine(&[doubled, back(&multiple)]);
        let [expected] = to_affine(&[add_affine(Portable, &next.to_jacobian(), &self.base)]);
        (self.built, self.windows) = (end, self.windows + 1);
        (next.is_on_curve() && reached == expected).then_some(next)
    }
}

/// Divides by the powers of all z, with one inversion. If a z is 0, every result is (0, 0), which is not on the curve.
fn to_affine<const COUNT: usize>(points: &[Jacobian<Limbs>; COUNT]) -> [Affine<Limbs>; COUNT] {
    let mut product = field::ONE;
    let before = points.each_ref().map(|point| {
        let before = product;
        product = field::product(&product, &point.z);
        before
    });
    let mut inverse = field::inverse(&product);
    let mut results = points.each_ref().map(|point| Affine { x: point.x, y: point.y });
    for ((result, point), before) in results.iter_mut().zip(points).zip(before).rev() {
        let z1 = field::product(&inverse, &before);
        inverse = field::product(&inverse, &point.z);
        let z2 = field::square(&z1);
        result.x = field::product(&result.x, &z2);
        result.y = field::product(&result.y, &field::product(&z2, &z1));
    }
    results
}
