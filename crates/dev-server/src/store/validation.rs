//! Checks of objects, in the words of an API server: the ones that clients of tokens meet.

mod kinds;
mod webhooks;

use serde_json::Value;

use boundtoken::api::StatusCause;

use super::Resource;
use super::names;
use super::object::{finalizers, is_terminating, member, meta, pairs};
use super::refusals::{forbidden_value, invalid_text, invalid_value, quoted, required};

/// Everything that is wrong with a new object.
pub(super) fn of_new(resource: Resource, object: &Value) -> Vec<StatusCause> {
    let mut faults = of_name(resource, meta(object, "name"));
    faults.extend(of_labels_and_annotations(object));
    faults.extend(of_finalizers(object));
    faults.extend(match resource {
        Resource::Pods => kinds::of_pod(object),
        Resource::ValidatingWebhookConfigurations | Resource::MutatingWebhookConfigurations => {
            webhooks::of_configuration(object)
        }
        Resource::Namespaces | Resource::Secrets | Resource::ServiceAccounts | Resource::Nodes => Vec::new(),
    });
    faults
}

/// Everything that is wrong with replacing `old` by `new`.
pub(super) fn of_update(resource: Resource, new: &Value, old: &Value) -> Vec<StatusCause> {
    let mut faults = of_new(resource, new);
    faults.extend(of_changed_metadata(new, old));
    faults.extend(match resource {
        Resource::Pods => kinds::of_changed_pod(new, old),
        Resource::Secrets => kinds::of_changed_secret(new, old),
        _ => Vec::new(),
    });
    faults
}

fn of_name(resource: Resource, name: &str) -> Vec<StatusCause> {
    let field = "metadata.name";
    let faults = match (resource, name) {
        (_, "") => return vec![required(field, "name or generateName is required")],
        (Resource::Namespaces, name) => names::faults_of_label(name),
        (_, name) => names::faults_of_subdomain(name),
    };
    faults.iter().map(|fault| invalid_text(field, name, fault)).collect()
}

fn of_labels_and_annotations(object: &Value) -> Vec<StatusCause> {
    let mut faults = Vec::new();
    for (key, value) in pairs(object, &["metadata", "labels"]) {
        let of_key = names::faults_of_key(key);
        faults.extend(of_key.iter().map(|fault| invalid_text("metadata.labels", key, fault)));
        let of_value = names::faults_of_label_value(value);
        faults.extend(of_value.iter().map(|fault| invalid_text("metadata.labels", value, fault)));
    }
    for (key, _) in pairs(object, &["metadata", "annotations"]) {
        let of_key = names::faults_of_key(&key.to_lowercase());
        faults.extend(of_key.iter().map(|fault| invalid_text("metadata.annotations", key, fault)));
    }
    faults
}

/// A finalizer is one of Kubernetes' own, or has a domain.
fn of_finalizers(object: &Value) -> Vec<StatusCause> {
    let is_known = |name: &str| {
        let own = ["kubernetes", "orphan", "foregroundDeletion"].contains(&name);
        own || name.contains('/') && names::faults_of_key(name).is_empty()
    };
    let why = "name is neither a standard finalizer name nor is it fully qualified";
    let unknown = finalizers(object).into_iter().enumerate().filter(|(_, name)| !is_known(name));
    unknown.map(|(index, name)| invalid_text(format!("metadata.finalizers[{index}]"), name, why)).collect()
}

fn of_changed_metadata(new: &Value, old: &Value) -> Vec<StatusCause> {
    let mut faults = Vec::new();
    if is_terminating(old) {
        let before = finalizers(old);
        let mut added: Vec<_> =
            finalizers(new).into_iter().filter(|name| !before.contains(name)).map(quoted).collect();
        added.sort_unstable();
        added.dedup();
        if !added.is_empty() {
            let why = "no new finalizers can be added if the object is being deleted, found new finalizers";
            faults.push(forbidden_value(
                "metadata.finalizers",
                &format!("{why} []string{{{}}}", added.join(", ")),
            ));
        }
    }
    for name in
        ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"]
    {
        let [new, old] = [new, old].map(|object| member(object, &["metadata", name]));
        if new != old {
            let value = new.map_or_else(|| "null".to_owned(), Value::to_string);
            faults.push(invalid_value(format!("metadata.{name}"), &value, "field is immutable"));
        }
    }
    faults
}
