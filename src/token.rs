//! The compact form of a JWS (RFC 7515 section 7.1): three bounded, canonical base64url parts, and nothing else.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::NO_PAD;
use base64::{DecodeError, DecodeSliceError};

use crate::rejection::{Detail, Reason, Rejection};

/// Decodes base64url without padding, by vector instructions where there are any.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
static BASE64URL: LazyLock<base64::engine::Simd> = LazyLock::new(|| base64::engine::Simd::url_safe(NO_PAD));
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
static BASE64URL: LazyLock<base64::engine::GeneralPurpose> =
    LazyLock::new(|| base64::engine::GeneralPurpose::new(&base64::alphabet::URL_SAFE, NO_PAD));

/// The size, decoded, that the usual header and signature (RSA of 2,048 bits) do not exceed.
const SMALL_SIZE: usize = 256;
/// The size, decoded, that the usual claims do not exceed.
const USUAL_SIZE: usize = 1024;
/// The largest size, decoded, of any header or signature that is looked at, and of claims that are decoded on the stack.
pub(crate) const LARGEST_SIZE: usize = 4096;

/// A token cut into its parts. Whether a part is canonical base64url shows when it is decoded.
#[derive(Clone, Copy)]
pub(crate) struct CompactToken<'a> {
    pub(crate) header: Part<'a>,
    pub(crate) claims: Part<'a>,
    pub(crate) signature: Part<'a>,
    /// What the signature is over: header, dot and claims, as they were sent.
    pub(crate) signed: &'a [u8],
}

/// One part of a token, to be decoded as canonical base64url: no padding, no white space, no stray bits.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a>(&'a [u8]);

impl<'a> CompactToken<'a> {
    /// Cuts a token of at most `limit` bytes. Nothing is allocated, whatever the outcome.
    pub(crate) fn split(token: &'a [u8], limit: usize) -> Result<Self, Rejection> {
        if token.is_empty() {
            return Err(Reason::TokenEmpty.into());
        }
        if token.len() > limit {
            return Err(Rejection::new(Reason::TokenTooLarge, Detail::Size { found: token.len(), limit }));
        }
        let mut dots = memchr::memchr_iter(b'.', token);
        let (Some(first), Some(second), None) = (dots.next(), dots.next(), dots.next()) else {
            return Err(Reason::TokenPartCount.into());
        };
        let part = |range| token.get(range).map(Part).ok_or(Reason::TokenPartCount);
        Ok(Self {
            header: part(0..first)?,
            claims: part(first + 1..second)?,
            signature: part(second + 1..token.len())?,
            signed: part(0..second)?.0,
        })
    }
}

