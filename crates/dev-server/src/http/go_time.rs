//! Times as the server reads them, with its words for what is wrong.

use boundtoken::api::Time;

/// The parts of Go's layout for RFC 3339: how the layout shows each, and how many digits or which character it is.
const LAYOUT: [(&str, Part); 12] = [
    ("2006", Part::Digits(4)),
    ("-", Part::Character('-')),
    ("01", Part::Digits(2)),
    ("-", Part::Character('-')),
    ("02", Part::Digits(2)),
    ("T", Part::Character('T')),
    ("15", Part::Digits(2)),
    (":", Part::Character(':')),
    ("04", Part::Digits(2)),
    (":", Part::Character(':')),
    ("05", Part::Digits(2)),
    ("Z07:00", Part::Zone),
];

enum Part {
    Digits(usize),
    Character(char),
    Zone,
}

/// Reads a time of RFC 3339.
///
/// # Errors
/// Go's message, which quotes the text.
pub(super) fn parse(text: &str) -> Result<Time, String> {
    let mut rest = text;
    for (shown, part) in LAYOUT {
        let matched = match part {
            Part::Digits(count) => Some(count).filter(|count| {
                rest.get(..*count).is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
            }),
            Part::Character(character) => rest.starts_with(character).then_some(1),
            Part::Zone => zone(fraction(rest)),
        };
        let shown_rest = if matches!(part, Part::Zone) { fraction(rest) } else { rest };
        let Some(matched) = matched else {
            return Err(format!(
                "{} as \"2006-01-02T15:04:05Z07:00\": cannot parse {shown_rest:?} as {shown:?}",
                parsing(text)
            ));
        };
        rest = shown_rest.get(matched..).unwrap_or_default();
    }
    if !rest.is_empty() {
        return Err(format!("{}: extra text: {rest:?}", parsing(text)));
    }
    text.parse().map_err(|_| format!("{}: {} out of range", parsing(text), out_of_range(text)))
}

fn parsing(text: &str) -> String {
    format!("parsing time {text:?}")
}

/// The text behind a fraction of a second, which may be left out.
fn fraction(text: &str) -> &str {
    match text.strip_prefix(['.', ',']) {
        Some(digits) if digits.starts_with(|digit: char| digit.is_ascii_digit()) => {
            digits.trim_start_matches(|digit: char| digit.is_ascii_digit())
        }
        _ => text,
    }
}

/// The length of a zone: `Z`, `+02:00`, `-02:00`.
fn zone(text: &str) -> Option<usize> {
    let digits =
        |from: usize| text.get(from..from + 2).is_some_and(|two| two.bytes().all(|b| b.is_ascii_digit()));
    match text.bytes().next()? {
        b'Z' => Some(1),
        b'+' | b'-' if digits(1) && text.get(3..4) == Some(":") && digits(4) => Some(6),
        _ => None,
    }
}

fn out_of_range(text: &str) -> &'static str {
    let number = |from: usize| text.get(from..from + 2).and_then(|two| two.parse::<u8>().ok()).unwrap_or(0);
    match () {
        () if !(1..=12).contains(&number(5)) => "month",
        () if number(11) > 23 => "hour",
        () if number(14) > 59 => "minute",
        () if number(17) > 59 => "second",
        () => "day",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written_in_utc() {
        for (text, expected) in [
            ("2026-11-24T12:11:18Z", "2026-11-24T12:11:18Z"),
            ("2026-11-24T14:11:18.25+02:00", "2026-11-24T12:11:18Z"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn what_is_wrong_with_a_time_is_said_in_the_words_of_go() {
        let layout = "as \"2006-01-02T15:04:05Z07:00\": cannot parse";
        for (text, expected) in [
            ("yesterday", format!("{layout} \"yesterday\" as \"2006\"")),
            ("", format!("{layout} \"\" as \"2006\"")),
            ("2026-11-24", format!("{layout} \"\" as \"T\"")),
            ("2026-11-24 12:11:18Z", format!("{layout} \" 12:11:18Z\" as \"T\"")),
            ("2026-11-24T12:11:18", format!("{layout} \"\" as \"Z07:00\"")),
        ] {
            assert_eq!(parse(text).unwrap_err(), format!("parsing time {text:?} {expected}"));
        }
        let later = |text: &str| parse(text).unwrap_err();
        assert_eq!(
            later("2026-11-24T12:11:18Zx"),
            "parsing time \"2026-11-24T12:11:18Zx\": extra text: \"x\""
        );
        assert_eq!(
            later("2026-13-24T12:11:18Z"),
            "parsing time \"2026-13-24T12:11:18Z\": month out of range"
        );
        assert_eq!(later("2026-02-30T12:11:18Z"), "parsing time \"2026-02-30T12:11:18Z\": day out of range");
    }
}
