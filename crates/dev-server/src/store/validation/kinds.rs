//! Checks of pods and secrets.

use serde_json::Value;

use boundtoken::api::StatusCause;

use super::super::names;
use super::super::object::{member, text};
use super::super::refusals::{duplicate, forbidden_value, invalid_text, required};

pub(super) fn of_pod(pod: &Value) -> Vec<StatusCause> {
    let mut faults = Vec::new();
    let mut seen = Vec::new();
    for list in ["initContainers", "containers"] {
        let containers = member(pod, &["spec", list]).and_then(Value::as_array);
        for (index, container) in containers.into_iter().flatten().enumerate() {
            let field = |name: &str| format!("spec.{list}[{index}].{name}");
            for name in ["name", "image"] {
                if text(container, &[name]).is_empty() {
                    faults.push(required(field(name), ""));
                }
            }
            let name = text(container, &["name"]);
            if !name.is_empty() && seen.contains(&name) {
                faults.push(duplicate(field("name"), name));
            }
            seen.push(name);
        }
    }
    if member(pod, &["spec", "containers"]).and_then(Value::as_array).is_none_or(Vec::is_empty) {
        faults.push(required("spec.containers", ""));
    }
    for name in ["serviceAccountName", "nodeName"] {
        let value = text(pod, &["spec", name]);
        if !value.is_empty() {
            let of_value = names::faults_of_subdomain(value);
            faults.extend(of_value.iter().map(|fault| invalid_text(format!("spec.{name}"), value, fault)));
        }
    }
    faults
}

/// A pod's spec may change only where no token depends on it.
pub(super) fn of_changed_pod(new: &Value, old: &Value) -> Vec<StatusCause> {
    for list in ["containers", "initContainers"] {
        let [before, after] = [old, new].map(|pod| member(pod, &["spec", list]).and_then(Value::as_array));
        if before.map(Vec::len) != after.map(Vec::len) {
            return vec![forbidden_value(
                format!("spec.{list}"),
                "pod updates may not add or remove containers",
            )];
        }
    }
    let [new, old] = [new, old].map(|pod| pod.get("spec").cloned().map(without_what_may_change));
    if new == old {
        return Vec::new();
    }
    vec![forbidden_value(
        "spec",
        "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,\
         `spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),\
         `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
    )]
}

fn without_what_may_change(mut spec: Value) -> Value {
    for list in ["containers", "initContainers"] {
        let containers = spec.get_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten().filter_map(Value::as_object_mut) {
            container.remove("image");
        }
    }
    if let Some(spec) = spec.as_object_mut() {
        spec.remove("activeDeadlineSeconds");
        spec.remove("tolerations");
    }
    spec
}

pub(super) fn of_changed_secret(new: &Value, old: &Value) -> Vec<StatusCause> {
    let mut faults = Vec::new();
    if text(new, &["type"]) != text(old, &["type"]) {
        faults.push(invalid_text("type", text(new, &["type"]), "field is immutable"));
    }
    let is_immutable = |secret: &Value| secret.get("immutable").and_then(Value::as_bool) == Some(true);
    if is_immutable(old) {
        let why = "field is immutable when `immutable` is set";
        if !is_immutable(new) {
            faults.push(forbidden_value("immutable", why));
        }
        if new.get("data") != old.get("data") {
            faults.push(forbidden_value("data", why));
        }
    }
    faults
}
