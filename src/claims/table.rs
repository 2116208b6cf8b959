//! The form in which accepted claims are kept: their texts, and a table of where everything stands.
//!
//! It is the form in which a [record](crate::record) has them. So to hand out a token that was seen before is to copy.

use super::position::{ABSENT, Position, own_range, position, text_at};
use super::several::Growing;
use crate::keys::KeyFingerprint;

/// Where a record has the texts that all tokens share, in bytes.
pub(crate) const SHARED_START: u32 = 296;
/// Where a record has the texts of the token, in bytes.
#[allow(clippy::as_conversions, clippy::cast_possible_truncation)] // a constant function can convert in no other way
pub(crate) const TEXT_START: u32 = SHARED_START + SHARED.len() as u32;

/// The texts that nearly every token has in common: groups, and keys of `extra`.
///
/// Together they are a multiple of eight bytes.
pub(crate) const SHARED: &str = "\
    system:serviceaccounts\
    system:authenticated\
    authentication.kubernetes.io/credential-id\
    authentication.kubernetes.io/node-name\
    authentication.kubernetes.io/node-uid\
    authentication.kubernetes.io/pod-name\
    authentication.kubernetes.io/pod-uid";

pub(super) const SERVICE_ACCOUNTS: Position = shared("system:serviceaccounts");
pub(super) const AUTHENTICATED: Position = shared("system:authenticated");
pub(super) const CREDENTIAL_ID: Position = shared("authentication.kubernetes.io/credential-id");
pub(super) const NODE_NAME: Position = shared("authentication.kubernetes.io/node-name");
pub(super) const NODE_UID: Position = shared("authentication.kubernetes.io/node-uid");
pub(super) const POD_NAME: Position = shared("authentication.kubernetes.io/pod-name");
pub(super) const POD_UID: Position = shared("authentication.kubernetes.io/pod-uid");

/// Finds one of the shared texts. It does not compile if the text is not there.
#[allow(clippy::as_conversions, clippy::cast_possible_truncation, clippy::indexing_slicing)] // evaluated by the compiler
const fn shared(text: &str) -> Position {
    let (all, text) = (SHARED.as_bytes(), text.as_bytes());
    let mut start = 0;
    let mut matching = 0;
    while matching < text.len() {
        if all[start + matching] == text[matching] {
            matching += 1;
        } else {
            start += 1;
            matching = 0;
        }
    }
    Position::new(SHARED_START + start as u32, text.len() as u32)
}

/// What every table begins with, in this order: the position of each text, and then where each array stands.
///
/// An array is given as the offset of its first element in the record, in bytes, and the number of its elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Payload,
    Issuer,
    IssuerLabel,
    Subject,
    Namespace,
    ServiceAccountName,
    ServiceAccountUid,
    Jti,
    CredentialId,
    PodName,
    PodUid,
    SecretName,
    SecretUid,
    NodeName,
    NodeUid,
    ValidatingWebhookConfigurationName,
    ValidatingWebhookConfigurationUid,
    MutatingWebhookConfigurationName,
    MutatingWebhookConfigurationUid,
    /// An array of positions.
    Audiences,
    /// An array of positions.
    Groups,
    /// An array of keys and values.
    Extra,
    /// An array of numbers of kinds, each followed by 0, and by the positions of namespace, name and uid.
    BoundObjects,
    /// An array of positions.
    AttestedApiGroups,
    /// An array of names, each with its array of values.
    Attestations,
}

impl Field {
    pub(crate) const COUNT: usize = Self::Attestations.place() + 1;

    /// Returns the place of the field in the table.
    #[allow(clippy::as_conversions)] // the variants are numbered from 0
    const fn place(self) -> usize {
        self as usize
    }

    /// Returns how many pairs of numbers one element of this array takes.
    fn width(self) -> usize {
        match self {
            Self::Extra | Self::Attestations => 2,
            Self::BoundObjects => 4,
            _ => 1,
        }
    }
}

