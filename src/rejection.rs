//! Refusals: the reason, the details about one token, and how to answer the client.

use std::fmt;

use crate::keys::Algorithm;
use crate::time::{Length, UnixSeconds};

mod reason;

pub use reason::{Reason, ReasonFamily};

/// A refusal: its [`Reason`], and what the verifier can say about this token without repeating it.
///
/// Neither `Display` nor `Debug` ever shows a token, a signature or key material. A refusal before the signature
/// check allocates nothing, unless the claims are larger than 4 KiB.
///
/// ```
/// use boundtoken::{KeySet, Reason, TrustedIssuer, Verifier};
/// # let jwks = include_bytes!("../tests/vectors/apiserver-rs256/jwks.json");
/// let verifier = Verifier::builder()
///     .issuer(TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(jwks)?))
///     .audience("vault")
///     .build()?;
/// let rejection = verifier.verify(b"not a token").unwrap_err();
/// assert_eq!(rejection.reason(), Reason::TokenPartCount);
/// assert_eq!(rejection.name(), "token_part_count");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    reason: Reason,
    detail: Detail,
}

/// What is known in addition to the reason. All values are safe to print, and none is a part of the token itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    None,
    /// The size found and the size allowed, in bytes.
    Size {
        found: usize,
        limit: usize,
    },
    /// The byte of a decoded part at which reading stopped.
    Position(PartName, usize),
    /// The byte of a part, as the token holds it, at which decoding stopped.
    Encoded(PartName, usize),
    /// The header's `kid`.
    KeyId(ShortText),
    Algorithms {
        token: Algorithm,
        key: Algorithm,
    },
    /// The name of a claim or header member.
    Member(&'static str),
    Time {
        claim: UnixSeconds,
        now: UnixSeconds,
        leeway: u64,
    },
    /// Text from the verified claims, quoted and cut.
    Quoted(Box<str>),
    /// The bound object, as `Pod demo/live`.
    Object(Box<str>),
}

/// A part of a token, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartName {
    Header,
    Claims,
    Signature,
}

impl fmt::Display for PartName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Header => "header",
            Self::Claims => "claims",
            Self::Signature => "signature",
        })
    }
}

impl Rejection {
    pub(crate) fn new(reason: Reason, detail: Detail) -> Self {
        Self { reason, detail }
    }

    /// The typed reason.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// The stable number of the reason.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.reason.number()
    }

    /// The stable name of the reason.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.reason.name()
    }

    /// Returns the value of the `WWW-Authenticate` header for the answer (RFC 6750 section 3).
    ///
    /// It says no more than the description of the reason. Details belong in the server's log. If there was no token,
    /// the challenge has no error code, as section 3.1 requires.
    ///
    /// ```
    /// # use boundtoken::{KeySet, TrustedIssuer, Verifier};
    /// # let jwks = include_bytes!("../tests/vectors/apiserver-rs256/jwks.json");
    /// # let verifier = Verifier::builder()
    /// #     .issuer(TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(jwks)?))
    /// #     .audience("vault")
    /// #     .build()?;
    /// assert_eq!(verifier.verify(b"").unwrap_err().www_authenticate(), "Bearer");
    /// assert_eq!(
    ///     verifier.verify(b"x").unwrap_err().www_authenticate(),
    ///     r#"Bearer error="invalid_token", error_description="the token does not have exactly three parts""#
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn www_authenticate(&self) -> String {
        self.challenge().to_string()
    }

    /// What [`www_authenticate`](Self::www_authenticate) returns, not yet written.
    pub(crate) fn challenge(&self) -> Challenge {
        Challenge(self.reason)
    }
}

/// A challenge (RFC 6750 section 3). It says no more than the description of the reason.
pub(crate) struct Challenge(Reason);

