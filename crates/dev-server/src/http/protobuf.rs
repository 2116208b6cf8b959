//! Reads what clients send in Kubernetes' protobuf form, above all `kubectl create token`. Answers are never protobuf.
//!
//! A body is four bytes of magic and an envelope, `runtime.Unknown`, with the object in it. What the object has is in the
//! tables of [`messages`](super::messages); fields that are not there are skipped.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use serde_json::{Map, Value};

use super::kinds::Kind;
use super::messages;
use boundtoken::api::Time;
use chrono::DateTime;

/// What every body begins with.
const MAGIC: &[u8] = b"k8s\0";

/// What a field of a message holds.
pub(super) enum Field {
    /// A string, left out when empty: Go's encoder always writes it.
    Text,
    /// An integer that is left out when it is not set.
    Integer,
    /// An integer that is left out when it is zero.
    Count,
    Boolean,
    Time,
    /// Bytes, in base64.
    Bytes,
    /// Bytes that are JSON.
    Json,
    Message(&'static Message),
    /// A message with one list in it, which stands for the list.
    Wrapped(&'static Field),
    List(&'static Field),
    Map(&'static Field),
}

/// The fields of a message: number, name in JSON, and what it holds.
pub(super) type Message = [(u32, &'static str, Field)];

/// The envelope of an object.
pub(super) struct Envelope {
    api_version: String,
    kind: String,
    raw: Vec<u8>,
}

impl Envelope {
    /// Opens the envelope.
    ///
    /// # Errors
    /// What is wrong, in the server's words where it has some.
    pub(super) fn open(body: &[u8]) -> Result<Self, String> {
        let message = match body.strip_prefix(MAGIC) {
            None if body.is_empty() => return Err("empty data".to_owned()),
            None => {
                let magic = "[107 56 115 0]";
                return Err(format!(
                    "provided data does not appear to be a protobuf message, expected prefix {magic}"
                ));
            }
            Some([]) => return Err("empty body".to_owned()),
            Some(message) => message,
        };
        let mut envelope = Self { api_version: String::new(), kind: String::new(), raw: Vec::new() };
        for_each_field(message, |number, field| {
            match (number, field) {
                (1, Found::Bytes(type_meta)) => for_each_field(type_meta, |number, field| {
                    match (number, field) {
                        (1, Found::Bytes(text)) => envelope.api_version = text_of(text),
                        (2, Found::Bytes(text)) => envelope.kind = text_of(text),
                        _ => {}
                    }
                    Ok(())
                })?,
                (2, Found::Bytes(raw)) => envelope.raw = raw.to_vec(),
                _ => {}
            }
            Ok(())
        })?;
        Ok(envelope)
    }

    /// What the envelope says is in it: `apiVersion` and `kind`.
    pub(super) fn type_meta(&self) -> (&str, &str) {
        (&self.api_version, &self.kind)
    }

    /// The object in the envelope.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn decode(&self, kind: &Kind) -> Result<Value, String> {
        let message = messages::of(kind.name).ok_or("this kind of object is read in JSON and YAML only")?;
        decode(&self.raw, message)
    }
}

fn decode(bytes: &[u8], message: &'static Message) -> Result<Value, String> {
    let mut object = Map::new();
    for_each_field(bytes, |number, found| {
        if let Some((_, name, field)) = message.iter().find(|(known, _, _)| *known == number) {
            field.add(found, name, &mut object)?;
        }
        Ok(())
    })?;
    Ok(Value::Object(object))
}

impl Field {
    fn add(&self, found: Found<'_>, name: &str, object: &mut Map<String, Value>) -> Result<(), String> {
        match (self, found) {
            (Self::List(element), found) => {
                if let Value::Array(list) = object.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
                    list.push(element.value(found)?.unwrap_or_else(|| self.nothing()));
                }
            }
            (Self::Map(value), Found::Bytes(entry)) => {
                let (key, value) = value.entry(entry)?;
                if let Value::Object(map) = object.entry(name).or_insert_with(|| Value::Object(Map::new())) {
                    map.insert(key, value);
                }
            }
            (field, found) => {
                if let Some(value) = field.value(found)? {
                    object.insert(name.to_owned(), value);
                }
            }
        }
        Ok(())
    }

    /// The value of a field; none when the field is to be left out.
    fn value(&self, found: Found<'_>) -> Result<Option<Value>, String> {
        Ok(match (self, found) {
            (Self::Text, Found::Bytes(text)) => {
                Some(text_of(text)).filter(|text| !text.is_empty()).map(Value::String)
            }
            (Self::Integer, Found::Varint(number)) => Some(Value::from(number.cast_signed())),
            (Self::Count, Found::Varint(number)) => {
                Some(number.cast_signed()).filter(|count| *count != 0).map(Value::from)
            }
            (Self::Boolean, Found::Varint(number)) => Some(Value::Bool(number != 0)),
            (Self::Time, Found::Bytes(time)) => time_of(time)?,
            (Self::Bytes, Found::Bytes(bytes)) => Some(Value::String(STANDARD.encode(bytes))),
            (Self::Json, Found::Bytes(json)) => raw_json(json)?,
            (Self::Message(message), Found::Bytes(bytes)) => Some(decode(bytes, message)?),
            (Self::Wrapped(field), Found::Bytes(bytes)) => {
                let mut object = Map::new();
                for_each_field(bytes, |number, found| match number {
                    1 => field.add(found, "", &mut object),
                    _ => Ok(()),
                })?;
                object.remove("")
            }
            _ => return Err("proto: wrong wireType".to_owned()),
        })
    }

    fn entry(&self, bytes: &[u8]) -> Result<(String, Value), String> {
        let (mut key, mut value) = (String::new(), None);
        for_each_field(bytes, |number, found| {
            match (number, found) {
                (1, Found::Bytes(text)) => key = text_of(text),
                (2, found) => value = self.value(found)?,
                _ => {}
            }
            Ok(())
        })?;
        Ok((key, value.unwrap_or_else(|| self.nothing())))
    }

    /// What stands for an element that is empty.
    fn nothing(&self) -> Value {
        match self {
            Self::Text | Self::Bytes => Value::String(String::new()),
            Self::List(element) | Self::Map(element) => element.nothing(),
            _ => Value::Null,
        }
    }
}

/// The content of one field on the wire.
enum Found<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
}

/// Calls back for each field of a message, in its order.
fn for_each_field<'a>(
    mut bytes: &'a [u8],
    mut handle: impl FnMut(u32, Found<'a>) -> Result<(), String>,
) -> Result<(), String> {
    while bytes.has_remaining() {
        let (number, wire_type) = decode_key(&mut bytes).map_err(malformed)?;
        match wire_type {
            WireType::Varint => handle(number, Found::Varint(decode_varint(&mut bytes).map_err(malformed)?))?,
            WireType::LengthDelimited => {
                let length = usize::try_from(decode_varint(&mut bytes).map_err(malformed)?).ok();
                let split = length.and_then(|length| bytes.split_at_checked(length));
                let (content, rest) = split.ok_or("unexpected EOF")?;
                bytes = rest;
                handle(number, Found::Bytes(content))?;
            }
            _ => skip_field(wire_type, number, &mut bytes, DecodeContext::default()).map_err(malformed)?,
        }
    }
    Ok(())
}

/// As in most cases; the details would say nothing to a user of a client that writes protobuf.
fn malformed(_: prost::DecodeError) -> String {
    "unexpected EOF".to_owned()
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A time, of which only the seconds count. An empty message is no time.
fn time_of(bytes: &[u8]) -> Result<Option<Value>, String> {
    let mut seconds = 0;
    for_each_field(bytes, |number, found| {
        if let (1, Found::Varint(value)) = (number, found) {
            seconds = value.cast_signed();
        }
        Ok(())
    })?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let time = DateTime::from_timestamp(seconds, 0).and_then(|time| Time::try_from(time).ok());
    time.map(|time| Some(Value::String(time.to_string())))
        .ok_or_else(|| "the time is out of range".to_owned())
}

/// The JSON in `FieldsV1`, whose only field has number 1.
fn raw_json(bytes: &[u8]) -> Result<Option<Value>, String> {
    let mut value = None;
    for_each_field(bytes, |number, found| {
        if let (1, Found::Bytes(json)) = (number, found) {
            value = Some(serde_json::from_slice(json).map_err(|_| "invalid JSON in fieldsV1".to_owned())?);
        }
        Ok(())
    })?;
    Ok(value)
}

#[cfg(test)]
mod tests;
