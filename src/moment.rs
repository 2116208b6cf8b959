//! Moments, and how long ago they were.
//!
//! On most systems the monotonic clock stops while the machine is suspended. The wall clock can be set. So an age is
//! measured by two clocks, and the larger value counts. One is the wall clock. The other is the monotonic clock or,
//! with the feature `boot-time`, a clock that keeps running while the machine is suspended.

use std::sync::atomic::{AtomicU64, Ordering};
#[cfg(not(any(feature = "boot-time", feature = "host")))]
use std::time::Instant;
use std::time::{Duration, SystemTime};

#[cfg(feature = "boot-time")]
use boot_time::Instant;

#[cfg(all(feature = "host", not(feature = "boot-time")))]
use crate::host::Instant;

/// A moment in this process. Its age also grows while the machine sleeps.
///
/// ```
/// use std::time::Duration;
///
/// let asked = boundtoken::Moment::now();
/// assert!(asked.elapsed() < Duration::from_secs(3_600));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    boot: Instant,
    wall: SystemTime,
}

/// The time since some moment, by each clock. Zero by a clock that was set back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Elapsed {
    boot: Duration,
    wall: Duration,
}

impl Moment {
    /// Returns the current moment.
    #[must_use]
    pub fn now() -> Self {
        #[cfg(not(feature = "host"))]
        let wall = SystemTime::now();
        #[cfg(feature = "host")]
        let wall = crate::host::wall_clock();
        Self { boot: Instant::now(), wall }
    }

    /// Returns how long ago this moment was: the larger value of both clocks.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        Self::now().since(self).longest()
    }

    pub(crate) fn since(self, earlier: Self) -> Elapsed {
        Elapsed {
            boot: self.boot.saturating_duration_since(earlier.boot),
            wall: self.wall.duration_since(earlier.wall).unwrap_or_default(),
        }
    }

    /// Returns a moment that was `duration` ago by the wall clock, or 1970 if the clock cannot go back that far.
    #[must_use]
    pub fn ago(duration: Duration) -> Self {
        let now = Self::now();
        Self { wall: now.wall.checked_sub(duration).unwrap_or(SystemTime::UNIX_EPOCH), ..now }
    }

    /// Returns a moment that is later by `boot` and `wall`. In tests, this stands for a machine that slept, or whose
    /// clock was set.
    #[cfg(test)]
    pub(crate) fn later(self, boot: Duration, wall: Duration) -> Self {
        Self { boot: self.boot + boot, wall: self.wall + wall }
    }
}

impl Elapsed {
    /// Returns the larger value of both clocks.
    pub(crate) fn longest(self) -> Duration {
        self.boot.max(self.wall)
    }

    /// Returns whether no more time than `limit` passed by either clock.
    pub(crate) fn is_within(self, limit: Self) -> bool {
        self.boot <= limit.boot && self.wall <= limit.wall
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self { boot: self.boot.saturating_add(other.boot), wall: self.wall.saturating_add(other.wall) }
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        Self { boot: self.boot.saturating_sub(other.boot), wall: self.wall.saturating_sub(other.wall) }
    }

    /// Returns the shorter time by each clock.
    pub(crate) fn min(self, other: Self) -> Self {
        Self { boot: self.boot.min(other.boot), wall: self.wall.min(other.wall) }
    }
}

impl From<Duration> for Elapsed {
    /// The same time by both clocks.
    fn from(duration: Duration) -> Self {
        Self { boot: duration, wall: duration }
    }
}

/// An [`Elapsed`] that threads share. Each clock's value only grows.
#[derive(Debug, Default)]
pub(crate) struct Longest {
    boot: AtomicU64,
    wall: AtomicU64,
}

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

/// Returns a duration in nanoseconds. Durations of more than 584 years count as 584 years.
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
