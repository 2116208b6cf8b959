//! Where the texts of a token stand.

use std::ops::Range;

use super::table::{SHARED, SHARED_START, TEXT_START};

/// Where a text stands in a [record](crate::record): its offset and its length, in bytes.
///
/// The texts that all tokens share come first. The texts of one token follow.
pub(crate) type Position = [u32; 2];

/// The position of a text that the token does not have.
pub(crate) const ABSENT: Position = [0; 2];

/// Returns the position of a range of the token's own texts, or `None` beyond 4 GiB.
pub(super) fn position(range: Range<usize>) -> Option<Position> {
    let length = range.end.checked_sub(range.start)?;
    Some([u32::try_from(range.start).ok()?.checked_add(TEXT_START)?, u32::try_from(length).ok()?])
}

/// Returns the range of a position in the token's own texts.
pub(super) fn own_range(position: Position) -> Option<Range<usize>> {
    range_from(TEXT_START, position)
}

/// Returns the text at a position, where `own` are the token's own texts. An absent text reads as the empty text.
pub(super) fn text_at(own: &str, position: Position) -> &str {
    let [offset, _] = position;
    let (texts, start) = if offset < TEXT_START { (SHARED, SHARED_START) } else { (own, TEXT_START) };
    // Reading refuses a position that its text does not have. The text never changes afterwards.
    range_from(start, position).and_then(|range| texts.get(range)).unwrap_or_default()
}

fn range_from(start: u32, [offset, length]: Position) -> Option<Range<usize>> {
    let start = usize::try_from(offset.checked_sub(start)?).ok()?;
    Some(start..start.checked_add(usize::try_from(length).ok()?)?)
}