/// The texts of a token, where everything stands, and the key that signed it.
pub(crate) struct Table {
    /// The payload, followed by every text that it does not have letter by letter.
    text: String,
    fields: Fields,
    elements: Elements,
    signed_by: KeyFingerprint,
}

type Fields = [Position; Field::COUNT];

/// The elements of the arrays. Nearly every token has few enough: three objects, five keys of `extra`, three groups, and some
/// audiences.
type Elements = Growing<Position, { 3 * 4 + 5 * 2 + 3 + 4 }>;

impl Table {
    pub(super) fn signed_by(&self) -> &KeyFingerprint {
        &self.signed_by
    }

    pub(crate) fn position(&self, field: Field) -> Position {
        self.fields.get(field.place()).copied().unwrap_or(ABSENT)
    }

    /// Returns a text. Empty if the token does not have it.
    pub(super) fn text(&self, field: Field) -> &str {
        self.at(self.position(field))
    }

    /// Returns the text at a position of this table.
    pub(super) fn at(&self, position: Position) -> &str {
        text_at(&self.text, position)
    }

    /// Returns the elements of an array. An element may take several pairs of numbers.
    pub(super) fn array(&self, field: Field) -> &[Position] {
        self.elements(self.position(field), field.width())
    }

    /// Returns the elements of an array that stands there, each of `width` pairs of numbers.
    pub(super) fn elements(&self, array: Position, width: usize) -> &[Position] {
        elements(self.elements.as_slice(), &self.text, array, width)
    }

    /// Returns what a record has from [`TEXT_START`] on.
    pub(crate) fn own_text(&self) -> &str {
        &self.text
    }

    /// Returns the fields, and what a record has from [`elements_start`](Self::elements_start) on.
    pub(crate) fn fields_and_elements(&self) -> (&[Position], &[Position]) {
        (&self.fields, self.elements.as_slice())
    }

    /// Returns where a record has the elements of the arrays, in bytes: behind the text, at a multiple of 8.
    pub(crate) fn elements_start(&self) -> u32 {
        elements_start(&self.text)
    }

    /// Returns how many bytes the table owns.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>() + self.text.capacity() + self.elements.allocated()
    }
}

/// The size of a pair of numbers, in bytes.
const PAIR: u32 = 8;

fn elements_start(text: &str) -> u32 {
    // Tokens are at most 1 MiB, so every offset fits.
    u32::try_from(text.len()).unwrap_or(u32::MAX).saturating_add(TEXT_START).next_multiple_of(PAIR)
}

/// Returns the elements of an array, each of `width` pairs of numbers.
fn elements<'a>(all: &'a [Position], text: &str, array: Position, width: usize) -> &'a [Position] {
    let range = || {
        let first =
            usize::try_from(array.offset().checked_sub(elements_start(text))?.checked_div(PAIR)?).ok()?;
        Some(first..first.checked_add(usize::try_from(array.length()).ok()?.checked_mul(width)?)?)
    };
    range().and_then(|range| all.get(range)).unwrap_or_default()
}

/// A table while it is made.
///
/// First come all texts that the payload does not have, and then the arrays: where they stand depends on the texts.
pub(super) struct TableBuilder {
    text: String,
    fields: Fields,
    elements: Elements,
}

impl TableBuilder {
    /// Starts with the texts that were read. About `more` bytes will follow them.
    pub(super) fn new(read: &str, more: usize) -> Self {
        let mut text = String::with_capacity(read.len() + more);
        text.push_str(read);
        Self { text, fields: [ABSENT; Field::COUNT], elements: Elements::default() }
    }

    /// Returns the text at a position.
    pub(super) fn at(&self, position: Position) -> &str {
        text_at(&self.text, position)
    }

    /// Appends a text.
    pub(super) fn text(&mut self, text: &str) -> Position {
        let start = self.text.len();
        self.text.push_str(text);
        position(start..self.text.len()).unwrap_or(ABSENT)
    }

