//! The JOSE header (RFC 7515 section 4). Reads `alg`, `kid` and `typ`, and refuses parameters that would change
//! how a token is verified.

use std::cmp::Ordering;

use crate::json::{Known, KnownName, Member, Object, Reader, Rules, Text, utf8};
use crate::keys::{Algorithm, LARGEST_HEADER};
use crate::rejection::{Detail, PartName, Reason, Rejection, ShortText};
use crate::token::{LARGEST_SIZE, Part};

// What is decoded on the stack is what issuers write.
const _: () = assert!(LARGEST_HEADER == LARGEST_SIZE);

static RULES: Rules = Rules {
    part: PartName::Header,
    not_utf8: Reason::HeaderNotUtf8,
    malformed: Reason::HeaderMalformed,
    too_deep: Reason::HeaderTooDeep,
    duplicate_member: Reason::HeaderDuplicateMember,
    number_out_of_range: Reason::HeaderNumberOutOfRange,
    wrong_type: Reason::HeaderWrongType,
    too_many_members: Some(Reason::HeaderTooManyMembers),
};

/// The header parameters that are checked. `nonce` must be a string, as the API server demands.
#[derive(Clone, Copy)]
enum HeaderMember {
    Alg,
    Kid,
    Typ,
    Nonce,
    Refused(Reason, &'static str),
}

const MEMBERS: Known<HeaderMember> = &[
    KnownName::new("alg", HeaderMember::Alg),
    KnownName::new("kid", HeaderMember::Kid),
    KnownName::new("typ", HeaderMember::Typ),
    KnownName::new("nonce", HeaderMember::Nonce),
    KnownName::new("crit", HeaderMember::Refused(Reason::CriticalHeader, "crit")),
    KnownName::new("b64", HeaderMember::Refused(Reason::CriticalHeader, "b64")),
    KnownName::new("jwk", HeaderMember::Refused(Reason::EmbeddedKey, "jwk")),
    KnownName::new("jku", HeaderMember::Refused(Reason::EmbeddedKey, "jku")),
    KnownName::new("x5u", HeaderMember::Refused(Reason::EmbeddedKey, "x5u")),
    KnownName::new("x5c", HeaderMember::Refused(Reason::EmbeddedKey, "x5c")),
];

/// The values of a header that select a key. They never change the key's own algorithm.
pub(crate) struct Header<'a> {
    pub(crate) algorithm: Algorithm,
    /// `None` when absent, null or empty. The API server treats the three alike.
    pub(crate) kid: Option<KeyId<'a>>,
}

/// A token's `kid`. Its JSON escapes are not resolved yet.
#[derive(Clone, Copy)]
pub(crate) struct KeyId<'a>(Text<'a>);

impl KeyId<'_> {
    /// Compares a configured key's `kid` with this one. Never allocates.
    pub(crate) fn compare(&self, kid: &str) -> Ordering {
        match self.0.verbatim_text() {
            Some(text) => kid.cmp(text),
            // UTF-8 sorts in the order of its characters.
            None => kid.chars().cmp(self.0.chars()),
        }
    }

    /// Returns the beginning of the `kid`, to show in a rejection. Never allocates.
    pub(crate) fn beginning(&self) -> ShortText {
        match self.0.verbatim_text() {
            Some(text) => ShortText::new(text.bytes()),
            // Non-ASCII characters show as `?`.
            None => ShortText::new(self.0.chars().map(|character| u8::try_from(character).unwrap_or(b'?'))),
        }
    }
}

impl<'a> From<&'a str> for KeyId<'a> {
    fn from(kid: &'a str) -> Self {
        Self(Text::plain(kid))
    }
}

impl Header<'_> {
    /// Decodes and parses a header, and passes it to `use_header`. The header borrows from the stack.
    ///
    /// Kubernetes writes about 80 bytes. The `kid` of an external signer may have 1,024.
    pub(crate) fn with<T>(
        part: Part<'_>,
        use_header: impl FnOnce(&Header<'_>) -> Result<T, Rejection>,
    ) -> Result<T, Rejection> {
        part.with_decoded(|json| use_header(&Header::parse(json)?))?.unwrap_or_else(|| {
            let size = Detail::Size { found: part.decoded_len(), limit: LARGEST_SIZE };
            Err(Rejection::new(Reason::HeaderTooLarge, size))
        })
    }
}

impl<'a> Header<'a> {
    fn parse(json: &'a [u8]) -> Result<Self, Rejection> {
        let mut algorithm = None;
        let mut kid = None;
        let mut typ = None;
        Reader::read(utf8(json, &RULES)?, &RULES, |reader| {
            let mut header = Object::default();
            while let Some(member) = reader.member(&mut header, MEMBERS)? {
                match member {
                    Member::Known(HeaderMember::Alg) => algorithm = reader.optional_string("alg")?,
                    Member::Known(HeaderMember::Kid) => {
                        kid = reader.optional_string("kid")?.filter(|kid| !kid.is(""))
                    }
                    Member::Known(HeaderMember::Typ) => typ = reader.optional_string("typ")?,
                    Member::Known(HeaderMember::Nonce) => drop(reader.optional_string("nonce")?),
                    Member::Known(HeaderMember::Refused(reason, name)) => {
                        return Err(reader.refuse(reason, name));
                    }
                    Member::Unknown(_) => reader.skip()?,
                }
            }
            Ok(())
        })?;
        if typ.is_some_and(|typ| !typ.is("JWT")) {
            return Err(Reason::TypeUnsupported.into());
        }
        let algorithm = algorithm.ok_or(Reason::AlgorithmMissing)?;
        Ok(Self { algorithm: supported(&algorithm)?, kid: kid.map(KeyId) })
    }
}

