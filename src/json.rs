//! A strict, bounded, zero-copy JSON reader. It refuses whatever two readers could understand differently.
//!
//! It accepts a subset of RFC 8259: one value of valid Unicode, no duplicate member names, and at most 32 levels. A
//! number has at most 64 characters and fits a double. Only strings with escapes are ever copied.

use std::ops::Range;

use crate::rejection::{Detail, PartName, Reason, Rejection};

mod digits;
mod known;
mod names;
mod steps;
mod text;

pub(crate) use known::{Known, KnownName, Member};
pub(crate) use names::Object;
use names::{Insertion, Names};
pub(crate) use text::Text;

/// The deepest nesting of arrays and objects.
const MAX_DEPTH: u32 = 32;
/// The most members, array elements and escapes, counted together, in a text that is read before its signature is
/// checked. Each costs more to read than its few bytes suggest.
const MAX_PIECES: usize = 64;
/// The longest number, in characters.
const MAX_NUMBER_LENGTH: usize = 64;

/// The reason that a reader reports for each rule. Header and claims have different reasons.
pub(crate) struct Rules {
    /// The part of the token that the text comes from, for messages.
    pub(crate) part: PartName,
    pub(crate) not_utf8: Reason,
    pub(crate) malformed: Reason,
    pub(crate) too_deep: Reason,
    pub(crate) duplicate_member: Reason,
    pub(crate) number_out_of_range: Reason,
    pub(crate) wrong_type: Reason,
    /// The reason for more than [`MAX_PIECES`], or for more than 32 unknown members in an object. `None` sets no limit
    /// but the size of the text.
    pub(crate) too_many_members: Option<Reason>,
}

/// The type of a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    Array,
    String,
    Number,
    Boolean,
    Null,
}

/// Checks that JSON text is UTF-8, and returns it as such.
pub(crate) fn utf8<'a>(bytes: &'a [u8], rules: &Rules) -> Result<&'a str, Rejection> {
    std::str::from_utf8(bytes)
        .map_err(|error| Rejection::new(rules.not_utf8, Detail::Position(rules.part, error.valid_up_to())))
}

/// Reads one JSON text from front to back.
///
/// The first error ends the reading. The reader then knows the position and, for some errors, the member.
pub(crate) struct Reader<'a> {
    text: &'a str,
    position: usize,
    depth: u32,
    /// How many more members, elements and escapes are allowed.
    pieces: usize,
    names: Names<'a>,
    rules: &'static Rules,
    /// The refused member, where its name says more than the position.
    refused: Option<&'static str>,
}

impl<'a> Reader<'a> {
    /// Parses a whole text with `read`. Refuses anything but white space around what `read` consumes.
    #[inline]
    pub(crate) fn read<T>(
        text: &'a str,
        rules: &'static Rules,
        read: impl FnOnce(&mut Self) -> Result<T, Reason>,
    ) -> Result<T, Rejection> {
        let pieces = if rules.too_many_members.is_some() { MAX_PIECES } else { usize::MAX };
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
        let position = Detail::Position(self.rules.part, self.position);
        Rejection::new(reason, self.refused.map_or(position, Detail::Member))
    }

    /// Returns the type of the next value.
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

    /// Reads the next member name of `object`, and opens the object if it is new. Returns `None` at the object's end.
    ///
    /// The name comes back as one of the `known` names, or as the text itself. The caller must then read or skip the
    /// value.
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

    /// Reads a name and its colon if the name is a known one from index `expected` on.
    ///
    /// Kubernetes sorts members, so this nearly always succeeds. It saves the search for the name's end.
    #[inline]
    fn expected_name<N: Copy>(&mut self, known: Known<N>, expected: usize) -> Option<(usize, N)> {
        let rest = self.bytes().get(self.position..)?;
        let start = u128::from_le_bytes(*rest.first_chunk()?);
        let (index, known) =
            known.iter().enumerate().skip(expected).find(|(_, known)| known.begins(rest, start))?;
        self.position += known.name.len() + 3;
        Some((index, known.value))
    }

    /// Reads any name and its colon.
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

    /// Returns whether the array has another element, and opens the array unless it was `begun`. The caller must then
    /// read or skip the element.
    pub(crate) fn element(&mut self, begun: &mut bool) -> Result<bool, Reason> {
        self.another(begun, b'[', b']')
    }

