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
    /// The reason for more than 32 unknown members; `None` where their number is bounded by the size alone.
    pub(crate) too_many_members: Option<Reason>,
}

/// The members that an object is read for (at most 32), in the order in which issuers write them.
pub(crate) type Known<N> = &'static [KnownName<N>];

/// A known member's name, and what it is to its reader.
pub(crate) struct KnownName<N> {
    name: &'static str,
    value: N,
    /// The first 16 bytes of `"name":` and which of them count, to be compared at once.
    written: u128,
    mask: u128,
}

impl<N> KnownName<N> {
    /// `name` needs no escapes.
    pub(crate) const fn new(name: &'static str, value: N) -> Self {
        let letters = name.as_bytes();
        let (mut written, mut mask, mut index) = ([0; 16], [0; 16], 0);
        while index < 16 && index < letters.len() + 3 {
            written[index] = match index {
                0 => b'"',
                _ if index <= letters.len() => letters[index - 1],
                _ if index == letters.len() + 1 => b'"',
                _ => b':',
            };
            mask[index] = 0xff;
            index += 1;
        }
        Self { name, value, written: u128::from_le_bytes(written), mask: u128::from_le_bytes(mask) }
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether `text`, of which `start` are the first 16 bytes, begins with `"name":`.
    #[inline]
    fn begins(&self, text: &[u8], start: u128) -> bool {
        let written_length = self.name.len() + 3;
        start & self.mask == self.written
            && (written_length <= 16
                || text.get(1..written_length).is_some_and(|rest| {
                    rest.strip_prefix(self.name.as_bytes()).is_some_and(|rest| rest == b"\":")
                }))
    }
}

/// A member of an object, by its name.
pub(crate) enum Member<'a, N> {
    Known(N),
    Unknown(Text<'a>),
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

/// JSON text as the rules demand it.
pub(crate) fn utf8<'a>(bytes: &'a [u8], rules: &Rules) -> Result<&'a str, Rejection> {
    std::str::from_utf8(bytes).map_err(|error| not_utf8(error, rules))
}

/// The refusal of bytes that are no text.
pub(crate) fn not_utf8(error: std::str::Utf8Error, rules: &Rules) -> Rejection {
    Rejection::new(rules.not_utf8, Detail::Position(error.valid_up_to()))
}

/// Reads one JSON text from front to back.
pub(crate) struct Reader<'a> {
    /// Valid UTF-8.
    text: &'a [u8],
    position: usize,
    depth: u32,
    names: Names,
    rules: &'static Rules,
}

