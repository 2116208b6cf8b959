//! Manifests in text: YAML, in one or several documents, or JSON.

use serde::Deserialize as _;
use serde_json::Value;

/// The documents of a text, without those that are empty.
///
/// # Errors
/// The number of the document, from 1, and what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Vec<Value>, (usize, String)> {
    if text.trim_start().starts_with(['{', '[']) {
        // YAML does not have all of JSON: tabs, for one.
        if let Ok(document) = serde_json::from_str(text) {
            return Ok(vec![document]);
        }
    }
    let mut documents = Vec::new();
    for (place, document) in yaml_serde::Deserializer::from_str(text).enumerate() {
        match Value::deserialize(document).map_err(|error| (place + 1, error.to_string()))? {
            Value::Null => {}
            document => documents.push(document),
        }
    }
    Ok(documents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_read_from_yaml_and_json() {
        let yaml = "# nothing\n---\nkind: Namespace\nmetadata: {name: a}\n---\n---\nkind: Pod\n";
        let read = parse(yaml).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0]["metadata"]["name"], "a");
        assert_eq!(parse("{\t\"kind\":\t\"List\"}").unwrap()[0]["kind"], "List");
        assert_eq!(parse("").unwrap(), Vec::<Value>::new());
    }

    #[test]
    fn what_is_wrong_is_said_with_the_document() {
        let (document, problem) = parse("kind: Pod\n---\na: b: c\n").unwrap_err();
        assert_eq!(document, 2);
        assert!(problem.contains("mapping values are not allowed"), "{problem}");
    }

    #[test]
    fn a_bomb_of_aliases_does_not_go_off() {
        let mut bomb = String::from("a: &a [x,x,x,x,x,x,x,x,x]\n");
        for (name, before) in "bcdefghijk".chars().zip("abcdefghij".chars()) {
            bomb.push_str(&format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 9].join(",")));
        }
        assert!(parse(&bomb).is_err());
    }
}
