//! How long ago something was, whatever clocks do meanwhile.

/// Goes on while the machine sleeps, where the system has such a clock.
#[cfg(any(feature = "discovery", feature = "kubernetes"))]
use boot_time::Instant;
#[cfg(not(any(feature = "discovery", feature = "kubernetes")))]
use std::time::Instant;
use std::time::{Duration, SystemTime};

/// A moment, by two clocks.
///
/// One clock may stand still while the machine sleeps, and the other may be set back. So the age is what the clock says by
/// which it is larger. A wall clock that is set forward makes it too large, which errs on the safe side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Age {
    steady: Instant,
    wall: SystemTime,
}

impl Age {
    /// Begins to count.
    pub(crate) fn now() -> Self {
        Self { steady: Instant::now(), wall: SystemTime::now() }
    }

    #[cfg(test)]
    pub(crate) fn ago(duration: Duration) -> Self {
        Self { wall: SystemTime::now() - duration, ..Self::now() }
    }

    /// How long ago that was.
    pub(crate) fn elapsed(&self) -> Duration {
        let wall = SystemTime::now().duration_since(self.wall).unwrap_or_default();
        Instant::now().saturating_duration_since(self.steady).max(wall)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    #[test]
    fn the_clock_that_shows_more_counts() {
        let now = Age::now();
        assert!(now.elapsed() < HOUR);
        // The machine slept, and the steady clock did not count.
        let asleep = Age { wall: now.wall - HOUR, ..now };
        assert!(asleep.elapsed() >= HOUR);
        // The wall clock was set back.
        let set_back = Age { wall: now.wall + 2 * HOUR, ..now };
        assert!(set_back.elapsed() < HOUR);
        if let Some(steady) = now.steady.checked_sub(Duration::from_millis(1)) {
            let set_back = Age { wall: now.wall + 2 * HOUR, steady };
            assert!(set_back.elapsed() >= Duration::from_millis(1));
        }
    }
}
