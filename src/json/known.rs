//! Member names that a caller knows, compared 16 bytes at once.

use super::Text;

/// The members that a caller reads, at most 32, in the order in which issuers write them.
pub(crate) type Known<N> = &'static [KnownName<N>];

/// The name of a known member, and the value that the reader returns for it.
pub(crate) struct KnownName<N> {
    pub(super) name: &'static str,
    pub(super) value: N,
    /// The first 16 bytes of `"name":`. `mask` selects those that are compared.
    written: u128,
    mask: u128,
}

impl<N> KnownName<N> {
    /// `name` must not need escapes.
    // Evaluated at compile time: an index out of range fails the build.
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

    /// Returns whether `text` begins with `"name":`. `start` holds the first 16 bytes of `text`.
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

/// The name of a member.
pub(crate) enum Member<'a, N> {
    Known(N),
    Unknown(Text<'a>),
}
