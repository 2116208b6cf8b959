//! Times in words.

use boundtoken::UnixSeconds;
use boundtoken::api::Time;

/// A time, relative and absolute: `in 52 minutes (2026-11-24T13:11:18Z)`.
pub fn moment(time: UnixSeconds, now: UnixSeconds) -> String {
    format!("{} ({time})", distance(time, now))
}

/// A time relative to now, rounded down: `in 52 minutes`, `8 minutes ago`, `now`.
pub fn distance(time: UnixSeconds, now: UnixSeconds) -> String {
    let length = duration(time.0.abs_diff(now.0));
    match time.cmp(&now) {
        std::cmp::Ordering::Less => format!("{length} ago"),
        std::cmp::Ordering::Equal => "now".to_owned(),
        std::cmp::Ordering::Greater => format!("in {length}"),
    }
}

/// A number of seconds in the largest unit that gives at least 2. Less than two minutes is given in seconds.
pub fn duration(seconds: u64) -> String {
    const UNITS: [(&str, u64); 4] = [("year", 31_557_600), ("day", 86_400), ("hour", 3_600), ("minute", 60)];
    match UNITS.iter().find(|(_, length)| seconds / length >= 2) {
        Some((unit, length)) => format!("{} {unit}s", seconds / length),
        None if seconds == 1 => "1 second".to_owned(),
        None => format!("{seconds} seconds"),
    }
}

/// A measured time in the unit that suits it, rounded down: `48 ns`, `16.2 µs`.
pub fn measured(nanoseconds: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("s", 1_000_000_000), ("ms", 1_000_000), ("µs", 1_000)];
    match UNITS.iter().find(|(_, length)| nanoseconds >= *length) {
        Some((unit, length)) => {
            format!("{}.{} {unit}", nanoseconds / length, nanoseconds % length * 10 / length)
        }
        None => format!("{nanoseconds} ns"),
    }
}

/// Parses a time from an argument.
///
/// # Errors
/// A sentence for the user.
pub fn parse(text: &str) -> Result<UnixSeconds, String> {
    let time = match text.parse() {
        Ok(seconds) => Some(UnixSeconds(seconds)),
        Err(_) => text.parse::<Time>().ok().map(UnixSeconds::from),
    };
    time.filter(|time| *time <= UnixSeconds::MAX).ok_or_else(|| {
        "give a time such as 2026-11-24T12:30:00Z (RFC 3339) or seconds since 1970, no later than the year 9999"
            .to_owned()
    })
}

/// Parses a duration as Go writes it, such as `1h30m`. Returns whole seconds.
///
/// # Errors
/// A sentence for the user.
pub fn parse_duration(text: &str) -> Result<i64, String> {
    const UNITS: [(&str, i64); 3] = [("h", 3_600), ("m", 60), ("s", 1)];
    let read = || {
        let mut rest = text;
        let mut seconds = 0_i64;
        while !rest.is_empty() {
            let digits = rest.find(|character: char| !character.is_ascii_digit())?;
            let (number, behind) = rest.split_at_checked(digits)?;
            let (unit, length) = UNITS.into_iter().find(|(unit, _)| behind.starts_with(unit))?;
            seconds = seconds.checked_add(number.parse::<i64>().ok()?.checked_mul(length)?)?;
            rest = behind.strip_prefix(unit)?;
        }
        (!text.is_empty()).then_some(seconds)
    };
    read().ok_or_else(|| "give a duration in hours, minutes and seconds, such as 10m or 1h30m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_said_in_the_largest_unit_that_says_enough() {
        let now = UnixSeconds(1_795_522_278);
        for (seconds, words) in [
            (0, "now"),
            (1, "in 1 second"),
            (119, "in 119 seconds"),
            (120, "in 2 minutes"),
            (3_120, "in 52 minutes"),
            (7_199, "in 119 minutes"),
            (7_200, "in 2 hours"),
            (172_800, "in 2 days"),
            (31_536_000, "in 365 days"),
            (63_115_200, "in 2 years"),
        ] {
            assert_eq!(distance(UnixSeconds(now.0 + seconds), now), words);
        }
        assert_eq!(distance(UnixSeconds(now.0 - 500), now), "8 minutes ago");
        assert_eq!(distance(UnixSeconds(u64::MAX), UnixSeconds(0)), "in 584542046090 years");
        assert_eq!(moment(UnixSeconds(now.0 + 3_600), now), "in 60 minutes (2026-11-24T13:11:18Z)");
    }

    #[test]
    fn measured_times_have_the_unit_that_suits_them() {
        for (nanoseconds, words) in [
            (0, "0 ns"),
            (48, "48 ns"),
            (999, "999 ns"),
            (1_000, "1.0 µs"),
            (16_249, "16.2 µs"),
            (999_999, "999.9 µs"),
            (1_000_000, "1.0 ms"),
            (2_500_000_000, "2.5 s"),
            (60_000_000_000, "60.0 s"),
            (u64::MAX, "18446744073.7 s"),
        ] {
            assert_eq!(measured(nanoseconds), words);
        }
    }

    #[test]
    fn a_duration_is_given_with_its_units() {
        for (text, seconds) in
            [("10m", 600), ("1h30m", 5_400), ("0s", 0), ("3607s", 3_607), ("1h1m1s", 3_661)]
        {
            assert_eq!(parse_duration(text), Ok(seconds), "{text}");
        }
        for text in ["", "10", "m", "1.5h", "-1h", "1d", "10 m", "99999999999999999999h", "2562047788015216h"]
        {
            assert!(parse_duration(text).unwrap_err().contains("1h30m"), "{text}");
        }
    }

    #[test]
    fn a_time_is_given_in_seconds_or_by_rfc_3339() {
        for text in ["1795522278", "2026-11-24T12:11:18Z", "2026-11-24T14:11:18.25+02:00"] {
            assert_eq!(parse(text), Ok(UnixSeconds(1_795_522_278)), "{text}");
        }
        for text in ["", "-1", "now", "2026-11-24", "1.5", "253402300800"] {
            assert!(parse(text).unwrap_err().contains("RFC 3339"), "{text}");
        }
    }
}
