//! YAML, by way of the tree that JSON is read into.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::go_json::Json;

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
    fn a_bomb_of_aliases_does_not_go_off() {
        let mut bomb = String::from("a: &a [x,x,x,x,x,x,x,x,x]\n");
        for (name, before) in "bcdefghijk".chars().zip("abcdefghij".chars()) {
            bomb.push_str(&format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 9].join(",")));
        }
        assert!(parse(bomb.as_bytes()).is_err());
    }
}
