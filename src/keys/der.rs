//! A strict reader and a small writer for the DER (ITU-T X.690) of keys and certificates.
//!
//! Tags have one byte. Lengths are definite and in their shortest form. Nothing recurses: the caller opens a new
//! [`Reader`] on the content of a structure.

use super::KeyError;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;

/// Reads a sequence of DER values.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        Self { rest: input }
    }

    /// Opens `input`, which must be exactly one SEQUENCE.
    pub(super) fn open(input: &'a [u8]) -> Result<Self, KeyError> {
        let mut outer = Self::new(input);
        let content = outer.sequence()?;
        outer.end()?;
        Ok(content)
    }

    /// Reads the next value, which must have this tag, and returns its content.
    pub(super) fn read(&mut self, tag: u8) -> Result<&'a [u8], KeyError> {
        let (&found, rest) = self.rest.split_first().ok_or(KeyError::MalformedDer)?;
        let (length, rest) = split_length(rest)?;
        let (content, rest) = rest.split_at_checked(length).ok_or(KeyError::MalformedDer)?;
        if found != tag {
            return Err(KeyError::MalformedDer);
        }
        self.rest = rest;
        Ok(content)
    }

    /// Reads the next value if it has this tag, and returns its content.
    pub(super) fn read_optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, KeyError> {
        if self.rest.first() == Some(&tag) { self.read(tag).map(Some) } else { Ok(None) }
    }

    pub(super) fn sequence(&mut self) -> Result<Reader<'a>, KeyError> {
        self.read(SEQUENCE).map(Reader::new)
    }

    /// Reads a non-negative INTEGER. Returns big-endian bytes without leading zeros, so zero is the empty slice.
    pub(super) fn unsigned(&mut self) -> Result<&'a [u8], KeyError> {
        match self.read(INTEGER)? {
            [0] => Ok(&[]),
            [0, rest @ ..] if rest.first().is_some_and(|byte| byte & 0x80 != 0) => Ok(rest),
            content if content.first().is_some_and(|byte| *byte != 0 && byte & 0x80 == 0) => Ok(content),
            _ => Err(KeyError::MalformedDer),
        }
    }

    /// Reads a BIT STRING of whole bytes.
    pub(super) fn bit_string(&mut self) -> Result<&'a [u8], KeyError> {
        whole_bytes(self.read(BIT_STRING)?)
    }

    /// Refuses any bytes that are left.
    pub(super) fn end(&self) -> Result<(), KeyError> {
        if self.rest.is_empty() { Ok(()) } else { Err(KeyError::MalformedDer) }
    }
}

/// Returns a BIT STRING's bytes. The count of unused bits before them must be zero.
pub(super) fn whole_bytes(content: &[u8]) -> Result<&[u8], KeyError> {
    match content {
        [0, bytes @ ..] => Ok(bytes),
        _ => Err(KeyError::MalformedDer),
    }
}

fn split_length(input: &[u8]) -> Result<(usize, &[u8]), KeyError> {
    match *input {
        [short @ 0..=0x7f, ref rest @ ..] => Ok((usize::from(short), rest)),
        [0x81, length @ 0x80..=0xff, ref rest @ ..] => Ok((usize::from(length), rest)),
        [0x82, high @ 1..=0xff, low, ref rest @ ..] => {
            Ok((usize::from(u16::from_be_bytes([high, low])), rest))
        }
        // No value in a key file is longer than 64 KiB.
        _ => Err(KeyError::MalformedDer),
    }
}

/// Writes one value: its tag, its length in the shortest form, and the concatenated parts of its content.
///
/// The content must be shorter than 64 KiB. The largest that this crate writes is the SPKI of an RSA key of 8,192 bits,
/// a little over 1 KiB.
pub(super) fn write(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let [.., high, low] = length.to_be_bytes();
    let mut output = Vec::with_capacity(length.saturating_add(4));
    output.push(tag);
    match (high, low) {
        (0, 0..=0x7f) => output.push(low),
        (0, _) => output.extend([0x81, low]),
        _ => output.extend([0x82, high, low]),
    }
    for part in parts {
        output.extend_from_slice(part);
    }
    output
}

/// Writes a non-negative INTEGER from big-endian bytes without leading zeros.
pub(super) fn write_unsigned(bytes: &[u8]) -> Vec<u8> {
    let sign: &[u8] = if bytes.first().is_none_or(|byte| byte & 0x80 != 0) { &[0] } else { &[] };
    write(INTEGER, &[sign, bytes])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unsigned(der: &[u8]) -> Result<&[u8], KeyError> {
        Reader::new(der).unsigned()
    }

    #[test]
    fn lengths_are_read_in_their_shortest_form_only() {
        for length in [0_usize, 1, 127, 128, 255, 256, 65_535] {
            let content = vec![7; length];
            let der = write(OCTET_STRING, &[&content]);
            let mut reader = Reader::new(&der);
            assert_eq!(reader.read(OCTET_STRING).unwrap(), content);
            reader.end().unwrap();
        }
        let long_forms: [&[u8]; 6] = [
            &[OCTET_STRING, 0x80],
            &[OCTET_STRING, 0x81, 0x01, 7],
            &[OCTET_STRING, 0x82, 0x00, 0x01, 7],
            &[OCTET_STRING, 0x83, 0x00, 0x00, 0x01, 7],
            &[OCTET_STRING, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[OCTET_STRING, 0xff],
        ];
        for der in long_forms {
            assert_eq!(Reader::new(der).read(OCTET_STRING), Err(KeyError::MalformedDer), "{der:02x?}");
        }
    }

    #[test]
    fn integers_are_positive_and_minimal() {
        assert_eq!(unsigned(&[INTEGER, 1, 0]).unwrap(), [0_u8; 0]);
        assert_eq!(unsigned(&[INTEGER, 1, 0x7f]).unwrap(), [0x7f]);
        assert_eq!(unsigned(&[INTEGER, 2, 0, 0x80]).unwrap(), [0x80]);
        for der in [&[INTEGER, 0][..], &[INTEGER, 1, 0x80], &[INTEGER, 2, 0, 0x7f], &[INTEGER, 2, 0, 0]] {
            assert_eq!(unsigned(der), Err(KeyError::MalformedDer), "{der:02x?}");
        }
        assert_eq!(write_unsigned(&[0x80]), [INTEGER, 2, 0, 0x80]);
        assert_eq!(write_unsigned(&[0x7f]), [INTEGER, 1, 0x7f]);
        assert_eq!(write_unsigned(&[]), [INTEGER, 1, 0]);
    }

    #[test]
    fn truncated_and_trailing_input_is_refused() {
        let der = write(SEQUENCE, &[&write_unsigned(&[5])]);
        assert!(Reader::open(&der).is_ok());
        for end in 0..der.len() {
            assert!(Reader::open(&der[..end]).is_err(), "{end}");
        }
        assert!(Reader::open(&[&der[..], &[0]].concat()).is_err());
    }

    #[test]
    fn bit_strings_have_whole_bytes() {
        assert_eq!(whole_bytes(&[0, 1, 2]).unwrap(), [1, 2]);
        assert!(whole_bytes(&[]).is_err());
        assert!(whole_bytes(&[1, 2]).is_err());
    }
}