impl<'a> Part<'a> {
    /// The part as it was sent.
    pub(crate) fn encoded(self) -> &'a [u8] {
        self.0
    }

    /// How many bytes the part decodes to, if it is base64url.
    pub(crate) fn decoded_len(self) -> usize {
        self.0.len() / 4 * 3 + (self.0.len() % 4).saturating_sub(1)
    }

    /// Decodes at most [`LARGEST_SIZE`] bytes and hands them to `use_bytes`; `None` when there are more.
    pub(crate) fn with_decoded<T>(self, use_bytes: impl FnOnce(&[u8]) -> T) -> Result<Option<T>, Rejection> {
        if self.decoded_len() > LARGEST_SIZE { Ok(None) } else { self.with_all_decoded(use_bytes).map(Some) }
    }

    /// Decodes and hands the bytes to `use_bytes`: on the stack unless there are more than [`LARGEST_SIZE`].
    pub(crate) fn with_all_decoded<T>(self, use_bytes: impl FnOnce(&[u8]) -> T) -> Result<T, Rejection> {
        // A small buffer is cheaper to clear, and nearly always enough.
        let (mut small, mut usual, mut largest, mut larger);
        let size = self.decoded_len();
        let buffer: &mut [u8] = if size <= SMALL_SIZE {
            small = [0; SMALL_SIZE];
            &mut small
        } else if size <= USUAL_SIZE {
            usual = [0; USUAL_SIZE];
            &mut usual
        } else if size <= LARGEST_SIZE {
            largest = [0; LARGEST_SIZE];
            &mut largest
        } else {
            larger = vec![0; size];
            &mut larger
        };
        self.decode_into(buffer).map(use_bytes)
    }

    fn decode_into(self, buffer: &mut [u8]) -> Result<&[u8], Rejection> {
        match BASE64URL.decode_slice(self.0, buffer) {
            Ok(length) => Ok(buffer.get(..length).unwrap_or_default()),
            Err(error) => Err(self.not_base64url(&error)),
        }
    }

    #[cold]
    fn not_base64url(self, error: &DecodeSliceError) -> Rejection {
        let position = match error {
            DecodeSliceError::DecodeError(
                DecodeError::InvalidByte(position, _)
                | DecodeError::InvalidLastSymbol { offset: position, .. },
            ) => *position,
            _ => self.0.len(),
        };
        Rejection::new(Reason::TokenNotBase64url, Detail::Position(position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(token: &[u8]) -> Reason {
        let decode = || {
            let token = CompactToken::split(token, 100)?;
            token.header.with_decoded(|_| ())?;
            token.claims.with_all_decoded(|_| ())?;
            token.signature.with_decoded(|_| ())
        };
        decode().expect_err("refused").reason()
    }

    #[test]
    fn three_canonical_parts_are_taken() {
        let token = CompactToken::split(b"e30.e30.AQ", 100).unwrap();
        assert_eq!(token.signed, b"e30.e30");
        assert_eq!(token.header.with_decoded(<[u8]>::to_vec).unwrap(), Some(b"{}".to_vec()));
        assert_eq!(token.claims.with_all_decoded(<[u8]>::to_vec).unwrap(), b"{}");
        assert_eq!(token.signature.with_decoded(<[u8]>::to_vec).unwrap(), Some(vec![1]));
    }

    #[test]
    fn of_header_and_signature_at_most_4096_bytes_are_looked_at() {
        for (letters, decoded) in [
            (340, 255),
            (342, 256),
            (343, 257),
            (1366, 1024),
            (1367, 1025),
            (5462, 4096),
            (5463, 4097),
            (9000, 6750),
        ] {
            let part = vec![b'A'; letters];
            let looked_at = (decoded <= 4096).then_some(decoded);
            assert_eq!(Part(&part).with_decoded(<[u8]>::len).unwrap(), looked_at, "{letters}");
            assert_eq!(Part(&part).with_all_decoded(<[u8]>::len).unwrap(), decoded, "{letters}");
        }
    }

    #[test]
    fn empty_parts_have_a_form_and_are_left_to_their_readers() {
        let token = CompactToken::split(b"..", 100).unwrap();
        assert_eq!(token.header.with_decoded(<[u8]>::len).unwrap(), Some(0));
        assert_eq!(token.claims.with_all_decoded(<[u8]>::len).unwrap(), 0);
    }

    #[test]
    fn everything_else_is_refused_for_its_own_reason() {
        assert_eq!(reason(b""), Reason::TokenEmpty);
        assert_eq!(reason(&[b'.'; 101]), Reason::TokenTooLarge);
        for parts in [&b"e30"[..], b"e30.e30", b"e30.e30.AQ.AQ", b".....", b"{}", &[b'['; 100], &[b'.'; 100]]
        {
            assert_eq!(reason(parts), Reason::TokenPartCount, "{parts:?}");
        }
        let long_line = [b"AAAA".repeat(8), b"A AA".to_vec(), b"AAAA".repeat(8)].concat();
        for letters in [
            &b"e30.e30.A"[..],   // one letter alone
            b"e30.e30.AR",       // stray bits
            b"e30.e30.AAB",      // stray bits
            b"e30=.e30.AQ",      // padding
            b"e30.e30.AQ==",     // padding
            b"e30.e 30.AQ",      // white space
            b"e30.e30.AQ\n",     // white space
            b" e30.e30.AQ",      // white space
            b"e30.e30.+/+/",     // the other alphabet
            b"e30.e30.\xff\xfe", // not text
            b"e30.e30.A\0",
            &[b"e30.e30.", &long_line[..]].concat(), // long enough for vector instructions
        ] {
            assert_eq!(reason(letters), Reason::TokenNotBase64url, "{letters:?}");
        }
    }
}
