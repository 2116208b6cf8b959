//! Moments that lie behind us also while the machine slept.
//!
//! The monotonic clock of most systems stands still while a machine is suspended, and the wall clock may be set. What
//! must not be believed for too long is measured by two clocks, and the larger age counts: by boot time, which includes
//! suspension, and by the wall clock, for systems (and virtual machines) whose boot time stands still as well.

#[cfg(feature = "kubernetes")]
use std::sync::atomic::{AtomicU64, Ordering};
#[cfg(not(any(feature = "discovery", feature = "kubernetes")))]
use std::time::Instant;
use std::time::{Duration, SystemTime};

/// Without these features nothing is followed, and the library takes the monotonic clock that Rust has.
#[cfg(any(feature = "discovery", feature = "kubernetes"))]
use boot_time::Instant;

/// A moment, by both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    boot: Instant,
    wall: SystemTime,
}

/// The time since some moment by each clock. By a clock that was set back it may be zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Elapsed {
    boot: Duration,
    wall: Duration,
}

impl Moment {
    pub(crate) fn now() -> Self {
        Self { boot: Instant::now(), wall: SystemTime::now() }
    }

    /// How long ago it was: the larger of what both clocks say.
    pub(crate) fn elapsed(self) -> Duration {
        Self::now().since(self).longest()
    }

    pub(crate) fn since(self, earlier: Self) -> Elapsed {
        Elapsed {
            boot: self.boot.saturating_duration_since(earlier.boot),
            wall: self.wall.duration_since(earlier.wall).unwrap_or_default(),
        }
    }

    /// The one that is earlier by boot time.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn earlier(self, other: Self) -> Self {
        if other.boot < self.boot { other } else { self }
    }

    /// A moment so long ago by the wall clock alone.
    #[cfg(test)]
    #[allow(dead_code)] // some features have no test of it
    pub(crate) fn ago(duration: Duration) -> Self {
        Self { wall: SystemTime::now() - duration, ..Self::now() }
    }

    /// This moment, later by so long by each clock: in tests a machine that slept, or whose clock was set.
    #[cfg(test)]
    pub(crate) fn later(self, boot: Duration, wall: Duration) -> Self {
        Self { boot: self.boot + boot, wall: self.wall + wall }
    }
}

impl Elapsed {
    /// The larger of both.
    pub(crate) fn longest(self) -> Duration {
        self.boot.max(self.wall)
    }
}

#[cfg(feature = "kubernetes")]
impl Elapsed {
    /// Whether by both clocks no more time went by.
    pub(crate) fn is_within(self, limit: Self) -> bool {
        self.boot <= limit.boot && self.wall <= limit.wall
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self { boot: self.boot.saturating_add(other.boot), wall: self.wall.saturating_add(other.wall) }
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        Self { boot: self.boot.saturating_sub(other.boot), wall: self.wall.saturating_sub(other.wall) }
    }

    /// The shorter time, by each clock.
    pub(crate) fn min(self, other: Self) -> Self {
        Self { boot: self.boot.min(other.boot), wall: self.wall.min(other.wall) }
    }
}

#[cfg(feature = "kubernetes")]
impl From<Duration> for Elapsed {
    /// The same by both clocks.
    fn from(duration: Duration) -> Self {
        Self { boot: duration, wall: duration }
    }
}

/// An [`Elapsed`] that only grows, by each clock, and that threads share.
#[cfg(feature = "kubernetes")]
#[derive(Debug, Default)]
pub(crate) struct Longest {
    boot: AtomicU64,
    wall: AtomicU64,
}

#[cfg(feature = "kubernetes")]
impl Longest {
    pub(crate) fn raise_to(&self, elapsed: Elapsed) {
        self.boot.fetch_max(nanoseconds(elapsed.boot), Ordering::Release);
        self.wall.fetch_max(nanoseconds(elapsed.wall), Ordering::Release);
    }

    pub(crate) fn get(&self) -> Elapsed {
        Elapsed {
            boot: Duration::from_nanos(self.boot.load(Ordering::Acquire)),
            wall: Duration::from_nanos(self.wall.load(Ordering::Acquire)),
        }
    }
}

/// Of a duration of up to 584 years; of longer ones as many.
#[cfg(feature = "kubernetes")]
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    #[test]
    fn the_larger_age_counts_and_a_clock_that_is_set_back_counts_nothing() {
        let then = Moment::now();
        assert_eq!(then.later(HOUR, HOUR).since(then).longest(), HOUR);
        assert_eq!(
            then.later(HOUR, Duration::ZERO).since(then).longest(),
            HOUR,
            "the wall clock was set back"
        );
        assert_eq!(then.later(Duration::ZERO, HOUR).since(then).longest(), HOUR, "boot time stood still");
        assert_eq!(then.since(then.later(HOUR, HOUR)).longest(), Duration::ZERO);
        assert!(then.elapsed() < HOUR && Moment::ago(HOUR).elapsed() >= HOUR);
    }

    #[cfg(feature = "kubernetes")]
    #[test]
    fn what_is_within_is_so_by_both_clocks() {
        let then = Moment::now();
        let limit = Elapsed::from(HOUR);
        let second = Duration::from_secs(1);
        for (boot, wall, within) in
            [(HOUR, HOUR, true), (HOUR + second, HOUR, false), (HOUR, HOUR + second, false)]
        {
            assert_eq!(then.later(boot, wall).since(then).is_within(limit), within);
        }
        let longest = Longest::default();
        longest.raise_to(limit);
        longest.raise_to(Elapsed::from(second));
        assert_eq!(longest.get(), limit);
    }
}
