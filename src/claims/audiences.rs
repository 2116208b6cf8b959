//! The claim `aud`.

use super::Body;

/// The audiences of a token, in the token's order.
#[derive(Clone, Copy)]
pub(crate) struct Audiences<'a>(&'a Body);

impl<'a> Audiences<'a> {
    pub(super) fn of(body: &'a Body) -> Self {
        Self(body)
    }

    pub(crate) fn iter(self) -> impl ExactSizeIterator<Item = &'a str> {
        let Self(body) = self;
        body.audiences.as_slice().iter().map(|&span| body.get(span))
    }

    /// Returns the audience at a place where one was found before.
    pub(super) fn at(self, place: u32) -> &'a str {
        // A place that another token's audiences were asked for reads as the empty text, which names nobody.
        usize::try_from(place).ok().and_then(|place| self.iter().nth(place)).unwrap_or_default()
    }

    pub(super) fn is_empty(self) -> bool {
        self.0.audiences.as_slice().is_empty()
    }
}