    /// Appends a prefix and, behind it, once more a text that is there already.
    pub(super) fn joined(&mut self, prefix: &str, rest: Position) -> Position {
        let start = self.text.len();
        let Some(rest) = own_range(rest).filter(|rest| self.text.get(rest.clone()).is_some()) else {
            return ABSENT;
        };
        self.text.push_str(prefix);
        self.text.extend_from_within(rest);
        position(start..self.text.len()).unwrap_or(ABSENT)
    }

    pub(super) fn set(&mut self, field: Field, position: Position) {
        if let Some(place) = self.fields.get_mut(field.place()) {
            *place = position;
        }
    }

    /// Appends an array and returns where it stands.
    pub(super) fn array<const WIDTH: usize>(
        &mut self,
        elements: impl IntoIterator<Item = [Position; WIDTH]>,
    ) -> Position {
        let start = self.elements.len();
        elements.into_iter().flatten().for_each(|element| self.elements.push(element));
        let offset = u32::try_from(start).ok().and_then(|before| before.checked_mul(PAIR));
        let offset = offset.and_then(|offset| offset.checked_add(elements_start(&self.text)));
        let count =
            self.elements.len().checked_sub(start).and_then(|pairs| u32::try_from(pairs / WIDTH).ok());
        offset.zip(count).map_or(ABSENT, |(offset, count)| Position::new(offset, count))
    }

    /// Returns the elements of an array that was appended before. Each is one pair of numbers.
    pub(super) fn elements_of(&self, array: Position) -> Vec<Position> {
        elements(self.elements.as_slice(), &self.text, array, 1).to_vec()
    }

    pub(super) fn finish(self, signed_by: KeyFingerprint) -> Table {
        Table { text: self.text, fields: self.fields, elements: self.elements, signed_by }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Algorithm, SigningKey};

    #[test]
    fn shared_texts_stand_where_their_positions_say() {
        for (position, text) in [
            (SERVICE_ACCOUNTS, "system:serviceaccounts"),
            (AUTHENTICATED, "system:authenticated"),
            (CREDENTIAL_ID, "authentication.kubernetes.io/credential-id"),
            (NODE_NAME, "authentication.kubernetes.io/node-name"),
            (NODE_UID, "authentication.kubernetes.io/node-uid"),
            (POD_NAME, "authentication.kubernetes.io/pod-name"),
            (POD_UID, "authentication.kubernetes.io/pod-uid"),
        ] {
            assert_eq!(text_at("", position), text);
        }
        assert!(TEXT_START.is_multiple_of(PAIR));
    }

    #[test]
    fn texts_and_arrays_are_found_again() {
        let mut builder = TableBuilder::new("payload", 0);
        let [one, two] = ["one", ""].map(|text| builder.text(text));
        let joined = builder.joined("a", one);
        builder.set(Field::Issuer, joined);
        let audiences = builder.array([[one], [two]]);
        builder.set(Field::Audiences, audiences);
        let extra = builder.array([[two, one]]);
        builder.set(Field::Extra, extra);
        let key = SigningKey::generate(Algorithm::ES256).unwrap();
        let table = builder.finish(*key.public_key().fingerprint());
        assert_eq!((table.own_text(), table.text(Field::Issuer)), ("payloadoneaone", "aone"));
        assert_eq!(table.array(Field::Audiences), [one, two]);
        assert_eq!(table.array(Field::Extra), [two, one]);
        assert_eq!((table.position(Field::Jti), table.text(Field::Jti)), (ABSENT, ""));
        assert!(table.array(Field::Groups).is_empty());
        assert_eq!(table.fields_and_elements().1, [one, two, two, one]);
    }

    #[test]
    fn a_position_outside_of_the_text_reads_as_the_empty_text() {
        for (offset, length) in [(0, 1), (SHARED_START, u32::MAX), (TEXT_START, 1), (u32::MAX, u32::MAX)] {
            assert_eq!(text_at("", Position::new(offset, length)), "");
        }
    }
}
