//! Header and claims before they are signed, and changes to them.

use proptest::sample::Index;
use serde_json::Value;

use crate::text::Text;
use boundtoken_testing::mint::{self, Mint};

/// One change to a header and claims before they are signed.
#[derive(Clone, Debug)]
pub enum Edit {
    /// Sets a member of the header (0), the claims (1) or the claim `kubernetes.io` (2).
    Set(usize, &'static str, String),
    Remove(Index, Index),
    Retype(Index, Index, &'static str),
    Rename(Index, Index, &'static str),
    /// Adds the member again at the end, with the same value or another.
    Duplicate(Index, Index, Option<&'static str>),
    /// Writes name and value with escapes. They mean the same to every parser.
    Escape(Index, Index),
    Swap(Index, Index, Index),
    Add(Index, String, &'static str),
}

/// Header and claims before they are signed.
#[derive(Clone, Debug)]
pub struct Draft {
    pub edits: Vec<Edit>,
    pub space: &'static str,
}

impl Draft {
    pub fn sign(&self, mint: &Mint, now: u64) -> Vec<u8> {
        let header: Value = serde_json::from_str(&mint.header()).unwrap();
        let mut texts = [Text::new(&header), Text::new(&mint::claims(now))];
        for edit in &self.edits {
            edit.apply(&mut texts);
        }
        let [header, claims] = texts.map(|text| text.write(self.space));
        mint.sign(header, claims).into_bytes()
    }
}

impl Edit {
    fn apply(&self, texts: &mut [Text; 2]) {
        match self {
            Self::Set(0, name, value) => set(texts[0].object_at(&mut 0), name, value),
            Self::Set(1, name, value) => set(texts[1].object_at(&mut 0), name, value),
            Self::Set(_, name, value) => {
                let claims = texts[1].object_at(&mut 0);
                let kubernetes =
                    claims.and_then(|claims| claims.iter_mut().find(|(name, _)| name == "\"kubernetes.io\""));
                set(kubernetes.and_then(|(_, value)| value.object_at(&mut 0)), name, value);
            }
            Self::Add(place, name, value) => {
                object(texts, place).push((name.clone(), Text::Other((*value).to_owned())));
            }
            Self::Remove(place, member) => {
                let members = object(texts, place);
                if !members.is_empty() {
                    members.remove(member.index(members.len()));
                }
            }
            Self::Swap(place, one, other) => {
                let members = object(texts, place);
                if !members.is_empty() {
                    let (one, other) = (one.index(members.len()), other.index(members.len()));
                    members.swap(one, other);
                }
            }
            Self::Duplicate(place, member, value) => {
                let members = object(texts, place);
                if !members.is_empty() {
                    let (name, old) = members[member.index(members.len())].clone();
                    members.push((name, value.map_or(old, |value| Text::Other(value.to_owned()))));
                }
            }
            Self::Retype(place, member, value) => {
                if let Some((_, old)) = pick(object(texts, place), member) {
                    *old = Text::Other((*value).to_owned());
                }
            }
            Self::Rename(place, member, name) => {
                if let Some((old, _)) = pick(object(texts, place), member) {
                    (*name).clone_into(old);
                }
            }
            Self::Escape(place, member) => {
                if let Some((name, value)) = pick(object(texts, place), member) {
                    *name = escaped(name);
                    if let Text::Other(text) = value {
                        *text = escaped(text);
                    }
                }
            }
        }
    }
}

fn set(members: Option<&mut Vec<(String, Text)>>, name: &str, value: &str) {
    let Some(members) = members else { return };
    let (name, value) = (Value::from(name).to_string(), Text::Other(value.to_owned()));
    match members.iter_mut().find(|(known, _)| *known == name) {
        Some((_, old)) => *old = value,
        None => members.push((name, value)),
    }
}

/// One of the objects in header and claims.
fn object<'a>(texts: &'a mut [Text; 2], place: &Index) -> &'a mut Vec<(String, Text)> {
    let in_header = texts[0].object_count();
    let mut index = place.index(in_header + texts[1].object_count());
    let text = if index < in_header { &mut texts[0] } else { &mut texts[1] };
    index = index.checked_sub(in_header).unwrap_or(index);
    text.object_at(&mut index).expect("an object")
}

fn pick<'a>(members: &'a mut [(String, Text)], member: &Index) -> Option<&'a mut (String, Text)> {
    if members.is_empty() { None } else { members.get_mut(member.index(members.len())) }
}

/// A string with every character as an escape. Any other value as it is.
fn escaped(json: &str) -> String {
    match serde_json::from_str::<Value>(json) {
        Ok(Value::String(text)) => {
            let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            format!("\"{units}\"")
        }
        _ => json.to_owned(),
    }
}
