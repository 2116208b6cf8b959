//! The value of `serviceAccount`.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};

use super::member::ReadMember;
use super::text::{self, ReadText};
use super::{Place, Policy, Reading};

const MEMBERS: &[&str] = &["namespace", "name"];

/// Reads a service account: a mapping with a namespace and a name.
pub(super) struct ReadServiceAccount<'a> {
    pub(super) reading: &'a Reading,
    pub(super) place: Place<'a>,
}

impl<'de> DeserializeSeed<'de> for ReadServiceAccount<'_> {
    type Value = Policy;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Policy, D::Error> {
        let Self { reading, place } = self;
        let message = || "not a service account; write {namespace: NAMESPACE, name: NAME}".to_owned();
        deserializer.deserialize_any(self).map_err(|error| reading.instead(&place, message, error))
    }
}

impl<'de> Visitor<'de> for ReadServiceAccount<'_> {
    type Value = Policy;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a service account")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Policy, A::Error> {
        let Self { reading, place } = &self;
        let (mut namespace, mut name, mut before) = (None, None, Vec::new());
        loop {
            let next = ReadMember { reading, place, known: MEMBERS, before: &before, single: false };
            let Some(member) = map.next_key_seed(next)? else { break };
            let value = ReadText { reading, place: place.member(member), check: text::name };
            let value = Some(map.next_value_seed(value)?);
            if member == "name" {
                name = value
            } else {
                namespace = value
            }
            before.push(member);
        }
        match (namespace, name) {
            (Some(namespace), Some(name)) => Ok(Policy::service_account(namespace, name)),
            (None, _) => Err(reading.refused(place, "no member `namespace`; add it")),
            (_, None) => Err(reading.refused(place, "no member `name`; add it")),
        }
    }
}
