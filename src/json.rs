//! A strict JSON reader over bytes: bounded, zero copy, and refusing what two readers could understand differently.
//!
//! It takes a subset of RFC 8259: one value, valid Unicode, no member twice in an object, at most 32 levels, numbers
//! of at most 64 characters. The value is read where it stands; only a text with escapes is ever copied.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use crate::rejection::{Detail, Reason, Rejection};

/// How deep arrays and objects may nest.
const MAX_DEPTH: u32 = 32;
/// How long a number may be, in characters.
const MAX_NUMBER_LENGTH: usize = 64;
/// How many member names are held without an allocation.
const NAMES_IN_PLACE: usize = 32;

/// What a reader reports for each rule: header and claims have reasons of their own.
pub(crate) struct Rules {
    pub(crate) not_utf8: Reason,
    pub(crate) malformed: Reason,
    pub(crate) too_deep: Reason,
    pub(crate) duplicate_member: Reason,
    pub(crate) number_too_long: Reason,
    pub(crate) wrong_type: Reason,
    /// The reason for more than 32 members in all; `None` where their number is bounded by the size alone.
    pub(crate) too_many_members: Option<Reason>,
}

/// The type of the value that stands next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    Array,
    String,
    Number,
    Boolean,
    Null,
}

/// Reads one JSON text from front to back.
pub(crate) struct Reader<'a> {
    text: &'a str,
    position: usize,
    depth: u32,
    names: Names<'a>,
    rules: &'static Rules,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8], rules: &'static Rules) -> Result<Self, Rejection> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| Rejection::new(rules.not_utf8, Detail::Position(error.valid_up_to())))?;
        Ok(Self { text, position: 0, depth: 0, names: Names::new(), rules })
    }

    /// Reads an object that is the whole text, calling `member` with each name; `member` reads or skips the value.
    pub(crate) fn document(
        &mut self,
        member: impl FnMut(&mut Self, Text<'a>) -> Result<(), Rejection>,
    ) -> Result<(), Rejection> {
        self.skip_space();
        if self.kind()? != Kind::Object {
            return Err(self.malformed());
        }
        self.object(member)?;
        self.skip_space();
        if self.position == self.text.len() { Ok(()) } else { Err(self.malformed()) }
    }

    /// The type of the next value.
    pub(crate) fn kind(&self) -> Result<Kind, Rejection> {
        match self.peek() {
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'"') => Ok(Kind::String),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b't' | b'f') => Ok(Kind::Boolean),
            Some(b'n') => Ok(Kind::Null),
            _ => Err(self.malformed()),
        }
    }

    /// Reads an object, calling `member` with each name.
    pub(crate) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, Text<'a>) -> Result<(), Rejection>,
    ) -> Result<(), Rejection> {
        let object = self.names.open(self.position);
        self.descend(b'{')?;
        if !self.closes(b'}') {
            loop {
                let name = self.string()?;
                self.remember(&object, name)?;
                self.skip_space();
                self.expect(b':')?;
                self.skip_space();
                member(self, name)?;
                if self.closes(b'}') {
                    break;
                }
                self.expect(b',')?;
                self.skip_space();
            }
        }
        self.depth -= 1;
        self.names.close(object);
        Ok(())
    }

    /// Reads an array, calling `element` before each value; `element` reads or skips it.
    pub(crate) fn array(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), Rejection>,
    ) -> Result<(), Rejection> {
        self.descend(b'[')?;
        if !self.closes(b']') {
            loop {
                element(self)?;
                if self.closes(b']') {
                    break;
                }
                self.expect(b',')?;
                self.skip_space();
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Reads a string.
    pub(crate) fn string(&mut self) -> Result<Text<'a>, Rejection> {
        self.expect(b'"')?;
        let start = self.position;
        let mut escaped = false;
        loop {
            match self.next() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(0x20..) => {}
                _ => return Err(self.malformed()),
            }
        }
        let raw = self.slice(start..self.position - 1);
        Ok(Text { raw, start, escaped })
    }

    /// Reads a number and returns it as it is written.
    pub(crate) fn number(&mut self) -> Result<&'a str, Rejection> {
        let start = self.position;
        self.take(b'-');
        // RFC 8259 section 6: no leading zeros, digits on both sides of the point.
        if !self.take(b'0') {
            self.digits(start)?;
        }
        if self.take(b'.') {
            self.digits(start)?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits(start)?;
        }
        Ok(self.slice(start..self.position))
    }

    /// Reads past any value, holding it to every rule.
    pub(crate) fn skip(&mut self) -> Result<(), Rejection> {
        match self.kind()? {
            Kind::Object => self.object(|reader, _| reader.skip()),
            Kind::Array => self.array(Self::skip),
            Kind::String => self.string().map(drop),
            Kind::Number => self.number().map(drop),
            Kind::Boolean if self.peek() == Some(b't') => self.word("true"),
            Kind::Boolean => self.word("false"),
            Kind::Null => self.word("null"),
        }
    }

    /// Reads the string that a member must have; `None` for null, which Kubernetes reads as absence.
    pub(crate) fn optional_string(&mut self, member: &'static str) -> Result<Option<Text<'a>>, Rejection> {
        match self.kind()? {
            Kind::String => self.string().map(Some),
            Kind::Null => self.word("null").map(|()| None),
            _ => Err(self.wrong_type(member)),
        }
    }

    pub(crate) fn wrong_type(&self, member: &'static str) -> Rejection {
        Rejection::new(self.rules.wrong_type, Detail::Member(member))
    }

    fn malformed(&self) -> Rejection {
        self.refuse(self.rules.malformed)
    }

    fn refuse(&self, reason: Reason) -> Rejection {
        Rejection::new(reason, Detail::Position(self.position))
    }

    fn remember(&mut self, object: &Object, name: Text<'a>) -> Result<(), Rejection> {
        match self.names.insert(object, name, self.rules.too_many_members.is_none()) {
            Insertion::New => Ok(()),
            Insertion::Duplicate => Err(self.refuse(self.rules.duplicate_member)),
            Insertion::Full => Err(self.refuse(self.rules.too_many_members.unwrap_or(self.rules.malformed))),
        }
    }

    fn descend(&mut self, bracket: u8) -> Result<(), Rejection> {
        self.expect(bracket)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.refuse(self.rules.too_deep));
        }
        Ok(())
    }

    /// Skips white space and takes the closing bracket if it stands next.
    fn closes(&mut self, bracket: u8) -> bool {
        self.skip_space();
        self.take(bracket)
    }

    fn digits(&mut self, number_start: usize) -> Result<(), Rejection> {
        let start = self.position;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.position += 1;
            if self.position - number_start > MAX_NUMBER_LENGTH {
                return Err(self.refuse(self.rules.number_too_long));
            }
        }
        if self.position == start { Err(self.malformed()) } else { Ok(()) }
    }

    /// Reads what follows a backslash. A lone surrogate is no Unicode text (RFC 8259 section 8.2).
    fn escape(&mut self) -> Result<(), Rejection> {
        match self.next() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(()),
            Some(b'u') => match self.code_unit()? {
                0xd800..=0xdbff => {
                    let pairs =
                        self.take(b'\\') && self.take(b'u') && matches!(self.code_unit()?, 0xdc00..=0xdfff);
                    if pairs { Ok(()) } else { Err(self.refuse(self.rules.not_utf8)) }
                }
                0xdc00..=0xdfff => Err(self.refuse(self.rules.not_utf8)),
                _ => Ok(()),
            },
            _ => Err(self.malformed()),
        }
    }

    fn code_unit(&mut self) -> Result<u32, Rejection> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit =
                self.next().and_then(|byte| char::from(byte).to_digit(16)).ok_or_else(|| self.malformed())?;
            unit = unit * 16 + digit;
        }
        Ok(unit)
    }

    fn word(&mut self, word: &str) -> Result<(), Rejection> {
        let end = self.position + word.len();
        if self.text.as_bytes().get(self.position..end) != Some(word.as_bytes()) {
            return Err(self.malformed());
        }
        self.position = end;
        Ok(())
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.position += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Rejection> {
        if self.take(byte) { Ok(()) } else { Err(self.malformed()) }
    }

    fn take(&mut self, byte: u8) -> bool {
        let stands = self.peek() == Some(byte);
        self.position += usize::from(stands);
        stands
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.position += 1;
        Some(byte)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }
}

