//! Strings and their escapes.

use std::ops::Range;

/// A string of a JSON text. Its escapes are not resolved yet.
#[derive(Clone, Copy, Default)]
pub(crate) struct Text<'a> {
    /// The text between the quotes. The reader has checked its escapes.
    pub(super) raw: &'a str,
    /// The offset of `raw` in the JSON text.
    pub(super) start: usize,
    pub(super) escaped: bool,
}

impl<'a> Text<'a> {
    /// Wraps a string without escapes that comes from elsewhere than a JSON text.
    pub(crate) fn plain(text: &'a str) -> Self {
        Self { raw: text, start: 0, escaped: false }
    }

    /// Returns the string's range in the JSON text, or `None` if it has escapes.
    pub(crate) fn verbatim(&self) -> Option<Range<usize>> {
        (!self.escaped).then(|| self.start..self.start + self.raw.len())
    }

    /// Returns a copy of the string, with its escapes resolved.
    pub(super) fn resolved(&self) -> String {
        if self.escaped { self.chars().collect() } else { self.raw.to_owned() }
    }

    /// Returns the string, or `None` if it has escapes.
    pub(crate) fn verbatim_text(&self) -> Option<&'a str> {
        (!self.escaped).then_some(self.raw)
    }

    /// Returns the string's characters, with its escapes resolved.
    pub(crate) fn chars(&self) -> impl Iterator<Item = char> + 'a {
        Unescaped(self.raw.chars())
    }

    /// Passes the string to `hand_out` in runs, with its escapes resolved. Text between escapes is one run.
    pub(super) fn for_each_run(&self, mut hand_out: impl FnMut(&str)) {
        let mut rest = self.raw;
        let backslash = |text: &str| if self.escaped { memchr::memchr(b'\\', text.as_bytes()) } else { None };
        while let Some((run, escape)) = backslash(rest).and_then(|place| rest.split_at_checked(place)) {
            hand_out(run);
            let mut characters = Unescaped(escape.chars());
            if let Some(character) = characters.next() {
                hand_out(character.encode_utf8(&mut [0; 4]));
            }
            rest = characters.0.as_str();
        }
        hand_out(rest);
    }

    /// Returns whether the resolved string equals `other`. Never allocates.
    pub(crate) fn is(&self, other: &str) -> bool {
        if self.escaped { self.chars().eq(other.chars()) } else { self.raw == other }
    }

    /// Returns whether both strings are equal once resolved. Never allocates.
    pub(super) fn same(&self, other: &Text<'_>) -> bool {
        if self.escaped || other.escaped { self.chars().eq(other.chars()) } else { self.raw == other.raw }
    }
}

/// Resolves the escapes of a string that the reader has checked.
struct Unescaped<'a>(std::str::Chars<'a>);

impl Unescaped<'_> {
    /// Reads what follows `\u`, including the second half of a surrogate pair.
    fn unicode(&mut self) -> Option<char> {
        let mut code = self.code_unit()?;
        if (0xd800..0xdc00).contains(&code) {
            let _escape = self.0.by_ref().take(2).count();
            code = 0x1_0000 + ((code - 0xd800) << 10) + self.code_unit()?.checked_sub(0xdc00)?;
        }
        char::from_u32(code)
    }

    /// Reads four hexadecimal digits.
    fn code_unit(&mut self) -> Option<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit * 16 + self.0.next()?.to_digit(16)?;
        }
        Some(unit)
    }
}

impl Iterator for Unescaped<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let character = self.0.next()?;
        if character != '\\' {
            return Some(character);
        }
        let resolved = match self.0.next() {
            Some('b') => Some('\u{8}'),
            Some('f') => Some('\u{c}'),
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some('t') => Some('\t'),
            Some('u') => self.unicode(),
            other => other,
        };
        // Never truncates: refuses.
        Some(resolved.unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}
