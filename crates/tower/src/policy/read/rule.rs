//! A rule, and a list of rules.

use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::member::ReadMember;
use super::service_account::ReadServiceAccount;
use super::text::{self, ReadText, ReadTrue};
use super::{Place, Policy, Reading};

/// The deepest nesting of rules.
const MAX_DEPTH: usize = 32;
/// In a file every rule takes more bytes than this, besides its texts.
const SMALLEST: usize = 4;

const MEMBERS: &[&str] = &[
    "any",
    "all",
    "not",
    "namespace",
    "serviceAccount",
    "audience",
    "node",
    "issuer",
    "apiGroup",
    "confirmed",
    "everyone",
    "nobody",
];

/// Reads a rule: a mapping with one member.
#[derive(Clone, Copy)]
pub(super) struct ReadRule<'a> {
    pub(super) reading: &'a Reading,
    pub(super) place: Place<'a>,
    /// The level of the rule, from 1.
    pub(super) depth: usize,
}

impl ReadRule<'_> {
    /// Reads a rule, or rules, inside of this one.
    fn inner<'a>(&'a self, place: Place<'a>) -> ReadRule<'a> {
        ReadRule { reading: self.reading, place, depth: self.depth.saturating_add(1) }
    }
}

impl<'de> DeserializeSeed<'de> for ReadRule<'_> {
    type Value = Policy;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Policy, D::Error> {
        let Self { reading, place, depth } = self;
        if depth > MAX_DEPTH {
            return Err(reading.refused(&place, "more than 32 levels of rules; nest them less"));
        }
        reading.spend(&place, SMALLEST)?;
        let message = || format!("not a rule; write one member, which is one of {}", MEMBERS.join(", "));
        deserializer.deserialize_any(self).map_err(|error| reading.instead(&place, message, error))
    }
}

impl<'de> Visitor<'de> for ReadRule<'_> {
    type Value = Policy;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a rule")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Policy, A::Error> {
        let Self { reading, place: of_rule, .. } = &self;
        let next = ReadMember { reading, place: of_rule, known: MEMBERS, before: &[], single: true };
        let Some(name) = map.next_key_seed(next)? else {
            let message = format!("an empty rule; write one member, which is one of {}", MEMBERS.join(", "));
            return Err(reading.refused(of_rule, message));
        };
        let place = of_rule.member(name);
        let text = |check| ReadText { reading, place, check };
        let is_true = ReadTrue { reading, place };
        let policy = match name {
            "any" => Policy::any(map.next_value_seed(ReadList(self.inner(place)))?),
            "all" => Policy::all(map.next_value_seed(ReadList(self.inner(place)))?),
            "not" => !map.next_value_seed(self.inner(place))?,
            "namespace" => Policy::namespace(map.next_value_seed(text(text::name))?),
            "serviceAccount" => map.next_value_seed(ReadServiceAccount { reading, place })?,
            "audience" => Policy::audience(map.next_value_seed(text(text::any))?),
            "node" => Policy::node(map.next_value_seed(text(text::name))?),
            "issuer" => Policy::issuer(map.next_value_seed(text(text::any))?),
            "apiGroup" => Policy::api_group(map.next_value_seed(text(text::any))?),
            "confirmed" => map.next_value_seed(text(text::live)).map(|_| Policy::confirmed_live())?,
            "everyone" => map.next_value_seed(is_true).map(|()| Policy::everyone())?,
            // `nobody` is the last.
            _ => map.next_value_seed(is_true).map(|()| Policy::nobody())?,
        };
        // A second member is refused as its name is read.
        let next = ReadMember { reading, place: of_rule, known: MEMBERS, before: &[name], single: true };
        map.next_key_seed(next).map(|_| policy)
    }
}

/// Reads a list of rules. It is not empty, and no two are the same.
struct ReadList<'a>(ReadRule<'a>);

impl<'de> DeserializeSeed<'de> for ReadList<'_> {
    type Value = Vec<Policy>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let Self(ReadRule { reading, place, .. }) = self;
        let message = || "not a list of rules; begin each with `- `".to_owned();
        deserializer.deserialize_any(self).map_err(|error| reading.instead(&place, message, error))
    }
}

impl<'de> Visitor<'de> for ReadList<'_> {
    type Value = Vec<Policy>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of rules")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let Self(rule) = &self;
        let (mut policies, mut positions) = (Vec::new(), HashMap::new());
        loop {
            let index = policies.len();
            let place = rule.place.element(index);
            let Some(policy) = list.next_element_seed(ReadRule { place, ..*rule })? else { break };
            // The text of a rule tells it from every other one.
            if let Some(first) = positions.insert(format!("{policy:?}"), index) {
                let first = rule.place.element(first);
                return Err(rule.reading.refused(&place, format!("the same rule as {first}; remove one")));
            }
            policies.push(policy);
        }
        if policies.is_empty() {
            let message = "an empty list; remove it, or write `nobody: true` instead";
            return Err(rule.reading.refused(&rule.place, message));
        }
        Ok(policies)
    }
}
