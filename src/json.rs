//! A strict JSON reader over bytes: bounded, zero copy, and refusing what two readers could understand differently.
//!
//! It takes a subset of RFC 8259: one value, valid Unicode, no member twice in an object, at most 32 levels, numbers
//! of at most 64 characters that a double can hold. The value is read where it stands; only a text with escapes is ever copied.

use std::ops::Range;

use crate::rejection::{Detail, Reason, Rejection};

mod known;
mod names;
mod steps;
mod text;

pub(crate) use known::{Known, KnownName, Member};
pub(crate) use names::Object;
use names::{Insertion, Names};
pub(crate) use text::Text;

/// How deep arrays and objects may nest.
const MAX_DEPTH: u32 = 32;
/// How many members, elements of arrays and escapes a text may have, all together, whose reading is not paid for by a
/// signature: each costs more than its few bytes.
const MOST_PIECES: usize = 64;
/// How long a number may be, in characters.
const MAX_NUMBER_LENGTH: usize = 64;

/// What a reader reports for each rule: header and claims have reasons of their own.
pub(crate) struct Rules {
    pub(crate) not_utf8: Reason,
    pub(crate) malformed: Reason,
    pub(crate) too_deep: Reason,
    pub(crate) duplicate_member: Reason,
    pub(crate) number_out_of_range: Reason,
    pub(crate) wrong_type: Reason,
    /// The reason for more than [`MOST_PIECES`], or for more than 32 unknown members in an object; `None` where their number is
    /// bounded by the size alone.
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

/// JSON text as the rules demand it.
pub(crate) fn utf8<'a>(bytes: &'a [u8], rules: &Rules) -> Result<&'a str, Rejection> {
    let refuse =
        |error: std::str::Utf8Error| Rejection::new(rules.not_utf8, Detail::Position(error.valid_up_to()));
    std::str::from_utf8(bytes).map_err(refuse)
}

/// Reads one JSON text from front to back.
///
/// Once something is refused, nothing more is read: the reader knows where, and what the [`Reason`] does not say.
pub(crate) struct Reader<'a> {
    /// Valid UTF-8.
    text: &'a [u8],
    position: usize,
    depth: u32,
    /// How many more members, elements and escapes there may be.
    pieces: usize,
    names: Names,
    rules: &'static Rules,
    /// The member that was refused, where its name says more than its position.
    refused: Option<&'static str>,
}

impl<'a> Reader<'a> {
    /// Reads a text by `read`, which reads an [`object`](Self::object): the whole text.
    #[inline]
    pub(crate) fn read<T>(
        text: &'a str,
        rules: &'static Rules,
        read: impl FnOnce(&mut Self) -> Result<T, Reason>,
    ) -> Result<T, Rejection> {
        let text = text.as_bytes();
        let pieces = if rules.too_many_members.is_some() { MOST_PIECES } else { usize::MAX };
        let names = Names::default();
        let mut reader = Self { text, position: 0, depth: 0, pieces, names, rules, refused: None };
        reader.skip_space();
        match read(&mut reader).and_then(|value| reader.end().map(|()| value)) {
            Ok(value) => Ok(value),
            Err(reason) => Err(reader.rejection(reason)),
        }
    }

    fn end(&mut self) -> Result<(), Reason> {
        self.skip_space();
        if self.position == self.text.len() { Ok(()) } else { Err(self.rules.malformed) }
    }

    #[cold]
    fn rejection(&self, reason: Reason) -> Rejection {
        Rejection::new(reason, self.refused.map_or(Detail::Position(self.position), Detail::Member))
    }

