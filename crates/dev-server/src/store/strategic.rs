//! Strategic merge patch: a merge patch in which lists of objects are merged by a key, lists of names are united, and
//! directives say what to delete or how to order.

use serde_json::{Map, Value};

use boundtoken::api::Status;

use super::object::text;

const ORDER: &str = "$setElementOrder/";
const RETAIN: &str = "$retainKeys";
const DIRECTIVE: &str = "$patch";

/// How lists of this name are merged in the kinds that are served; every other list is replaced.
#[derive(Clone, Copy)]
enum Lists {
    ByKey(&'static str),
    United,
    Replaced,
}

impl Lists {
    fn of(name: &str) -> Self {
        match name {
            "containers"
            | "initContainers"
            | "ephemeralContainers"
            | "volumes"
            | "env"
            | "imagePullSecrets"
            | "secrets"
            | "schedulingGates"
            | "resourceClaims"
            | "webhooks"
            | "matchConditions" => Self::ByKey("name"),
            "ports" => Self::ByKey("containerPort"),
            "volumeMounts" => Self::ByKey("mountPath"),
            "volumeDevices" => Self::ByKey("devicePath"),
            "hostAliases" | "podIPs" | "hostIPs" => Self::ByKey("ip"),
            "topologySpreadConstraints" => Self::ByKey("topologyKey"),
            "conditions" | "addresses" => Self::ByKey("type"),
            "ownerReferences" => Self::ByKey("uid"),
            "finalizers" | "podCIDRs" => Self::United,
            _ => Self::Replaced,
        }
    }

    /// What tells an element from the others.
    fn identity(self, element: &Value) -> &Value {
        match self {
            Self::ByKey(key) => element.get(key).unwrap_or(&Value::Null),
            Self::United | Self::Replaced => element,
        }
    }

    fn position(self, list: &[Value], element: &Value) -> Option<usize> {
        list.iter().position(|other| self.identity(other) == self.identity(element))
    }
}

/// Applies the patch to the object.
///
/// # Errors
///
/// The API server's answers to an unknown directive and to an element without its key.
pub(super) fn merge(object: &mut Value, patch: &Map<String, Value>) -> Result<(), Status> {
    let mut members = take(object);
    let merged = merge_members(&mut members, patch);
    *object = Value::Object(members);
    merged
}

fn take(value: &mut Value) -> Map<String, Value> {
    match value.take() {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn merge_members(members: &mut Map<String, Value>, patch: &Map<String, Value>) -> Result<(), Status> {
    match patch.get(DIRECTIVE).map(|directive| directive.as_str().unwrap_or_default()) {
        None | Some("merge") => {}
        Some("replace") => {
            *members = patch.clone();
            members.remove(DIRECTIVE);
            return Ok(());
        }
        Some("delete") => {
            members.clear();
            return Ok(());
        }
        Some(unknown) => {
            let why = format!("unknown patch type: {unknown} in map: {}", go_map(patch));
            return Err(Status::failure(500, "", why));
        }
    }
    if let Some(Value::Array(kept)) = patch.get(RETAIN) {
        members.retain(|name, _| kept.iter().any(|kept| kept == name));
    }
    for (name, value) in patch {
        match (name.split_once('/'), value) {
            (Some(("$deleteFromPrimitiveList", name)), Value::Array(deleted)) => {
                if let Some(Value::Array(items)) = members.get_mut(name) {
                    items.retain(|item| !deleted.contains(item));
                }
            }
            (Some(("$setElementOrder", name)), Value::Array(_)) if !patch.contains_key(name) => {
                if let Some(Value::Array(items)) = members.get_mut(name) {
                    let before = items.clone();
                    sort(items, order_of(patch, name), &before, Lists::of(name));
                }
            }
            _ if name.starts_with('$') => {}
            (_, Value::Null) => {
                members.remove(name);
            }
            (_, Value::Object(_)) if text(value, &[DIRECTIVE]) == "delete" => {
                members.remove(name);
            }
            (_, Value::Object(of_member)) => {
                merge(members.entry(name.as_str()).or_insert(Value::Null), of_member)?;
            }
            (_, Value::Array(of_list)) => {
                let list = members.entry(name.as_str()).or_insert(Value::Null);
                merge_list(list, of_list, order_of(patch, name), Lists::of(name))?;
            }
            (_, value) => {
                members.insert(name.clone(), value.clone());
            }
        }
    }
    Ok(())
}

/// The order that the patch wants the elements of a list to have: its own, unless it says so.
fn order_of<'a>(patch: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    let order = patch.get(&format!("{ORDER}{name}")).or_else(|| patch.get(name));
    order.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn merge_list(list: &mut Value, patch: &[Value], order: &[Value], lists: Lists) -> Result<(), Status> {
    let before = match list.take() {
        Value::Array(items) => items,
        _ => Vec::new(),
    };
    let directs = |element: &&Value| element.get(DIRECTIVE).is_some();
    let replaces_all = |element: &Value| text(element, &[DIRECTIVE]) == "replace";
    let merged = match lists {
        Lists::United => {
            let mut items = before.clone();
            items.extend(patch.iter().filter(|item| !before.contains(item)).cloned());
            sort(&mut items, order, &before, lists);
            items
        }
        Lists::ByKey(key) if !patch.iter().any(replaces_all) => {
            let mut items = before.clone();
            merge_by_key(&mut items, patch, key, lists)?;
            sort(&mut items, order, &before, lists);
            items
        }
        Lists::ByKey(_) | Lists::Replaced => {
            patch.iter().filter(|element| !directs(element)).cloned().collect()
        }
    };
    *list = Value::Array(merged);
    Ok(())
}

fn merge_by_key(items: &mut Vec<Value>, patch: &[Value], key: &str, lists: Lists) -> Result<(), Status> {
    for element in patch {
        let members = element.as_object().filter(|members| members.contains_key(key)).ok_or_else(|| {
            let what = element.as_object().map_or_else(|| go_value(element), go_map);
            Status::failure(500, "", format!("map: {what} does not contain declared merge key: {key}"))
        })?;
        let found = lists.position(items, element);
        match (text(element, &[DIRECTIVE]), found.and_then(|at| items.get_mut(at))) {
            ("delete", _) => items.retain(|item| lists.identity(item) != lists.identity(element)),
            (_, Some(item)) => merge(item, members)?,
            (_, None) => {
                let mut new = Value::Null;
                merge(&mut new, members)?;
                items.push(new);
            }
        }
    }
    Ok(())
}

/// Sorts as the API server does: elements that the order names take its order; the others keep theirs, and stand before
/// those that they stood before.
fn sort(items: &mut Vec<Value>, order: &[Value], before: &[Value], lists: Lists) {
    let (mut named, unnamed): (Vec<_>, Vec<_>) =
        items.drain(..).partition(|item| lists.position(order, item).is_some());
    named.sort_by_key(|item| lists.position(order, item));
    let mut unnamed = unnamed.into_iter().peekable();
    for item in named {
        let place = lists.position(before, &item);
        while let Some(other) = unnamed.next_if(|other| {
            place.is_some_and(|place| lists.position(before, other).is_some_and(|other| other < place))
        }) {
            items.push(other);
        }
        items.push(item);
    }
    items.extend(unnamed);
}

/// As Go prints a map.
fn go_map(members: &Map<String, Value>) -> String {
    let members: Vec<_> = members.iter().map(|(name, value)| format!("{name}:{}", go_value(value))).collect();
    format!("map[{}]", members.join(" "))
}

fn go_value(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(go_value).collect::<Vec<_>>().join(" ")),
        Value::Object(members) => go_map(members),
        value => value.to_string(),
    }
}
