//! Times in Kubernetes objects.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Utc};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::UnixSeconds;

/// A point in time (`metav1.Time`). It is written like Kubernetes does: RFC 3339 in UTC, whole seconds, `Z`.
///
/// Any time of RFC 3339 can be read, with any offset. Fractions of a second are dropped. A leap second counts as the
/// second before it. Every value is in the years 0 to 9999 (UTC), so it can be written. Where Kubernetes writes
/// `null` for its zero time, the types of this module have an `Option<Time>`.
///
/// ```
/// use boundtoken::api::Time;
///
/// let time: Time = "2026-11-24T14:11:18.25+02:00".parse()?;
/// assert_eq!(time.to_string(), "2026-11-24T12:11:18Z");
/// # Ok::<(), boundtoken::api::InvalidTime>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(DateTime<Utc>);

impl Time {
    /// Returns the time this many seconds after 1970-01-01T00:00:00Z.
    fn at(unix_seconds: i64) -> Result<Self, InvalidTime> {
        DateTime::from_timestamp(unix_seconds, 0)
            .filter(|time| (0..=9999).contains(&time.year()))
            .map(Self)
            .ok_or(InvalidTime)
    }
}

impl FromStr for Time {
    type Err = InvalidTime;

    /// Reads a time of RFC 3339.
    ///
    /// # Errors
    ///
    /// [`InvalidTime`] if the text is anything else, or the time in UTC is outside the years 0 to 9999.
    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        // chrono would also accept a space for the T, and the minus sign U+2212.
        let within_rfc3339 = |byte: u8| byte.is_ascii_digit() || b"-+:.TtZz".contains(&byte);
        if !text.bytes().all(within_rfc3339) {
            return Err(InvalidTime);
        }
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| InvalidTime)?;
        Self::at(time.timestamp())
    }
}

impl TryFrom<DateTime<Utc>> for Time {
    type Error = InvalidTime;

    /// Drops the fraction of the second. Fails outside the years 0 to 9999.
    fn try_from(time: DateTime<Utc>) -> Result<Self, InvalidTime> {
        Self::at(time.timestamp())
    }
}

impl From<Time> for DateTime<Utc> {
    fn from(time: Time) -> Self {
        time.0
    }
}

impl TryFrom<UnixSeconds> for Time {
    type Error = InvalidTime;

    /// Fails only after [`UnixSeconds::MAX`].
    fn try_from(time: UnixSeconds) -> Result<Self, InvalidTime> {
        i64::try_from(time.0).map_err(|_| InvalidTime).and_then(Self::at)
    }
}

impl From<Time> for UnixSeconds {
    /// A time before 1970 becomes 1970.
    fn from(time: Time) -> Self {
        Self(u64::try_from(time.0.timestamp()).unwrap_or(0))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0.format("%Y-%m-%dT%H:%M:%SZ"))
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// The error for a text or number that is not a [`Time`]: it is not of RFC 3339, or not in the years 0 to 9999.
///
/// It does not quote the text.
///
/// ```
/// use boundtoken::api::{InvalidTime, Time};
///
/// assert_eq!("2026-11-24".parse::<Time>(), Err(InvalidTime));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidTime;

impl fmt::Display for InvalidTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("not a time of RFC 3339 in the years 0 to 9999")
    }
}

impl std::error::Error for InvalidTime {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_time_of_rfc_3339_is_written_in_utc_and_whole_seconds() {
        for (read, written) in [
            ("2026-11-24T12:11:18Z", "2026-11-24T12:11:18Z"),
            ("2026-11-24t12:11:18z", "2026-11-24T12:11:18Z"),
            ("2026-11-24T12:11:18.999999999Z", "2026-11-24T12:11:18Z"),
            ("2026-11-24T12:11:18+00:00", "2026-11-24T12:11:18Z"),
            ("2026-11-25T01:56:18+13:45", "2026-11-24T12:11:18Z"),
            ("2026-11-24T07:11:18-05:00", "2026-11-24T12:11:18Z"),
            ("2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59Z"),
            ("1969-12-31T23:59:58.5Z", "1969-12-31T23:59:58Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ] {
            let time = read.parse::<Time>();
            assert_eq!(time.map(|time| time.to_string()).as_deref(), Ok(written), "{read}");
            assert_eq!(format!("{:?}", time.unwrap()), written);
            assert_eq!(serde_json::to_value(time.unwrap()).unwrap(), written);
            assert_eq!(serde_json::from_value::<Time>(written.into()).unwrap(), time.unwrap());
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "2026-11-24",
            "2026-11-24T12:11Z",
            "2026-11-24T12:11:18",
            "2026-11-24 12:11:18Z",
            "2026-11-24T12:11:18 Z",
            " 2026-11-24T12:11:18Z",
            "2026-11-24T12:11:18Z\n",
            "2026-11-24T12:11:18ZZ",
            "2026-11-24T12:11:18.Z",
            "2026-11-24T12:11:18,5Z",
            "2026-11-24T12:11:18+0200",
            "2026-11-24T12:11:18+02",
            "2026-11-24T12:11:18\u{2212}05:00",
            "2026-11-24T24:00:00Z",
            "2026-11-24T12:60:00Z",
            "2026-02-29T12:11:18Z",
            "2026-13-01T12:11:18Z",
            "26-11-24T12:11:18Z",
            "12026-11-24T12:11:18Z",
            "-2026-11-24T12:11:18Z",
            "0000-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "1795522278",
        ] {
            assert_eq!(text.parse::<Time>(), Err(InvalidTime), "{text:?}");
            assert!(serde_json::from_value::<Time>(text.into()).is_err(), "{text:?}");
        }
        for json in ["1795522278", "null", "true", "[]", "{}"] {
            assert!(serde_json::from_str::<Time>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn conversions_keep_the_second_and_refuse_what_cannot_be_written() {
        let time: Time = "2026-11-24T12:11:18Z".parse().unwrap();
        assert_eq!(UnixSeconds::from(time), UnixSeconds(1_795_522_278));
        assert_eq!(Time::try_from(UnixSeconds(1_795_522_278)), Ok(time));
        assert_eq!(Time::try_from(DateTime::<Utc>::from(time)), Ok(time));

        let latest: Time = "9999-12-31T23:59:59Z".parse().unwrap();
        assert_eq!(Time::try_from(UnixSeconds::MAX), Ok(latest));
        assert_eq!(Time::try_from(UnixSeconds(UnixSeconds::MAX.0 + 1)), Err(InvalidTime));
        assert_eq!(Time::try_from(UnixSeconds(u64::MAX)), Err(InvalidTime));
        assert_eq!(Time::try_from(DateTime::<Utc>::MAX_UTC), Err(InvalidTime));
        assert_eq!(Time::try_from(DateTime::<Utc>::MIN_UTC), Err(InvalidTime));

        let before_1970: Time = "1969-12-31T23:59:59Z".parse().unwrap();
        assert_eq!(UnixSeconds::from(before_1970), UnixSeconds(0));
    }
}