    /// The type of the next value.
    pub(crate) fn kind(&self) -> Result<Kind, Reason> {
        match self.peek() {
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'"') => Ok(Kind::String),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b't' | b'f') => Ok(Kind::Boolean),
            Some(b'n') => Ok(Kind::Null),
            _ => Err(self.rules.malformed),
        }
    }

    /// Reads the next name of the object that stands here, or that was begun before: as the one it is of those `known`,
    /// or as it stands. The caller then reads or skips the value. `None` at the object's end.
    #[inline]
    pub(crate) fn member<N: Copy>(
        &mut self,
        object: &mut Object,
        known: Known<N>,
    ) -> Result<Option<Member<'a, N>>, Reason> {
        if !object.begun {
            (object.position, object.first) = (self.position, self.names.length);
        }
        if !self.another(&mut object.begun, b'{', b'}')? {
            self.names.length = object.first;
            return Ok(None);
        }
        let (index, member) = match self.expected_name(known, object.expected) {
            Some((index, name)) => (Some(index), Member::Known(name)),
            None => self.any_name(known, object)?,
        };
        if index.is_some_and(|index| object.has_known(index)) {
            return Err(self.rules.duplicate_member);
        }
        self.skip_space();
        Ok(Some(member))
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
    #[cold]
    fn any_name<N: Copy>(
        &mut self,
        known: Known<N>,
        object: &mut Object,
    ) -> Result<(Option<usize>, Member<'a, N>), Reason> {
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

    /// Whether the array that stands here, or that was `begun` before, has another element, which the caller then reads
    /// or skips.
    pub(crate) fn element(&mut self, begun: &mut bool) -> Result<bool, Reason> {
        self.another(begun, b'[', b']')
    }

    /// Moves to the next member or element, past what stands before it; or past the closing bracket.
    fn another(&mut self, begun: &mut bool, open: u8, close: u8) -> Result<bool, Reason> {
        let is_first = !std::mem::replace(begun, true);
        if is_first {
            self.descend(open)?;
        }
        self.skip_space();
        if self.take(close) {
            self.depth -= 1;
            return Ok(false);
        }
        if !is_first {
            self.expect(b',')?;
            self.skip_space();
        }
        self.count_piece()?;
        Ok(true)
    }

    /// Reads a string.
    #[inline]
    pub(crate) fn string(&mut self) -> Result<Text<'a>, Reason> {
        let start = self.position + 1;
        let escaped = self.skip_string()?;
        Ok(Text { raw: self.slice(start..self.position - 1), start, escaped })
    }

    /// Reads past a string; tells whether it has escapes.
    #[inline(never)]
    fn skip_string(&mut self) -> Result<bool, Reason> {
        self.expect(b'"')?;
        self.position = plain_end(self.text, self.position);
        let escaped = !self.take(b'"');
        if escaped {
            self.skip_escaped()?;
        }
        Ok(escaped)
    }

    /// Reads past the rest of a string in which something else than letters was met.
    #[cold]
    fn skip_escaped(&mut self) -> Result<(), Reason> {
        while !self.take(b'"') {
            if !self.take(b'\\') {
                return Err(self.rules.malformed);
            }
            self.count_piece()?;
            self.escape()?;
            self.position = plain_end(self.text, self.position);
        }
        Ok(())
    }

    /// Reads a number and returns it as it is written.
    pub(crate) fn number(&mut self) -> Result<&'a str, Reason> {
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
            // Without an exponent, 64 characters are never too many for a double.
            if !self.number_since(start).parse::<f64>().is_ok_and(f64::is_finite) {
                return Err(self.rules.number_out_of_range);
            }
        }
        Ok(self.number_since(start))
    }

    fn number_since(&self, start: usize) -> &'a str {
        std::str::from_utf8(self.slice(start..self.position)).unwrap_or_default()
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
    pub(crate) fn skip(&mut self) -> Result<(), Reason> {
        match self.kind()? {
            Kind::Object => {
                let mut object = Object::default();
                while self.member::<()>(&mut object, &[])?.is_some() {
                    self.skip()?;
                }
                Ok(())
            }
            Kind::Array => {
                let mut begun = false;
                while self.element(&mut begun)? {
                    self.skip()?;
                }
                Ok(())
            }
            Kind::String => self.skip_string().map(drop),
            Kind::Number => self.number().map(drop),
            Kind::Boolean if self.peek() == Some(b't') => self.word("true"),
            Kind::Boolean => self.word("false"),
            Kind::Null => self.word("null"),
        }
    }

    /// Reads the string that a member must have; `None` for null, which Kubernetes reads as absence.
    #[inline]
    pub(crate) fn optional_string(&mut self, member: &'static str) -> Result<Option<Text<'a>>, Reason> {
        if self.peek() == Some(b'"') { self.string().map(Some) } else { self.null(member).map(|()| None) }
    }

    /// Reads the null that a member may have instead of its value.
    #[cold]
    pub(crate) fn null(&mut self, member: &'static str) -> Result<(), Reason> {
        match self.kind()? {
            Kind::Null => self.word("null"),
            _ => Err(self.wrong_type(member)),
        }
    }

    #[cold]
    pub(crate) fn wrong_type(&mut self, member: &'static str) -> Reason {
        self.refuse(self.rules.wrong_type, member)
    }

    /// Refuses a member by its name.
    #[cold]
    pub(crate) fn refuse(&mut self, reason: Reason, member: &'static str) -> Reason {
        self.refused = Some(member);
        reason
    }

    #[inline(never)]
    fn remember(&mut self, object: &mut Object, name: Text<'_>) -> Result<(), Reason> {
        match self.names.insert(self.text, object, name, self.rules.too_many_members.is_none()) {
            Insertion::New => Ok(()),
            Insertion::Duplicate => Err(self.rules.duplicate_member),
            Insertion::Full => Err(self.rules.too_many_members.unwrap_or(self.rules.malformed)),
        }
    }

    /// Counts a member, an element or an escape.
    fn count_piece(&mut self) -> Result<(), Reason> {
        self.pieces =
            self.pieces.checked_sub(1).ok_or(self.rules.too_many_members.unwrap_or(self.rules.malformed))?;
        steps::count(1);
        Ok(())
    }

    fn descend(&mut self, bracket: u8) -> Result<(), Reason> {
        self.expect(bracket)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.rules.too_deep);
        }
        Ok(())
    }

    fn digits(&mut self, number_start: usize) -> Result<(), Reason> {
        let rest = self.text.get(self.position..).unwrap_or_default();
        let digits = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
        self.position += digits;
        steps::count(digits);
        if self.position - number_start > MAX_NUMBER_LENGTH {
            return Err(self.rules.number_out_of_range);
        }
        if digits == 0 { Err(self.rules.malformed) } else { Ok(()) }
    }

    /// Reads what follows a backslash. A lone surrogate is no Unicode text (RFC 8259 section 8.2).
    fn escape(&mut self) -> Result<(), Reason> {
        match self.next() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(()),
            Some(b'u') => match self.code_unit()? {
                0xd800..=0xdbff => {
                    let pairs =
                        self.take(b'\\') && self.take(b'u') && matches!(self.code_unit()?, 0xdc00..=0xdfff);
                    if pairs { Ok(()) } else { Err(self.rules.not_utf8) }
                }
                0xdc00..=0xdfff => Err(self.rules.not_utf8),
                _ => Ok(()),
            },
            _ => Err(self.rules.malformed),
        }
    }

    fn code_unit(&mut self) -> Result<u32, Reason> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit =
                self.next().and_then(|byte| char::from(byte).to_digit(16)).ok_or(self.rules.malformed)?;
            unit = unit * 16 + digit;
        }
        Ok(unit)
    }

    fn word(&mut self, word: &str) -> Result<(), Reason> {
        let end = self.position + word.len();
        if self.text.get(self.position..end) != Some(word.as_bytes()) {
            return Err(self.rules.malformed);
        }
        self.position = end;
        Ok(())
    }

    #[inline]
    fn skip_space(&mut self) {
        // Nobody writes white space, and no other character that may stand here is below it.
        if self.peek().is_some_and(|byte| byte <= b' ') {
            self.skip_some_space();
        }
    }

    #[cold]
    fn skip_some_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.position += 1;
            steps::count(1);
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Reason> {
        if self.take(byte) { Ok(()) } else { Err(self.rules.malformed) }
    }

    fn take(&mut self, byte: u8) -> bool {
        // A branch, which the CPU guesses; a sum it would wait for, to know where to read next.
        if self.peek() != Some(byte) {
            return false;
        }
        self.position += 1;
        true
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

/// Where the first quote, backslash or control character stands, from `start` on; or the end. Eight bytes at a time.
#[inline]
fn plain_end(text: &[u8], start: usize) -> usize {
    let end = first_special(text, start);
    steps::count(end - start);
    end
}

#[inline]
fn first_special(text: &[u8], start: usize) -> usize {
    let (words, tail) = text.get(start..).unwrap_or_default().as_chunks();
    let mut end = start;
    for word in words {
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            return end + usize::try_from(special.trailing_zeros() / 8).unwrap_or_default();
        }
        end += word.len();
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | ..0x20);
    end + tail.iter().position(is_special).unwrap_or(tail.len())
}

/// Marks, by the high bit of each byte, the quotes, backslashes and control characters of eight bytes. Only the lowest
/// mark is exact: above it, a borrow may mark a byte that is none of these.
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
    let quotes = (word ^ (ONES * 0x22)).wrapping_sub(ONES);
    let backslashes = (word ^ (ONES * 0x5c)).wrapping_sub(ONES);
    let controls = word.wrapping_sub(ONES * 0x20);
    (quotes | backslashes | controls) & !word & HIGH_BITS
}

#[cfg(test)]
mod tests;
