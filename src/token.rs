//! The compact form of a JWS (RFC 7515 section 7.1): three bounded, canonical base64url parts, and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::rejection::{Detail, Reason, Rejection};

/// A token cut into its parts, each known to be canonical base64url, so that decoding them cannot fail.
#[derive(Clone, Copy)]
pub(crate) struct CompactToken<'a> {
    pub(crate) header: Part<'a>,
    pub(crate) claims: Part<'a>,
    pub(crate) signature: Part<'a>,
    /// What the signature is over: header, dot and claims, as they were sent.
    pub(crate) signed: &'a [u8],
}

/// One part of a token: canonical base64url.
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
        let (signed, signature) = token.split_at_checked(second).ok_or(Reason::TokenPartCount)?;
        let (header, claims) = signed.split_at_checked(first).ok_or(Reason::TokenPartCount)?;
        Ok(Self {
            header: Part::check(header)?,
            claims: Part::check(claims.strip_prefix(b".").unwrap_or_default())?,
            signature: Part::check(signature.strip_prefix(b".").unwrap_or_default())?,
            signed,
        })
    }
}

impl<'a> Part<'a> {
    fn check(part: &'a [u8]) -> Result<Self, Rejection> {
        // Every letter is looked at, without a branch, so that the compiler can look at many at once.
        if !part.iter().fold(true, |all, &letter| all & is_letter(letter)) {
            let position = part.iter().position(|&letter| !is_letter(letter)).unwrap_or_default();
            return Err(Rejection::new(Reason::TokenNotBase64url, Detail::Position(position)));
        }
        // One letter alone holds no byte; the last of two or three letters has bits to spare, which must be zero.
        let spare_bits = match part.len() % 4 {
            0 => 0,
            2 => 0b1111,
            3 => 0b11,
            _ => 0b11_1111,
        };
        let last = part.last().copied().map_or(0, letter_value);
        if part.len() % 4 == 1 || last & spare_bits != 0 {
            return Err(Rejection::new(
                Reason::TokenNotBase64url,
                Detail::Position(part.len().saturating_sub(1)),
            ));
        }
        Ok(Self(part))
    }

    /// How many bytes the part decodes to.
    pub(crate) fn decoded_len(self) -> usize {
        self.0.len() / 4 * 3 + (self.0.len() % 4).saturating_sub(1)
    }

    /// Decodes into `buffer`; `None` when it is too small.
    pub(crate) fn decode_into(self, buffer: &mut [u8]) -> Option<&[u8]> {
        let length = URL_SAFE_NO_PAD.decode_slice(self.0, buffer).ok()?;
        buffer.get(..length)
    }

    /// Decodes into one new allocation of exactly the decoded size.
    pub(crate) fn decode(self) -> Vec<u8> {
        let mut decoded = vec![0; self.decoded_len()];
        match URL_SAFE_NO_PAD.decode_slice(self.0, &mut decoded) {
            Ok(length) => decoded.truncate(length),
            // Unreachable after `check`; an empty part is refused by whoever reads it.
            Err(_) => decoded.clear(),
        }
        decoded
    }
}

fn is_letter(letter: u8) -> bool {
    letter.is_ascii_uppercase()
        | letter.is_ascii_lowercase()
        | letter.is_ascii_digit()
        | (letter == b'-')
        | (letter == b'_')
}

fn letter_value(letter: u8) -> u8 {
    match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'-' => 62,
        _ => 63,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(token: &[u8]) -> Reason {
        CompactToken::split(token, 100).err().expect("refused").reason()
    }

    #[test]
    fn three_canonical_parts_are_taken() {
        let token = CompactToken::split(b"e30.e30.AQ", 100).unwrap();
        assert_eq!(token.signed, b"e30.e30");
        assert_eq!(token.header.decode(), b"{}");
        assert_eq!(token.signature.decode(), [1]);
        let mut buffer = [0; 8];
        assert_eq!(token.claims.decode_into(&mut buffer), Some(&b"{}"[..]));
        assert!(token.claims.decode_into(&mut [0; 1]).is_none());
    }

    #[test]
    fn empty_parts_have_a_form_and_are_left_to_their_readers() {
        let token = CompactToken::split(b"..", 100).unwrap();
        assert!(token.header.decode().is_empty() && token.claims.decode().is_empty());
    }

    #[test]
    fn everything_else_is_refused_for_its_own_reason() {
        assert_eq!(reason(b""), Reason::TokenEmpty);
        assert_eq!(reason(&[b'.'; 101]), Reason::TokenTooLarge);
        for parts in [&b"e30"[..], b"e30.e30", b"e30.e30.AQ.AQ", b".....", b"{}", &[b'['; 100], &[b'.'; 100]]
        {
            assert_eq!(reason(parts), Reason::TokenPartCount, "{parts:?}");
        }
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
        ] {
            assert_eq!(reason(letters), Reason::TokenNotBase64url, "{letters:?}");
        }
    }

    #[test]
    fn the_check_agrees_with_the_base64_crate_on_every_short_text() {
        for first in 0..=255 {
            for second in 0..=255 {
                for text in [&[first, second][..], &[b'A', first, second]] {
                    assert_eq!(Part::check(text).is_ok(), URL_SAFE_NO_PAD.decode(text).is_ok(), "{text:?}");
                }
            }
        }
    }
}
