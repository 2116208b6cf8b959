//! What a file is instead of JSON, if that can be told.

/// Describes an empty file and a table for people. None for anything else.
pub fn described(bytes: &[u8]) -> Option<&'static str> {
    let start = bytes.trim_ascii_start();
    if start.is_empty() {
        return Some("the file is empty");
    }
    // kubectl's tables begin with one of these columns.
    let mut words = start.split(|byte| byte.is_ascii_whitespace());
    match words.next() {
        Some(b"NAME" | b"NAMESPACE") => Some("this is a table for people, not JSON"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::described;

    #[test]
    fn an_empty_file_and_a_table_are_told_from_json_and_yaml() {
        for (text, words) in [
            ("", Some("empty")),
            (" \n\n", Some("empty")),
            ("NAME    READY   STATUS\napp-0   1/1     Running\n", Some("table")),
            ("NAMESPACE   NAME\ndemo        app\n", Some("table")),
            ("{}", None),
            ("NAME: x", None),
            ("kind: PodList\n", None),
        ] {
            let found = described(text.as_bytes());
            assert_eq!(found.is_some(), words.is_some(), "{text}");
            assert!(words.is_none_or(|words| found.unwrap().contains(words)), "{text}");
        }
    }
}
