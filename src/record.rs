//! Records: everything that a verdict says, in one buffer of bytes.
//!
//! A record is how a verdict crosses the border to another language. It takes one call and no allocation: the caller lends a
//! buffer, the library fills it in, and the other language reads what it needs, when it needs it.
//!
//! All numbers are little-endian. A record begins with a header of fixed form:
//!
//! | offset | size | what |
//! |---:|---:|---|
//! | 0 | 4 | [`VERSION`]; 0 if nothing was decided |
//! | 4 | 4 | the status: 0 accepts the token, and every other number is a [`Reason`](crate::Reason) or a mistake of the caller |
//! | 8 | 4 | the size of the record, in bytes |
//! | 12 | 4 | the status of an HTTP answer that refuses the request: 401, 403 or 503; 200 for an accepted token |
//! | 16 | 4 | [`Confirmed::number`](crate::Confirmed::number); 0 for a refusal |
//! | 20 | 4 | the size of this header, in bytes; later versions may append to it |
//! | 24 | 8 | [`VerifiedToken::claims_id`]; 0 if the token is not remembered |
//! | 32 | 8 | `exp`, in Unix seconds; this and the other times are -1 if absent |
//! | 40 | 8 | `nbf` |
//! | 48 | 8 | `iat` |
//! | 56 | 8 | when the API server begins to count the token as stale |
//! | 64 | 8 | array of texts: the accepted audiences that the token names |
//! | 72 | 8 | text: the name of the reason for a refusal |
//! | 80 | 8 | text: what was wrong, and what to do; for the log, not for the client |
//! | 88 | 8 | text: the value of the header `WWW-Authenticate` |
//! | 96 | 8 | text: the claims as they were signed, one JSON object |
//! | 104 | 8 | text: `iss` |
//! | 112 | 8 | text: the label of the issuer |
//! | 120 | 8 | text: `sub`, which is the user name too |
//! | 128 | 8 | text: the namespace of the service account |
//! | 136 | 16 | texts: name and uid of the service account |
//! | 152 | 8 | text: `jti` |
//! | 160 | 8 | text: the credential id, `JTI=` and the `jti` |
//! | 168 | 16 | texts: name and uid of the pod |
//! | 184 | 16 | texts: name and uid of the secret |
//! | 200 | 16 | texts: name and uid of the node |
//! | 216 | 16 | texts: name and uid of the validating webhook configuration |
//! | 232 | 16 | texts: name and uid of the mutating webhook configuration |
//! | 248 | 8 | array of texts: all audiences of the token |
//! | 256 | 8 | array of texts: the groups of the user |
//! | 264 | 8 | array of pairs of texts: the keys and values of the user's `extra`, ordered by key |
//! | 272 | 8 | array of bound objects |
//! | 280 | 8 | array of texts: the attested API groups |
//! | 288 | 8 | array of attestations |
//!
//! A **text** is given by its offset in the record and its length, 4 bytes each. It is UTF-8. If the token has no such text, or
//! an empty one, the length is 0, and in the header the offset too. An **array** is given by the offset of its first element and the number of its elements, 4 bytes
//! each. An element that is a text takes 8 bytes, and a pair of texts 16. A **bound object** takes 32 bytes:
//! [`ObjectKind::number`](crate::ObjectKind::number), 4 unused bytes, and the texts of its namespace, its name and its uid. An
//! **attestation** takes 16 bytes: the text of its name, and the array of the texts of its values.
//!
//! The record of a refusal has the first 96 bytes of the header. The rest is 0, and the three texts follow.

use std::fmt::{self, Display, Write};

use crate::claims::{ABSENT, Field, Position, SHARED, SHARED_START, TEXT_START};
use crate::rejection::Rejection;
use crate::time::UnixSeconds;
use crate::verified::VerifiedToken;

/// The version of the form of records.
pub const VERSION: u32 = 1;

/// The size of the header, in bytes. The header of version 1 is that long.
pub const HEADER_SIZE: usize = 296;

/// Where the status is.
const STATUS: std::ops::Range<usize> = 4..8;

/// What the header begins with, before the fields of the claims.
const VERDICT_SIZE: usize = 96;

const _: () = assert!(VERDICT_SIZE + PAIR * Field::COUNT == HEADER_SIZE);

/// The HTTP status of an answer to an accepted request.
const ACCEPTED: u16 = 200;

