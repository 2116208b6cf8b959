//! Tables of the multiples of a point, which make multiplying it a sum.
//!
//! A multiplier below 2^256 is cut into windows. Its part in the window at bit b, with w bits, is d · 2^b with an odd d from
//! 1 - 2^w to 2^w - 1. The table has d · 2^b times the point for each positive d. So every window is one term, and none is zero.

use super::limbs::{self, Limbs};
use super::scalar::N;

/// The coordinates of a point, each of four limbs, in the form that the arithmetic needs. It fills a cache line.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row(pub(super) [u64; 8]);

/// A point to add: that of a row, or its opposite.
#[derive(Clone, Copy)]
pub(super) struct Term<'a> {
    pub(super) row: &'a Row,
    /// All ones for the opposite, or all zeros.
    pub(super) opposite: u64,
}

impl Term<'_> {
    pub(super) const NONE: Self = Term { row: &Row([0; 8]), opposite: 0 };
}

/// A part of the bits of a multiplier.
#[derive(Clone, Copy, Debug)]
struct Window {
    /// Its lowest bit.
    bit: usize,
    /// Its number of bits.
    width: usize,
    /// The place of its first row.
    row: usize,
}

impl Window {
    /// How many rows it has.
    const fn rows(&self) -> usize {
        1 << (self.width - 1)
    }
}

/// The multiples of one point, for `WINDOWS` windows of nearly equal width.
pub(super) struct Table<const WINDOWS: usize> {
    rows: Box<[Row]>,
}

/// Cuts 256 bits into windows, from the lowest bits up. The first ones are a bit wider if the number does not divide 256.
const fn layout<const WINDOWS: usize>() -> [Window; WINDOWS] {
    let mut layout = [Window { bit: 0, width: 0, row: 0 }; WINDOWS];
    let (mut bit, mut row) = (0, 0);
    let mut rest = layout.as_mut_slice();
    while let [window, others @ ..] = rest {
        *window = Window { bit, width: (256_usize - bit).div_ceil(others.len() + 1), row };
        bit += window.width;
        row += window.rows();
        rest = others;
    }
    assert!(bit == 256, "the windows have all bits");
    layout
}

/// Returns 64 bits from a bit on. Returns `None` beyond the limbs.
#[inline(always)]
fn bits(limbs: &[u64; 5], from: usize) -> Option<u64> {
    let (limb, bit) = (from / 64, from % 64);
    Some(limbs.get(limb)? >> bit | limbs.get(limb + 1)? << 1 << (63 - bit))
}

impl<const WINDOWS: usize> Table<WINDOWS> {
    const LAYOUT: [Window; WINDOWS] = layout();

    /// How many rows a table has.
    pub(super) const ROWS: usize = {
        let (mut rows, mut windows) = (0, Self::LAYOUT.as_slice());
        while let [window, others @ ..] = windows {
            rows += window.rows();
            windows = others;
        }
        rows
    };

    /// Takes rows that [`Growth`](super::growth::Growth) built.
    pub(super) fn new(rows: Box<[Row]>) -> Self {
        Self { rows }
    }

    #[cfg(test)]
    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Returns the width of a window, and how many rows it has. Returns `None` if there is no such window.
    pub(super) fn rows_of(window: usize) -> Option<(usize, usize)> {
        Self::LAYOUT.get(window).map(|window| (window.width, window.rows()))
    }

    /// How much memory a table takes, in bytes.
    pub(super) const BYTES: usize = Self::ROWS * size_of::<Row>();

    /// Writes a term for each window into `terms`. Their sum is `multiplier` times the point.
    ///
    /// `multiplier` must be below n. Returns `None` if there is a term for which there is no place.
    #[inline(always)]
    pub(super) fn terms<'a>(&'a self, multiplier: &Limbs, terms: &mut [Term<'a>]) -> Option<()> {
        // Only an odd number has odd parts. If it is even, n minus it is odd, and takes the opposite of every term.
        let [lowest, ..] = *multiplier;
        let even = (lowest & 1).wrapping_sub(1);
        let (opposite, _) = limbs::subtract(&N, multiplier);
        let [a, b, c, d] = limbs::select(even, &opposite, multiplier);
        // The bit above all makes the part of the highest window positive.
        let limbs = [a, b, c, d, 1];
        for (window, place) in Self::LAYOUT.iter().zip(terms) {
            let Window { bit, width, row } = *window;
            // The odd number is 1 + the sum of 2^(b + 1) t over all windows, where t has w bits. The ones below add up to
            // 2^256 - 1: d = 2 t + 1 - 2^w.
            let t = bits(&limbs, bit + 1)? & !(u64::MAX << width);
            let negative = (t >> (width - 1)).wrapping_sub(1);
            let index = (t ^ negative) & !(u64::MAX << (width - 1));
            let row = self.rows.get(row + usize::try_from(index).ok()?)?;
            *place = Term { row, opposite: negative ^ even };
        }
        Some(())
    }
}
