//! Ages as kubectl prints them (`duration.HumanDuration`): with two or three digits that matter.

use boundtoken::UnixSeconds;
use boundtoken::api::Time;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const YEAR: u64 = 365 * DAY;

/// The time between this and now.
pub(super) fn since(time: &str, now: UnixSeconds) -> String {
    match time.parse::<Time>().map(UnixSeconds::from) {
        Ok(time) => in_words(now.0.saturating_sub(time.0)),
        Err(_) => "<unknown>".to_owned(),
    }
}

fn in_words(seconds: u64) -> String {
    let (minutes, hours) = (seconds / MINUTE, seconds / HOUR);
    let (large, small) = match seconds {
        _ if seconds < 2 * MINUTE => ((seconds, "s"), None),
        _ if minutes < 10 => ((minutes, "m"), Some((seconds % MINUTE, "s"))),
        _ if minutes < 180 => ((minutes, "m"), None),
        _ if hours < 8 => ((hours, "h"), Some((minutes % 60, "m"))),
        _ if hours < 48 => ((hours, "h"), None),
        _ if seconds < 8 * DAY => ((seconds / DAY, "d"), Some((hours % 24, "h"))),
        _ if seconds < 2 * YEAR => ((seconds / DAY, "d"), None),
        _ if seconds < 8 * YEAR => ((seconds / YEAR, "y"), Some((seconds / DAY % 365, "d"))),
        _ => ((seconds / YEAR, "y"), None),
    };
    let mut words = format!("{}{}", large.0, large.1);
    if let Some((number, unit)) = small.filter(|(number, _)| *number > 0) {
        words.push_str(&format!("{number}{unit}"));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_those_of_kubectl() {
        for (seconds, words) in [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (9 * MINUTE + 59, "9m59s"),
            (10 * MINUTE + 59, "10m"),
            (3 * HOUR - 1, "179m"),
            (3 * HOUR, "3h"),
            (7 * HOUR + 5 * MINUTE, "7h5m"),
            (8 * HOUR + 5 * MINUTE, "8h"),
            (2 * DAY, "2d"),
            (7 * DAY + 3 * HOUR, "7d3h"),
            (8 * DAY + 3 * HOUR, "8d"),
            (2 * YEAR + 3 * DAY, "2y3d"),
            (9 * YEAR + 3 * DAY, "9y"),
        ] {
            assert_eq!(in_words(seconds), words);
        }
        let now = UnixSeconds::from("2026-11-30T12:00:00Z".parse::<Time>().unwrap());
        assert_eq!(since("2026-11-30T11:59:30Z", now), "30s");
        assert_eq!(since("2026-11-30T12:00:30Z", now), "0s", "clocks differ");
        assert_eq!(since("", now), "<unknown>");
    }
}
