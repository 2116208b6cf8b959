//! YAML as kubectl prints it.
//!
//! A text is quoted if any reader of YAML 1.1 or 1.2 could take it for something else: a time, a number, a boolean.

use serde::Serialize;
use yaml_serde::Value;

use super::misleads;

/// From this length on, in characters, a key is written behind `? `. Readers refuse longer keys on one line with their value.
const LONG_KEY: usize = 128;
/// The columns by which each level is indented.
const STEP: usize = 2;

/// Writes a document, in the order of its members.
///
/// # Errors
/// If the document has a form that YAML cannot express.
pub fn text(document: &impl Serialize) -> Result<String, yaml_serde::Error> {
    let document = yaml_serde::to_value(document)?;
    let mut out = String::new();
    if is_collection(&document) {
        write_collection(&mut out, &document, 0);
    } else {
        write_scalar(&mut out, &document, 0);
    }
    Ok(out)
}

/// Whether this takes lines of its own.
fn is_collection(value: &Value) -> bool {
    match value {
        Value::Mapping(members) => !members.is_empty(),
        Value::Sequence(items) => !items.is_empty(),
        _ => false,
    }
}

/// Writes an object or a list. Its first line is indented already.
fn write_collection(out: &mut String, value: &Value, indent: usize) {
    let mut first = true;
    let mut next_line = |out: &mut String| {
        if !std::mem::take(&mut first) {
            out.push_str(&" ".repeat(indent));
        }
    };
    match value {
        Value::Mapping(members) => {
            for (key, value) in members {
                next_line(out);
                write_key(out, key.as_str().unwrap_or_default(), indent);
                match value {
                    Value::Mapping(_) if is_collection(value) => {
                        let deeper = indent.saturating_add(STEP);
                        out.push_str(&format!("\n{}", " ".repeat(deeper)));
                        write_collection(out, value, deeper);
                    }
                    // A list stands below its key, not to the right of it.
                    Value::Sequence(_) if is_collection(value) => {
                        out.push_str(&format!("\n{}", " ".repeat(indent)));
                        write_collection(out, value, indent);
                    }
                    _ => {
                        out.push(' ');
                        write_scalar(out, value, indent);
                    }
                }
            }
        }
        Value::Sequence(items) => {
            for item in items {
                next_line(out);
                out.push_str("- ");
                if is_collection(item) {
                    write_collection(out, item, indent.saturating_add(STEP));
                } else {
                    write_scalar(out, item, indent);
                }
            }
        }
        _ => {}
    }
}

fn write_key(out: &mut String, key: &str, indent: usize) {
    let written = if key.contains('\n') { quoted(key) } else { on_one_line(key) };
    if written.chars().count() < LONG_KEY {
        out.push_str(&format!("{written}:"));
    } else {
        out.push_str(&format!("? {written}\n{}:", " ".repeat(indent)));
    }
}

/// Writes a scalar, and the end of its line.
fn write_scalar(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number_text(number)),
        Value::String(text) if text.contains('\n') => match as_block(text, indent.saturating_add(STEP)) {
            Some(block) => {
                out.push_str(&block);
                return;
            }
            None => out.push_str(&quoted(text)),
        },
        Value::String(text) => out.push_str(&on_one_line(text)),
        Value::Mapping(_) => out.push_str("{}"),
        Value::Sequence(_) => out.push_str("[]"),
        Value::Null | Value::Tagged(_) => out.push_str("null"),
    }
    out.push('\n');
}

/// A number that YAML 1.1 reads too: it wants a point and a sign in 1.0e+21.
fn number_text(number: &yaml_serde::Number) -> String {
    let text = number.to_string();
    match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => {
            let point = if digits.contains('.') { "" } else { ".0" };
            let sign = if exponent.starts_with(['-', '+']) { "" } else { "+" };
            format!("{digits}{point}e{sign}{exponent}")
        }
        None => text,
    }
}

