//! Times and durations in words.

use std::time::Duration;

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
        None => counted(seconds, "second"),
    }
}

/// A number of things: `1 object`, `3 objects`.
pub fn counted(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// A measured time in the unit that suits it, rounded down: `48 ns`, `16.2 µs`. No work takes no time, so nothing is
/// measured as 0.
pub fn measured(nanoseconds: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("s", 1_000_000_000), ("ms", 1_000_000), ("µs", 1_000)];
    match UNITS.iter().find(|(_, length)| nanoseconds >= *length) {
        Some((unit, length)) => {
            format!("{}.{} {unit}", nanoseconds / length, nanoseconds % length * 10 / length)
        }
        None if nanoseconds == 0 => "< 1 ns".to_owned(),
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

/// Parses a duration as Go writes it, such as `1h30m`, `1.5s` or `200ms`.
///
/// # Errors
/// A sentence for the user.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    read_duration(text).ok_or_else(|| {
        "give a duration with its unit, such as 10m or 1h30m; the units are h, m, s and ms".to_owned()
    })
}

/// Parses a duration. A number without a unit is in seconds.
///
/// # Errors
/// A sentence for the user.
pub fn parse_seconds(text: &str) -> Result<Duration, String> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let duration =
        if is_number && !text.is_empty() { read_duration(&format!("{text}s")) } else { read_duration(text) };
    duration.ok_or_else(|| "give a duration such as 90s, 5m or 1h30m, or a number of seconds".to_owned())
}

/// The seconds of a duration. Fails if it is not a number of whole seconds.
///
/// # Errors
/// A sentence for the user.
pub fn whole_seconds(duration: Duration) -> Result<u64, String> {
    match duration.subsec_nanos() {
        0 => Ok(duration.as_secs()),
        _ => Err("give whole seconds".to_owned()),
    }
}

/// Units of durations, in nanoseconds. A unit comes before another that it begins with.
const UNITS: [(&str, u128); 4] =
    [("h", 3_600_000_000_000), ("ms", 1_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000)];

fn read_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut sum = 0_u128;
    while !rest.is_empty() {
        let end = rest.find(|character: char| !character.is_ascii_digit() && character != '.')?;
        let (number, behind) = rest.split_at_checked(end)?;
        let (unit, length) = UNITS.into_iter().find(|(unit, _)| behind.starts_with(unit))?;
        sum = sum.checked_add(read_number(number, length)?)?;
        rest = behind.strip_prefix(unit)?;
    }
    let seconds = u64::try_from(sum / 1_000_000_000).ok()?;
    let nanoseconds = u32::try_from(sum % 1_000_000_000).ok()?;
    (!text.is_empty()).then(|| Duration::new(seconds, nanoseconds))
}

/// A number such as `90` or `1.5`, in units of this length. Rounds down.
fn read_number(number: &str, length: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = u32::try_from(fraction.len()).ok().filter(|digits| *digits <= 9)?;
    let parts =
        u128::from(fraction.parse::<u64>().ok()?).checked_mul(length)? / 10_u128.checked_pow(digits)?;
    u128::from(whole.parse::<u64>().ok()?).checked_mul(length)?.checked_add(parts)
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
            (0, "< 1 ns"),
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
        for (text, milliseconds) in [
            ("10m", 600_000),
            ("1h30m", 5_400_000),
            ("0s", 0),
            ("3607s", 3_607_000),
            ("1h1m1s", 3_661_000),
            ("200ms", 200),
            ("1.5h", 5_400_000),
            ("0.2s", 200),
            ("1m0.25s", 60_250),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
            assert_eq!(parse_seconds(text), parse_duration(text), "{text}");
        }
        for text in [
            "",
            "10",
            "m",
            "-1h",
            "+1h",
            "1d",
            "10 m",
            "1.s",
            ".5s",
            "1..5s",
            "1.5.5s",
            "1e3s",
            "0.1234567891s",
            "99999999999999999999h",
            "10000000000000000h",
        ] {
            assert!(parse_duration(text).unwrap_err().contains("1h30m"), "{text}");
        }
    }

    #[test]
    fn a_number_alone_may_stand_for_seconds() {
        for (text, milliseconds) in [("0", 0), ("90", 90_000), ("0.2", 200)] {
            assert_eq!(parse_seconds(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "x", "-1", "5m30", "1e3", "."] {
            assert!(parse_seconds(text).unwrap_err().contains("90s, 5m or 1h30m"), "{text}");
        }
        assert_eq!(whole_seconds(Duration::from_secs(90)), Ok(90));
        assert!(whole_seconds(Duration::from_millis(1_500)).is_err());
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
