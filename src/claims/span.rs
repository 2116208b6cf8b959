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

/// Several pieces. A few, as nearly every token has, take no memory of their own.
#[derive(Clone, Default)]
pub(super) struct Spans {
    few: [Span; FEW],
    count: usize,
    /// All of them, once they are more than a few.
    many: Vec<Span>,
}

const FEW: usize = 4;

impl Spans {
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

    pub(super) fn as_slice(&self) -> &[Span] {
        if self.many.is_empty() { self.few.get(..self.count).unwrap_or_default() } else { &self.many }
    }

    /// How many bytes they own, beside their own.
    pub(super) fn size(&self) -> usize {
        self.many.capacity().saturating_mul(size_of::<Span>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_kept_in_order_however_many_there_are() {
        let mut spans = Spans::default();
        for count in 0..20 {
            assert_eq!(spans.as_slice().len(), count);
            assert!(
                spans.as_slice().iter().enumerate().all(|(place, span)| span.range() == (place..2 * place))
            );
            spans.push(Span::new(count..2 * count));
        }
    }
}