/// Text with line feeds, line by line as it is. None if that would not be the same text.
fn as_block(text: &str, indent: usize) -> Option<String> {
    let starts_blank = text.starts_with([' ', '\n']);
    let ends_blank = text.ends_with(' ') || text.contains(" \n");
    if starts_blank || ends_blank || text.contains(|character| character != '\n' && is_special(character)) {
        return None;
    }
    let end = match text.strip_suffix('\n') {
        None => "-",
        Some(text) if text.ends_with('\n') => "+",
        Some(_) => "",
    };
    let mut block = format!("|{end}\n");
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        if !line.is_empty() {
            block.push_str(&" ".repeat(indent));
        }
        block.push_str(line);
        block.push('\n');
    }
    Some(block)
}

fn on_one_line(text: &str) -> String {
    if text.contains(is_special) || is_taken_for_another_type(text) {
        quoted(text)
    } else if is_taken_for_syntax(text) {
        format!("'{}'", text.replace('\'', "''"))
    } else {
        text.to_owned()
    }
}

/// Text in double quotes.
fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ if !is_special(character) => quoted.push(character),
            _ if u32::from(character) <= 0xffff => {
                quoted.push_str(&format!("\\u{:04X}", u32::from(character)))
            }
            _ => quoted.push_str(&format!("\\U{:08X}", u32::from(character))),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether a character is written by its number: YAML does not allow it, or a terminal would be misled.
fn is_special(character: char) -> bool {
    misleads(character) || matches!(character, '\u{fffe}' | '\u{ffff}')
}

