//! For every reason and every error: nothing that is printed contains a token, a signature or key material, and
//! nothing panics.
#![allow(clippy::restriction)]

mod keys;
mod reasons;
mod vectors;

use std::collections::HashSet;

/// This many equal characters in a row count as part of a secret. Fewer may be a coincidence.
const TELLING: usize = 16;

/// Texts that must not appear, not even in part.
struct Secrets(HashSet<Vec<u8>>);

impl Secrets {
    fn new<T: AsRef<[u8]>>(texts: impl IntoIterator<Item = T>) -> Self {
        let mut pieces = HashSet::new();
        for text in texts {
            pieces.extend(text.as_ref().windows(TELLING).map(<[u8]>::to_vec));
        }
        Self(pieces)
    }

    /// The parts of a token, or of something that was sent instead of a token.
    fn of_token(token: &[u8]) -> Self {
        Self::new(token.split(|byte| *byte == b'.'))
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[track_caller]
    fn assert_unseen_in(&self, what: &str, text: &str) {
        let seen = text.as_bytes().windows(TELLING).find(|piece| self.0.contains(*piece));
        let seen = seen.map(String::from_utf8_lossy);
        assert!(seen.is_none(), "{what} shows {seen:?}: {text}");
    }
}

#[test]
#[should_panic = "shows"]
fn a_secret_that_is_seen_in_part_is_found() {
    Secrets::of_token(b"aaaa.0123456789abcdefghij.bbbb")
        .assert_unseen_in("a text", "the token (3456789abcdefghij)");
}