/// Fills the header with zeros, as far as the buffer reaches. Such a record has no version and decides nothing.
pub fn clear(buffer: &mut [u8]) {
    buffer.iter_mut().take(HEADER_SIZE).for_each(|byte| *byte = 0);
}

/// Writes the record of an accepted token. Returns its size in bytes.
///
/// If the buffer is smaller than that, it receives a header of zeros.
///
/// ```
/// # use boundtoken::{KeySet, TrustedIssuer, UnixSeconds, Verifier};
/// # let jwks = include_bytes!("../tests/vectors/apiserver-rs256/jwks.json");
/// # let tokens: std::collections::BTreeMap<String, String> =
/// #     serde_json::from_slice(include_bytes!("../tests/vectors/apiserver-rs256/tokens.json"))?;
/// # let verifier = Verifier::builder()
/// #     .issuer(TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(jwks)?))
/// #     .audience("vault")
/// #     .build()?;
/// use boundtoken::record;
///
/// let verified = verifier.verify_at(tokens["pod-live"].as_bytes(), UnixSeconds(1_795_522_300))?;
/// let mut buffer = [0; 4096];
/// let size = record::accepted(&mut buffer, &verified);
/// assert!(size <= buffer.len());
///
/// let number = |offset| u32::from_le_bytes(buffer[offset..][..4].try_into().unwrap());
/// assert_eq!([number(0), number(4)], [record::VERSION, 0]);
/// let subject = &buffer[number(120) as usize..][..number(124) as usize];
/// assert_eq!(subject, b"system:serviceaccount:demo:app");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn accepted(buffer: &mut [u8], token: &VerifiedToken) -> usize {
    let claims = token.claims();
    let table = claims.table();
    let (fields, elements) = table.fields_and_elements();
    let matched = token.matched_positions();

    let matched_start = usize_of(table.elements_start()) + PAIR * elements.len();
    let size = matched_start + PAIR * matched.len();
    let Some(record) = buffer.get_mut(..size) else {
        clear(buffer);
        return size;
    };
    let (header, rest) = record.split_at_mut(VERDICT_SIZE);
    let (to_fields, rest) = rest.split_at_mut(usize_of(SHARED_START) - VERDICT_SIZE);
    let (to_shared, rest) = rest.split_at_mut(SHARED.len());
    let (to_text, rest) = rest.split_at_mut(usize_of(table.elements_start() - TEXT_START));
    let (to_elements, to_matched) = rest.split_at_mut(PAIR * elements.len());

    Header {
        status: 0,
        size: number(size),
        http_status: ACCEPTED,
        confirmed: token.confirmed().number(),
        claims_id: token.claims_id(),
        times: [Some(claims.expires_at()), claims.not_before(), claims.issued_at(), claims.warn_after()],
        matched: Position::new(number(matched_start), number(matched.len())),
        texts: [ABSENT; 3],
    }
    .write(header);
    write_pairs(to_fields, fields.iter().copied());
    to_shared.copy_from_slice(SHARED.as_bytes());
    let (to_own_text, padding) = to_text.split_at_mut(table.own_text().len());
    to_own_text.copy_from_slice(table.own_text().as_bytes());
    padding.fill(0);
    write_pairs(to_elements, elements.iter().copied());
    write_pairs(to_matched, matched);
    size
}

/// Writes the record of a refusal. Returns the size in bytes that the whole message takes.
///
/// In a smaller buffer the message is cut, between two characters. A buffer that does not even hold the header receives zeros, and
/// the status if there is room for it.
///
/// ```
/// # use boundtoken::{KeySet, TrustedIssuer, Verifier};
/// # let jwks = include_bytes!("../tests/vectors/apiserver-rs256/jwks.json");
/// # let verifier = Verifier::builder()
/// #     .issuer(TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(jwks)?))
/// #     .audience("vault")
/// #     .build()?;
/// use boundtoken::record;
///
/// let rejection = verifier.verify(b"").unwrap_err();
/// let mut buffer = [0; 1024];
/// let size = record::refused(&mut buffer, &rejection);
/// assert_eq!(u32::from_le_bytes(buffer[4..8].try_into()?), 101);
/// assert!(buffer[..size].ends_with(b"send the token in the header `Authorization: Bearer TOKEN`"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn refused(buffer: &mut [u8], rejection: &Rejection) -> usize {
    let failure = Failure {
        status: rejection.number().into(),
        http_status: rejection.reason().http_status(),
        name: rejection.name(),
        message: rejection,
        www_authenticate: &rejection.challenge(),
    };
    failed(buffer, &failure)
}

