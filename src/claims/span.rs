//! Where the text of a claim stands.

use std::ops::Range;

/// A range of the text that the claims own.
#[derive(Clone, Copy, Default)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// Returns `None` for a range beyond 4 GiB.
    pub(super) fn new(range: Range<usize>) -> Option<Self> {
        Some(Self { start: u32::try_from(range.start).ok()?, end: u32::try_from(range.end).ok()? })
    }

    pub(super) fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Cuts the span out of `text`.
    pub(super) fn of(self, text: &str) -> &str {
        let offset = |position| usize::try_from(position).unwrap_or(usize::MAX);
        // Reading refuses a span that its text does not have. The text never changes afterwards.
        text.get(offset(self.start)..offset(self.end)).unwrap_or_default()
    }
}