/// Whether a reader could take text for syntax.
fn is_taken_for_syntax(text: &str) -> bool {
    let starts = text
        .starts_with([' ', ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`']);
    // These mean something before a space only.
    let indicates =
        matches!(text, "-" | "?" | ":") || ["- ", "? ", ": "].iter().any(|start| text.starts_with(start));
    starts
        || indicates
        || text.starts_with("---")
        || text.starts_with("...")
        || text.contains(": ")
        || text.contains(" #")
        || text.ends_with([' ', ':'])
}

/// Whether a reader could take text for something else.
fn is_taken_for_another_type(text: &str) -> bool {
    const WORDS: [&str; 12] = ["", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "="];
    let lower = text.to_ascii_lowercase();
    WORDS.contains(&lower.as_str()) || text == "<<" || is_number(&lower) || is_date(text)
}

/// Whether text has the form of a number, in lower case. YAML 1.1 allows `_` in numbers, 0x, 0o and 0b before them, and numbers
/// to the base of 60.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".nan") {
        return true;
    }
    if let Some((prefix, digits)) = unsigned.split_at_checked(2)
        && matches!(prefix, "0x" | "0o" | "0b")
    {
        return !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'_');
    }
    let digit = |byte: u8| byte.is_ascii_digit() || byte == b'_';
    let digits = |text: &str| text.bytes().all(digit);
    if !unsigned.trim_start_matches('.').starts_with(|first: char| first.is_ascii_digit()) {
        return false;
    }
    if unsigned.contains(':') {
        let mut parts = unsigned.rsplitn(2, '.');
        let last = parts.next().unwrap_or_default();
        let whole = parts.next().filter(|_| digits(last)).unwrap_or(unsigned);
        let mut parts = whole.split(':');
        return parts.next().is_some_and(digits)
            && parts.all(|part| {
                digits(part) && part.len() <= 2 && part.parse::<u8>().is_ok_and(|part| part < 60)
            });
    }
    let (mantissa, exponent) = match unsigned.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    digits(whole) && digits(fraction) && exponent_fits
}

/// Whether text begins with a date, and has only characters of a time behind it.
fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    year.len() == 4
        && digits(year)
        && digits(month)
        && month.len() <= 2
        && rest.starts_with(|first: char| first.is_ascii_digit())
        && rest.bytes().all(|byte| byte.is_ascii_digit() || b"TtZz:.+- ".contains(&byte))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::text as yaml;

    /// Texts, and how kubectl 1.32 writes them. Where a reader that kubectl does not think of would take a text for something
    /// else, it is quoted here.
    const TEXTS: [(&str, &str); 115] = [
        ("", "\"\""),
        ("~", "\"~\""),
        ("null", "\"null\""),
        ("Null", "\"Null\""),
        ("NULL", "\"NULL\""),
        ("true", "\"true\""),
        ("True", "\"True\""),
        ("TRUE", "\"TRUE\""),
        ("yes", "\"yes\""),
        ("Yes", "\"Yes\""),
        ("no", "\"no\""),
        ("NO", "\"NO\""),
        ("on", "\"on\""),
        ("off", "\"off\""),
        ("y", "\"y\""),
        ("Y", "\"Y\""),
        ("n", "\"n\""),
        ("N", "\"N\""),
        ("yEs", "\"yEs\""),
        ("=", "\"=\""),
        ("<<", "\"<<\""),
        ("2026-11-24T12:11:18Z", "\"2026-11-24T12:11:18Z\""),
        ("2026-11-24", "\"2026-11-24\""),
        ("2026-1-2", "\"2026-1-2\""),
        ("2026-11-24 12:11:18", "\"2026-11-24 12:11:18\""),
        ("2026-11-24 is a day", "2026-11-24 is a day"),
        ("0", "\"0\""),
        ("-1", "\"-1\""),
        ("+5", "\"+5\""),
        ("1_000", "\"1_000\""),
        ("0x1f", "\"0x1f\""),
        ("0X1F", "\"0X1F\""),
        ("0o17", "\"0o17\""),
        ("017", "\"017\""),
        ("08", "\"08\""),
        ("0b101", "\"0b101\""),
        ("1.5", "\"1.5\""),
        ("1.", "\"1.\""),
        ("1e3", "\"1e3\""),
        ("1E+3", "\"1E+3\""),
        (".5", "\".5\""),
        ("5e-7", "\"5e-7\""),
        ("1:20", "\"1:20\""),
        ("12:30:45", "\"12:30:45\""),
        ("1:20.5", "\"1:20.5\""),
        ("12:99", "12:99"),
        (".inf", "\".inf\""),
        ("-.INF", "\"-.INF\""),
        (".nan", "\".nan\""),
        ("31d77ff4-a560-4d3e-9466-d3c89e0b90d4", "31d77ff4-a560-4d3e-9466-d3c89e0b90d4"),
        ("12345e67", "\"12345e67\""),
        ("1e5f", "1e5f"),
        ("1.2.3", "1.2.3"),
        ("-", "'-'"),
        ("- a", "'- a'"),
        ("-a", "-a"),
        ("?", "'?'"),
        ("? a", "'? a'"),
        (":", "':'"),
        ("a: b", "'a: b'"),
        ("a:b", "a:b"),
        ("a:", "'a:'"),
        ("# a", "'# a'"),
        ("a # b", "'a # b'"),
        ("a#b", "a#b"),
        ("[a]", "'[a]'"),
        ("{a}", "'{a}'"),
        ("a,b", "a,b"),
        ("*a", "'*a'"),
        ("&a", "'&a'"),
        ("!a", "'!a'"),
        ("|", "'|'"),
        ("> a", "'> a'"),
        ("'a'", "'''a'''"),
        ("\"a\"", "'\"a\"'"),
        ("it's", "it's"),
        ("%a", "'%a'"),
        ("@a", "'@a'"),
        ("`a", "'`a'"),
        (" a", "' a'"),
        ("a ", "'a '"),
        ("a\tb", "\"a\\tb\""),
        ("aéb", "aéb"),
        ("名", "名"),
        ("a\u{202e}b", "\"a\\u202Eb\""),
        ("\u{1b}[2J", "\"\\u001B[2J\""),
        ("a\\b", "a\\b"),
        ("---", "'---'"),
        ("--- a", "'--- a'"),
        ("...", "'...'"),
        ("system:serviceaccount:demo:app", "system:serviceaccount:demo:app"),
        ("https://kubernetes.default.svc.cluster.local", "https://kubernetes.default.svc.cluster.local"),
        (
            "Bearer error=\"invalid_token\", error_description=\"x\"",
            "Bearer error=\"invalid_token\", error_description=\"x\"",
        ),
        ("_1", "_1"),
        ("1_", "\"1_\""),
        ("+", "+"),
        ("0x", "0x"),
        ("0x_", "\"0x_\""),
        ("1__0", "\"1__0\""),
        ("e3", "e3"),
        ("a\rb", "\"a\\rb\""),
        ("a\u{85}b", "\"a\\u0085b\""),
        ("a\u{feff}b", "\"a\\uFEFFb\""),
        ("\u{e0041}", "\"\\U000E0041\""),
        ("😀", "😀"),
        ("+.5", "\"+.5\""),
        ("-.5e3", "\"-.5e3\""),
        ("1e400", "\"1e400\""),
        ("12e03", "\"12e03\""),
        ("0.0.0.0", "0.0.0.0"),
        ("1,2", "1,2"),
        ("1 2", "1 2"),
        ("--", "--"),
        ("-:", "'-:'"),
        ("a\u{a0}b", "a\u{a0}b"),
    ];

    #[test]
    fn a_text_is_quoted_as_kubectl_does_and_read_again_as_the_same_text() {
        for (text, expected) in TEXTS {
            let written = yaml(&json!({ "key": text, "list": [text] })).unwrap();
            assert_eq!(written, format!("key: {expected}\nlist:\n- {expected}\n"), "{text:?}");
            let read: serde_json::Value = yaml_serde::from_str(&written).unwrap();
            assert_eq!(read, json!({ "key": text, "list": [text] }), "{written}");
        }
    }

    #[test]
    fn text_of_several_lines_stays_so() {
        for (text, expected) in [
            ("a\nb", "|-\n  a\n  b\n"),
            ("a\nb\n", "|\n  a\n  b\n"),
            ("a\n\n", "|+\n  a\n\n"),
            ("a\n\n b", "|-\n  a\n\n   b\n"),
            ("\n", "\"\\n\"\n"),
            (" a\nb", "\" a\\nb\"\n"),
            ("a \nb", "\"a \\nb\"\n"),
            ("a\r\nb", "\"a\\r\\nb\"\n"),
        ] {
            for document in [json!({ "key": text }), json!([text]), json!([{ "a": [text, "b"] }])] {
                let written = yaml(&document).unwrap();
                assert_eq!(
                    yaml_serde::from_str::<serde_json::Value>(&written).unwrap(),
                    document,
                    "{written}"
                );
            }
            assert_eq!(yaml(&json!({ "key": text })).unwrap(), format!("key: {expected}"));
        }
    }

    #[test]
    fn documents_have_the_form_that_kubectl_gives_them() {
        let document = json!({
            "a": {"b": [{"c": 1, "d": [[2, -3], []]}, {}, null, true], "e": {}},
            "f": [1.5, 1e21, 1e-7, 18_446_744_073_709_551_615_u64],
            "on": {"": "x"},
            "two\nlines": "y",
        });
        let expected = "\
a:
  b:
  - c: 1
    d:
    - - 2
      - -3
    - []
  - {}
  - null
  - true
  e: {}
f:
- 1.5
- 1.0e+21
- 1.0e-7
- 18446744073709551615
\"on\":
  \"\": x
\"two\\nlines\": \"y\"
";
        let written = yaml(&document).unwrap();
        assert_eq!(written, expected);
        assert_eq!(yaml_serde::from_str::<serde_json::Value>(&written).unwrap(), document);
    }

    #[test]
    fn members_keep_their_order_and_long_names_their_values() {
        #[derive(serde::Serialize)]
        struct Document {
            z: u8,
            a: u8,
        }
        assert_eq!(yaml(&Document { z: 1, a: 2 }).unwrap(), "z: 1\na: 2\n");
        let long = "k".repeat(2_000);
        for value in [json!(1), json!({"a": {"b": 1}}), json!([1, {"a": 2}])] {
            let document = json!([{ long.as_str(): value, "z": 1 }]);
            let written = yaml(&document).unwrap();
            assert_eq!(yaml_serde::from_str::<serde_json::Value>(&written).unwrap(), document, "{written}");
        }
    }
}
