//! JSON as text.

use serde_json::Value;

/// A JSON value as text. Objects are lists of members, so a member can occur twice and be written in any way.
#[derive(Clone, Debug)]
pub enum Text {
    Object(Vec<(String, Text)>),
    Other(String),
}

impl Text {
    pub fn new(value: &Value) -> Self {
        match value {
            Value::Object(members) => {
                let member =
                    |(name, value): (&String, _)| (Value::from(name.as_str()).to_string(), Self::new(value));
                Self::Object(members.iter().map(member).collect())
            }
            other => Self::Other(other.to_string()),
        }
    }

    pub fn write(&self, space: &str) -> String {
        match self {
            Self::Object(members) => {
                let members: Vec<String> = members
                    .iter()
                    .map(|(name, value)| format!("{space}{name}{space}:{space}{}", value.write(space)))
                    .collect();
                format!("{{{}{space}}}", members.join(&format!("{space},")))
            }
            Self::Other(text) => text.clone(),
        }
    }

    /// The members of the object at place `index`, counted from the outside in.
    pub fn object_at(&mut self, index: &mut usize) -> Option<&mut Vec<(String, Text)>> {
        let Self::Object(members) = self else { return None };
        if *index == 0 {
            return Some(members);
        }
        *index -= 1;
        members.iter_mut().find_map(|(_, value)| value.object_at(index))
    }

    pub fn object_count(&self) -> usize {
        match self {
            Self::Object(members) => 1 + members.iter().map(|(_, value)| value.object_count()).sum::<usize>(),
            Self::Other(_) => 0,
        }
    }
}
