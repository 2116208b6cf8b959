//! Names of Kubernetes objects, as arguments.

use boundtoken::api::names;

/// The longest name of a namespace, in bytes.
const LONGEST_LABEL: usize = 63;

/// Checks the name of an object. A name that passes cannot lead a request to another path.
///
/// # Errors
/// A sentence for the user.
pub fn object(text: &str) -> Result<String, String> {
    match names::faults_of_subdomain(text, "bytes").is_empty() {
        true => Ok(text.to_owned()),
        false => Err("no Kubernetes object can have this name: give a name in lower-case letters, digits, `-` and `.`, \
                      at most 253 characters, with a letter or digit at each end (RFC 1123 subdomain)"
            .to_owned()),
    }
}

/// Checks the name of a namespace. A name that passes cannot lead a request to another path.
///
/// # Errors
/// A sentence for the user.
pub fn namespace(text: &str) -> Result<String, String> {
    match names::is_label(text) && text.len() <= LONGEST_LABEL {
        true => Ok(text.to_owned()),
        false => Err(
            "no namespace can have this name: give a name in lower-case letters, digits and `-`, at most 63 \
                      characters, with a letter or digit at each end (RFC 1123 label)"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_lead_a_request_elsewhere() {
        for name in ["app", "app-0", "0"] {
            assert_eq!(object(name).as_deref(), Ok(name));
            assert_eq!(namespace(name).as_deref(), Ok(name));
        }
        assert_eq!(object("node-1.example.com").as_deref(), Ok("node-1.example.com"));
        assert!(namespace("node-1.example.com").unwrap_err().contains("RFC 1123 label"));
        for name in
            ["", ".", "..", "a/b", "a?b", "a%2fb", "App", "a b", "é", "-a", "a-", "a..b", &"a".repeat(254)]
        {
            assert!(object(name).unwrap_err().contains("RFC 1123 subdomain"), "{name}");
            assert!(namespace(name).is_err(), "{name}");
        }
        assert!(namespace(&"a".repeat(64)).is_err() && object(&"a".repeat(64)).is_ok());
    }
}