impl fmt::Display for Challenge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(reason) = self;
        formatter.write_str("Bearer")?;
        if *reason == Reason::TokenEmpty {
            return Ok(());
        }
        // A flood of bad tokens asks for this again and again: texts are written as they are.
        formatter.write_str(r#" error="invalid_token", error_description=""#)?;
        formatter.write_str(reason.description())?;
        formatter.write_str("\"")
    }
}

impl From<Reason> for Rejection {
    fn from(reason: Reason) -> Self {
        Self::new(reason, Detail::None)
    }
}

impl fmt::Display for Rejection {
    /// Writes what was wrong with this token and, after a semicolon, what to do.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.reason.description())?;
        match &self.detail {
            Detail::None => {}
            Detail::Size { found, limit } => write!(formatter, " ({found} bytes, at most {limit})")?,
            Detail::Position(part, position) => write!(formatter, " (at byte {position} of the {part})")?,
            Detail::Encoded(part, position) => {
                write!(formatter, " (at byte {position} of the encoded {part})")?;
            }
            Detail::KeyId(kid) => {
                formatter.write_str(" (kid ")?;
                fmt::Display::fmt(kid, formatter)?;
                formatter.write_str(")")?;
            }
            Detail::Algorithms { token, key } => write!(formatter, " (token {token}, key {key})")?,
            Detail::Member(name) => write!(formatter, " ({name})")?,
            Detail::Time { claim, now, leeway } => {
                let distance = claim.distance_from(*now);
                write!(formatter, " (at {claim}, {distance}; now {now}, leeway {})", Length(*leeway))?;
            }
            Detail::Quoted(text) => write!(formatter, " ({text})")?,
            Detail::Object(object) => write!(formatter, " ({object})")?,
        }
        formatter.write_str("; ")?;
        formatter.write_str(self.reason.remedy())
    }
}

impl std::error::Error for Rejection {}

/// The beginning of a text, stored in place. So a refusal before the signature check allocates nothing and stays
/// small.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct ShortText {
    bytes: [u8; Self::CAPACITY],
    length: u8,
    cut: bool,
}

impl ShortText {
    const CAPACITY: usize = 21;

    /// Keeps the printable ASCII characters of `text` and replaces all others, so that a hostile kid cannot forge log
    /// lines.
    pub(crate) fn new(mut text: impl Iterator<Item = u8>) -> Self {
        let mut short = Self { bytes: [0; Self::CAPACITY], length: 0, cut: false };
        for (slot, byte) in short.bytes.iter_mut().zip(text.by_ref()) {
            *slot = match byte {
                b'"' | b'\\' => b'?',
                b' '..=b'~' => byte,
                _ => b'?',
            };
            short.length += 1;
        }
        short.cut = text.next().is_some();
        short
    }
}

impl fmt::Display for ShortText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("\"")?;
        let kept = self.bytes.get(..usize::from(self.length));
        // They are ASCII.
        formatter.write_str(kept.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default())?;
        formatter.write_str(if self.cut { "...\"" } else { "\"" })
    }
}

impl fmt::Debug for ShortText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Quotes verified text for a message. Escapes it, and cuts it after 128 characters.
pub(crate) fn quoted<'a>(texts: impl IntoIterator<Item = &'a str>) -> Detail {
    const LIMIT: usize = 128;
    let mut message = String::new();
    for text in texts {
        if message.len() > LIMIT {
            message.push_str(", ...");
            break;
        }
        if !message.is_empty() {
            message.push_str(", ");
        }
        message.push('"');
        message.extend(text.chars().take(LIMIT).flat_map(char::escape_debug));
        message.push_str(if text.chars().nth(LIMIT).is_some() { "...\"" } else { "\"" });
    }
    Detail::Quoted(message.into_boxed_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_kid_is_cut_and_cannot_break_a_line() {
        let shown = ShortText::new(format!("a\nb\"{}", "x".repeat(100)).bytes()).to_string();
        assert!(shown.starts_with("\"a?b?xxx") && shown.ends_with("...\"") && shown.len() < 30, "{shown}");
    }
}
