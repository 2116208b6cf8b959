//! Output: text for people, JSON and YAML for programs.

use std::io::{self, Write as _};
#[cfg(feature = "network")]
use std::ops::ControlFlow;

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use serde::Serialize;

use crate::failure::Failure;

mod yaml;

pub const GOOD: Style = AnsiColor::Green.on_default().bold();
pub const BAD: Style = AnsiColor::Red.on_default().bold();
pub const CAUTION: Style = AnsiColor::Yellow.on_default().bold();
pub const STRONG: Style = Style::new().bold();
pub const FAINT: Style = Style::new().dimmed();

/// The width of a table's labels, in characters.
const LABEL_WIDTH: usize = 17;
/// The width at which text for people wraps, in characters.
const LINE_WIDTH: usize = 80;

/// The format of standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// The same as YAML
    Yaml,
}

/// A format for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Structured {
    Json,
    Yaml,
}

impl Format {
    pub fn structured(self) -> Option<Structured> {
        match self {
            Self::Text => None,
            Self::Json => Some(Structured::Json),
            Self::Yaml => Some(Structured::Yaml),
        }
    }
}

/// Writes text to standard output. Drops its styles if this is not a terminal or `NO_COLOR` is set.
pub fn text(text: &str) -> Result<(), Failure> {
    finish(anstream::stdout().lock().write_all(text.as_bytes()))
}

/// Writes bytes to standard output unchanged.
pub fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    finish(io::stdout().lock().write_all(bytes))
}

/// Writes one document to standard output.
pub fn document(format: Structured, document: &impl Serialize) -> Result<(), Failure> {
    let written = match format {
        Structured::Json => json(document).map(|json| json + "\n"),
        Structured::Yaml => yaml::text(document).map_err(Failure::unwritten),
    };
    bytes(written?.as_bytes())
}

/// Writes a line to standard output and flushes it. Breaks when nobody reads standard output any more.
#[cfg(feature = "network")]
pub fn line(line: &str) -> Result<ControlFlow<()>, Failure> {
    let mut stdout = anstream::stdout().lock();
    match writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
        Ok(()) => Ok(ControlFlow::Continue(())),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
        Err(error) => Err(Failure::unwritten(error)),
    }
}

/// One line of JSON, without characters that change how a terminal shows it.
#[cfg(feature = "network")]
pub fn compact_json(document: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(document).map(|json| printable(&json)).map_err(Failure::unwritten)
}

/// Indented JSON, without characters that change how a terminal shows it.
pub fn json(document: &impl Serialize) -> Result<String, Failure> {
    let json = serde_json::to_string_pretty(document).map_err(Failure::unwritten)?;
    // Every line feed is between members. Inside strings, line feeds are escaped.
    Ok(json.lines().map(printable).collect::<Vec<_>>().join("\n"))
}

impl Failure {
    fn unwritten(error: impl std::error::Error) -> Self {
        Self::new(format!("the result could not be written: {error}"))
    }
}

fn finish(written: io::Result<()>) -> Result<(), Failure> {
    match written.and_then(|()| io::stdout().flush()) {
        // The reader has read enough, as `head` does. The verdict stays the same.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(Failure::unwritten),
    }
}

/// Writes an error for people to standard error.
pub fn error(sentence: &str) {
    // If standard error is closed, the exit status still tells.
    let _written = error_lines(&format!("{BAD}error:{BAD:#} {sentence}\n"));
}

/// Writes a warning for people to standard error.
pub fn warning(sentence: &str) {
    let _written = error_lines(&format!("{CAUTION}warning:{CAUTION:#} {sentence}\n"));
}

/// Writes lines to standard error.
pub fn error_lines(lines: &str) -> io::Result<()> {
    anstream::stderr().lock().write_all(lines.as_bytes())
}

/// Wraps text in a style.
pub fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Adds a row to a table: a label, then a value. An empty label continues the value above.
pub fn row(lines: &mut String, label: &str, value: &str) {
    paragraph(lines, &format!("  {FAINT}{label:<LABEL_WIDTH$}{FAINT:#}"), value);
}

/// Adds text that wraps at the width of a line. The first line begins with `start`, and the others below its end. A word
/// that is too long gets its own line.
pub fn paragraph(lines: &mut String, start: &str, text: &str) {
    let margin = shown_width(start);
    lines.push_str(start);
    let mut width = margin;
    for (place, word) in text.split(' ').enumerate() {
        let word_width = shown_width(word);
        if place > 0 && width.saturating_add(1).saturating_add(word_width) > LINE_WIDTH {
            lines.push_str(&format!("\n{:margin$}", ""));
            width = margin;
        } else if place > 0 {
            lines.push(' ');
            width = width.saturating_add(1);
        }
        lines.push_str(word);
        width = width.saturating_add(word_width);
    }
    lines.push('\n');
}

/// The number of characters of a text on a terminal. Styles take no place.
fn shown_width(text: &str) -> usize {
    anstream::adapter::strip_str(text).map(|piece| piece.chars().count()).sum()
}

/// Adds one row for each value. Only the first has the label.
pub fn rows<T: AsRef<str>>(lines: &mut String, label: &str, values: impl IntoIterator<Item = T>) {
    let mut label = label;
    for value in values {
        row(lines, label, value.as_ref());
        label = "";
    }
}

/// Makes text from a token or a file safe for a terminal. Characters that are invisible, move the cursor or change the
/// direction of reading are escaped as in JSON: `\u001b`.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if misleads(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                shown.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            shown.push(character);
        }
    }
    shown
}

fn misleads(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_reaches_the_terminal_as_a_command() {
        assert_eq!(printable("app é 名"), "app é 名");
        assert_eq!(
            printable("\u{1b}[2J\u{9b}1m\u{202e}\r\n\u{e0041}"),
            r"\u001b[2J\u009b1m\u202e\u000d\u000a\udb40\udc41"
        );
    }

    #[test]
    fn long_values_continue_below_themselves() {
        let mut lines = String::new();
        row(&mut lines, "What", "word ".repeat(14).trim_end());
        row(&mut lines, "Long", &"x".repeat(70));
        let lines = anstream::adapter::strip_str(&lines).to_string();
        let expected = [
            format!("  What             {}", "word ".repeat(12).trim_end()),
            format!("{}word word", " ".repeat(19)),
            format!("  Long             {}", "x".repeat(70)),
        ];
        assert_eq!(lines.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn styles_take_no_place_in_a_line() {
        let mut lines = String::new();
        row(&mut lines, "What", &paint(CAUTION, "word ".repeat(12).trim_end()));
        assert_eq!(lines.lines().count(), 1, "{lines}");
    }

    #[test]
    fn json_stays_json_when_it_is_made_printable() {
        let document = serde_json::json!({"a": "\u{9b}\n\u{202e}\u{e0041}", "b": [1, {}]});
        let json = json(&document).unwrap();
        assert!(!json.contains(['\u{9b}', '\u{202e}', '\u{e0041}']), "{json}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), document);
    }
}
