//! Strings, and their escapes.

use std::ops::Range;

/// A string as it stands in the JSON text, its escapes not resolved yet.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    /// Valid UTF-8, and valid escapes.
    pub(super) raw: &'a [u8],
    pub(super) start: usize,
    pub(super) escaped: bool,
}

impl<'a> Text<'a> {
    /// A string that stands in no JSON text, and has no escapes.
    pub(crate) fn plain(text: &'a str) -> Self {
        Self { raw: text.as_bytes(), start: 0, escaped: false }
    }

    /// Where the string stands in the JSON text, when it can be used as it is.
    pub(crate) fn verbatim(&self) -> Option<Range<usize>> {
        (!self.escaped).then(|| self.start..self.start + self.raw.len())
    }

    /// The string itself, its escapes resolved, in a new allocation.
    pub(super) fn resolved(&self) -> Vec<u8> {
        if self.escaped { self.chars().collect::<String>().into_bytes() } else { self.raw.to_vec() }
    }

    /// The string itself, if it has no escapes.
    pub(crate) fn verbatim_text(&self) -> Option<&'a str> {
        (!self.escaped).then(|| self.as_str())
    }

    /// The string's characters, escapes resolved.
    pub(crate) fn chars(&self) -> impl Iterator<Item = char> + 'a {
        Unescaped(self.as_str().chars())
    }

    /// Hands out the string, escapes resolved, in runs of characters: as it stands between escapes.
    pub(super) fn for_each_run(&self, mut hand_out: impl FnMut(&str)) {
        let mut rest = self.as_str();
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

    /// Whether the string is `other`, whose text needs no escapes. Never allocates.
    pub(crate) fn is(&self, other: &str) -> bool {
        if self.escaped { self.chars().eq(other.chars()) } else { self.raw == other.as_bytes() }
    }

    pub(super) fn same(&self, other: &Text<'_>) -> bool {
        if self.escaped || other.escaped { self.chars().eq(other.chars()) } else { self.raw == other.raw }
    }

    fn as_str(&self) -> &'a str {
        std::str::from_utf8(self.raw).unwrap_or_default()
    }
}

/// Resolves the escapes of a string that the reader has checked.
struct Unescaped<'a>(std::str::Chars<'a>);

impl Unescaped<'_> {
    fn code_unit(&mut self) -> u32 {
        self.0.by_ref().take(4).fold(0, |unit, digit| unit * 16 + digit.to_digit(16).unwrap_or_default())
    }
}

impl Iterator for Unescaped<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let character = self.0.next()?;
        if character != '\\' {
            return Some(character);
        }
        Some(match self.0.next()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let mut code = self.code_unit();
                if (0xd800..0xdc00).contains(&code) {
                    // The reader has seen the other half: `\u` and four digits.
                    let _escape = self.0.by_ref().take(2).count();
                    code = 0x1_0000 + ((code - 0xd800) << 10) + self.code_unit().saturating_sub(0xdc00);
                }
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            other => other,
        })
    }
}
