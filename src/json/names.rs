//! Member names that were met, to find one that stands twice.

use std::collections::HashSet;
use std::hash::Hasher as _;
use std::sync::LazyLock;

use siphasher::sip::SipHasher13;

use super::{Text, steps};
use crate::hashing;

/// How many unknown names are held without an allocation.
const IN_PLACE: usize = 32;

/// The unknown member names of the objects being read, to find one that stands twice.
///
/// A name is read once, for its hash under a key of this process; names are compared only where their hashes are equal, which
/// nobody outside can bring about. So no choice of names, escaped or not, costs more than to read them. The first 32 are
/// kept in place; further ones go into a hash set.
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
    hash: u64,
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
        let (start, length) = (offset(name.start), offset(name.raw.len()));
        Self { hash: hash(name), start, length, escaped: name.escaped }
    }

    fn name(self, text: &[u8]) -> Text<'_> {
        let offset = |position| usize::try_from(position).unwrap_or(usize::MAX);
        let start = offset(self.start);
        let raw = text.get(start..start.saturating_add(offset(self.length))).unwrap_or_default();
        Text { raw, start, escaped: self.escaped }
    }
}

/// The hash of the name itself, its escapes resolved.
fn hash(name: &Text<'_>) -> u64 {
    static KEYED: LazyLock<SipHasher13> =
        LazyLock::new(|| SipHasher13::new_with_keys(hashing::random(), hashing::random()));
    let mut hasher = *KEYED;
    steps::count(name.raw.len());
    name.for_each_run(|run| hasher.write(run.as_bytes()));
    hasher.finish()
}

impl Names {
    pub(super) fn insert(
        &mut self,
        text: &[u8],
        object: &Object,
        name: Text<'_>,
        may_overflow: bool,
    ) -> Insertion {
        let in_place = self.in_place.get_or_insert_default();
        let place = Place::of(&name);
        let siblings = in_place.get(object.first..self.length).unwrap_or_default();
        steps::count(siblings.len());
        if siblings.iter().any(|other| other.hash == place.hash && other.name(text).same(&name)) {
            return Insertion::Duplicate;
        }
        if let Some(slot) = in_place.get_mut(self.length) {
            *slot = place;
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
}
