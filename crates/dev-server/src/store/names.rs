//! What names, label keys and label values may be, in the API server's words.

use boundtoken::api::names::{self, is_label, is_made_of, too_long};

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
    start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
    alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
    '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or \
    '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex \
    used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/// What is wrong with the name of a namespace.
pub(super) fn faults_of_label(name: &str) -> Vec<String> {
    let mut faults = too_long(name, 63, "characters");
    if !is_label(name) {
        let only_dots = name.split('.').all(is_label);
        faults.push(if only_dots { "must not contain dots".to_owned() } else { LABEL.to_owned() });
    }
    faults
}

/// What is wrong with the name of any other object.
pub(super) fn faults_of_subdomain(name: &str) -> Vec<String> {
    names::faults_of_subdomain(name, "characters")
}

/// What is wrong with the key of a label or an annotation, or with a finalizer.
pub(super) fn faults_of_key(key: &str) -> Vec<String> {
    let (prefix, name) = match key.split('/').collect::<Vec<_>>().as_slice() {
        [name] => (None, *name),
        [prefix, name] => (Some(*prefix), *name),
        _ => {
            let form = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return vec![format!("a valid label key {QUALIFIED} {form}")];
        }
    };
    let mut faults = match prefix {
        None => Vec::new(),
        Some("") => vec!["prefix part must be non-empty".to_owned()],
        Some(prefix) => names::faults_of_subdomain(prefix, "bytes")
            .iter()
            .map(|fault| format!("prefix part {fault}"))
            .collect(),
    };
    if name.is_empty() {
        faults.push("name part must be non-empty".to_owned());
    }
    faults.extend(too_long(name, 63, "bytes").iter().map(|fault| format!("name part {fault}")));
    if !is_qualified(name) {
        faults.push(format!("name part {QUALIFIED}"));
    }
    faults
}

/// What is wrong with the value of a label.
pub(super) fn faults_of_label_value(value: &str) -> Vec<String> {
    let mut faults = too_long(value, 63, "bytes");
    if !value.is_empty() && !is_qualified(value) {
        faults.push(LABEL_VALUE.to_owned());
    }
    faults
}

fn is_qualified(text: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    is_made_of(text, inside, |byte: u8| byte.is_ascii_alphanumeric())
}
