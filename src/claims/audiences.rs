//! The claim `aud`.

use super::position::{Position, text_at};

/// The audiences of a token, in the token's order.
#[derive(Clone, Copy)]
pub(crate) struct Audiences<'a> {
    text: &'a str,
    positions: &'a [Position],
}

impl<'a> Audiences<'a> {
    pub(super) fn new(text: &'a str, positions: &'a [Position]) -> Self {
        Self { text, positions }
    }

    pub(crate) fn iter(self) -> impl ExactSizeIterator<Item = &'a str> {
        self.positions.iter().map(move |&position| text_at(self.text, position))
    }

    /// Returns the position of the audience at a place where one was found before.
    pub(super) fn at(self, place: u32) -> Position {
        // A place that another token's audiences were asked for reads as the empty text, which names nobody.
        usize::try_from(place).ok().and_then(|place| self.positions.get(place)).copied().unwrap_or_default()
    }

    pub(super) fn text_at(self, position: Position) -> &'a str {
        text_at(self.text, position)
    }

    pub(super) fn is_empty(self) -> bool {
        self.positions.is_empty()
    }
}
