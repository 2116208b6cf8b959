//! Texts, and the value `true`.

use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

use super::{Place, Reading};

/// The longest text, in characters.
const LONGEST: usize = 1_024;

/// What is wrong with a text, and what to do. `None` if nothing is.
pub(super) type Check = fn(&str) -> Option<&'static str>;

/// Any text.
pub(super) fn any(_: &str) -> Option<&'static str> {
    None
}

/// The name of an object.
pub(super) fn name(text: &str) -> Option<&'static str> {
    let is_name = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'));
    let wrong = "no name of Kubernetes; write lower-case letters, digits, `-` and `.`, and no wildcards";
    (!is_name).then_some(wrong)
}

/// The one answer that can be demanded.
pub(super) fn live(text: &str) -> Option<&'static str> {
    (text != "live").then_some("not `live`; write that, which is the only value here")
}

/// Reads a text that is not empty.
pub(super) struct ReadText<'a> {
    pub(super) reading: &'a Reading,
    pub(super) place: Place<'a>,
    pub(super) check: Check,
}

impl<'de> DeserializeSeed<'de> for ReadText<'_> {
    type Value = Arc<str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let Self { reading, place, .. } = self;
        let message = || "not a text; write a number, true or null in quotes".to_owned();
        deserializer.deserialize_any(self).map_err(|error| reading.instead(&place, message, error))
    }
}

impl Visitor<'_> for ReadText<'_> {
    type Value = Arc<str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        self.reading.spend(&self.place, text.len())?;
        let wrong = match text.chars().count() {
            0 => Some("an empty text, which fits no caller; write what fits"),
            1..=LONGEST => (self.check)(text),
            _ => Some("more than 1,024 characters; is it the right text?"),
        };
        wrong.map_or_else(|| Ok(text.into()), |wrong| Err(self.reading.refused(&self.place, wrong)))
    }
}

/// Reads `true`.
pub(super) struct ReadTrue<'a> {
    pub(super) reading: &'a Reading,
    pub(super) place: Place<'a>,
}

impl<'de> DeserializeSeed<'de> for ReadTrue<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Self { reading, place } = self;
        let message = || "not `true`; write that, which is the only value here".to_owned();
        deserializer.deserialize_any(self).map_err(|error| reading.instead(&place, message, error))
    }
}

impl Visitor<'_> for ReadTrue<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("true")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        if value { Ok(()) } else { Err(E::custom("false")) }
    }
}
