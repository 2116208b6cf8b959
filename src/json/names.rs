//! Detects duplicate member names.

use std::collections::HashSet;
use std::hash::Hasher as _;
use std::sync::LazyLock;

use siphasher::sip::SipHasher13;

use super::{Text, steps};
use crate::hashing;

/// The number of unknown names that need no allocation.
const IN_PLACE: usize = 32;

/// The unknown member names of the objects being read.
///
/// Each name is hashed once, with a random key of this process. Names are compared only where their hashes are equal,
/// and nobody outside can force that. No choice of names therefore costs more than reading them. The first 32 names
/// are kept in place, and the others in a hash set.
#[derive(Default)]
pub(super) struct Names<'a> {
    /// `None` before the first name: most texts have no unknown members.
    in_place: Option<[HashedName<'a>; IN_PLACE]>,
    pub(super) length: usize,
    overflow: Option<HashSet<(usize, String)>>,
}

#[derive(Clone, Copy, Default)]
struct HashedName<'a> {
    hash: u64,
    name: Text<'a>,
}

/// An object that is being read. The default has not been opened yet.
#[derive(Default)]
pub(crate) struct Object {
    pub(super) begun: bool,
    /// The index of the known member that is expected next.
    pub(super) expected: usize,
    /// A bit for each known member seen so far.
    known: u32,
    /// The offset of the object in the text. Tells objects apart in the hash set.
    pub(super) position: usize,
    /// The index of its first name in place.
    pub(super) first: usize,
}

pub(super) enum Insertion {
    New,
    Duplicate,
    Full,
}

/// Hashes the name with its escapes resolved.
fn hash(name: &Text<'_>) -> u64 {
    static KEYED: LazyLock<SipHasher13> =
        LazyLock::new(|| SipHasher13::new_with_keys(hashing::random(), hashing::random()));
    let mut hasher = *KEYED;
    steps::count(name.raw.len());
    name.for_each_run(|run| hasher.write(run.as_bytes()));
    hasher.finish()
}

impl<'a> Names<'a> {
    /// Adds a name of `object`. Returns `Full` after 32 names unless `may_overflow`.
    pub(super) fn insert(&mut self, object: &Object, name: Text<'a>, may_overflow: bool) -> Insertion {
        let in_place = self.in_place.get_or_insert_default();
        let hash = hash(&name);
        let Some(siblings) = in_place.get(object.first..self.length) else { return Insertion::Full };
        steps::count(siblings.len());
        if siblings.iter().any(|other| other.hash == hash && other.name.same(&name)) {
            return Insertion::Duplicate;
        }
        if let Some(slot) = in_place.get_mut(self.length) {
            *slot = HashedName { hash, name };
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
    /// Marks a known member as seen and expects the next one. Returns whether it was seen before.
    pub(super) fn has_known(&mut self, index: usize) -> bool {
        self.expected = index + 1;
        let bit = 1 << (index % 32);
        let seen_before = self.known & bit != 0;
        self.known |= bit;
        seen_before
    }
}
