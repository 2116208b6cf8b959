//! Reading and writing members of an object that is kept as JSON.

use serde_json::{Map, Value};

use boundtoken::UnixSeconds;
use boundtoken::api::Time;

/// The member at this path, when all on the way are objects.
pub(super) fn member<'a>(object: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(object, |object, name| object.get(name))
}

/// The text at this path; empty when there is none.
pub(super) fn text<'a>(object: &'a Value, path: &[&str]) -> &'a str {
    member(object, path).and_then(Value::as_str).unwrap_or_default()
}

/// The text of this name in `metadata`; empty when there is none.
pub(super) fn meta<'a>(object: &'a Value, name: &str) -> &'a str {
    text(object, &["metadata", name])
}

/// The texts of the list at this path.
pub(super) fn texts<'a>(object: &'a Value, path: &[&str]) -> Vec<&'a str> {
    let list = member(object, path).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

pub(super) fn finalizers(object: &Value) -> Vec<&str> {
    texts(object, &["metadata", "finalizers"])
}

/// The texts of the map at this path, by key.
pub(super) fn pairs<'a>(object: &'a Value, path: &[&str]) -> impl Iterator<Item = (&'a str, &'a str)> {
    let map = member(object, path).and_then(Value::as_object);
    map.into_iter().flatten().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
}

pub(super) fn integer(object: &Value, path: &[&str]) -> Option<i64> {
    member(object, path).and_then(Value::as_i64)
}

/// The time at this path. What cannot be read counts as long past: an object whose deletion has begun must never look
/// as if it had not.
pub(super) fn time(object: &Value, path: &[&str]) -> Option<UnixSeconds> {
    let time = member(object, path)?.as_str().map(str::parse::<Time>);
    Some(match time {
        Some(Ok(time)) => time.into(),
        Some(Err(_)) | None => UnixSeconds(0),
    })
}

/// Whether its deletion has begun.
pub(super) fn is_terminating(object: &Value) -> bool {
    member(object, &["metadata", "deletionTimestamp"]).is_some()
}

/// Sets the member at this path; what is on the way and no object becomes one.
pub(super) fn set(object: &mut Value, path: &[&str], value: impl Into<Value>) {
    let [name, rest @ ..] = path else {
        *object = value.into();
        return;
    };
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    if let Value::Object(members) = object {
        set(members.entry(*name).or_insert(Value::Null), rest, value);
    }
}

/// Sets the member at this path unless it is there.
pub(super) fn default(object: &mut Value, path: &[&str], value: impl Into<Value>) {
    if member(object, path).is_none() {
        set(object, path, value);
    }
}

/// Removes the member at this path.
pub(super) fn remove(object: &mut Value, path: &[&str]) -> Option<Value> {
    let [way @ .., name] = path else { return None };
    way.iter().try_fold(object, |object, name| object.get_mut(name))?.as_object_mut()?.remove(*name)
}

/// Gives `object` the member at this path that `other` has, or none if it has none.
pub(super) fn copy(object: &mut Value, other: &Value, path: &[&str]) {
    match member(other, path) {
        Some(value) => set(object, path, value.clone()),
        None => {
            remove(object, path);
        }
    }
}

/// About how many bytes it takes as JSON.
pub(super) fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len().saturating_add(8),
        Value::Array(items) => items.iter().map(weight).fold(8, usize::saturating_add),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| name.len().saturating_add(weight(value)))
            .fold(16, usize::saturating_add),
    }
}
