//! Reads what clients send in Kubernetes' protobuf form, above all `kubectl create token`. Answers are never protobuf.
//!
//! A body is four bytes of magic and an envelope, `runtime.Unknown`, with the object in it. The object's [shape](super::shapes)
//! has the numbers of its fields. Fields with other numbers are skipped.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use serde_json::{Map, Value};

use super::decode::empty;
use super::kinds::Kind;
use super::shapes::{Shape, Struct};
use boundtoken::api::Time;
use chrono::DateTime;

/// What every body begins with.
const MAGIC: &[u8] = b"k8s\0";

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
    /// A message about what is wrong.
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
        if !kind.is_read_in_protobuf {
            return Err("this kind of object is read in JSON only".to_owned());
        }
        decode(&self.raw, kind.shape)
    }
}

fn decode(bytes: &[u8], known: &'static Struct) -> Result<Value, String> {
    let mut object = Map::new();
    for_each_field(bytes, |number, found| {
        if let Some((_, name, shape)) = known.members.iter().find(|(known, _, _)| *known == number) {
            add(shape, found, name, &mut object)?;
        }
        Ok(())
    })?;
    Ok(Value::Object(object))
}

fn add(shape: &Shape, found: Found<'_>, name: &str, object: &mut Map<String, Value>) -> Result<(), String> {
    match (shape, found) {
        (Shape::List(element), found) => {
            if let Value::Array(list) = object.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
                list.push(value(element, found)?.unwrap_or_else(|| empty(element)));
            }
        }
        (Shape::Map(element), Found::Bytes(bytes)) => {
            let (key, value) = entry(element, bytes)?;
            if let Value::Object(map) = object.entry(name).or_insert_with(|| Value::Object(Map::new())) {
                map.insert(key, value);
            }
        }
        (shape, found) => {
            if let Some(value) = value(shape, found)? {
                object.insert(name.to_owned(), value);
            }
        }
    }
    Ok(())
}

/// The value of a field, or none for a field that JSON would leave out.
fn value(shape: &Shape, found: Found<'_>) -> Result<Option<Value>, String> {
    Ok(match (shape, found) {
        // Go's encoder writes empty texts too.
        (Shape::Text, Found::Bytes(text)) => {
            Some(text_of(text)).filter(|text| !text.is_empty()).map(Value::String)
        }
        (Shape::Integer, Found::Varint(number)) => Some(Value::from(number.cast_signed())),
        (Shape::Boolean, Found::Varint(number)) => Some(Value::Bool(number != 0)),
        (Shape::Time, Found::Bytes(time)) => time_of(time)?,
        (Shape::Bytes, Found::Bytes(bytes)) => Some(Value::String(STANDARD.encode(bytes))),
        (Shape::Struct(known), Found::Bytes(bytes)) => Some(decode(bytes, known)?),
        // As the value of a map, a list is within a message.
        (list @ Shape::List(_), Found::Bytes(bytes)) => {
            let mut object = Map::new();
            for_each_field(bytes, |number, found| match number {
                1 => add(list, found, "", &mut object),
                _ => Ok(()),
            })?;
            object.remove("")
        }
        _ => return Err("proto: wrong wireType".to_owned()),
    })
}

fn entry(shape: &Shape, bytes: &[u8]) -> Result<(String, Value), String> {
    let (mut key, mut content) = (String::new(), None);
    for_each_field(bytes, |number, found| {
        match (number, found) {
            (1, Found::Bytes(text)) => key = text_of(text),
            (2, found) => content = value(shape, found)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok((key, content.unwrap_or_else(|| empty(shape))))
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

/// One message for all: the details would not help the user of a client.
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

#[cfg(test)]
mod tests;
