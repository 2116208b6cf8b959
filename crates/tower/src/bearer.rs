//! Finding the token of a request.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};

/// The header that carries the token.
#[derive(Clone, Debug)]
pub(crate) struct TokenHeader(HeaderName);

/// What a request says about its caller.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Credentials<'a> {
    /// Nothing, or nothing that is about tokens.
    None,
    /// A token that nobody has looked at yet.
    Token(&'a [u8]),
}

/// What is wrong with the header of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidRequest {
    /// The header comes more than once, so that two readers could take different tokens.
    SeveralHeaders,
    /// The scheme is `Bearer`, but no token follows.
    NoToken,
    /// More than a token follows the scheme.
    TextAfterToken,
}

impl InvalidRequest {
    /// What is wrong, as one phrase.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::SeveralHeaders => "the request has more than one header with a token",
            Self::NoToken => "no token follows the scheme Bearer",
            Self::TextAfterToken => "the header has text behind the token",
        }
    }
}

impl TokenHeader {
    pub(crate) fn new(name: HeaderName) -> Self {
        Self(name)
    }

    pub(crate) fn name(&self) -> &HeaderName {
        &self.0
    }

    /// Returns the token: `Bearer TOKEN` by RFC 6750 section 2.1.
    ///
    /// In `Authorization` other schemes are not about tokens. Any other header has nothing but the token, and the scheme may
    /// be left out: a token has no space in it.
    pub(crate) fn credentials<'a>(&self, headers: &'a HeaderMap) -> Result<Credentials<'a>, InvalidRequest> {
        let mut values = headers.get_all(&self.0).iter();
        let Some(value) = values.next() else { return Ok(Credentials::None) };
        if values.next().is_some() {
            return Err(InvalidRequest::SeveralHeaders);
        }
        let value = value.as_bytes();
        let token = match after_scheme(value) {
            Some(token) => token,
            None if self.0 == AUTHORIZATION => return Ok(Credentials::None),
            None => value,
        };
        if token.is_empty() { Err(InvalidRequest::NoToken) } else { Ok(Credentials::Token(token)) }
    }
}

/// Says what is wrong with the header from which a refused token comes. No token that a verifier accepts has white space in it,
/// so nobody needs to look for it before.
pub(crate) fn header_of_refused(token: &[u8]) -> Result<(), InvalidRequest> {
    let is_one_word = !token.iter().any(|byte| matches!(byte, b' ' | b'\t'));
    if is_one_word { Ok(()) } else { Err(InvalidRequest::TextAfterToken) }
}

/// Returns what follows the scheme `Bearer` and at least one space, or nothing if the scheme is all there is. `None` if there
/// is another scheme, or none.
fn after_scheme(value: &[u8]) -> Option<&[u8]> {
    const SCHEME: &[u8] = b"bearer";
    let (scheme, rest) = value.split_at_checked(SCHEME.len())?;
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return None;
    }
    match rest {
        [] => Some(rest),
        [b' ', ..] => Some(rest.trim_ascii()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read<'a>(name: &str, headers: &'a HeaderMap) -> Result<Credentials<'a>, InvalidRequest> {
        TokenHeader::new(HeaderName::from_bytes(name.as_bytes()).unwrap()).credentials(headers)
    }

    #[test]
    fn the_token_is_what_follows_the_scheme() {
        for (value, expected) in [
            (&b"Bearer a.b.c"[..], Ok(Credentials::Token(b"a.b.c"))),
            (b"bearer a.b.c", Ok(Credentials::Token(b"a.b.c"))),
            (b"BEARER   a.b.c", Ok(Credentials::Token(b"a.b.c"))),
            (b"Bearer \xff\xfe", Ok(Credentials::Token(b"\xff\xfe"))),
            (b"Bearer", Err(InvalidRequest::NoToken)),
            (b"Bearer  ", Err(InvalidRequest::NoToken)),
            (b"Bearer a b", Ok(Credentials::Token(b"a b"))),
            (b"Bearer, Bearer a", Ok(Credentials::None)),
            (b"Bearera.b.c", Ok(Credentials::None)),
            (b"Bearer\ta.b.c", Ok(Credentials::None)),
            (b"Basic eDp5", Ok(Credentials::None)),
            (b"a.b.c", Ok(Credentials::None)),
            (b"", Ok(Credentials::None)),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("authorization", HeaderValue::from_bytes(value).unwrap());
            assert_eq!(read("authorization", &headers), expected, "{:?}", String::from_utf8_lossy(value));
        }
    }

    #[test]
    fn another_header_may_leave_the_scheme_out() {
        for (value, expected) in [
            ("a.b.c", Ok(Credentials::Token(b"a.b.c"))),
            ("Bearer a.b.c", Ok(Credentials::Token(b"a.b.c"))),
            ("", Err(InvalidRequest::NoToken)),
            ("Basic eDp5", Ok(Credentials::Token(b"Basic eDp5"))),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-token", HeaderValue::from_static(value));
            headers.insert("authorization", HeaderValue::from_static("Bearer other"));
            assert_eq!(read("x-token", &headers), expected, "{value}");
        }
    }

    #[test]
    fn text_behind_a_refused_token_is_the_fault_of_the_header() {
        for (token, expected) in [
            (&b"a.b.c"[..], Ok(())),
            (b"a.b.c d", Err(InvalidRequest::TextAfterToken)),
            (b"a.b.c\td", Err(InvalidRequest::TextAfterToken)),
        ] {
            assert_eq!(header_of_refused(token), expected);
        }
    }

    #[test]
    fn two_headers_are_one_too_many_even_if_they_are_the_same() {
        let mut headers = HeaderMap::new();
        assert_eq!(read("authorization", &headers), Ok(Credentials::None));
        headers.append("authorization", HeaderValue::from_static("Bearer a"));
        headers.append("authorization", HeaderValue::from_static("Bearer a"));
        assert_eq!(read("authorization", &headers), Err(InvalidRequest::SeveralHeaders));
    }
}
