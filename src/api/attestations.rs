//! `spec.attestations` of a TokenRequest on the wire: a map of lists of texts.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Unexpected, Visitor};

/// What the API server is asked to attest, by name.
pub(super) type Attestations = Option<BTreeMap<String, Vec<String>>>;

/// Reads [`Attestations`] as the API server does: `null` is an empty list in place of a list, and the empty text in place
/// of a text. A name that is given twice is an error.
pub(super) struct Read(pub(super) Attestations);

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = Read;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map of lists of strings")
            }

            // serde's own error would quote the string, which in the wrong place may be a token.
            fn visit_str<E: Error>(self, _: &str) -> Result<Read, E> {
                Err(E::invalid_type(Unexpected::Other("a string"), &self))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Read, A::Error> {
                let mut attestations = BTreeMap::new();
                while let Some(name) = map.next_key::<String>()? {
                    let values: Option<Vec<Option<String>>> = map.next_value()?;
                    let values = values.into_iter().flatten().map(Option::unwrap_or_default).collect();
                    if attestations.insert(name, values).is_some() {
                        return Err(A::Error::custom("an attestation is given twice"));
                    }
                }
                Ok(Read(Some(attestations)))
            }
        }

        deserializer.deserialize_any(Names)
    }
}

/// Whether there is nothing to be written.
pub(super) fn are_none(attestations: &Attestations) -> bool {
    attestations.as_ref().is_none_or(BTreeMap::is_empty)
}