    /// Moves to the next member or element and returns true, or past the closing bracket and returns false.
    fn another(&mut self, begun: &mut bool, open: u8, close: u8) -> Result<bool, Reason> {
        let is_first = !std::mem::replace(begun, true);
        // What an issuer writes between two members, or between two strings.
        if !is_first && self.begins(",\"") {
            self.position += 1;
            self.count_piece()?;
            return Ok(true);
        }
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
        let raw = self.text.get(start..self.position - 1).ok_or(self.rules.malformed)?;
        Ok(Text { raw, start, escaped })
    }

    /// Reads a string without escapes, and returns its range in the text. Otherwise returns `None` and reads nothing.
    #[inline]
    pub(crate) fn verbatim_string(&mut self) -> Option<Range<usize>> {
        let rest = self.bytes().get(self.position..)?.strip_prefix(b"\"")?;
        let length = plain_length(rest);
        if rest.get(length) != Some(&b'"') {
            return None;
        }
        steps::count(length);
        let start = self.position + 1;
        self.position = start + length + 1;
        Some(start..start + length)
    }

    /// Reads strings without escapes, each behind the text of its place in `before`, and then `end`. Returns their ranges in
    /// the text. Reads nothing unless all of this stands there letter by letter.
    ///
    /// This is for objects that issuers always write alike, under rules that do not limit members: it counts none.
    #[inline]
    pub(crate) fn verbatim_strings<const N: usize>(
        &mut self,
        before: [&str; N],
        end: &str,
    ) -> Option<[Range<usize>; N]> {
        let start = self.position;
        let mut ranges = [const { 0..0 }; N];
        let is_as_expected = before.iter().zip(&mut ranges).all(|(before, range)| {
            let string = if self.take_text(before) { self.verbatim_string() } else { None };
            string.map(|string| *range = string).is_some()
        });
        if is_as_expected && self.take_text(end) {
            return Some(ranges);
        }
        self.position = start;
        None
    }

    /// Skips a string. Returns whether it has escapes.
    #[inline(never)]
    fn skip_string(&mut self) -> Result<bool, Reason> {
        self.expect(b'"')?;
        self.skip_plain()?;
        let escaped = !self.take(b'"');
        if escaped {
            self.skip_escaped()?;
        }
        Ok(escaped)
    }

    /// Skips the rest of a string, from its first escape on.
    #[cold]
    fn skip_escaped(&mut self) -> Result<(), Reason> {
        while !self.take(b'"') {
            if !self.take(b'\\') {
                return Err(self.rules.malformed);
            }
            self.count_piece()?;
            self.escape()?;
            self.skip_plain()?;
        }
        Ok(())
    }

    /// Skips to the next quote, backslash or control character, or to the end.
    #[inline]
    fn skip_plain(&mut self) -> Result<(), Reason> {
        let rest = self.bytes().get(self.position..).ok_or(self.rules.malformed)?;
        let plain = plain_length(rest);
        steps::count(plain);
        self.position += plain;
        Ok(())
    }