/// Why a call has no accepted token to tell of.
#[derive(Clone, Copy)]
pub struct Failure<'a> {
    /// The number of the [`Reason`](crate::Reason), or of a mistake of the caller.
    pub status: u32,
    /// The status of an HTTP answer that refuses the request.
    pub http_status: u16,
    /// The name of the status.
    pub name: &'a str,
    /// What was wrong, and what to do.
    pub message: &'a dyn Display,
    /// The value of the header `WWW-Authenticate`. Empty for none.
    pub www_authenticate: &'a dyn Display,
}

impl fmt::Debug for Failure<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Failure").field("status", &self.status).field("name", &self.name).finish()
    }
}

/// Writes the record of a failed call, like [`refused`].
pub fn failed(buffer: &mut [u8], failure: &Failure<'_>) -> usize {
    clear(buffer);
    // Zero would accept the token.
    if let Some(status) = buffer.get_mut(STATUS) {
        status.copy_from_slice(&failure.status.to_le_bytes());
    }
    let mut texts = Texts {
        free: buffer.get_mut(HEADER_SIZE..).unwrap_or_default(),
        end: HEADER_SIZE,
        written: HEADER_SIZE,
    };
    let name = texts.append(failure.name);
    let www_authenticate = texts.append_shown(failure.www_authenticate);
    // It comes last, because it is what may be cut.
    let message = texts.append_shown(failure.message);
    let Texts { end, written, .. } = texts;
    if buffer.len() >= HEADER_SIZE
        && let Some(header) = buffer.get_mut(..VERDICT_SIZE)
    {
        Header {
            status: failure.status,
            size: number(written),
            http_status: failure.http_status,
            confirmed: 0,
            claims_id: 0,
            times: [None; 4],
            matched: ABSENT,
            texts: [name, message, www_authenticate],
        }
        .write(header);
    }
    end
}

/// Returns the size of the largest record of a token of at most `token` bytes, in bytes.
///
/// `audiences` is the number of accepted audiences, and `label` the length of the longest label of an issuer.
pub(crate) fn largest(token: usize, audiences: usize, label: usize) -> usize {
    /// The most that the header, shared texts, keys of `extra`, groups and bound objects take, together with the texts of
    /// a refusal.
    const FIXED: usize = 8 * 1024;
    let payload = token / 4 * 3;
    // The payload itself, its texts with escapes resolved, and the credential id.
    let texts = payload.saturating_mul(3).saturating_add(label);
    // A member of an array takes three bytes of the payload, and most as an attested API group: three pairs of numbers.
    let arrays = payload.div_ceil(3).saturating_mul(3 * PAIR);
    let matched = audiences.saturating_mul(PAIR);
    [FIXED, texts, arrays, matched].into_iter().fold(0, usize::saturating_add)
}

/// The size of a pair of numbers, in bytes.
const PAIR: usize = 8;

/// What every record begins with.
struct Header {
    status: u32,
    size: u32,
    http_status: u16,
    confirmed: u32,
    claims_id: u64,
    times: [Option<UnixSeconds>; 4],
    matched: Position,
    texts: [Position; 3],
}

impl Header {
    fn write(self, to: &mut [u8]) {
        // Every time of a token fits by far.
        let time = |time: Option<UnixSeconds>| time.map_or(u64::MAX, |time| time.0).to_le_bytes();
        let [expires_at, not_before, issued_at, warn_after] = self.times.map(time);
        let [name, message, www_authenticate] = self.texts;
        let words = [
            Position::new(VERSION, self.status).to_le_bytes(),
            Position::new(self.size, self.http_status.into()).to_le_bytes(),
            Position::new(self.confirmed, number(HEADER_SIZE)).to_le_bytes(),
            self.claims_id.to_le_bytes(),
            expires_at,
            not_before,
            issued_at,
            warn_after,
            self.matched.to_le_bytes(),
            name.to_le_bytes(),
            message.to_le_bytes(),
            www_authenticate.to_le_bytes(),
        ];
        for (to, word) in to.as_chunks_mut().0.iter_mut().zip(words) {
            *to = word;
        }
    }
}

