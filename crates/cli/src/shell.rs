//! Commands to copy into a shell.

/// Quotes text as one word of a POSIX shell.
pub fn word(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "/._-+:,@%".contains(character);
    if !text.is_empty() && text.chars().all(plain) && !text.starts_with('-') {
        text.to_owned()
    } else {
        // A leading hyphen would be read as an option.
        let relative = if text.starts_with('-') { "./" } else { "" };
        format!("'{relative}{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn any_directory_is_one_word() {
        for (text, expected) in [
            ("/srv/try-1", "/srv/try-1"),
            ("my dir", "'my dir'"),
            ("it's", r"'it'\''s'"),
            ("-x", "'./-x'"),
            ("$HOME;", "'$HOME;'"),
        ] {
            assert_eq!(word(text), expected);
        }
    }
}
