//! Counts the reader's steps. Tests use it to show that the cost is linear in the length of a text.

/// Counts steps. A step is a byte read, a piece begun or a name compared.
#[inline]
pub(super) fn count(steps: usize) {
    #[cfg(test)]
    STEPS.set(STEPS.get() + steps);
    #[cfg(not(test))]
    let _ = steps;
}

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Returns the number of steps that `read` takes.
#[cfg(test)]
pub(super) fn of(read: impl FnOnce()) -> usize {
    let before = STEPS.get();
    read();
    STEPS.get() - before
}