    /// Reads a number and returns its text.
    pub(crate) fn number(&mut self) -> Result<&'a str, Reason> {
        let start = self.position;
        self.take(b'-');
        // RFC 8259 section 6 forbids leading zeros and demands digits on both sides of the point.
        if !self.take(b'0') {
            self.digits(start)?;
        }
        if self.take(b'.') {
            self.digits(start)?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits(start)?;
            // Without an exponent, 64 characters always fit a double.
            if !self.number_since(start)?.parse::<f64>().is_ok_and(f64::is_finite) {
                return Err(self.rules.number_out_of_range);
            }
        }
        self.number_since(start)
    }

    fn number_since(&self, start: usize) -> Result<&'a str, Reason> {
        self.text.get(start..self.position).ok_or(self.rules.malformed)
    }

    /// Reads an integer of at most 18 digits, without sign, fraction or exponent. Otherwise returns `None` and reads
    /// nothing.
    pub(crate) fn small_integer(&mut self) -> Option<u64> {
        /// 18 digits always fit a `u64`.
        const MAX_DIGITS: usize = 18;
        let rest = self.bytes().get(self.position..)?;
        // Today's times have ten digits.
        let (mut integer, read) = digits::first_eight(rest).map_or((0, 0), |eight| (eight, 8));
        for (length, &byte) in rest.iter().enumerate().take(MAX_DIGITS + 1).skip(read) {
            match byte {
                b'0'..=b'9' => integer = integer * 10 + u64::from(byte - b'0'),
                // No leading zeros.
                b',' | b'}' if length > 0 && (length == 1 || rest.first() != Some(&b'0')) => {
                    self.position += length;
                    return Some(integer);
                }
                _ => return None,
            }
        }
        None
    }

    /// Skips any value. The value must still obey every rule.
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
            Kind::Boolean if self.peek() == Some(b't') => self.literal("true"),
            Kind::Boolean => self.literal("false"),
            Kind::Null => self.literal("null"),
        }
    }

    /// Reads a string, or null as `None`. Kubernetes treats a null member as absent.
    #[inline]
    pub(crate) fn optional_string(&mut self, member: &'static str) -> Result<Option<Text<'a>>, Reason> {
        if self.peek() == Some(b'"') { self.string().map(Some) } else { self.null(member).map(|()| None) }
    }

    /// Reads null, and refuses any other value as the wrong type for `member`.
    #[cold]
    pub(crate) fn null(&mut self, member: &'static str) -> Result<(), Reason> {
        match self.kind()? {
            Kind::Null => self.literal("null"),
            _ => Err(self.wrong_type(member)),
        }
    }

    #[cold]
    pub(crate) fn wrong_type(&mut self, member: &'static str) -> Reason {
        self.refuse(self.rules.wrong_type, member)
    }

    /// Records the refused member's name, and returns `reason`.
    #[cold]
    pub(crate) fn refuse(&mut self, reason: Reason, member: &'static str) -> Reason {
        self.refused = Some(member);
        reason
    }

    #[inline(never)]
    fn remember(&mut self, object: &mut Object, name: Text<'a>) -> Result<(), Reason> {
        match self.names.insert(object, name, self.rules.too_many_members.is_none()) {
            Insertion::New => Ok(()),
            Insertion::Duplicate => Err(self.rules.duplicate_member),
            Insertion::Full => Err(self.too_many()),
        }
    }

    /// Counts a member, an element or an escape.
    fn count_piece(&mut self) -> Result<(), Reason> {
        self.pieces = self.pieces.checked_sub(1).ok_or_else(|| self.too_many())?;
        steps::count(1);
        Ok(())
    }

    #[cold]
    fn too_many(&self) -> Reason {
        // Unlimited: still refuses.
        self.rules.too_many_members.unwrap_or(self.rules.malformed)
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
        let rest = self.bytes().get(self.position..).ok_or(self.rules.malformed)?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.position += digits;
        steps::count(digits);
        if self.position - number_start > MAX_NUMBER_LENGTH {
            return Err(self.rules.number_out_of_range);
        }
        if digits == 0 { Err(self.rules.malformed) } else { Ok(()) }
    }

    /// Reads the rest of an escape, after its backslash. Refuses a lone surrogate (RFC 8259 section 8.2).
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

    fn literal(&mut self, literal: &str) -> Result<(), Reason> {
        if self.take_text(literal) { Ok(()) } else { Err(self.rules.malformed) }
    }

    #[inline]
    fn skip_space(&mut self) {
        // White space is rare, and every other character allowed here is above it.
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

    fn take_text(&mut self, text: &str) -> bool {
        let begins = self.begins(text);
        if begins {
            self.position += text.len();
        }
        begins
    }

    /// Returns whether the rest begins with this text.
    fn begins(&self, text: &str) -> bool {
        self.bytes().get(self.position..).is_some_and(|rest| rest.starts_with(text.as_bytes()))
    }

    fn take(&mut self, byte: u8) -> bool {
        // A branch, not arithmetic: the CPU predicts it and need not wait for the next position.
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
        self.bytes().get(self.position).copied()
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }
}

/// Returns the number of bytes before the first quote, backslash or control character. Reads eight bytes at a time.
#[inline]
fn plain_length(text: &[u8]) -> usize {
    let (words, tail) = text.as_chunks();
    let mut length = 0;
    for word in words {
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            // At most 64 bits: the lowest byte holds the count.
            let [zero_bits, ..] = special.trailing_zeros().to_le_bytes();
            return length + usize::from(zero_bits / 8);
        }
        length += word.len();
    }
    let is_plain = |byte: &&u8| !matches!(byte, b'"' | b'\\' | ..0x20);
    length + tail.iter().take_while(is_plain).count()
}

/// Sets the high bit of each byte that is a quote, backslash or control character. Only the lowest mark is exact: a
/// borrow may mark bytes above it.
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
