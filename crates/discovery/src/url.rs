//! The URLs that may be requested.

use reqwest::Url;

/// The path of the document below the issuer's name (OpenID Connect Discovery 1.0 section 4).
const WELL_KNOWN: &str = "/.well-known/openid-configuration";
/// The longest URL that is accepted, in bytes.
const LONGEST: usize = 2_048;

/// The URL of an issuer's discovery document.
///
/// # Errors
/// Says what is wrong with the issuer's name.
pub(super) fn document(issuer: &str) -> Result<Url, &'static str> {
    // Section 3: with no query or fragment components.
    if issuer.contains(['?', '#']) {
        return Err("has a query or a fragment");
    }
    https(issuer)?;
    // Section 4.1: any terminating slash must be removed.
    https(&format!("{}{WELL_KNOWN}", issuer.strip_suffix('/').unwrap_or(issuer)))
}

/// Parses an `https` URL. Accepts only URLs that every parser reads in the same way.
///
/// # Errors
/// Says what is wrong with the URL.
pub(super) fn https(text: &str) -> Result<Url, &'static str> {
    if text.len() > LONGEST {
        return Err("is longer than 2,048 characters");
    }
    let Some(rest) = text.strip_prefix("https://").filter(|rest| !rest.starts_with('/')) else {
        return Err("is not an https URL");
    };
    // RFC 3986 section 2. Some parsers skip other characters, or read them as a slash.
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    if !text.bytes().all(is_allowed) {
        return Err("has characters that a URL cannot have");
    }
    let authority = rest.split_once(['/', '?', '#']).map_or(rest, |(authority, _)| authority);
    if authority.contains('@') {
        return Err("has a user or a password");
    }
    Url::parse(text).map_err(|_| "is not an https URL")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_below_the_issuers_path() {
        for (issuer, expected) in [
            ("https://issuer.example", "https://issuer.example/.well-known/openid-configuration"),
            ("https://issuer.example/", "https://issuer.example/.well-known/openid-configuration"),
            ("https://issuer.example/id/1", "https://issuer.example/id/1/.well-known/openid-configuration"),
            ("https://issuer.example/id/1/", "https://issuer.example/id/1/.well-known/openid-configuration"),
            ("https://issuer.example//", "https://issuer.example//.well-known/openid-configuration"),
            ("https://issuer.example:443/a", "https://issuer.example/a/.well-known/openid-configuration"),
            ("https://[::1]:6443", "https://[::1]:6443/.well-known/openid-configuration"),
        ] {
            assert_eq!(document(issuer).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn urls_that_parsers_read_differently_are_refused() {
        for (issuer, problem) in [
            ("", "is not an https URL"),
            ("issuer.example", "is not an https URL"),
            ("http://issuer.example", "is not an https URL"),
            ("HTTPS://issuer.example", "is not an https URL"),
            (" https://issuer.example", "is not an https URL"),
            ("https://", "is not an https URL"),
            ("https:///issuer.example", "is not an https URL"),
            ("https:issuer.example", "is not an https URL"),
            ("https://issuer.example:99999", "is not an https URL"),
            ("https://[::1", "is not an https URL"),
            ("https://issuer.example?", "has a query or a fragment"),
            ("https://issuer.example/#", "has a query or a fragment"),
            ("https://user@issuer.example", "has a user or a password"),
            ("https://@issuer.example", "has a user or a password"),
            ("https://issuer.example\\@other.example", "has characters that a URL cannot have"),
            ("https://issuer.\texample", "has characters that a URL cannot have"),
            ("https://issuer.example ", "has characters that a URL cannot have"),
            ("https://issüer.example", "has characters that a URL cannot have"),
        ] {
            assert_eq!(document(issuer).unwrap_err(), problem, "{issuer}");
        }
        let long = format!("https://issuer.example/{}", "a".repeat(LONGEST));
        assert_eq!(https(&long).unwrap_err(), "is longer than 2,048 characters");
        assert!(https("https://issuer.example/jwks?policy=a").is_ok());
    }
}
