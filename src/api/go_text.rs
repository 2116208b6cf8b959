//! Quoting texts like Go, for messages that equal those of the API server word for word.

/// Puts a text in double quotes like Go's `%q`, which the API server uses in its messages.
///
/// ```
/// assert_eq!(boundtoken::api::quoted("it's \"é\"\n"), r#""it's \"é\"\n""#);
/// ```
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len().saturating_add(2));
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            character => quoted.push_str(&escaped(character)),
        }
    }
    quoted.push('"');
    quoted
}

/// Escapes a character like Go's `%q`, unless it can be printed. Leaves quotation marks as they are.
#[must_use]
pub fn escaped(character: char) -> String {
    let code = u32::from(character);
    match character {
        '\u{7}' => "\\a".to_owned(),
        '\u{8}' => "\\b".to_owned(),
        '\u{b}' => "\\v".to_owned(),
        '\u{c}' => "\\f".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\\' => "\\\\".to_owned(),
        // Rust and Go agree on what can be printed.
        '"' | '\'' => character.to_string(),
        _ if character.escape_debug().len() == 1 => character.to_string(),
        _ if code < 0x80 => format!("\\x{code:02x}"),
        _ if code < 0x1_0000 => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn texts_are_quoted_as_go_quotes_them() {
        for (text, expected) in [
            ("", r#""""#),
            ("app-0", r#""app-0""#),
            ("it's \"é\" \\", r#""it's \"é\" \\""#),
            ("\u{7}\u{8}\t\n\u{b}\u{c}\r\0\u{7f}", r#""\a\b\t\n\v\f\r\x00\x7f""#),
            ("\u{a0}\u{2028}\u{e000}\u{10ffff}", r#""\u00a0\u2028\ue000\U0010ffff""#),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }
}
