//! The time in tokens.

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
        SystemTime::now().into()
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
            None => write!(formatter, "{} s", self.0),
        }
    }
}
