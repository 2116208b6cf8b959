//! The names of members.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

use super::{Place, Reading};

/// The longest unknown name that is shown.
const LONGEST_SHOWN: usize = 40;

/// Reads the next name in a mapping. It must be known, and new.
pub(super) struct ReadMember<'a> {
    pub(super) reading: &'a Reading,
    /// The place of the mapping.
    pub(super) place: &'a Place<'a>,
    pub(super) known: &'static [&'static str],
    /// The names that came before.
    pub(super) before: &'a [&'static str],
    /// Whether the mapping has only one member.
    pub(super) single: bool,
}

impl<'de> DeserializeSeed<'de> for ReadMember<'_> {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let Self { reading, place, known, .. } = self;
        let message = || format!("the name of a member is not a text; the members are {}", known.join(", "));
        deserializer.deserialize_str(self).map_err(|error| reading.instead(place, message, error))
    }
}

impl Visitor<'_> for ReadMember<'_> {
    type Value = &'static str;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a member")
    }

    fn visit_str<E: Error>(self, found: &str) -> Result<Self::Value, E> {
        let refused = |message: String| Err(self.reading.refused(self.place, message));
        let Some(name) = self.known.iter().copied().find(|name| *name == found) else {
            let members = self.known.join(", ");
            return refused(format!("unknown member{}; the members are {members}", shown(found)));
        };
        match self.before {
            before if before.contains(&name) => refused(format!("two members `{name}`; remove one")),
            [first, ..] if self.single => refused(format!(
                "two members, `{first}` and `{name}`, where one belongs; make a list of them under `all` or `any`"
            )),
            _ => Ok(name),
        }
    }
}

/// An unknown name, if it looks like one. In the wrong file, it may be anything.
fn shown(name: &str) -> String {
    let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
    if is_word && (1..=LONGEST_SHOWN).contains(&name.len()) { format!(" `{name}`") } else { String::new() }
}
