//! The JWS Compact Serialization (RFC 7515 section 7.1): three bounded parts in canonical base64url.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::NO_PAD;
use base64::{DecodeError, DecodeSliceError};
#[cfg(not(feature = "host"))]
use memchr::memchr as find;

#[cfg(feature = "host")]
use crate::host::{decode_base64url as begin, find};
use crate::rejection::{Detail, PartName, Reason, Rejection};

/// Decodes base64url without padding. Uses vector instructions where the CPU has them.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
static BASE64URL: LazyLock<base64::engine::Simd> = LazyLock::new(|| base64::engine::Simd::url_safe(NO_PAD));
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
static BASE64URL: LazyLock<base64::engine::GeneralPurpose> =
    LazyLock::new(|| base64::engine::GeneralPurpose::new(&base64::alphabet::URL_SAFE, NO_PAD));

/// Fits the usual header and signature (RSA, 2,048 bits), in decoded bytes.
const SMALL_SIZE: usize = 256;
/// Fits the usual claims, in decoded bytes.
const USUAL_SIZE: usize = 1024;
/// The largest header or signature that is read, in decoded bytes. Larger claims are decoded on the heap.
pub(crate) const LARGEST_SIZE: usize = 4096;

/// A token split at its dots. The parts are not decoded yet, so they may be invalid base64url.
#[derive(Clone, Copy)]
pub(crate) struct CompactToken<'a> {
    pub(crate) header: Part<'a>,
    pub(crate) claims: Part<'a>,
    pub(crate) signature: Part<'a>,
    /// The JWS Signing Input: header, dot and claims as received.
    pub(crate) signed: &'a [u8],
}

/// One encoded part of a token. Decoding accepts canonical base64url only: no padding, white space or stray bits.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    encoded: &'a [u8],
    name: PartName,
}

/// Refuses a token of more than `limit` bytes.
pub(crate) fn check_size(size: usize, limit: usize) -> Result<(), Rejection> {
    if size > limit {
        return Err(Rejection::new(Reason::TokenTooLarge, Detail::Size { found: size, limit }));
    }
    Ok(())
}

impl<'a> CompactToken<'a> {
    /// Splits a token of at most `limit` bytes into its parts. Never allocates.
    pub(crate) fn split(token: &'a [u8], limit: usize) -> Result<Self, Rejection> {
        if token.is_empty() {
            return Err(Reason::TokenEmpty.into());
        }
        check_size(token.len(), limit)?;
        let (header, rest) = at_dot(token).ok_or(Reason::TokenPartCount)?;
        let (claims, signature) = at_dot(rest).ok_or(Reason::TokenPartCount)?;
        if find(b'.', signature).is_some() {
            return Err(Reason::TokenPartCount.into());
        }
        let part = |encoded, name| Part { encoded, name };
        Ok(Self {
            header: part(header, PartName::Header),
            claims: part(claims, PartName::Claims),
            signature: part(signature, PartName::Signature),
            signed: token.get(..header.len() + 1 + claims.len()).ok_or(Reason::TokenPartCount)?,
        })
    }
}

/// Decodes nothing yet.
#[cfg(not(feature = "host"))]
fn begin(_encoded: &[u8], _buffer: &mut [u8]) -> usize {
    0
}

/// Splits a text at its first dot.
fn at_dot(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (before, from_dot) = text.split_at_checked(find(b'.', text)?)?;
    Some((before, from_dot.get(1..)?))
}

impl<'a> Part<'a> {
    /// Returns the part as received, still encoded.
    pub(crate) fn encoded(self) -> &'a [u8] {
        self.encoded
    }

    /// Returns the decoded length in bytes, provided the part is valid base64url.
    pub(crate) fn decoded_len(self) -> usize {
        self.encoded.len() / 4 * 3 + (self.encoded.len() % 4).saturating_sub(1)
    }

    /// Decodes the part and passes the bytes to `use_bytes`. Returns `None` for more than [`LARGEST_SIZE`] bytes.
    pub(crate) fn with_decoded<T>(self, use_bytes: impl FnOnce(&[u8]) -> T) -> Result<Option<T>, Rejection> {
        if self.decoded_len() > LARGEST_SIZE { Ok(None) } else { self.with_all_decoded(use_bytes).map(Some) }
    }

    /// Decodes the part and passes the bytes to `use_bytes`.
    ///
    /// Up to [`LARGEST_SIZE`] bytes are decoded on the stack, more on the heap.
    pub(crate) fn with_all_decoded<T>(self, use_bytes: impl FnOnce(&[u8]) -> T) -> Result<T, Rejection> {
        // Clearing a small buffer is cheaper, and it is nearly always large enough.
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
        let begun = begin(self.encoded, buffer);
        let (Some(rest), Some(room)) = (self.encoded.get(begun..), buffer.get_mut(begun / 4 * 3..)) else {
            return Err(Reason::TokenNotBase64url.into());
        };
        let length = BASE64URL.decode_slice(rest, room).map_err(|error| self.not_base64url(begun, &error))?;
        buffer.get(..begun / 4 * 3 + length).ok_or_else(|| Reason::TokenNotBase64url.into())
    }

    #[cold]
    fn not_base64url(self, begun: usize, error: &DecodeSliceError) -> Rejection {
        let position = match error {
            DecodeSliceError::DecodeError(
                DecodeError::InvalidByte(position, _)
                | DecodeError::InvalidLastSymbol { offset: position, .. },
            ) => begun + *position,
            _ => self.encoded.len(),
        };
        Rejection::new(Reason::TokenNotBase64url, Detail::Encoded(self.name, position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(token: &[u8]) -> Rejection {
        let decode = || {
            let token = CompactToken::split(token, 100)?;
            token.header.with_decoded(|_| ())?;
            token.claims.with_all_decoded(|_| ())?;
            token.signature.with_decoded(|_| ())
        };
        decode().expect_err("refused")
    }

    fn reason(token: &[u8]) -> Reason {
        refused(token).reason()
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
            let encoded = vec![b'A'; letters];
            let part = Part { encoded: &encoded, name: PartName::Header };
            let looked_at = (decoded <= 4096).then_some(decoded);
            assert_eq!(part.with_decoded(<[u8]>::len).unwrap(), looked_at, "{letters}");
            assert_eq!(part.with_all_decoded(<[u8]>::len).unwrap(), decoded, "{letters}");
        }
    }

    #[test]
    fn empty_parts_have_a_form_and_are_left_to_their_readers() {
        let token = CompactToken::split(b"..", 100).unwrap();
        assert_eq!(token.header.with_decoded(<[u8]>::len).unwrap(), Some(0));
        assert_eq!(token.claims.with_all_decoded(<[u8]>::len).unwrap(), 0);
    }

    #[test]
    fn a_refusal_names_the_part_that_is_not_base64url() {
        for (token, words) in [
            (&b"e3 0.e30.AQ"[..], "(at byte 2 of the encoded header)"),
            (b"e30.e 30.AQ", "(at byte 1 of the encoded claims)"),
            (b"e30.e30.A+", "(at byte 1 of the encoded signature)"),
        ] {
            let refused = refused(token).to_string();
            assert!(refused.contains(words), "{refused}");
        }
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
