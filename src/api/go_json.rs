//! JSON as Go writes it.

use std::io;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CharEscape, Formatter};

/// Escapes strings like Go.
pub(crate) struct GoJson;

impl GoJson {
    /// Writes a value like Go's `json.Marshal`. Members are in the order of the value.
    ///
    /// # Errors
    /// If the value cannot be serialized.
    pub(crate) fn write(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
        let mut json = Vec::with_capacity(1_024);
        value.serialize(&mut Serializer::with_formatter(&mut json, Self))?;
        Ok(json)
    }
}

impl Formatter for GoJson {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        let escaped = |character| matches!(character, '<' | '>' | '&' | '\u{2028}' | '\u{2029}');
        for piece in text.split_inclusive(escaped) {
            let kept = piece.trim_end_matches(escaped);
            writer.write_all(kept.as_bytes())?;
            if let Some(character) = piece.chars().next_back().filter(|last| escaped(*last)) {
                write!(writer, "\\u{:04x}", u32::from(character))?;
            }
        }
        Ok(())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        match escape {
            CharEscape::Quote => writer.write_all(b"\\\""),
            CharEscape::ReverseSolidus => writer.write_all(b"\\\\"),
            CharEscape::Solidus => writer.write_all(b"/"),
            CharEscape::LineFeed => writer.write_all(b"\\n"),
            CharEscape::CarriageReturn => writer.write_all(b"\\r"),
            CharEscape::Tab => writer.write_all(b"\\t"),
            CharEscape::Backspace => writer.write_all(b"\\u0008"),
            CharEscape::FormFeed => writer.write_all(b"\\u000c"),
            CharEscape::AsciiControl(byte) => write!(writer, "\\u{byte:04x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_go_escapes_them() {
        let written = |text: &str| String::from_utf8(GoJson::write(&text).unwrap()).unwrap();
        for (text, expected) in [
            ("", r#""""#),
            ("a<b>&c", r#""a\u003cb\u003e\u0026c""#),
            ("<<", r#""\u003c\u003c""#),
            ("\u{2028}é\u{2029}/", r#""\u2028é\u2029/""#),
            ("\"\\\n\r\t\u{8}\u{c}\u{1}\u{7f}", "\"\\\"\\\\\\n\\r\\t\\u0008\\u000c\\u0001\u{7f}\""),
        ] {
            assert_eq!(written(text), expected);
        }
    }
}
