//! The time in tokens.

use std::cmp::Ordering;
use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Whole seconds since 1970-01-01T00:00:00Z, without leap seconds: a NumericDate of RFC 7519.
///
/// ```
/// use boundtoken::UnixSeconds;
///
/// assert_eq!(UnixSeconds(1_795_522_278).to_string(), "2026-11-24T12:11:18Z");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixSeconds(pub u64);

impl UnixSeconds {
    /// The last second of the year 9999: the largest date in a token that is accepted.
    pub const MAX: Self = Self(253_402_300_799);

    /// The time of the system's clock. A clock set before 1970 counts as 1970, when no token is valid yet.
    #[must_use]
    pub fn now() -> Self {
        #[cfg(not(feature = "host"))]
        let now = SystemTime::now();
        #[cfg(feature = "host")]
        let now = crate::host::wall_clock();
        now.into()
    }
}

impl UnixSeconds {
    /// Returns the time so many seconds later.
    pub(crate) fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// The distance from another time, for messages: `8 minutes ago`, `in 52 minutes`, `now`.
    pub(crate) fn distance_from(self, now: Self) -> Distance {
        Distance { time: self, now }
    }
}

/// The distance of a time from another. Displays as words.
pub(crate) struct Distance {
    time: UnixSeconds,
    now: UnixSeconds,
}

impl fmt::Display for Distance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = Length(self.time.0.abs_diff(self.now.0));
        match self.time.cmp(&self.now) {
            Ordering::Less => write!(formatter, "{length} ago"),
            Ordering::Equal => formatter.write_str("now"),
            Ordering::Greater => write!(formatter, "in {length}"),
        }
    }
}

/// A number of seconds. Displays in the largest unit that gives at least 2, rounded down.
pub(crate) struct Length(pub(crate) u64);

impl fmt::Display for Length {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(&str, u64); 4] =
            [("years", 31_557_600), ("days", 86_400), ("hours", 3_600), ("minutes", 60)];
        match UNITS.iter().find(|(_, length)| self.0 / length >= 2) {
            Some((unit, length)) => write!(formatter, "{} {unit}", self.0 / length),
            None if self.0 == 1 => formatter.write_str("1 second"),
            None => write!(formatter, "{} seconds", self.0),
        }
    }
}

impl From<SystemTime> for UnixSeconds {
    /// Rounds down to the second. A time before 1970 becomes 1970.
    fn from(time: SystemTime) -> Self {
        Self(time.duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs()))
    }
}

impl fmt::Display for UnixSeconds {
    /// Writes RFC 3339 in UTC like Kubernetes. Writes a time after the year 9999 as a number of seconds.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = i64::try_from(self.0)
            .ok()
            .filter(|_| *self <= Self::MAX)
            .and_then(|seconds| chrono::DateTime::from_timestamp(seconds, 0));
        match date {
            Some(date) => write!(formatter, "{}", date.format("%Y-%m-%dT%H:%M:%SZ")),
            None => write!(formatter, "{} seconds after 1970", self.0),
        }
    }
}
