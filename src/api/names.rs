//! The names that Kubernetes accepts, and the API server's messages about others. They come from its package
//! `apimachinery/pkg/util/validation`.
//!
//! ```
//! use boundtoken::api::names;
//!
//! assert!(names::faults_of_subdomain("app-0.example", "bytes").is_empty());
//! assert!(names::faults_of_subdomain("App", "bytes")[0].starts_with("a lowercase RFC 1123 subdomain"));
//! assert!(names::is_label("app-0") && !names::is_label("app."));
//! ```

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or \
    '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/// Returns what keeps a name from being a DNS-1123 subdomain. Empty if it is one. `unit` is the unit of length in
/// messages.
#[must_use]
pub fn faults_of_subdomain(name: &str, unit: &str) -> Vec<String> {
    let mut faults = too_long(name, 253, unit);
    if !name.split('.').all(is_label) {
        faults.push(SUBDOMAIN.to_owned());
    }
    faults
}

/// Returns what is wrong with a text of more than `most` bytes. Empty if it is not longer.
#[must_use]
pub fn too_long(text: &str, most: usize, unit: &str) -> Vec<String> {
    if text.len() > most { vec![format!("must be no more than {most} {unit}")] } else { Vec::new() }
}

/// Returns whether a name is a DNS-1123 label, whatever its length.
#[must_use]
pub fn is_label(text: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    is_made_of(text, inside, |byte| byte != b'-')
}

/// Returns whether a text is not empty, `inside` accepts every byte, and `at_the_ends` accepts the first and the
/// last.
#[must_use]
pub fn is_made_of(text: &str, inside: impl Fn(u8) -> bool, at_the_ends: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    bytes.iter().all(|byte| inside(*byte))
        && ends.iter().all(|end| end.is_some_and(|byte| at_the_ends(*byte)))
}