fn write_pairs(to: &mut [u8], pairs: impl Iterator<Item = Position>) {
    for (to, pair) in to.as_chunks_mut().0.iter_mut().zip(pairs) {
        *to = pair.to_le_bytes();
    }
}

/// Texts that follow the header, as far as the buffer reaches.
struct Texts<'a> {
    free: &'a mut [u8],
    /// Where the texts would end in a large buffer.
    end: usize,
    /// Where they end.
    written: usize,
}

impl Texts<'_> {
    /// Appends a text. Returns the position of what the buffer has room for.
    fn append(&mut self, text: &str) -> Position {
        let start = self.written;
        // Writing into the buffer cannot fail.
        let _written = self.write_str(text);
        self.position_since(start)
    }

    /// Appends a text that is yet to be written.
    fn append_shown(&mut self, text: &dyn Display) -> Position {
        let start = self.written;
        // Writing into the buffer cannot fail.
        let _written = write!(self, "{text}");
        self.position_since(start)
    }

    fn position_since(&self, start: usize) -> Position {
        match self.written - start {
            0 => ABSENT,
            length => Position::new(number(start), number(length)),
        }
    }
}

impl fmt::Write for Texts<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Once a text is cut, nothing follows.
        let is_cut = self.end != self.written;
        self.end = self.end.saturating_add(text.len());
        if !is_cut {
            let fits = match self.free.len() {
                room if room >= text.len() => text,
                room => text.get(..end_of_whole_characters(text, room)).unwrap_or_default(),
            };
            let (to, free) = std::mem::take(&mut self.free).split_at_mut(fits.len());
            to.copy_from_slice(fits.as_bytes());
            self.free = free;
            self.written += fits.len();
        }
        Ok(())
    }
}

/// Returns the largest size, at most `limit`, at which a text can be cut.
fn end_of_whole_characters(text: &str, limit: usize) -> usize {
    (0..=limit.min(text.len())).rev().find(|&size| text.is_char_boundary(size)).unwrap_or(0)
}

/// Offsets and lengths in records fit, because tokens are at most 1 MiB.
fn number(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

fn usize_of(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A refusal whose texts are 4, 14 and 12 bytes long.
    const FAILURE: Failure<'static> = Failure {
        status: 7,
        http_status: 401,
        name: "name",
        message: &"métier: ünï",
        www_authenticate: &"Bearer error",
    };

    fn number_at(record: &[u8], offset: usize) -> u32 {
        u32::from_le_bytes(record[offset..offset + 4].try_into().unwrap())
    }

    fn text_at(record: &[u8], offset: usize) -> &str {
        let [start, length] = [0, 4].map(|more| usize_of(number_at(record, offset + more)));
        std::str::from_utf8(&record[start..start + length]).unwrap()
    }

    #[test]
    fn a_refusal_is_told_in_whatever_room_there_is() {
        let whole = HEADER_SIZE + 4 + 12 + 14;
        for size in 0..whole + 10 {
            let mut buffer = vec![0xff; size];
            assert_eq!(failed(&mut buffer, &FAILURE), whole, "{size}");
            if size < HEADER_SIZE {
                let status = if size < STATUS.end { 0 } else { 7 };
                assert!(buffer.iter().map(|&byte| u32::from(byte)).sum::<u32>() == status, "{size}");
                assert!(size < STATUS.end || number_at(&buffer, STATUS.start) == 7);
                continue;
            }
            assert_eq!([0, 4, 12, 20].map(|offset| number_at(&buffer, offset)), [VERSION, 7, 401, 296]);
            let message = text_at(&buffer, 80);
            assert!("métier: ünï".starts_with(message));
            assert_eq!(message == "métier: ünï", size >= whole, "{size}");
            let end = usize_of(number_at(&buffer, 8));
            assert!(end <= size && buffer[end..].iter().all(|&byte| byte == 0xff), "{size}");
        }
    }

    #[test]
    fn the_name_and_the_challenge_stay_when_the_message_is_cut() {
        let mut buffer = [0; HEADER_SIZE + 4 + 12 + 2];
        failed(&mut buffer, &FAILURE);
        assert_eq!([72, 80, 88].map(|offset| text_at(&buffer, offset)), ["name", "m", "Bearer error"]);
    }
}