fn supported(name: &Text<'_>) -> Result<Algorithm, Rejection> {
    let algorithm = Algorithm::ALL.iter().copied().find(|algorithm| name.is(algorithm.name()));
    algorithm.filter(|algorithm| algorithm.is_supported()).ok_or_else(|| Reason::AlgorithmUnsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Header<'_>, Reason> {
        Header::parse(json.as_bytes()).map_err(|rejection| rejection.reason())
    }

    #[test]
    fn what_issuers_write_is_read() {
        for (json, algorithm, kid) in [
            (r#"{"alg":"RS256","kid":"k"}"#, Algorithm::RS256, Some("k")),
            (r#" { "typ" : "JWT" , "alg" : "ES384" } "#, Algorithm::ES384, None),
            (r#"{"alg":"EdDSA","kid":null,"typ":null}"#, Algorithm::EdDSA, None),
            (r#"{"alg":"PS512","kid":""}"#, Algorithm::PS512, None),
            (r#"{"\u0061lg":"RS2\u00356","kid":"\u006b\n"}"#, Algorithm::RS256, Some("k\n")),
            (r#"{"alg":"RS256","cty":"x","extra":[1,{"a":null}]}"#, Algorithm::RS256, None),
        ] {
            let header = parse(json).unwrap();
            assert_eq!((header.algorithm, header.kid.is_some()), (algorithm, kid.is_some()), "{json}");
            if let (Some(found), Some(kid)) = (header.kid, kid) {
                assert_eq!(found.compare(kid), Ordering::Equal, "{json}");
                assert_eq!(found.compare("j"), Ordering::Less, "{json}");
                assert_eq!(found.compare("k\n\n"), Ordering::Greater, "{json}");
            }
        }
    }

    #[test]
    fn everything_else_is_refused_for_its_own_reason() {
        use Reason::*;
        let deep = format!(r#"{{"alg":"RS256","x":{}{}}}"#, "[".repeat(32), "]".repeat(32));
        let many: Vec<String> = (0..33).map(|n| format!(r#""m{n}":0"#)).collect();
        let many = format!(r#"{{"alg":"RS256",{}}}"#, many.join(","));
        let long = format!(r#"{{"alg":"RS256","x":{}}}"#, "1".repeat(65));
        for (json, reason) in [
            ("", HeaderMalformed),
            ("null", HeaderMalformed),
            ("[]", HeaderMalformed),
            (r#"{"alg":"RS256"}{}"#, HeaderMalformed),
            (r#"{"alg":"RS256",}"#, HeaderMalformed),
            ("{'alg':'RS256'}", HeaderMalformed),
            ("\u{feff}{}", HeaderMalformed),
            (r#"{"alg":"RS256","x":"\ud800"}"#, HeaderNotUtf8),
            (&deep, HeaderTooDeep),
            (&many, HeaderTooManyMembers),
            (&long, HeaderNumberOutOfRange),
            (r#"{"alg":"RS256","alg":"RS256"}"#, HeaderDuplicateMember),
            (r#"{"alg":"RS256","\u0061lg":"RS256"}"#, HeaderDuplicateMember),
            (r#"{"alg":"RS256","x":{"y":1,"y":1}}"#, HeaderDuplicateMember),
            (r#"{"alg":256}"#, HeaderWrongType),
            (r#"{"alg":"RS256","kid":["k"]}"#, HeaderWrongType),
            (r#"{"alg":"RS256","typ":1}"#, HeaderWrongType),
            (r#"{"alg":"RS256","nonce":1}"#, HeaderWrongType),
            ("{}", AlgorithmMissing),
            (r#"{"alg":null}"#, AlgorithmMissing),
            (r#"{"Alg":"RS256"}"#, AlgorithmMissing),
            (r#"{"alg":""}"#, AlgorithmUnsupported),
            (r#"{"alg":"none"}"#, AlgorithmUnsupported),
            (r#"{"alg":"HS256"}"#, AlgorithmUnsupported),
            (r#"{"alg":"rs256"}"#, AlgorithmUnsupported),
            (r#"{"alg":"RS256","typ":"jwt"}"#, TypeUnsupported),
            (r#"{"alg":"RS256","typ":"at+jwt"}"#, TypeUnsupported),
            (r#"{"alg":"RS256","typ":""}"#, TypeUnsupported),
            (r#"{"alg":"RS256","crit":[]}"#, CriticalHeader),
            (r#"{"alg":"RS256","b64":true}"#, CriticalHeader),
            (r#"{"alg":"RS256","jwk":null}"#, EmbeddedKey),
            (r#"{"alg":"RS256","jku":"https://example.com"}"#, EmbeddedKey),
            (r#"{"alg":"RS256","x5u":""}"#, EmbeddedKey),
            (r#"{"alg":"RS256","x5c":[]}"#, EmbeddedKey),
        ] {
            assert_eq!(parse(json).err(), Some(reason), "{json}");
        }
        assert_eq!(
            Header::parse(b"{\"alg\":\"RS256\",\"x\":\"\xff\"}").err().map(|rejection| rejection.reason()),
            Some(HeaderNotUtf8)
        );
    }
}
