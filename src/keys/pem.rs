//! PEM files (RFC 7468).

use std::hint;
use std::iter::{self, Peekable};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::private_key::PrivateKey;
use super::{KeyError, Material};

/// A block, from its BEGIN line to its END line.
pub(super) struct Block<'a> {
    label: &'a str,
    encrypted: bool,
    content: Result<Secret, KeyError>,
}

/// Returns the blocks of a PEM file in order.
///
/// It is as lenient as Go's `pem.Decode`: it skips text around the blocks, accepts CRLF, and does not limit the length
/// of base64 lines.
pub(super) fn blocks(pem: &[u8]) -> impl Iterator<Item = Block<'_>> {
    let mut lines = pem.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end).peekable();
    iter::from_fn(move || {
        let label = lines.by_ref().find_map(|line| label(line, b"-----BEGIN "))?;
        Some(Block::read(label, &mut lines))
    })
}

/// Returns the label of a BEGIN or END line. Errors print it, so it must be short and printable.
fn label<'a>(line: &'a [u8], marker: &[u8]) -> Option<&'a str> {
    let label = line.strip_prefix(marker)?.strip_suffix(b"-----")?;
    let label = str::from_utf8(label).ok()?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b" .#_/".contains(&byte);
    (label.len() <= 64 && label.bytes().all(allowed)).then_some(label)
}

impl<'a> Block<'a> {
    fn read(label: &'a str, lines: &mut Peekable<impl Iterator<Item = &'a [u8]>>) -> Self {
        let mut encrypted = false;
        let mut text = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with(b"-----")) {
            // RFC 1421 headers come first. Base64 has no colon.
            if text.is_empty() && line.contains(&b':') {
                encrypted |= line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED");
            } else {
                text.push(line);
            }
        }
        // Leave any other line of dashes: it may begin the next block.
        let ended = lines.next_if(|line| self::label(line, b"-----END ") == Some(label)).is_some();
        let content = if ended { Secret::decode(&text) } else { Err(KeyError::MalformedPem) };
        Self { label, encrypted, content }
    }

    /// Returns the block's public key, or the public half of its private key.
    pub(super) fn material(&self) -> Result<Material, KeyError> {
        if let Some(private) = self.private_key() {
            return private?.public();
        }
        let parse = match self.label {
            "PUBLIC KEY" => Material::from_spki,
            "RSA PUBLIC KEY" => Material::from_pkcs1,
            "CERTIFICATE" => Material::from_certificate,
            label => return Err(KeyError::NotAKey { label: label.into() }),
        };
        parse(self.content()?)
    }

    /// Returns the block's private key, or `None` if its label names no private key.
    pub(super) fn private_key(&self) -> Option<Result<PrivateKey<'_>, KeyError>> {
        let parse = match self.label {
            "PRIVATE KEY" => PrivateKey::from_pkcs8,
            "RSA PRIVATE KEY" => PrivateKey::from_pkcs1,
            "EC PRIVATE KEY" => PrivateKey::from_sec1,
            "ENCRYPTED PRIVATE KEY" => return Some(Err(KeyError::Encrypted)),
            _ => return None,
        };
        Some(if self.encrypted { Err(KeyError::Encrypted) } else { self.content().and_then(parse) })
    }

    fn content(&self) -> Result<&[u8], KeyError> {
        self.content.as_ref().map(|secret| secret.0.as_slice()).map_err(Clone::clone)
    }
}

/// A block's decoded content. It may be a private key, so it is overwritten on drop.
struct Secret(Vec<u8>);

impl Secret {
    /// Decodes base64 in groups of four characters. The buffer never grows, so no copy of a private key is left in
    /// freed memory.
    fn decode(lines: &[&[u8]]) -> Result<Self, KeyError> {
        let characters = lines.iter().copied().flatten().filter(|byte| !byte.is_ascii_whitespace());
        let mut secret = Secret(Vec::with_capacity(lines.iter().map(|line| line.len()).sum()));
        let mut group = Vec::with_capacity(4);
        let mut padded = false;
        for character in characters {
            group.push(*character);
            if group.len() == 4 {
                if padded {
                    return Err(KeyError::MalformedPem);
                }
                STANDARD.decode_vec(&group, &mut secret.0).map_err(|_| KeyError::MalformedPem)?;
                padded = group.ends_with(b"=");
                group.clear();
            }
        }
        if group.is_empty() { Ok(secret) } else { Err(KeyError::MalformedPem) }
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.fill(0);
        // Keeps the compiler from removing the writes.
        hint::black_box(&self.0);
    }
}
