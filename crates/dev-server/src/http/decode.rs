//! From JSON to an object of a known shape.
//!
//! Names are case-sensitive, and `null` is absence. When a member is given twice, the last one counts. Unknown members are
//! dropped. Both mistakes are reported, because `?fieldValidation=` decides what they mean.

use std::fmt::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::shapes::{Shape, Struct};
use boundtoken::api::{Time, quoted};

/// The most mistakes that are reported for one document.
const MOST_MISTAKES: usize = 100;

/// A document of JSON.
pub(crate) struct Json {
    pub value: Value,
    /// The members that are given twice, as strict field validation words them.
    pub duplicates: Vec<String>,
}

impl Json {
    /// Reads one document.
    ///
    /// # Errors
    /// What is wrong, without a quotation from the document.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut duplicates = Vec::new();
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let reader = Reader { path: &mut String::new(), duplicates: &mut duplicates };
        let value = reader.deserialize(&mut json).and_then(|value| json.end().map(|()| value));
        match value {
            Ok(value) => Ok(Self { value, duplicates }),
            Err(error) if error.is_eof() => Err("unexpected end of JSON input".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Reads a value, and notes the members that are given twice.
struct Reader<'a> {
    path: &'a mut String,
    duplicates: &'a mut Vec<String>,
}

impl Reader<'_> {
    fn within<T>(&mut self, step: fmt::Arguments<'_>, read: impl FnOnce(Reader<'_>) -> T) -> T {
        let length = self.path.len();
        // Writing to a string does not fail.
        let _ = self.path.write_fmt(step);
        let result = read(Reader { path: self.path, duplicates: self.duplicates });
        self.path.truncate(length);
        result
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(element) =
            self.within(format_args!("[{}]", array.len()), |reader| elements.next_element_seed(reader))?
        {
            array.push(element);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let dot = if self.path.is_empty() { "" } else { "." };
            let value = self.within(format_args!("{dot}{name}"), |reader| members.next_value_seed(reader))?;
            if object.contains_key(&name) && self.duplicates.len() < MOST_MISTAKES {
                let path = format!("{}{dot}{name}", self.path);
                self.duplicates.push(format!("duplicate field {}", quoted(&path)));
            }
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

/// Brings an object into its shape. Returns its unknown members, as strict field validation words them.
///
/// # Errors
/// A message about the first member of a wrong type, in the words of an API server. No value is quoted but a number.
pub(crate) fn decode(object: &mut Value, shape: &'static Struct) -> Result<Vec<String>, String> {
    let mut decoder = Decoder { owner: shape.name, path: String::new(), unknown: Vec::new() };
    decoder.decode(object, &Shape::Struct(shape))?;
    Ok(decoder.unknown)
}

struct Decoder {
    /// The struct whose member is being decoded.
    owner: &'static str,
    /// The way from the root to the value that is being decoded.
    path: String,
    unknown: Vec<String>,
}

impl Decoder {
    fn decode(&mut self, value: &mut Value, shape: &Shape) -> Result<(), String> {
        match (shape, &mut *value) {
            (Shape::Text, Value::String(_)) | (Shape::Boolean, Value::Bool(_)) | (_, Value::Null) => Ok(()),
            (Shape::Integer, Value::Number(number)) if number.is_i64() => Ok(()),
            (Shape::Time, Value::String(text)) => {
                let time: Time = text.parse().map_err(|error| format!("parsing time: {error}"))?;
                *text = time.to_string();
                Ok(())
            }
            (Shape::Bytes, Value::String(text)) => {
                let bytes = STANDARD.decode(text.replace(['\r', '\n'], ""));
                *text = STANDARD.encode(bytes.map_err(|_| "illegal base64 data")?);
                Ok(())
            }
            (Shape::List(shape), Value::Array(elements)) => elements
                .iter_mut()
                .enumerate()
                .try_for_each(|(index, element)| self.element(format_args!("[{index}]"), element, shape)),
            (Shape::Map(shape), Value::Object(members)) => members
                .iter_mut()
                .try_for_each(|(name, member)| self.element(format_args!(".{name}"), member, shape)),
            (Shape::Struct(known), Value::Object(members)) => self.members(members, known),
            (Shape::Any, value) => {
                drop_nulls(value);
                Ok(())
            }
            (_, value) => Err(self.wrong_type(value, shape)),
        }
    }

    /// An element of a list or a map, where `null` stands for the empty value.
    fn element(
        &mut self,
        step: fmt::Arguments<'_>,
        element: &mut Value,
        shape: &Shape,
    ) -> Result<(), String> {
        if element.is_null() {
            *element = empty(shape);
        }
        self.within(step, |decoder| decoder.decode(element, shape))
    }

    fn members(&mut self, members: &mut Map<String, Value>, known: &'static Struct) -> Result<(), String> {
        let owner = std::mem::replace(&mut self.owner, known.name);
        for (name, member) in members.iter_mut() {
            let dot = if self.path.is_empty() { "" } else { "." };
            let step = format_args!("{dot}{name}");
            match known.shape_of(name) {
                Some(shape) => self.within(step, |decoder| decoder.decode(member, shape))?,
                None => {
                    if self.unknown.len() < MOST_MISTAKES {
                        self.unknown
                            .push(format!("unknown field {}", quoted(&format!("{}{step}", self.path))));
                    }
                    *member = Value::Null;
                }
            }
        }
        members.retain(|_, member| !member.is_null());
        self.owner = owner;
        Ok(())
    }

    fn within<T>(&mut self, step: fmt::Arguments<'_>, decode: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        // Writing to a string does not fail.
        let _ = self.path.write_fmt(step);
        let result = decode(self);
        self.path.truncate(length);
        result
    }

    fn wrong_type(&self, value: &Value, shape: &Shape) -> String {
        let found = match value {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(number) if matches!(shape, Shape::Integer) => &format!("number {number}"),
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let Self { owner, path, .. } = self;
        format!("json: cannot unmarshal {found} into Go struct field {owner}.{path} of type {shape}")
    }
}

/// The value of an element that is `null`.
pub(super) fn empty(shape: &Shape) -> Value {
    match shape {
        Shape::Text | Shape::Bytes => "".into(),
        Shape::Integer => 0.into(),
        Shape::Boolean => false.into(),
        Shape::Struct(_) => Value::Object(Map::new()),
        Shape::Time | Shape::List(_) | Shape::Map(_) | Shape::Any => Value::Null,
    }
}

/// Drops members that are `null`, on all levels.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(drop_nulls),
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_without_a_word_of_the_document() {
        let error = |text: &str| Json::read(text.as_bytes()).err().unwrap();
        assert_eq!(error("{\"SECRET\":"), "unexpected end of JSON input");
        for text in ["SECRET", "{\"SECRET\" \"SECRET\"}", "{} SECRET", "[1e999, \"SECRET\"]"] {
            assert!(!error(text).contains("SECRET"), "{}", error(text));
        }
    }

    #[test]
    fn nesting_is_bounded() {
        assert!(Json::read("[".repeat(3_000_000).as_bytes()).is_err());
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(Json::read(nested(127).as_bytes()).is_ok());
        assert!(Json::read(nested(128).as_bytes()).is_err());
    }

    #[test]
    fn members_that_are_given_twice_are_named_and_the_last_one_counts() {
        let read = Json::read(br#"{"a":[{"b":1,"b":2}],"a":[{"b":1,"b":3}]}"#).ok().unwrap();
        assert_eq!(read.value, serde_json::json!({"a": [{"b": 3}]}));
        let twice = "duplicate field \"a[0].b\"";
        assert_eq!(read.duplicates, [twice, twice, "duplicate field \"a\""]);
    }
}
