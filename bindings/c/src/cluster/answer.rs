//! A channel for one answer from another thread.
//!
//! The channels of the standard library allocate memory for a thread that waits, and free it only when the thread
//! ends. On the caller's main thread that would look like a leak.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The place for the answer, which giver and taker share.
struct AnswerSlot<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

enum State<T> {
    Awaited,
    Given(T),
    /// The giver was dropped without an answer, or the answer has been taken.
    Never,
}

/// The end that gives the answer.
pub(super) struct Giver<T>(Arc<AnswerSlot<T>>);

/// The end that waits for the answer.
pub(crate) struct Taker<T>(Arc<AnswerSlot<T>>);

/// Creates both ends.
pub(super) fn awaited<T>() -> (Giver<T>, Taker<T>) {
    let slot = Arc::new(AnswerSlot { state: Mutex::new(State::Awaited), changed: Condvar::new() });
    (Giver(Arc::clone(&slot)), Taker(slot))
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
    /// Waits for the answer until the timeout. `None` if there is no answer by then, or the giver is gone.
    pub(super) fn take(self, timeout: Duration) -> Option<T> {
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited =
            self.0.changed.wait_timeout_while(state, timeout, |state| matches!(state, State::Awaited));
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
    fn an_answer_comes_in_time_or_too_late_or_never() {
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
