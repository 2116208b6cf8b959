//! Strategic merge patch: a merge patch in which lists of objects are merged by a key, and lists of names are united.
//! Of the directives, those are known that kubectl sends: what to delete, what to retain, and how to order.

use serde_json::{Map, Value};

use boundtoken::api::Status;

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
/// 400 for an unknown directive, and for an element without its key.
pub(super) fn merge(object: &mut Value, patch: &Map<String, Value>) -> Result<(), Status> {
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    let Value::Object(members) = object else { return Ok(()) };
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
                    sort(items, order_of(patch, name), Lists::of(name));
                }
            }
            (Some(("$setElementOrder", _)), Value::Array(_)) => {}
            (None, Value::Array(_)) if name == RETAIN => {}
            _ if name.starts_with('$') => return Err(unknown(name)),
            (_, Value::Null) => {
                members.remove(name);
            }
            (_, Value::Object(_)) if deletes(value)? => {
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

/// Whether the patch of a member deletes it.
fn deletes(patch: &Value) -> Result<bool, Status> {
    match patch.get(DIRECTIVE).map(Value::as_str) {
        None => Ok(false),
        Some(Some("delete")) => Ok(true),
        Some(_) => Err(unknown(DIRECTIVE)),
    }
}

fn unknown(directive: &str) -> Status {
    Status::bad_request(format!("the directive {directive:?} of the patch is not known here"))
}

/// The order that the patch wants the elements of a list to have. It is empty when the patch does not say.
fn order_of<'a>(patch: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    let order = patch.get(&format!("$setElementOrder/{name}"));
    order.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn merge_list(list: &mut Value, patch: &[Value], order: &[Value], lists: Lists) -> Result<(), Status> {
    let mut items = match list.take() {
        Value::Array(items) => items,
        _ => Vec::new(),
    };
    match lists {
        Lists::Replaced => items = patch.to_vec(),
        Lists::United => {
            let added: Vec<_> = patch.iter().filter(|item| !items.contains(item)).cloned().collect();
            items.extend(added);
            sort(&mut items, order, lists);
        }
        Lists::ByKey(key) => {
            for element in patch {
                merge_element(&mut items, element, key, lists)?;
            }
            sort(&mut items, order, lists);
        }
    }
    *list = Value::Array(items);
    Ok(())
}

fn merge_element(items: &mut Vec<Value>, element: &Value, key: &str, lists: Lists) -> Result<(), Status> {
    let members = element.as_object().filter(|members| members.contains_key(key)).ok_or_else(|| {
        Status::bad_request(format!(
            "an element of a list in the patch does not contain the merge key {key:?}"
        ))
    })?;
    if deletes(element)? {
        items.retain(|item| lists.identity(item) != lists.identity(element));
        return Ok(());
    }
    match lists.position(items, element).and_then(|at| items.get_mut(at)) {
        Some(item) => merge(item, members),
        None => {
            let mut new = Value::Null;
            merge(&mut new, members)?;
            items.push(new);
            Ok(())
        }
    }
}

/// Elements that the order names come first and take its order. The others keep theirs.
fn sort(items: &mut [Value], order: &[Value], lists: Lists) {
    items.sort_by_key(|item| lists.position(order, item).unwrap_or(order.len()));
}
