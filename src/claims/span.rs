//! Where a claim's text stands.

use std::ops::Range;
use std::sync::Arc;

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

/// Several pieces. A few, as nearly every token has, take no memory of their own; many are shared when they are cloned.
#[derive(Clone)]
pub(super) enum Spans {
    Few { count: u8, few: [Span; FEW] },
    Many(Arc<[Span]>),
}

const FEW: usize = 4;

impl Spans {
    pub(super) fn as_slice(&self) -> &[Span] {
        match self {
            Self::Few { count, few } => few.get(..usize::from(*count)).unwrap_or_default(),
            Self::Many(many) => many,
        }
    }

    /// How many bytes they own, beside their own.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Few { .. } => 0,
            Self::Many(many) => size_of_val(&**many),
        }
    }
}

impl Default for Spans {
    fn default() -> Self {
        Self::Few { count: 0, few: [Span::default(); FEW] }
    }
}

/// Pieces that are being read.
#[derive(Default)]
pub(super) struct SpansBuilder {
    few: [Span; FEW],
    count: usize,
    /// All of them, once they are more than a few.
    many: Vec<Span>,
}

impl SpansBuilder {
    pub(super) fn push(&mut self, span: Span) {
        match self.few.get_mut(self.count) {
            Some(place) => *place = span,
            None => {
                if self.many.is_empty() {
                    self.many.extend(self.few);
                }
                self.many.push(span);
            }
        }
        self.count += 1;
    }

    pub(super) fn build(self) -> Spans {
        match u8::try_from(self.count) {
            Ok(count) if self.many.is_empty() => Spans::Few { count, few: self.few },
            _ => Spans::Many(self.many.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_kept_in_order_however_many_there_are() {
        for count in 0..20 {
            let mut builder = SpansBuilder::default();
            (0..count).for_each(|place| builder.push(Span::new(place..2 * place)));
            let spans = builder.build();
            assert_eq!(spans.as_slice().len(), count);
            let ranges = spans.as_slice().iter().map(|span| span.range());
            assert!(ranges.enumerate().all(|(place, range)| range == (place..2 * place)));
        }
    }
}
