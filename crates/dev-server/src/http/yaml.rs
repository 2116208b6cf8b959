//! YAML, read by way of the tree that JSON is read into.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use serde_json::Value;

use super::go_json::Json;
use boundtoken::api::Time;

/// Reads the first document.
///
/// # Errors
/// What is wrong and where, in the server's form.
pub(super) fn parse(bytes: &[u8]) -> Result<Json, String> {
    let document = yaml_serde::Deserializer::from_slice(bytes).next();
    let document = document.map_or(Ok(Json::Null), Json::deserialize);
    document.map_err(|error| {
        // The server does not name the first line.
        let line = error.location().map(|location| location.line()).filter(|line| *line > 1);
        let message = error.to_string();
        let what = message.split(" at line ").next().unwrap_or_default();
        format!("yaml: {}{what}", line.map(|line| format!("line {line}: ")).unwrap_or_default())
    })
}

/// Writes a value.
///
/// # Errors
/// None that is known.
pub(super) fn write(mut value: Value) -> Result<String, ()> {
    mark_times(&mut value);
    let text = yaml_serde::to_string(&value).map_err(drop)?;
    // What begins with the mark ends with its last letter.
    let mut quoted = String::with_capacity(text.len());
    let mut pieces = text.split(MARK);
    quoted.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (time, rest) = piece.split_at_checked(TIME_LENGTH).unwrap_or((piece, ""));
        quoted.push_str(&format!("\"{time}\"{rest}"));
    }
    Ok(quoted)
}

/// Two characters for private use, which no text has by chance.
const MARK: &str = "\u{e0b0}\u{f8b0}";
/// `2026-11-24T12:11:18Z`
const TIME_LENGTH: usize = 20;

/// Marks texts that are times. The server puts them into quotes, as readers of YAML 1.1 take them for something else
/// without.
fn mark_times(value: &mut Value) {
    match value {
        Value::String(text) if text.len() == TIME_LENGTH && text.parse::<Time>().is_ok() => {
            text.insert_str(0, MARK);
        }
        Value::Array(elements) => elements.iter_mut().for_each(mark_times),
        Value::Object(members) => members.values_mut().for_each(mark_times),
        _ => {}
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value that JSON has")
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    /// As in the server, a text without a document is null.
    fn visit_none<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Boolean(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Json, E> {
        match serde_json::Number::from_f64(value) {
            Some(number) => Ok(Json::Number(number.to_string())),
            None => Err(E::custom("a number that JSON does not have")),
        }
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Json, A::Error> {
        let mut array = Vec::new();
        while let Some(element) = elements.next_element()? {
            array.push(element);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object = Vec::new();
        while let Some((name, value)) = members.next_entry()? {
            let name = match name {
                Json::Text(text) | Json::Number(text) => text,
                Json::Boolean(value) => value.to_string(),
                Json::Null => "null".to_owned(),
                Json::Array(_) | Json::Object(_) => return Err(A::Error::custom("a key that is not a text")),
            };
            object.push((name, value));
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_of_yaml_is_read_like_one_of_json() {
        let yaml =
            parse(b"spec:\n  audiences: [vault]\n  expirationSeconds: 600\n1: null\n").unwrap_or(Json::Null);
        let json = Json::parse(br#"{"spec":{"audiences":["vault"],"expirationSeconds":600},"1":null}"#);
        assert!(Ok(yaml) == json);
        assert!(parse(b"") == Ok(Json::Null) && parse(b"# nothing\n") == Ok(Json::Null));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let error = |text: &[u8]| parse(text).err().unwrap_or_default();
        assert_eq!(error(b"a: b: c\n"), "yaml: mapping values are not allowed in this context");
        assert_eq!(error(b"a:\n\tb: c\n"), "yaml: line 2: found character that cannot start any token");
    }

    #[test]
    fn times_are_written_in_quotes_and_everything_can_be_read_back() {
        let value = serde_json::json!({
            "time": "2026-11-24T12:11:18Z",
            "more": ["2026-11-24T12:11:18Z", "2026-11-24", "x: 2026-11-24T12:11:18Z\n"],
            "yes": "yes",
            "number": "1",
        });
        let yaml = write(value.clone()).unwrap();
        assert!(yaml.contains("time: \"2026-11-24T12:11:18Z\"\n"), "{yaml}");
        assert!(yaml.contains("- \"2026-11-24T12:11:18Z\"\n"), "{yaml}");
        assert_eq!(yaml_serde::from_str::<Value>(&yaml).unwrap(), value);
    }

    #[test]
    fn a_bomb_of_aliases_does_not_go_off() {
        let mut bomb = String::from("a: &a [x,x,x,x,x,x,x,x,x]\n");
        for (name, before) in "bcdefghijk".chars().zip("abcdefghij".chars()) {
            bomb.push_str(&format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 9].join(",")));
        }
        assert!(parse(bomb.as_bytes()).is_err());
    }
}
