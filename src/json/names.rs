//! Member names that were met, to find one that stands twice.

use std::collections::HashSet;

use super::Text;

/// How many unknown names are held without an allocation.
const IN_PLACE: usize = 32;

/// The unknown member names of the objects being read, to find one that stands twice.
///
/// The first 32 are kept in place; further ones go into a hash set with a random key, so that no input makes the
/// comparison quadratic.
#[derive(Default)]
pub(super) struct Names {
    /// `None` before the first name: most texts have no unknown members.
    in_place: Option<[Place; IN_PLACE]>,
    pub(super) length: usize,
    overflow: Option<HashSet<(usize, Vec<u8>)>>,
}

/// Where a name stands in the text.
#[derive(Clone, Copy, Default)]
struct Place {
    start: u32,
    length: u32,
    escaped: bool,
}

/// An object that is being read; the default is one whose opening bracket is to be read yet.
#[derive(Default)]
pub(crate) struct Object {
    pub(super) begun: bool,
    /// The known member that is expected next, by its place among them.
    pub(super) expected: usize,
    /// A bit for each known member so far.
    known: u32,
    /// Where it begins in the text: tells apart objects whose names overflow.
    pub(super) position: usize,
    /// Its first name in place.
    pub(super) first: usize,
    /// A bit for each other name so far: one whose bit is not set has not been seen, and need not be compared.
    seen: u64,
}

pub(super) enum Insertion {
    New,
    Duplicate,
    Full,
}

impl Place {
    fn of(name: &Text<'_>) -> Self {
        // Texts are at most 1 MiB.
        let offset = |position| u32::try_from(position).unwrap_or(u32::MAX);
        Self { start: offset(name.start), length: offset(name.raw.len()), escaped: name.escaped }
    }

    fn name(self, text: &[u8]) -> Text<'_> {
        let offset = |position| usize::try_from(position).unwrap_or(usize::MAX);
        let start = offset(self.start);
        let raw = text.get(start..start.saturating_add(offset(self.length))).unwrap_or_default();
        Text { raw, start, escaped: self.escaped }
    }
}

impl Names {
    pub(super) fn insert(
        &mut self,
        text: &[u8],
        object: &mut Object,
        name: Text<'_>,
        may_overflow: bool,
    ) -> Insertion {
        let in_place = self.in_place.get_or_insert_default();
        let seen_before = object.sees(&name);
        if seen_before {
            let siblings = in_place.get(object.first..self.length).unwrap_or_default();
            if siblings.iter().any(|sibling| sibling.name(text).same(&name)) {
                return Insertion::Duplicate;
            }
        }
        if let Some(slot) = in_place.get_mut(self.length) {
            *slot = Place::of(&name);
            self.length += 1;
            return Insertion::New;
        }
        if !may_overflow {
            return Insertion::Full;
        }
        let overflow = self.overflow.get_or_insert_default();
        let inserted = overflow.insert((object.position, name.resolved()));
        if inserted { Insertion::New } else { Insertion::Duplicate }
    }
}

impl Object {
    /// Sets a known member's bit, and expects the one behind it; tells whether the bit was set before.
    pub(super) fn has_known(&mut self, index: usize) -> bool {
        self.expected = index + 1;
        let bit = 1 << (index % 32);
        let seen_before = self.known & bit != 0;
        self.known |= bit;
        seen_before
    }

    /// Sets the name's bit; tells whether it was set before, which an escaped name always counts as.
    fn sees(&mut self, name: &Text<'_>) -> bool {
        if name.escaped {
            self.seen = u64::MAX;
            return true;
        }
        let letter = |letter: Option<&u8>| u64::from(letter.copied().unwrap_or_default());
        let length = u64::try_from(name.raw.len()).unwrap_or_default();
        let mixed =
            letter(name.raw.first()) * 7 + letter(name.raw.get(1)) * 3 + letter(name.raw.last()) + length;
        let bit = 1 << (mixed % 64);
        let seen_before = self.seen & bit != 0;
        self.seen |= bit;
        seen_before
    }
}
