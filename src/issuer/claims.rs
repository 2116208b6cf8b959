//! The claims of a token, byte for byte in the API server's layout.

use std::io;

use serde::{Serialize, Serializer};
use serde_json::ser::{CharEscape, Formatter};

use super::binding::{Binding, ServiceAccount};
use crate::bound_object::Uid;
use crate::keys::KeyError;
use crate::time::UnixSeconds;

/// The lifetime, in seconds, that stands for one of a year with a warning after this time.
pub(super) const WARN_AFTER: i64 = 3_607;
/// That year, in seconds.
const EXTENDED: u64 = 31_536_000;

/// From when to when a token is good.
pub(super) struct Lifetime {
    start: UnixSeconds,
    end: UnixSeconds,
    warn_after: Option<UnixSeconds>,
}

impl Lifetime {
    pub(super) fn new(now: UnixSeconds, seconds: i64, extended: bool) -> Self {
        let after = |seconds: u64| UnixSeconds(now.0.saturating_add(seconds));
        let said = after(seconds.unsigned_abs());
        if extended {
            Self { start: now, end: after(EXTENDED), warn_after: Some(said) }
        } else {
            Self { start: now, end: said, warn_after: None }
        }
    }
}

/// Everything that a token claims.
pub(super) struct Claims<'a> {
    pub(super) issuer: &'a str,
    pub(super) audiences: &'a [String],
    pub(super) credential_id: &'a str,
    pub(super) account: &'a ServiceAccount<'a>,
    pub(super) binding: &'a Binding<'a>,
    pub(super) lifetime: Lifetime,
}

impl Claims<'_> {
    pub(super) fn to_json(&self) -> Result<Vec<u8>, KeyError> {
        let account = &self.account.reference;
        let (binding, lifetime) = (self.binding, &self.lifetime);
        let written = Written {
            aud: self.audiences,
            exp: lifetime.end,
            iat: lifetime.start,
            iss: self.issuer,
            jti: self.credential_id,
            kubernetes: Kubernetes {
                namespace: account.namespace,
                node: binding.node.as_ref().map(|(name, uid)| Reference { name, uid: uid.as_ref() }),
                pod: binding.pod.as_ref().map(|pod| Reference { name: pod.name, uid: Some(&pod.uid) }),
                secret: binding
                    .secret
                    .as_ref()
                    .map(|secret| Reference { name: secret.name, uid: Some(&secret.uid) }),
                serviceaccount: Reference { name: account.name, uid: Some(&self.account.uid) },
                warnafter: lifetime.warn_after,
            },
            nbf: lifetime.start,
            sub: format!("system:serviceaccount:{}:{}", account.namespace, account.name),
        };
        let mut json = Vec::with_capacity(1_024);
        // Nothing here can fail: all is text and numbers, and a Vec takes every byte.
        written
            .serialize(&mut serde_json::Serializer::with_formatter(&mut json, AsGo))
            .map_err(|_| KeyError::CannotSign)?;
        Ok(json)
    }
}

/// The members in the order in which the API server writes them: sorted, at every level.
#[derive(Serialize)]
struct Written<'a> {
    aud: &'a [String],
    exp: UnixSeconds,
    iat: UnixSeconds,
    iss: &'a str,
    jti: &'a str,
    #[serde(rename = "kubernetes.io")]
    kubernetes: Kubernetes<'a>,
    nbf: UnixSeconds,
    sub: String,
}

#[derive(Serialize)]
struct Kubernetes<'a> {
    namespace: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<Reference<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pod: Option<Reference<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<Reference<'a>>,
    serviceaccount: Reference<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warnafter: Option<UnixSeconds>,
}

#[derive(Serialize)]
struct Reference<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    uid: Option<&'a Uid>,
}

fn as_text<S: Serializer>(uid: &Option<&Uid>, serializer: S) -> Result<S::Ok, S::Error> {
    match uid {
        Some(uid) => serializer.collect_str(uid),
        None => serializer.serialize_none(),
    }
}

/// Escapes in strings what Go escapes, and as Go does.
struct AsGo;

impl Formatter for AsGo {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        let escaped = |character| matches!(character, '<' | '>' | '&' | '\u{2028}' | '\u{2029}');
        for piece in text.split_inclusive(escaped) {
            let kept = piece.trim_end_matches(escaped);
            writer.write_all(kept.as_bytes())?;
            if let Some(character) = piece.chars().next_back().filter(|last| escaped(*last)) {
                write!(writer, "\\u{:04x}", u32::from(character))?;
            }
        }
        Ok(())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        match escape {
            CharEscape::Quote => writer.write_all(b"\\\""),
            CharEscape::ReverseSolidus => writer.write_all(b"\\\\"),
            CharEscape::Solidus => writer.write_all(b"/"),
            CharEscape::LineFeed => writer.write_all(b"\\n"),
            CharEscape::CarriageReturn => writer.write_all(b"\\r"),
            CharEscape::Tab => writer.write_all(b"\\t"),
            CharEscape::Backspace => writer.write_all(b"\\u0008"),
            CharEscape::FormFeed => writer.write_all(b"\\u000c"),
            CharEscape::AsciiControl(byte) => write!(writer, "\\u{byte:04x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_go_escapes_them() {
        let written = |text: &str| {
            let mut json = Vec::new();
            text.serialize(&mut serde_json::Serializer::with_formatter(&mut json, AsGo)).unwrap();
            String::from_utf8(json).unwrap()
        };
        for (text, expected) in [
            ("", r#""""#),
            ("a<b>&c", r#""a\u003cb\u003e\u0026c""#),
            ("<<", r#""\u003c\u003c""#),
            ("\u{2028}é\u{2029}/", r#""\u2028é\u2029/""#),
            ("\"\\\n\r\t\u{8}\u{c}\u{1}\u{7f}", "\"\\\"\\\\\\n\\r\\t\\u0008\\u000c\\u0001\u{7f}\""),
        ] {
            assert_eq!(written(text), expected);
        }
    }
}
