//! Random uids, and the ends of generated names.

use crate::crypto;
use boundtoken::Uid;
use boundtoken::api::Status;

/// A random UUID, version 4.
pub(super) fn uid() -> Result<String, Status> {
    Uid::random().map(|uid| uid.to_string()).map_err(|why| Status::internal_error(&why.to_string()))
}

/// The prefix, shortened if need be, and five random characters of an alphabet that spells no words.
pub(super) fn name(prefix: &str) -> Result<String, Status> {
    const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
    const LONGEST_PREFIX: usize = 58;

    let fitting =
        prefix.char_indices().take_while(|(start, letter)| start + letter.len_utf8() <= LONGEST_PREFIX);
    let mut name: String = fitting.map(|(_, letter)| letter).collect();
    for pair in bytes::<10>()?.chunks_exact(2) {
        let number = pair.iter().fold(0, |number, byte| number * 256 + usize::from(*byte));
        name.extend(ALPHABET.get(number % ALPHABET.len()).map(|byte| char::from(*byte)));
    }
    Ok(name)
}

fn bytes<const COUNT: usize>() -> Result<[u8; COUNT], Status> {
    let mut bytes = [0; COUNT];
    crypto::fill_random(&mut bytes).map_err(|why| Status::internal_error(&why.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_names_fit_a_dns_label_however_long_the_prefix_is() {
        assert_eq!(name("app-").unwrap().len(), 9);
        assert!(name("app-").unwrap().starts_with("app-"));
        assert_eq!(name(&"a".repeat(100)).unwrap().len(), 63);
        assert!(name(&"ä".repeat(100)).unwrap().len() <= 63);
    }
}