impl<'a> Reader<'a> {
    /// Reads an object that is the whole text. Otherwise as [`object`](Self::object).
    pub(crate) fn read<N: Copy>(
        text: &'a str,
        rules: &'static Rules,
        known: Known<N>,
        member: impl FnMut(&mut Self, Member<'a, N>) -> Result<(), Rejection>,
    ) -> Result<(), Rejection> {
        let mut reader = Self { text: text.as_bytes(), position: 0, depth: 0, names: Names::new(), rules };
        reader.skip_space();
        if reader.kind()? != Kind::Object {
            return Err(reader.malformed());
        }
        reader.object(known, member)?;
        reader.skip_space();
        if reader.position == text.len() { Ok(()) } else { Err(reader.malformed()) }
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

    /// Reads an object, calling `member` with each name: as the one it is of those `known`, or as it stands. `member` reads or skips the value.
    pub(crate) fn object<N: Copy>(
        &mut self,
        known: Known<N>,
        mut member: impl FnMut(&mut Self, Member<'a, N>) -> Result<(), Rejection>,
    ) -> Result<(), Rejection> {
        let mut object = self.names.open(self.position);
        let mut expected = 0;
        self.descend(b'{')?;
        if !self.closes(b'}') {
            loop {
                let (index, name) = match self.expected_name(known, expected) {
                    Some((index, name)) => (Some(index), Member::Known(name)),
                    None => self.any_name(known, &mut object)?,
                };
                if let Some(index) = index {
                    if object.has_known(index) {
                        return Err(self.refuse(self.rules.duplicate_member));
                    }
                    expected = index + 1;
                }
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

    /// Reads the name and colon that stand next if they are those of a known member from `expected` on. Kubernetes
    /// writes members sorted, so this is nearly always the case, and saves looking for the name's end.
    #[inline]
    fn expected_name<N: Copy>(&mut self, known: Known<N>, expected: usize) -> Option<(usize, N)> {
        let rest = self.text.get(self.position..)?;
        let start = u128::from_le_bytes(*rest.first_chunk()?);
        let (index, known) =
            known.iter().enumerate().skip(expected).find(|(_, known)| known.begins(rest, start))?;
        self.position += known.name.len() + 3;
        Some((index, known.value))
    }

    /// Reads any name and colon.
    #[inline(never)]
    fn any_name<N: Copy>(
        &mut self,
        known: Known<N>,
        object: &mut Object,
    ) -> Result<(Option<usize>, Member<'a, N>), Rejection> {
        let name = self.string()?;
        let member = match known.iter().enumerate().find(|(_, known)| name.is(known.name)) {
            Some((index, known)) => (Some(index), Member::Known(known.value)),
            None => {
                self.remember(object, name)?;
                (None, Member::Unknown(name))
            }
        };
        self.skip_space();
        self.expect(b':')?;
        Ok(member)
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
    #[inline]
    pub(crate) fn string(&mut self) -> Result<Text<'a>, Rejection> {
        self.expect(b'"')?;
        let start = self.position;
        self.position = plain_end(self.text, start);
        let escaped = self.peek() != Some(b'"');
        if escaped {
            self.skip_escaped()?;
        }
        let raw = self.slice(start..self.position);
        self.position += 1;
        Ok(Text { raw, start, escaped })
    }

    /// Moves to the closing quote of a string in which something else than letters was met.
    #[cold]
    fn skip_escaped(&mut self) -> Result<(), Rejection> {
        while self.peek() != Some(b'"') {
            if !self.take(b'\\') {
                return Err(self.malformed());
            }
            self.escape()?;
            self.position = plain_end(self.text, self.position);
        }
        Ok(())
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
        Ok(std::str::from_utf8(self.slice(start..self.position)).unwrap_or_default())
    }

    /// Reads a number without sign, fraction and exponent; `None`, and nothing read, if it is another or a large one.
    pub(crate) fn small_integer(&mut self) -> Option<u64> {
        /// So many digits always fit.
        const MOST_DIGITS: usize = 18;
        let rest = self.text.get(self.position..)?;
        let mut integer = 0;
        for (length, &byte) in rest.iter().take(MOST_DIGITS + 1).enumerate() {
            match byte {
                b'0'..=b'9' => integer = integer * 10 + u64::from(byte - b'0'),
                // The first digit of several is not zero.
                b',' | b'}' if length > 0 && (length == 1 || rest.first() != Some(&b'0')) => {
                    self.position += length;
                    return Some(integer);
                }
                _ => return None,
            }
        }
        None
    }

    /// Reads past any value, holding it to every rule.
    #[inline(never)]
    pub(crate) fn skip(&mut self) -> Result<(), Rejection> {
        match self.kind()? {
            Kind::Object => self.object::<()>(&[], |reader, _| reader.skip()),
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
        if self.peek() == Some(b'"') {
            return self.string().map(Some);
        }
        match self.kind()? {
            Kind::Null => self.word("null").map(|()| None),
            _ => Err(self.wrong_type(member)),
        }
    }

    #[cold]
    pub(crate) fn wrong_type(&self, member: &'static str) -> Rejection {
        Rejection::new(self.rules.wrong_type, Detail::Member(member))
    }

    #[cold]
    fn malformed(&self) -> Rejection {
        self.refuse(self.rules.malformed)
    }

    #[cold]
    fn refuse(&self, reason: Reason) -> Rejection {
        Rejection::new(reason, Detail::Position(self.position))
    }

    #[inline(never)]
    fn remember(&mut self, object: &mut Object, name: Text<'_>) -> Result<(), Rejection> {
        match self.names.insert(self.text, object, name, self.rules.too_many_members.is_none()) {
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
        let rest = self.text.get(self.position..).unwrap_or_default();
        let digits = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
        self.position += digits;
        if self.position - number_start > MAX_NUMBER_LENGTH {
            return Err(self.refuse(self.rules.number_too_long));
        }
        if digits == 0 { Err(self.malformed()) } else { Ok(()) }
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
        if self.text.get(self.position..end) != Some(word.as_bytes()) {
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
        self.text.get(self.position).copied()
    }

    fn slice(&self, range: Range<usize>) -> &'a [u8] {
        self.text.get(range).unwrap_or_default()
    }
}

/// A string as it stands in the JSON text, its escapes not resolved yet.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    /// Valid UTF-8, and valid escapes.
    raw: &'a [u8],
    start: usize,
    escaped: bool,
}

impl<'a> Text<'a> {
    /// Where the string stands in the JSON text, when it can be used as it is.
    pub(crate) fn verbatim(&self) -> Option<Range<usize>> {
        (!self.escaped).then(|| self.start..self.start + self.raw.len())
    }

    /// The string itself; borrowed unless it has escapes.
    #[inline]
    pub(crate) fn resolve(&self) -> Cow<'a, [u8]> {
        if self.escaped {
            Cow::Owned(self.chars().collect::<String>().into_bytes())
        } else {
            Cow::Borrowed(self.raw)
        }
    }

    /// As [`resolve`](Self::resolve), as text.
    pub(crate) fn resolve_text(&self) -> Cow<'a, str> {
        if self.escaped { Cow::Owned(self.chars().collect()) } else { Cow::Borrowed(self.as_str()) }
    }

    /// The string's characters, escapes resolved.
    pub(crate) fn chars(&self) -> impl Iterator<Item = char> + 'a {
        Unescaped(self.as_str().chars())
    }

    /// Whether the string is `other`, whose text needs no escapes. Never allocates.
    pub(crate) fn is(&self, other: &str) -> bool {
        if self.escaped { self.chars().eq(other.chars()) } else { self.raw == other.as_bytes() }
    }

    fn same(&self, other: &Text<'_>) -> bool {
        if self.escaped || other.escaped { self.chars().eq(other.chars()) } else { self.raw == other.raw }
    }

    fn as_str(&self) -> &'a str {
        std::str::from_utf8(self.raw).unwrap_or_default()
    }
}

/// Where the first quote, backslash or control character stands, from `start` on; or the end. Eight bytes at a time.
#[inline]
fn plain_end(text: &[u8], start: usize) -> usize {
    let mut end = start;
    while let Some(chunk) = text.get(end..).and_then(<[u8]>::first_chunk) {
        let special = special_bytes(u64::from_le_bytes(*chunk));
        if special != 0 {
            return end + usize::try_from(special.trailing_zeros() / 8).unwrap_or_default();
        }
        end += 8;
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | ..0x20);
    let rest = text.get(end..).unwrap_or_default();
    end + rest.iter().position(is_special).unwrap_or(rest.len())
}

/// Marks, by the high bit of each byte, the quotes, backslashes and control characters of eight bytes. Only the lowest
/// mark is exact: above it, a borrow may mark a byte that is none of these.
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
    let zero_bytes = |word: u64| word.wrapping_sub(ONES) & !word;
    let quotes = zero_bytes(word ^ (ONES * 0x22));
    let backslashes = zero_bytes(word ^ (ONES * 0x5c));
    let controls = word.wrapping_sub(ONES * 0x20) & !word;
    (quotes | backslashes | controls) & HIGH_BITS
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

/// The unknown member names of the objects being read, to find one that stands twice.
///
/// The first 32 are kept in place; further ones go into a hash set with a random key, so that no input makes the
/// comparison quadratic.
struct Names {
    in_place: [Place; NAMES_IN_PLACE],
    length: usize,
    overflow: Option<HashSet<(usize, Vec<u8>)>>,
}

/// Where a name stands in the text.
#[derive(Clone, Copy, Default)]
struct Place {
    start: u32,
    length: u32,
    escaped: bool,
}

/// An object whose names are being collected.
struct Object {
    /// Where it begins in the text: tells apart objects whose names overflow.
    position: usize,
    /// Its first name in place.
    first: usize,
    /// A bit for each known member so far.
    known: u32,
    /// A bit for each other name so far: one whose bit is not set has not been seen, and need not be compared.
    seen: u64,
}

enum Insertion {
    New,
    Duplicate,
    Full,
}

impl Place {
    fn of(name: &Text<'_>) -> Self {
        // Texts are at most 1 MiB.
        let offset = |position| u32::try_from(position).unwrap_or(u32::MAX);
        Self { start: offset(name.start), length: offset(name.raw.len()), escaped: name.escaped }
    }

    fn name(self, text: &[u8]) -> Text<'_> {
        let offset = |position| usize::try_from(position).unwrap_or(usize::MAX);
        let start = offset(self.start);
        let raw = text.get(start..start.saturating_add(offset(self.length))).unwrap_or_default();
        Text { raw, start, escaped: self.escaped }
    }
}

impl Names {
    fn new() -> Self {
        Self { in_place: [Place::default(); NAMES_IN_PLACE], length: 0, overflow: None }
    }

    fn open(&self, position: usize) -> Object {
        Object { position, first: self.length, known: 0, seen: 0 }
    }

    fn close(&mut self, object: Object) {
        self.length = object.first;
    }

    fn insert(&mut self, text: &[u8], object: &mut Object, name: Text<'_>, may_overflow: bool) -> Insertion {
        let seen_before = object.sees(&name);
        if seen_before {
            let siblings = self.in_place.get(object.first..self.length).unwrap_or_default();
            if siblings.iter().any(|sibling| sibling.name(text).same(&name)) {
                return Insertion::Duplicate;
            }
        }
        if let Some(slot) = self.in_place.get_mut(self.length) {
            *slot = Place::of(&name);
            self.length += 1;
            return Insertion::New;
        }
        if !may_overflow {
            return Insertion::Full;
        }
        let overflow = self.overflow.get_or_insert_default();
        let inserted = overflow.insert((object.position, name.resolve().into_owned()));
        if inserted { Insertion::New } else { Insertion::Duplicate }
    }
}

impl Object {
    /// Sets a known member's bit; tells whether it was set before.
    fn has_known(&mut self, index: usize) -> bool {
        let bit = 1 << (index % 32);
        let seen_before = self.known & bit != 0;
        self.known |= bit;
        seen_before
    }

    /// Sets the name's bit; tells whether it was set before, which an escaped name always counts as.
    fn sees(&mut self, name: &Text<'_>) -> bool {
        if name.escaped {
            self.seen = u64::MAX;
            return true;
        }
        let letter = |letter: Option<&u8>| u64::from(letter.copied().unwrap_or_default());
        let length = u64::try_from(name.raw.len()).unwrap_or_default();
        let mixed =
            letter(name.raw.first()) * 7 + letter(name.raw.get(1)) * 3 + letter(name.raw.last()) + length;
        let bit = 1 << (mixed % 64);
        let seen_before = self.seen & bit != 0;
        self.seen |= bit;
        seen_before
    }
}

#[cfg(test)]
mod tests;
