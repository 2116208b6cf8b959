//! Which objects are live, each told by one look at one place in memory: see
//! `docs/decisions/0019-live-objects.md`.

use std::iter;
use std::num::NonZeroU64;
use std::sync::{OnceLock, PoisonError};

use crate::objects::Fingerprint;
use crate::sync::{AtomicU64, Mutex, MutexGuard, Ordering};

/// How many buckets there are at first; a power of two.
const FIRST_BUCKETS: u64 = 1 << FIRST_BITS;
const FIRST_BITS: u32 = 3;
/// How often their number can double.
const PARTS: usize = 32;
/// In two lines of a CPU's cache, which most fetch together.
pub(super) const SLOTS: usize = 8;
/// How many fingerprints there are for each bucket, on average, when their number doubles. Until then one in forty has
/// found its bucket full.
const LOAD: usize = 5;

/// The fingerprints of a store's live objects: those that are not being deleted.
///
/// It only ever says yes. An object that is not in it may be live all the same: its bucket is full, or it is being moved.
/// Reading takes no lock and waits for nobody.
pub(crate) struct LiveObjects {
    /// Each doubles the number of buckets. They never move, so that readers need nothing but their number.
    parts: [OnceLock<Box<[Bucket]>>; PARTS],
    /// How many buckets there are, less one.
    mask: AtomicU64,
    writer: Mutex<()>,
}

/// An entry and its neighbours.
#[derive(Default)]
#[repr(align(128))]
struct Bucket([Slot; SLOTS]);

/// A fingerprint, or nothing if its mark is zero.
///
/// Its halves are written one after the other, so a reader may see halves of two. That does no harm: whoever finds the mark
/// that he looks for has seen it while the fingerprint was there.
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

    /// To change them: one thread at a time.
    pub(crate) fn write(&self) -> Writer<'_> {
        // A thread that panicked meanwhile, which none does, may have left out a fingerprint. That does no harm.
        Writer { live: self, _only: self.writer.lock().unwrap_or_else(PoisonError::into_inner) }
    }

    /// The first part has the first buckets, each further one as many as all before it.
    #[inline]
    fn bucket(&self, number: u64) -> Option<&Bucket> {
        let part = u64::BITS - (number >> FIRST_BITS).leading_zeros();
        let before = if part == 0 { 0 } else { FIRST_BUCKETS << (part - 1) };
        let part = self.parts.get(usize::try_from(part).ok()?)?.get()?;
        part.get(usize::try_from(number - before).ok()?)
    }
}

/// Who changes the live objects.
pub(crate) struct Writer<'a> {
    live: &'a LiveObjects,
    _only: MutexGuard<'a, ()>,
}

impl Writer<'_> {
    /// Adds a fingerprint that is not there, if its bucket has room for it.
    pub(crate) fn insert(&mut self, fingerprint: Option<Fingerprint>) {
        if let Some(fingerprint) = fingerprint
            && let Some(slot) = self.find(fingerprint, Slot::is_empty)
        {
            slot.put(fingerprint);
        }
    }

    /// Once this returns, nobody finds the fingerprint any more.
    pub(crate) fn remove(&mut self, fingerprint: Option<Fingerprint>) {
        if let Some(fingerprint) = fingerprint
            && let Some(slot) = self.find(fingerprint, |slot| slot.holds(fingerprint))
        {
            slot.clear();
        }
    }

    /// Sees to it that there are buckets enough for so many objects.
    pub(crate) fn make_room_for(&mut self, objects: usize) {
        let buckets = usize::try_from(self.mask()).unwrap_or(usize::MAX).saturating_add(1);
        if objects > buckets.saturating_mul(LOAD) {
            self.double();
        }
    }

    /// Sends each fingerprint to where it belongs when one more bit of its place counts: it stays, or goes to the same slot
    /// of the bucket that is new for its own.
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

    /// The first slot of its bucket that is as wanted.
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

    /// For the writer, who alone sees it whole.
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
