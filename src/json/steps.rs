//! Counting the steps of reading, in tests: that no text costs more than in proportion to its length.

/// Counts so many steps: bytes that are looked at, pieces that are begun, names that are compared.
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

/// How many steps it takes to `read`.
#[cfg(test)]
pub(super) fn of(read: impl FnOnce()) -> usize {
    let before = STEPS.get();
    read();
    STEPS.get() - before
}
