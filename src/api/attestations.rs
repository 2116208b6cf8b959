//! Reading `spec.attestations` of a TokenRequest: a map of lists of texts.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Unexpected, Visitor};

/// The attestations that a request asks for, by name.
pub(super) type Attestations = Option<BTreeMap<String, Vec<String>>>;

/// Reads [`Attestations`] like the API server: `null` stands for an empty list or an empty text. A name given twice
/// is an error.
pub(super) struct Read(pub(super) Attestations);

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = Read;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map of lists of strings")
            }

            // The default error would quote the string. In the wrong place, that may be a token.
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

/// Returns whether there is nothing to write.
pub(super) fn are_none(attestations: &Attestations) -> bool {
    attestations.as_ref().is_none_or(BTreeMap::is_empty)
}
