//! Waiting for one answer of another thread.
//!
//! The standard library's channels leave a record of a thread that waits behind, which stays for as long as the thread
//! does: the caller's main thread would seem to leak it.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

struct Shared<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

enum State<T> {
    Awaited,
    Given(T),
    /// Whoever was to give it is gone.
    Never,
}

pub(super) struct Giver<T>(Arc<Shared<T>>);

pub(super) struct Taker<T>(Arc<Shared<T>>);

pub(super) fn awaited<T>() -> (Giver<T>, Taker<T>) {
    let shared = Arc::new(Shared { state: Mutex::new(State::Awaited), changed: Condvar::new() });
    (Giver(Arc::clone(&shared)), Taker(shared))
}

impl<T> Giver<T> {
    pub(super) fn give(self, value: T) {
        *self.0.state.lock().unwrap_or_else(PoisonError::into_inner) = State::Given(value);
    }
}

impl<T> Drop for Giver<T> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Awaited) {
            *state = State::Never;
        }
        self.0.changed.notify_one();
    }
}

impl<T> Taker<T> {
    /// Waits, for so long at most. None if there is no answer by then, or never will be.
    pub(super) fn take(self, patience: Duration) -> Option<T> {
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited =
            self.0.changed.wait_timeout_while(state, patience, |state| matches!(state, State::Awaited));
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *state, State::Never) {
            State::Given(value) => Some(value),
            State::Awaited | State::Never => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_comes_or_does_not_come_in_time_or_never() {
        let (giver, taker) = awaited();
        std::thread::spawn(move || giver.give(7));
        assert_eq!(taker.take(Duration::MAX), Some(7));

        let (giver, taker) = awaited();
        assert_eq!(taker.take(Duration::from_millis(1)), None);
        giver.give(7);

        let (giver, taker) = awaited::<u8>();
        std::thread::spawn(move || drop(giver));
        assert_eq!(taker.take(Duration::MAX), None);
    }
}
