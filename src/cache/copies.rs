//! Claims that several threads hand out at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::claims::Claims;

/// How many copies there are at most.
pub(super) const COPIES: usize = 4;

/// The same claims, once for each group of threads.
///
/// Whoever hands out claims counts up their references, and whoever drops them counts down. Threads that did so in one
/// place would take its cache line from each other at each hit: two would be little faster than one. The
/// copies share the text. Each is made when the first thread of its group asks.
pub(super) struct Copies([OnceLock<Arc<Claims>>; COPIES]);

impl Copies {
    pub(super) fn new(claims: Arc<Claims>) -> Self {
        let mut copies = [const { OnceLock::new() }; COPIES];
        if let Some(copy) = copies.get_mut(own_place()) {
            *copy = OnceLock::from(claims);
        }
        Self(copies)
    }

    /// The copy of this thread's group.
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

/// Threads take turns.
fn own_place() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: usize = NEXT.fetch_add(1, Ordering::Relaxed) % COPIES;
    }
    OWN.try_with(|own| *own).unwrap_or_default()
}
