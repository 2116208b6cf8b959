//! A table of live objects, in which a look-up reads one place in memory. See `docs/decisions/0019-live-objects.md`.

use std::iter;
use std::num::NonZeroU64;
use std::sync::{OnceLock, PoisonError};

use crate::objects::Fingerprint;
use crate::sync::{AtomicU64, Mutex, MutexGuard, Ordering};

/// The initial number of buckets, a power of two.
const FIRST_BUCKETS: u64 = 1 << FIRST_BITS;
const FIRST_BITS: u32 = 3;
/// How often the number of buckets can double, plus one.
const PARTS: usize = 32;
/// The slots of a bucket. They take two cache lines, which most CPUs fetch together.
pub(super) const SLOTS: usize = 8;
/// The average number of fingerprints in a bucket at which the number of buckets doubles. Until then, one fingerprint
/// in forty has found its bucket full.
const LOAD: usize = 5;

/// The fingerprints of a store's live objects, which are those that are not being deleted.
///
/// An object that is found is live. An object that is not found may be live too: its bucket may be full, or its
/// fingerprint may be on the move. Reading takes no lock and waits for nobody.
pub(crate) struct LiveObjects {
    /// Each part doubles the number of buckets. Buckets never move, so readers need only their number.
    parts: [OnceLock<Box<[Bucket]>>; PARTS],
    /// The number of buckets minus one.
    mask: AtomicU64,
    writer: Mutex<()>,
}

/// The slots that a fingerprint may be in.
#[derive(Default)]
#[repr(align(128))]
struct Bucket([Slot; SLOTS]);

/// A fingerprint, or nothing if its mark is zero.
///
/// The halves are written one after the other, so a reader may see halves of two fingerprints. That does no harm: a
/// reader that finds its mark read it while the fingerprint was there.
#[derive(Default)]
struct Slot {
    mark: AtomicU64,
    place: AtomicU64,
}

impl LiveObjects {
    pub(crate) fn new() -> Self {
        let mut parts = [const { OnceLock::new() }; PARTS];
        let [first, ..] = &mut parts;
        *first = OnceLock::from(buckets(FIRST_BUCKETS));
        Self { parts, mask: AtomicU64::new(FIRST_BUCKETS - 1), writer: Mutex::new(()) }
    }

    #[inline]
    pub(crate) fn contains(&self, fingerprint: Fingerprint) -> bool {
        let bucket = self.bucket(fingerprint.place & self.mask.load(Ordering::Acquire));
        bucket.is_some_and(|bucket| bucket.0.iter().any(|slot| slot.holds(fingerprint)))
    }

    /// Locks the table for changes.
    pub(crate) fn write(&self) -> Writer<'_> {
        // No thread panics under the lock. If one did, a fingerprint may be missing, which does no harm.
        Writer { live: self, _only: self.writer.lock().unwrap_or_else(PoisonError::into_inner) }
    }

    /// The first part holds the initial buckets. Each further part holds as many as all parts before it.
    #[inline]
    fn bucket(&self, number: u64) -> Option<&Bucket> {
        let part = u64::BITS - (number >> FIRST_BITS).leading_zeros();
        let before = if part == 0 { 0 } else { FIRST_BUCKETS << (part - 1) };
        let part = self.parts.get(usize::try_from(part).ok()?)?.get()?;
        part.get(usize::try_from(number - before).ok()?)
    }
}

/// The right to change the live objects.
pub(crate) struct Writer<'a> {
    live: &'a LiveObjects,
    _only: MutexGuard<'a, ()>,
}

impl Writer<'_> {
    /// Adds a fingerprint that is not there, if its bucket has room.
    pub(crate) fn insert(&mut self, fingerprint: Option<Fingerprint>) {
        if let Some(fingerprint) = fingerprint
            && let Some(slot) = self.find(fingerprint, Slot::is_empty)
        {
            slot.put(fingerprint);
        }
    }

    /// Removes a fingerprint. Once this returns, nobody finds it any more.
    pub(crate) fn remove(&mut self, fingerprint: Option<Fingerprint>) {
        if let Some(fingerprint) = fingerprint
            && let Some(slot) = self.find(fingerprint, |slot| slot.holds(fingerprint))
        {
            slot.clear();
        }
    }

    /// Adds buckets if there are too few for this many objects.
    pub(crate) fn make_room_for(&mut self, objects: usize) {
        let buckets = usize::try_from(self.mask()).unwrap_or(usize::MAX).saturating_add(1);
        if objects > buckets.saturating_mul(LOAD) {
            self.double();
        }
    }

    /// Doubles the number of buckets.
    ///
    /// One more bit of each fingerprint's place counts then. The fingerprint stays, or moves to the same slot of the
    /// new bucket that belongs to its old one.
    fn double(&mut self) {
        let mask = self.mask();
        let wider = mask << 1 | 1;
        let count = mask + 1;
        let Some(part) = self.live.parts.iter().find(|part| part.get().is_none()) else { return };
        let _ = part.set(buckets(count));
        let moving = || {
            let pairs = (0..count)
                .filter_map(|number| Some((self.live.bucket(number)?, self.live.bucket(number + count)?)));
            pairs.flat_map(|(from, to)| iter::zip(&from.0, &to.0)).filter_map(move |(from, to)| {
                let fingerprint = from.get()?;
                (fingerprint.place & wider > mask).then_some((from, to, fingerprint))
            })
        };
        moving().for_each(|(_, to, fingerprint)| to.put(fingerprint));
        self.live.mask.store(wider, Ordering::Release);
        moving().for_each(|(from, ..)| from.clear());
    }

    /// Returns the first slot of the fingerprint's bucket that `wanted` accepts.
    fn find(&self, fingerprint: Fingerprint, wanted: impl Fn(&Slot) -> bool) -> Option<&Slot> {
        self.live.bucket(fingerprint.place & self.mask())?.0.iter().find(|slot| wanted(slot))
    }

    fn mask(&self) -> u64 {
        self.live.mask.load(Ordering::Relaxed)
    }
}

impl Slot {
    #[inline]
    fn holds(&self, fingerprint: Fingerprint) -> bool {
        self.mark.load(Ordering::Acquire) == fingerprint.mark.get()
            && self.place.load(Ordering::Relaxed) == fingerprint.place
    }

    fn is_empty(&self) -> bool {
        self.get().is_none()
    }

    /// Reads the fingerprint. Only the writer is sure to see a whole one.
    fn get(&self) -> Option<Fingerprint> {
        let mark = NonZeroU64::new(self.mark.load(Ordering::Relaxed))?;
        Some(Fingerprint { place: self.place.load(Ordering::Relaxed), mark })
    }

    fn put(&self, fingerprint: Fingerprint) {
        self.place.store(fingerprint.place, Ordering::Relaxed);
        self.mark.store(fingerprint.mark.get(), Ordering::Release);
    }

    fn clear(&self) {
        self.mark.store(0, Ordering::Release);
    }
}

fn buckets(count: u64) -> Box<[Bucket]> {
    (0..count).map(|_| Bucket::default()).collect()
}
