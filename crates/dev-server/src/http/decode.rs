//! From JSON to an object of a known shape, by the rules and in the words of the server's decoder.
//!
//! Names are case-sensitive. `null` is absence. Of a member given twice the last one counts, and unknown members are
//! dropped; both are reported, because `?fieldValidation=` decides what they mean.

use base64::DecodeError as DecodeError64;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value};

use super::go_json::Json;
use super::go_time;
use super::shape::{Shape, Struct};
use boundtoken::api::quoted;

/// An object of a known shape.
pub(crate) struct Decoded {
    pub value: Value,
    /// Unknown members and members given twice, as strict field validation words them.
    pub strict_errors: Vec<String>,
}

/// Decodes an object.
///
/// # Errors
/// The server's message about the first member of a wrong type.
pub(crate) fn decode(json: &Json, object: &'static Struct) -> Result<Decoded, DecodeError> {
    let mut decoder = Decoder::default();
    let mut value = Value::Object(Map::new());
    decoder.members_of(json, object, &mut value)?;
    match decoder.error {
        Some(message) => Err(DecodeError { message, quotes: false }),
        None => Ok(Decoded { value, strict_errors: decoder.strict_errors }),
    }
}

/// What a document holds, whatever it is: members that are `null` are left out.
pub(crate) fn untyped(json: &Json) -> Value {
    Decoder::default().anything(json)
}

/// Why a document is not the object that was expected.
pub(crate) struct DecodeError {
    pub message: String,
    /// Whether the message quotes a text of the document.
    pub quotes: bool,
}

#[derive(Default)]
struct Decoder {
    /// The struct whose member is being decoded.
    owner: &'static str,
    /// The names of the members from the root to it.
    path: Vec<&'static str>,
    /// The same with the positions in lists and the keys of maps.
    strict_path: String,
    /// The first wrong type; decoding goes on after it.
    error: Option<String>,
    strict_errors: Vec<String>,
}

impl Decoder {
    fn decode(&mut self, json: &Json, shape: &Shape, slot: &mut Value) -> Result<(), DecodeError> {
        match (shape, json) {
            // A null takes away what an earlier member of the name set, where Go's type has a null.
            (Shape::List(_) | Shape::Map(_) | Shape::Bytes | Shape::Any, Json::Null) => *slot = Value::Null,
            (_, Json::Null) => {}
            (Shape::Text(_), Json::Text(text)) => *slot = Value::String(text.clone()),
            (Shape::Boolean, Json::Boolean(value)) => *slot = Value::Bool(*value),
            (Shape::Integer64, Json::Number(text)) => {
                self.integer(text, shape, text.parse::<i64>().ok(), slot);
            }
            (Shape::Integer32, Json::Number(text)) => {
                self.integer(text, shape, text.parse::<i32>().ok().map(i64::from), slot);
            }
            (Shape::Time, Json::Text(text)) => {
                *slot = Value::String(
                    go_time::parse(text)
                        .map_err(|message| DecodeError { message, quotes: true })?
                        .to_string(),
                );
            }
            // Go's decoder of times stops everything.
            (Shape::Time, _) => {
                let message = self.wrong_type(json.go_name(), shape);
                return Err(DecodeError { message, quotes: false });
            }
            (Shape::Bytes, Json::Text(text)) => match STANDARD.decode(text.replace(['\r', '\n'], "")) {
                Ok(bytes) => *slot = Value::String(STANDARD.encode(bytes)),
                Err(error) => self.save_message(not_base64(text, &error)),
            },
            (Shape::List(element), Json::Array(elements)) => self.list(elements, element, slot)?,
            (Shape::Map(element), Json::Object(members)) => self.map(members, element, slot)?,
            (Shape::Struct(known), Json::Object(_)) => self.members_of(json, known, slot)?,
            (Shape::Any, _) => *slot = self.anything(json),
            _ => self.save(json.go_name(), shape),
        }
        Ok(())
    }

    fn integer(&mut self, text: &str, shape: &Shape, value: Option<i64>, slot: &mut Value) {
        match value {
            Some(value) => *slot = Value::from(value),
            None => self.save(&format!("number {text}"), shape),
        }
    }

    fn list(&mut self, elements: &[Json], shape: &Shape, slot: &mut Value) -> Result<(), DecodeError> {
        let mut list = Vec::with_capacity(elements.len().min(1024));
        for (index, element) in elements.iter().enumerate() {
            let mut value = zero(shape);
            self.within(&format!("[{index}]"), |decoder| decoder.decode(element, shape, &mut value))?;
            list.push(value);
        }
        *slot = Value::Array(list);
        Ok(())
    }

    fn map(
        &mut self,
        members: &[(String, Json)],
        shape: &Shape,
        slot: &mut Value,
    ) -> Result<(), DecodeError> {
        let (mut object, mut seen) = (object_of(slot), Seen::default());
        for (name, json) in members {
            self.note_if_seen(&mut seen, name);
            let mut value = zero(shape);
            self.within(&dotted(name), |decoder| decoder.decode(json, shape, &mut value))?;
            object.insert(name.clone(), value);
        }
        *slot = Value::Object(object);
        Ok(())
    }

