//! The uid of an object.

use std::fmt;
use std::sync::Arc;

use crate::crypto;
use crate::keys::KeyError;

/// A `metadata.uid`. Cheap to clone and to compare. Two are equal if their texts are.
///
/// ```
/// use boundtoken::Uid;
///
/// let uid = Uid::from("e5bf3f7d-fbca-403d-a58f-f50f44e8da63");
/// assert_eq!(uid.to_string(), "e5bf3f7d-fbca-403d-a58f-f50f44e8da63");
/// assert_ne!(uid, Uid::from("E5BF3F7D-FBCA-403D-A58F-F50F44E8DA63"));
/// ```
#[derive(Clone)]
pub struct Uid(UidText);

/// The most bytes that are kept in place. A UUID has 36.
const UID_IN_PLACE: usize = 39;

/// Equal texts have the same form.
#[derive(Clone)]
enum UidText {
    /// Padded with spaces. The text itself does not end with white space.
    InPlace([u8; UID_IN_PLACE]),
    Shared(Arc<str>),
}

impl Uid {
    /// Makes a new uid like the API server: a random UUID, version 4 (RFC 9562 section 5.4).
    ///
    /// # Errors
    /// [`KeyError::CryptographyFailed`] if the system has no random numbers.
    pub fn random() -> Result<Self, KeyError> {
        let mut bytes = [0; 16];
        crypto::fill_random(&mut bytes)?;
        let number = u128::from_be_bytes(bytes);
        let number = number & !(0xf << 76) | 0x4 << 76;
        let number = number & !(0x3 << 62) | 0x2 << 62;
        let digits = format!("{number:032x}");
        let mut uuid = String::with_capacity(36);
        for (place, digit) in digits.chars().enumerate() {
            if matches!(place, 8 | 12 | 16 | 20) {
                uuid.push('-');
            }
            uuid.push(digit);
        }
        Ok(Self::from(uuid.as_str()))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            UidText::InPlace(padded) => padded.trim_ascii_end(),
            UidText::Shared(text) => text.as_bytes(),
        }
    }
}

impl From<&str> for Uid {
    fn from(text: &str) -> Self {
        let mut padded = [b' '; UID_IN_PLACE];
        match padded.get_mut(..text.len()) {
            Some(place) if text.trim_ascii_end() == text => {
                place.copy_from_slice(text.as_bytes());
                Self(UidText::InPlace(padded))
            }
            _ => Self(UidText::Shared(text.into())),
        }
    }
}

impl PartialEq for Uid {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Uid {}

impl PartialEq<str> for Uid {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&String::from_utf8_lossy(self.as_bytes()))
    }
}

impl fmt::Debug for Uid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Uid({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_uid_says_its_version_and_is_never_the_same() {
        let (one, other) = (Uid::random().unwrap(), Uid::random().unwrap());
        assert_ne!(one, other);
        for uid in [one, other].map(|uid| uid.to_string()) {
            let lengths: Vec<_> = uid.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{uid}");
            assert_eq!(&uid[14..15], "4", "{uid}");
            assert!("89ab".contains(&uid[19..20]), "{uid}");
        }
    }

    #[test]
    fn uids_are_equal_exactly_when_their_texts_are() {
        let texts = [
            "e5bf3f7d-fbca-403d-a58f-f50f44e8da63",
            "E5bf3f7d-fbca-403d-a58f-f50f44e8da63",
            "e5bf3f7d-fbca-403d-a58f-f50f44e8da64",
            "e5bf3f7dfbca403da58ff50f44e8da63",
            "e5bf3f7d-fbca-403d-a58f-f50f44e8da63-38",
            "e5bf3f7d-fbca-403d-a58f-f50f44e8da63-039",
            "e5bf3f7d-fbca-403d-a58f-f50f44e8da63-0040",
            "e5bf3f7d-fbca-403d-a58f-f50f44e8da63-of-another-form",
            "e5bf3f7d-fbca-403d-a58f-f50f44e8da63 ",
            "e5bf3f7d-fbca-403d-a58f-f50f44e8da63\n",
            " ",
            "é",
            "",
        ];
        for (left, one) in texts.iter().enumerate() {
            assert_eq!(Uid::from(*one).to_string(), *one);
            for (right, other) in texts.iter().enumerate() {
                let (uid, other_uid) = (Uid::from(*one), Uid::from(*other));
                assert_eq!(uid == other_uid, left == right, "{one} {other}");
                assert_eq!(uid == **other, left == right, "{one} {other}");
            }
        }
    }
}
