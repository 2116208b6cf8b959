//! Reads JSON as Go's `encoding/json` does, with its words for what is wrong: clients compare them.
//!
//! Like Go, it takes invalid UTF-8 and lone surrogates as U+FFFD. Unlike Go it stops at 200 levels, not at 10,000.

use boundtoken::api::escaped;

/// How deep a document may nest.
const MAX_DEPTH: usize = 200;

/// A JSON value as it was written: numbers as text, members in their order, each as often as it occurs.
///
/// It may hold a token, so it has no `Debug`.
#[derive(Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Boolean(bool),
    Number(String),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads one document.
    ///
    /// # Errors
    /// Go's message, such as `unexpected end of JSON input`.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut reader = Reader { bytes, position: 0 };
        let value = reader.value(0)?;
        match reader.after_space() {
            None => Ok(value),
            Some(found) => Err(unexpected(found, "after top-level value")),
        }
    }

    /// What Go calls a value of this kind.
    pub(crate) fn go_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "bool",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    /// The next byte that is not white space; stays in front of it.
    fn after_space(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.position += 1;
        }
        self.peek()
    }

    fn value(&mut self, depth: usize) -> Result<Json, String> {
        let first = self.after_space().ok_or_else(unexpected_end)?;
        match first {
            b'{' | b'[' if depth == MAX_DEPTH => Err(unexpected(first, "exceeded max depth")),
            b'{' => self.object(depth + 1),
            b'[' => self.array(depth + 1),
            b'"' => self.text().map(Json::Text),
            b'-' | b'0'..=b'9' => self.number().map(Json::Number),
            b't' => self.literal("true", Json::Boolean(true)),
            b'f' => self.literal("false", Json::Boolean(false)),
            b'n' => self.literal("null", Json::Null),
            _ => Err(unexpected(first, "looking for beginning of value")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, String> {
        let mut members = Vec::new();
        self.position += 1;
        if self.after_space() == Some(b'}') {
            self.position += 1;
            return Ok(Json::Object(members));
        }
        loop {
            match self.after_space().ok_or_else(unexpected_end)? {
                b'"' => {}
                found => return Err(unexpected(found, "looking for beginning of object key string")),
            }
            let name = self.text()?;
            match self.after_space().ok_or_else(unexpected_end)? {
                b':' => self.position += 1,
                found => return Err(unexpected(found, "after object key")),
            }
            members.push((name, self.value(depth)?));
            match self.after_space().ok_or_else(unexpected_end)? {
                b',' => self.position += 1,
                b'}' => break,
                found => return Err(unexpected(found, "after object key:value pair")),
            }
        }
        self.position += 1;
        Ok(Json::Object(members))
    }

    fn array(&mut self, depth: usize) -> Result<Json, String> {
        let mut elements = Vec::new();
        self.position += 1;
        if self.after_space() == Some(b']') {
            self.position += 1;
            return Ok(Json::Array(elements));
        }
        loop {
            elements.push(self.value(depth)?);
            match self.after_space().ok_or_else(unexpected_end)? {
                b',' => self.position += 1,
                b']' => break,
                found => return Err(unexpected(found, "after array element")),
            }
        }
        self.position += 1;
        Ok(Json::Array(elements))
    }

    fn literal(&mut self, word: &str, value: Json) -> Result<Json, String> {
        for expected in word.chars() {
            match self.end_as_space() {
                found if char::from(found) == expected => self.position += 1,
                found => {
                    return Err(unexpected(found, &format!("in literal {word} (expecting '{expected}')")));
                }
            }
        }
        Ok(value)
    }

    /// The next byte, where Go's scanner takes the end of the text for a space.
    fn end_as_space(&self) -> u8 {
        self.peek().unwrap_or(b' ')
    }

    fn digits(&mut self, context: &str) -> Result<(), String> {
        match self.end_as_space() {
            b'0'..=b'9' => {}
            found => return Err(unexpected(found, context)),
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.position += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<String, String> {
        let start = self.position;
        if self.peek() == Some(b'-') {
            self.position += 1;
        }
        match self.peek() {
            Some(b'0') => self.position += 1,
            _ => self.digits("in numeric literal")?,
        }
        if self.peek() == Some(b'.') {
            self.position += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.position += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.position += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        let digits = self.bytes.get(start..self.position).unwrap_or_default();
        Ok(String::from_utf8_lossy(digits).into_owned())
    }

    fn text(&mut self) -> Result<String, String> {
        let mut text = String::new();
        self.position += 1;
        loop {
            let rest = self.bytes.get(self.position..).unwrap_or_default();
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
            let plain = plain.ok_or_else(unexpected_end)?;
            text.push_str(&String::from_utf8_lossy(rest.get(..plain).unwrap_or_default()));
            self.position += plain;
            match self.peek() {
                Some(b'"') => {
                    self.position += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    self.position += 1;
                    text.push(self.escape()?);
                }
                found => return Err(unexpected(found.unwrap_or(b' '), "in string literal")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        let escape = self.end_as_space();
        let plain = match escape {
            b'"' | b'\\' | b'/' => char::from(escape),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.position += 1;
                return self.unicode_escape();
            }
            _ => return Err(unexpected(escape, "in string escape code")),
        };
        self.position += 1;
        Ok(plain)
    }

    fn unicode_escape(&mut self) -> Result<char, String> {
        let first = self.four_hex_digits()?;
        let is_low = |unit: u32| (0xdc00..0xe000).contains(&unit);
        if (0xd800..0xdc00).contains(&first) && self.bytes.get(self.position..).is_some_and(is_escape) {
            let before = self.position;
            self.position += 2;
            match self.four_hex_digits()? {
                second if is_low(second) => {
                    let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                    return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                // The other one stands for itself.
                _ => self.position = before,
            }
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn four_hex_digits(&mut self) -> Result<u32, String> {
        let mut unit = 0;
        for _ in 0..4 {
            let found = self.end_as_space();
            let digit = char::from(found)
                .to_digit(16)
                .ok_or_else(|| unexpected(found, "in \\u hexadecimal character escape"))?;
            unit = unit * 16 + digit;
            self.position += 1;
        }
        Ok(unit)
    }
}

fn is_escape(rest: &[u8]) -> bool {
    rest.starts_with(b"\\u")
}

fn unexpected_end() -> String {
    "unexpected end of JSON input".to_owned()
}

fn unexpected(found: u8, context: &str) -> String {
    // Go takes the byte for a character of its own, and shows it as a character literal.
    let shown = match char::from(found) {
        '\'' => r"\'".to_owned(),
        character => escaped(character),
    };
    format!("invalid character '{shown}' {context}")
}

#[cfg(test)]
mod tests;
