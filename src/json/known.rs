//! Names that a caller knows, recognized where they are expected.

use super::Text;

/// The members that an object is read for (at most 32), in the order in which issuers write them.
pub(crate) type Known<N> = &'static [KnownName<N>];

/// A known member's name, and what it is to its reader.
pub(crate) struct KnownName<N> {
    pub(super) name: &'static str,
    pub(super) value: N,
    /// The first 16 bytes of `"name":` and which of them count, to be compared at once.
    written: u128,
    mask: u128,
}

impl<N> KnownName<N> {
    /// `name` needs no escapes.
    // Made at compile time: an index out of range would fail the build.
    #[allow(clippy::indexing_slicing)]
    pub(crate) const fn new(name: &'static str, value: N) -> Self {
        let letters = name.as_bytes();
        let (mut written, mut mask, mut index) = ([0; 16], [0; 16], 0);
        while index < 16 && index < letters.len() + 3 {
            written[index] = match index {
                0 => b'"',
                _ if index <= letters.len() => letters[index - 1],
                _ if index == letters.len() + 1 => b'"',
                _ => b':',
            };
            mask[index] = 0xff;
            index += 1;
        }
        Self { name, value, written: u128::from_le_bytes(written), mask: u128::from_le_bytes(mask) }
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether `text`, of which `start` are the first 16 bytes, begins with `"name":`.
    #[inline]
    pub(super) fn begins(&self, text: &[u8], start: u128) -> bool {
        let written_length = self.name.len() + 3;
        start & self.mask == self.written
            && (written_length <= 16
                || text.get(1..written_length).is_some_and(|rest| {
                    rest.strip_prefix(self.name.as_bytes()).is_some_and(|rest| rest == b"\":")
                }))
    }
}

/// A member of an object, by its name.
pub(crate) enum Member<'a, N> {
    Known(N),
    Unknown(Text<'a>),
}
