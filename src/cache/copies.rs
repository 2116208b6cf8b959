//! Claims that several threads hand out at the same time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::claims::Claims;

/// The largest number of copies.
pub(super) const COPIES: usize = 4;

/// One copy of the claims for each group of threads.
///
/// Handing out claims writes their reference count, and so does dropping them. If all threads wrote the same count,
/// they would take its cache line from each other at each hit, and two threads would be little faster than one. A
/// copy is made when the first thread of its group asks. All copies share the text.
pub(super) struct Copies([OnceLock<Arc<Claims>>; COPIES]);

impl Copies {
    pub(super) fn new(claims: Arc<Claims>) -> Self {
        let mut copies = [const { OnceLock::new() }; COPIES];
        if let Some(copy) = copies.get_mut(own_place()) {
            *copy = OnceLock::from(claims);
        }
        Self(copies)
    }

    /// Returns the copy of this thread's group.
    pub(super) fn own(&self) -> Option<&Arc<Claims>> {
        let place = self.0.get(own_place())?;
        match place.get() {
            Some(copy) => Some(copy),
            None => {
                let other = self.0.iter().find_map(OnceLock::get)?;
                Some(place.get_or_init(|| Arc::new(Claims::clone(other))))
            }
        }
    }
}

/// Returns the group of this thread. New threads are spread over the groups in turn.
fn own_place() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: usize = NEXT.fetch_add(1, Ordering::Relaxed) % COPIES;
    }
    // A thread that is ending has no group any more. The first one will do.
    OWN.try_with(|own| *own).unwrap_or(0)
}
