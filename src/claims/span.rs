//! Where a claim's text stands.

use std::ops::Range;

/// A piece of the text that claims own.
#[derive(Clone, Copy, Default)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    pub(super) fn new(range: Range<usize>) -> Self {
        // Beyond 4 GiB, which no verifier lets through, a span ends nowhere and reads as empty.
        let offset = |position| u32::try_from(position).unwrap_or(u32::MAX);
        Self { start: offset(range.start), end: offset(range.end) }
    }

    pub(super) fn is_empty(self) -> bool {
        self.start == self.end
    }

    pub(super) fn range(self) -> Range<usize> {
        let offset = |position| usize::try_from(position).unwrap_or(usize::MAX);
        offset(self.start)..offset(self.end)
    }
}
