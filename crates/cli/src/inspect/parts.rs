//! The decoded parts of a token. Decoding is far more lenient than a verifier may be.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// The decoded parts.
pub struct Parts {
    /// The size of the token in bytes.
    pub size: usize,
    pub header: Part,
    pub claims: Part,
    /// The size of the signature in bytes. The signature itself is not kept.
    pub signature_size: Option<usize>,
}

/// The header or the claims.
#[derive(Default)]
pub struct Part {
    /// The decoded bytes.
    pub bytes: Option<Vec<u8>>,
    /// The bytes as JSON, if they are JSON. The last of several members with the same name counts. Invalid UTF-8 becomes
    /// U+FFFD.
    pub json: Option<Value>,
}

impl Parts {
    pub fn decode(token: &[u8]) -> Self {
        let mut parts = token.split(|&byte| byte == b'.');
        let mut next = || parts.next().and_then(decode);
        Self {
            size: token.len(),
            header: Part::read(next()),
            claims: Part::read(next()),
            signature_size: next().map(|signature| signature.len()),
        }
    }

    /// Whether the header or the claims are a JSON object.
    pub fn are_a_token(&self) -> bool {
        let is_object = |part: &Part| part.json.as_ref().is_some_and(Value::is_object);
        is_object(&self.header) || is_object(&self.claims)
    }
}

impl Part {
    fn read(bytes: Option<Vec<u8>>) -> Self {
        let text = bytes.as_deref().map(String::from_utf8_lossy);
        // The parser limits nesting.
        let json = text.and_then(|text| serde_json::from_str(&text).ok());
        Self { bytes, json }
    }
}

/// Decodes base64 in either alphabet, with or without padding. Ignores white space and quotes.
fn decode(part: &[u8]) -> Option<Vec<u8>> {
    let mut letters: Vec<u8> = part
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'"' | b'\'' | b'='))
        .map(|byte| match byte {
            b'+' => b'-',
            b'/' => b'_',
            other => *other,
        })
        .collect();
    // A single last letter encodes no byte.
    if letters.len() % 4 == 1 {
        letters.pop();
    }
    LENIENT.decode(letters).ok()
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn base64_is_decoded_however_it_was_mangled() {
        for part in ["e30", "e30=", "e31", "e3 0\n", "\"e30\"", "e30AA"] {
            assert_eq!(
                decode(part.as_bytes()).as_deref().map(|bytes| &bytes[..2]),
                Some(&b"{}"[..]),
                "{part}"
            );
        }
        assert_eq!(decode(b"--__"), decode(b"++//"));
        assert_eq!(decode(b""), Some(vec![]));
        assert_eq!(decode(b"a$b"), None);
        assert_eq!(decode("\u{e9}".as_bytes()), None);
    }
}
