//! Where the texts of a token stand.

use std::ops::Range;

use super::table::{SHARED, SHARED_START, TEXT_START};

/// Where a text stands in a [record](crate::record): its offset and its length, in bytes.
///
/// The texts that all tokens share come first. The texts of one token follow.
///
/// It is one number, because positions are read right after they are written: the CPU would have to wait for two halves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position(u64);

/// The position of a text that the token does not have.
pub(crate) const ABSENT: Position = Position(0);

impl Position {
    pub(crate) const fn new(offset: u32, length: u32) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (offset.to_le_bytes(), length.to_le_bytes());
        Self(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
    }

    pub(crate) const fn offset(self) -> u32 {
        let [a, b, c, d, ..] = self.0.to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }

    pub(crate) const fn length(self) -> u32 {
        let [.., e, f, g, h] = self.0.to_le_bytes();
        u32::from_le_bytes([e, f, g, h])
    }

    /// Returns the position as a record has it.
    pub(crate) const fn to_le_bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }
}

/// Returns the position of a range of the token's own texts, or `None` beyond 4 GiB.
pub(super) fn position(range: Range<usize>) -> Option<Position> {
    let length = range.end.checked_sub(range.start)?;
    let offset = u32::try_from(range.start).ok()?.checked_add(TEXT_START)?;
    Some(Position::new(offset, u32::try_from(length).ok()?))
}

/// Returns the range of a position in the token's own texts.
pub(super) fn own_range(position: Position) -> Option<Range<usize>> {
    range_from(TEXT_START, position)
}

/// Returns the text at a position, where `own` are the token's own texts. An absent text reads as the empty text.
pub(super) fn text_at(own: &str, position: Position) -> &str {
    let (texts, start) =
        if position.offset() < TEXT_START { (SHARED, SHARED_START) } else { (own, TEXT_START) };
    // Reading refuses a position that its text does not have. The text never changes afterwards.
    range_from(start, position).and_then(|range| texts.get(range)).unwrap_or_default()
}

fn range_from(start: u32, position: Position) -> Option<Range<usize>> {
    let start = usize::try_from(position.offset().checked_sub(start)?).ok()?;
    Some(start..start.checked_add(usize::try_from(position.length()).ok()?)?)
}
