//! Texts as Go quotes them.

/// A text in double quotes, as Go's `%q` writes it.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            character => quoted.push_str(&escaped(character)),
        }
    }
    quoted.push('"');
    quoted
}

/// A character, escaped unless it is printable. Quotation marks are left as they are.
pub(crate) fn escaped(character: char) -> String {
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
        '\0'..='\u{1f}' | '\u{7f}' => format!("\\x{code:02x}"),
        '\u{80}'..='\u{a0}' | '\u{ad}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => format!("\\u{code:04x}"),
        character => character.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_as_in_go() {
        assert_eq!(quoted("a\"b\\c'\n\u{1}\u{e9}\u{a0}\u{2028}"), r#""a\"b\\c'\n\x01é\u00a0\u2028""#);
    }
}
