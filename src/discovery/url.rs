//! Which URLs are asked.

use reqwest::Url;

/// What follows the issuer's name (OpenID Connect Discovery 1.0 section 4).
const WELL_KNOWN: &str = "/.well-known/openid-configuration";
/// Longer ones are a mistake.
const LONGEST: usize = 2_048;

/// Where an issuer's discovery document is.
///
/// # Errors
/// What the issuer's name is not.
pub(super) fn document(issuer: &str) -> Result<Url, &'static str> {
    // Section 3: with no query or fragment components.
    if issuer.contains(['?', '#']) {
        return Err("a URL without query and fragment");
    }
    https(issuer)?;
    // Section 4.1: any terminating slash must be removed.
    https(&format!("{}{WELL_KNOWN}", issuer.strip_suffix('/').unwrap_or(issuer)))
}

/// An `https` URL that all who read it understand alike.
///
/// # Errors
/// What it is not.
pub(super) fn https(text: &str) -> Result<Url, &'static str> {
    if text.len() > LONGEST {
        return Err("a URL of at most 2,048 letters");
    }
    let Some(rest) = text.strip_prefix("https://").filter(|rest| !rest.starts_with('/')) else {
        return Err("https URL");
    };
    // RFC 3986 section 2. Readers pass over others, or take them for a slash.
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    if !text.bytes().all(is_allowed) {
        return Err("a URL of the letters of RFC 3986");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("a URL without user and password");
    }
    Url::parse(text).map_err(|_| "https URL")
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
    fn what_readers_could_take_for_another_url_is_refused() {
        for (issuer, is_no) in [
            ("", "https URL"),
            ("issuer.example", "https URL"),
            ("http://issuer.example", "https URL"),
            ("HTTPS://issuer.example", "https URL"),
            (" https://issuer.example", "https URL"),
            ("https://", "https URL"),
            ("https:///issuer.example", "https URL"),
            ("https:issuer.example", "https URL"),
            ("https://issuer.example:99999", "https URL"),
            ("https://[::1", "https URL"),
            ("https://issuer.example?", "a URL without query and fragment"),
            ("https://issuer.example/#", "a URL without query and fragment"),
            ("https://user@issuer.example", "a URL without user and password"),
            ("https://@issuer.example", "a URL without user and password"),
            ("https://issuer.example\\@other.example", "a URL of the letters of RFC 3986"),
            ("https://issuer.\texample", "a URL of the letters of RFC 3986"),
            ("https://issuer.example ", "a URL of the letters of RFC 3986"),
            ("https://issüer.example", "a URL of the letters of RFC 3986"),
        ] {
            assert_eq!(document(issuer).unwrap_err(), is_no, "{issuer}");
        }
        let long = format!("https://issuer.example/{}", "a".repeat(LONGEST));
        assert_eq!(https(&long).unwrap_err(), "a URL of at most 2,048 letters");
        assert!(https("https://issuer.example/jwks?policy=a").is_ok());
    }
}
