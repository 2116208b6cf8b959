//! Failures: there is no verdict.

use std::fmt::Display;
use std::process::ExitCode;

use crate::output::{self, printable};

/// The exit status without a verdict.
const UNDECIDED: u8 = 2;

/// Why there is no result, in one sentence: what was wrong, and what to do.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    /// A failure with a file. Its name may be a misplaced token, so long names are hidden.
    pub fn with_file(path: &std::path::Path, wrong: impl Display) -> Self {
        Self(format!("{}: {wrong}", name(path)))
    }

    /// Adds what to do.
    pub fn advise(self, advice: &str) -> Self {
        Self(format!("{}; {advice}", self.0))
    }

    pub fn sentence(&self) -> &str {
        &self.0
    }

    /// Reports the failure on standard error. Returns the exit status.
    pub fn report(&self) -> ExitCode {
        output::error(&self.0);
        undecided()
    }
}

pub fn undecided() -> ExitCode {
    ExitCode::from(UNDECIDED)
}

/// Prints help, the version or a usage error. A usage error quotes arguments, and one of them may be a token.
pub fn report_usage(error: &clap::Error) -> ExitCode {
    let plain = error.render().to_string();
    let hidden = hide_tokens(&plain);
    // If the output is closed, nobody is left to tell.
    let _printed = if hidden == plain { error.print() } else { output::error_lines(&hidden) };
    if error.use_stderr() { undecided() } else { ExitCode::SUCCESS }
}

/// A file's name, safe for a message.
pub fn name(path: &std::path::Path) -> String {
    harmless(&path.to_string_lossy())
}

/// Foreign text, safe for a message.
pub fn harmless(text: &str) -> String {
    printable(&hide_tokens(text))
}

/// An error and its causes, safe for a message.
#[cfg(feature = "network")]
pub fn causes(error: &dyn std::error::Error) -> String {
    harmless(&boundtoken_refresh::with_causes(error))
}

/// Replaces every word that is long enough to be part of a token.
fn hide_tokens(text: &str) -> String {
    /// Longer than any option and any uid. Shorter than any signature.
    const SHORTEST: usize = 40;
    let in_token = |character: char| character.is_ascii_alphanumeric() || "-_.+=".contains(character);
    let mut shown = String::new();
    for piece in text.split_inclusive(|character| !in_token(character)) {
        let word = piece.trim_end_matches(|character| !in_token(character));
        if word.len() < SHORTEST {
            shown.push_str(piece);
        } else {
            shown.push_str(&format!("({} characters, not shown: it may be a token)", word.len()));
            shown.extend(piece.chars().last().filter(|character| !in_token(*character)));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::hide_tokens;

    #[test]
    fn long_pieces_are_hidden_and_all_else_stays() {
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";
        assert_eq!(
            hide_tokens(&format!("error: '{token}' is not a file")),
            "error: '(49 characters, not shown: it may be a token)' is not a file"
        );
        for text in ["", "/srv/e5bf3f7d-fbca-403d-a58f-f50f44e8da63/jwks.json", "--max-token-size é", "'"] {
            assert_eq!(hide_tokens(text), text);
        }
        assert!(!hide_tokens(&format!("é{token}é")).contains("eyJ"));
        assert!(!hide_tokens(&"a".repeat(40)).contains("aa"));
    }
}