    fn members_of(
        &mut self,
        json: &Json,
        known: &'static Struct,
        slot: &mut Value,
    ) -> Result<(), DecodeError> {
        let Json::Object(members) = json else { return Ok(()) };
        let (mut object, mut seen) = (object_of(slot), Seen::default());
        for (name, json) in members {
            let Some((name, shape)) = known.members.iter().find(|(known, _)| known == name) else {
                if known.open {
                    self.note_if_seen(&mut seen, name);
                    let value = self.within(&dotted(name), |decoder| decoder.anything(json));
                    object.insert(name.clone(), value);
                } else {
                    self.strict("unknown", name);
                }
                continue;
            };
            self.note_if_seen(&mut seen, name);
            let member = object.entry(*name).or_insert(Value::Null);
            let owner = std::mem::replace(&mut self.owner, struct_name(known.go_type));
            self.path.push(name);
            self.within(&dotted(name), |decoder| decoder.decode(json, shape, member))?;
            self.path.pop();
            self.owner = owner;
        }
        object.retain(|_, member| !member.is_null());
        *slot = Value::Object(object);
        Ok(())
    }

    /// What a member without a known shape holds.
    fn anything(&mut self, json: &Json) -> Value {
        match json {
            Json::Null => Value::Null,
            Json::Boolean(value) => Value::Bool(*value),
            Json::Number(text) => self.number(text),
            Json::Text(text) => Value::String(text.clone()),
            Json::Array(elements) => {
                let mut values = Vec::with_capacity(elements.len().min(1024));
                for (index, element) in elements.iter().enumerate() {
                    values.push(self.within(&format!("[{index}]"), |decoder| decoder.anything(element)));
                }
                Value::Array(values)
            }
            Json::Object(members) => {
                let (mut object, mut seen) = (Map::new(), Seen::default());
                for (name, json) in members {
                    self.note_if_seen(&mut seen, name);
                    match self.within(&dotted(name), |decoder| decoder.anything(json)) {
                        Value::Null => object.remove(name),
                        value => object.insert(name.clone(), value),
                    };
                }
                Value::Object(object)
            }
        }
    }

    fn number(&mut self, text: &str) -> Value {
        if let Ok(integer) = text.parse::<i64>() {
            return Value::from(integer);
        }
        match text.parse().ok().and_then(Number::from_f64) {
            Some(number) => Value::Number(number),
            None => {
                self.save(&format!("number {text}"), &Shape::Any);
                Value::Null
            }
        }
    }

    fn within<T>(&mut self, step: &str, inner: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.strict_path.len();
        let step = if length == 0 { step.trim_start_matches('.') } else { step };
        self.strict_path.push_str(step);
        let result = inner(self);
        self.strict_path.truncate(length);
        result
    }

    fn note_if_seen<'a>(&mut self, seen: &mut Seen<'a>, name: &'a str) {
        if !seen.0.insert(name) {
            self.strict("duplicate", name);
        }
    }

    fn strict(&mut self, what: &str, name: &str) {
        /// As many as the server reports.
        const LIMIT: usize = 100;

        let dot = if self.strict_path.is_empty() { "" } else { "." };
        let error = format!("{what} field {}", quoted(&format!("{}{dot}{name}", self.strict_path)));
        if self.strict_errors.len() < LIMIT && !self.strict_errors.contains(&error) {
            self.strict_errors.push(error);
        }
    }

    fn save(&mut self, found: &str, shape: &Shape) {
        let message = self.wrong_type(found, shape);
        self.save_message(message);
    }

    fn save_message(&mut self, message: String) {
        self.error.get_or_insert(message);
    }

    fn wrong_type(&self, found: &str, shape: &Shape) -> String {
        let path = self.path.join(".");
        if path.is_empty() {
            return format!("json: cannot unmarshal {found} into Go value of type {shape}");
        }
        format!("json: cannot unmarshal {found} into Go struct field {}.{path} of type {shape}", self.owner)
    }
}

/// The names of the members of one object so far.
#[derive(Default)]
struct Seen<'a>(std::collections::HashSet<&'a str>);

fn dotted(name: &str) -> String {
    format!(".{name}")
}

/// `ObjectMeta` of `v1.ObjectMeta`.
fn struct_name(go_type: &'static str) -> &'static str {
    go_type.rsplit('.').next().unwrap_or(go_type)
}

/// What an element is before it is decoded, and after `null`.
fn zero(shape: &Shape) -> Value {
    match shape {
        Shape::Text(_) => Value::String(String::new()),
        Shape::Integer64 | Shape::Integer32 => Value::from(0),
        Shape::Boolean => Value::Bool(false),
        Shape::Struct(_) => Value::Object(Map::new()),
        Shape::Time | Shape::Bytes | Shape::List(_) | Shape::Map(_) | Shape::Any => Value::Null,
    }
}

/// Takes the object out of a slot that had one before, because its member is given twice.
fn object_of(slot: &mut Value) -> Map<String, Value> {
    match slot.take() {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

fn not_base64(text: &str, error: &DecodeError64) -> String {
    let position = match *error {
        DecodeError64::InvalidByte(position, _)
        | DecodeError64::InvalidLastSymbol { offset: position, .. } => position,
        DecodeError64::InvalidLength(_) | DecodeError64::InvalidPadding => text.len(),
    };
    format!("illegal base64 data at input byte {position}")
}