/// A string as it stands in the JSON text, its escapes not resolved yet.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    raw: &'a str,
    start: usize,
    escaped: bool,
}

impl<'a> Text<'a> {
    /// Where the string stands in the JSON text, when it can be used as it is.
    pub(crate) fn verbatim(&self) -> Option<Range<usize>> {
        (!self.escaped).then(|| self.start..self.start + self.raw.len())
    }

    /// The string itself; borrowed unless it has escapes.
    pub(crate) fn resolve(&self) -> Cow<'a, str> {
        if self.escaped { Cow::Owned(self.chars().collect()) } else { Cow::Borrowed(self.raw) }
    }

    /// The string's characters, escapes resolved.
    pub(crate) fn chars(&self) -> impl Iterator<Item = char> + 'a {
        Unescaped(self.raw.chars())
    }

    /// Whether the string is `other`, whose text needs no escapes. Never allocates.
    pub(crate) fn is(&self, other: &str) -> bool {
        if self.escaped { self.chars().eq(other.chars()) } else { self.raw == other }
    }

    fn same(&self, other: &Text<'_>) -> bool {
        if self.escaped || other.escaped { self.chars().eq(other.chars()) } else { self.raw == other.raw }
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

/// The member names of the objects being read, to find one that stands twice.
///
/// The first 32 are compared one by one in place, which is all that any real token needs; further ones go through a
/// hash set with a random key, so that no input makes the comparison quadratic.
struct Names<'a> {
    in_place: [Text<'a>; NAMES_IN_PLACE],
    length: usize,
    overflow: HashSet<(usize, Cow<'a, str>)>,
}

/// An object whose names are being collected.
struct Object {
    /// Where it begins in the text: tells apart objects whose names overflow.
    position: usize,
    /// Its first name in place.
    first: usize,
}

enum Insertion {
    New,
    Duplicate,
    Full,
}

impl<'a> Names<'a> {
    fn new() -> Self {
        let nothing = Text { raw: "", start: 0, escaped: false };
        Self { in_place: [nothing; NAMES_IN_PLACE], length: 0, overflow: HashSet::new() }
    }

    fn open(&self, position: usize) -> Object {
        Object { position, first: self.length }
    }

    fn close(&mut self, object: Object) {
        self.length = object.first;
    }

    fn insert(&mut self, object: &Object, name: Text<'a>, may_overflow: bool) -> Insertion {
        let siblings = self.in_place.get(object.first..self.length).unwrap_or_default();
        if siblings.iter().any(|sibling| sibling.same(&name)) {
            return Insertion::Duplicate;
        }
        if let Some(slot) = self.in_place.get_mut(self.length) {
            *slot = name;
            self.length += 1;
            return Insertion::New;
        }
        if !may_overflow {
            return Insertion::Full;
        }
        if self.overflow.insert((object.position, name.resolve())) {
            Insertion::New
        } else {
            Insertion::Duplicate
        }
    }
}

#[cfg(test)]
mod tests;
