//! What an object must look like, in the API server's words and order.

mod kinds;
mod webhooks;

use serde_json::Value;

use boundtoken::api::StatusCause;

use super::Resource;
use super::names;
use super::object::{finalizers, integer, is_terminating, member, meta, pairs, text};
use super::refusals::{forbidden_value, invalid_text, invalid_value, quoted, required, too_long};

const MOST_ANNOTATIONS: usize = 256 << 10;

/// Everything that is wrong with a new object.
pub(super) fn of_new(resource: Resource, object: &Value) -> Vec<StatusCause> {
    let faults_of_name = match resource {
        Resource::Namespaces => names::faults_of_label,
        _ => names::faults_of_subdomain,
    };
    let mut faults = Vec::new();
    for (field, name) in [
        ("metadata.generateName", names::completed(meta(object, "generateName"))),
        ("metadata.name", meta(object, "name").to_owned()),
    ] {
        let given = text(object, &field.split('.').collect::<Vec<_>>());
        if !given.is_empty() {
            faults.extend(faults_of_name(&name).iter().map(|fault| invalid_text(field, given, fault)));
        }
    }
    if meta(object, "name").is_empty() {
        faults.push(required("metadata.name", "name or generateName is required"));
    }
    faults.extend(of_metadata(object));
    faults.extend(of_finalizer_names(&finalizers(object)));
    faults.extend(match resource {
        Resource::Pods => kinds::of_pod(object),
        Resource::Secrets => kinds::of_secret(object),
        Resource::Namespaces => kinds::of_namespace(object),
        Resource::ValidatingWebhookConfigurations | Resource::MutatingWebhookConfigurations => {
            webhooks::of_configuration(object)
        }
        Resource::ServiceAccounts | Resource::Nodes => Vec::new(),
    });
    faults
}

/// Everything that is wrong with replacing `old` by `new`.
pub(super) fn of_update(resource: Resource, new: &Value, old: &Value) -> Vec<StatusCause> {
    // The same rules are kept by several layers of the API server, each of which reports.
    let changes = of_changed_metadata(new, old);
    let mut faults = of_metadata(new);
    faults.extend(changes.clone());
    let mut of_kind = changes;
    of_kind.extend(of_finalizer_names(&finalizers(new)));
    match resource {
        Resource::Pods => {
            faults.extend(of_kind);
            faults.extend(of_new(resource, new));
            faults.extend(kinds::of_changed_pod(new, old));
        }
        Resource::Secrets => {
            faults.extend(of_kind);
            faults.extend(kinds::of_changed_secret(new, old));
            faults.extend(of_new(resource, new));
        }
        Resource::ServiceAccounts => {
            faults.extend(of_kind);
            faults.extend(of_new(resource, new));
        }
        Resource::Namespaces
        | Resource::Nodes
        | Resource::ValidatingWebhookConfigurations
        | Resource::MutatingWebhookConfigurations => {
            faults.extend(of_new(resource, new));
            faults.extend(of_kind);
        }
    }
    faults
}

fn of_metadata(object: &Value) -> Vec<StatusCause> {
    let mut faults = Vec::new();
    if let Some(generation) =
        integer(object, &["metadata", "generation"]).filter(|generation| *generation < 0)
    {
        let why = "must be greater than or equal to 0";
        faults.push(invalid_value("metadata.generation", &generation.to_string(), why));
    }
    faults.extend(of_labels_and_annotations(object));
    faults.extend(of_owners(object));
    let finalizers = finalizers(object);
    for finalizer in &finalizers {
        let of_name = names::faults_of_key(finalizer);
        faults.extend(of_name.iter().map(|fault| invalid_text("metadata.finalizers", finalizer, fault)));
    }
    if ["orphan", "foregroundDeletion"].iter().all(|policy| finalizers.contains(policy)) {
        let why = "finalizer orphan and foregroundDeletion cannot be both set";
        faults.push(invalid_value("metadata.finalizers", &Value::from(finalizers).to_string(), why));
    }
    faults
}

fn of_labels_and_annotations(object: &Value) -> Vec<StatusCause> {
    let mut faults = Vec::new();
    for (key, value) in pairs(object, &["metadata", "labels"]) {
        let of_key = names::faults_of_key(key);
        faults.extend(of_key.iter().map(|fault| invalid_text("metadata.labels", key, fault)));
        let of_value = names::faults_of_label_value(value);
        faults.extend(of_value.iter().map(|fault| invalid_text("metadata.labels", value, fault)));
    }
    let mut size: usize = 0;
    for (key, value) in pairs(object, &["metadata", "annotations"]) {
        let of_key = names::faults_of_key(&key.to_lowercase());
        faults.extend(of_key.iter().map(|fault| invalid_text("metadata.annotations", key, fault)));
        size = size.saturating_add(key.len()).saturating_add(value.len());
    }
    if size > MOST_ANNOTATIONS {
        faults.push(too_long("metadata.annotations", MOST_ANNOTATIONS));
    }
    faults
}

fn of_owners(object: &Value) -> Vec<StatusCause> {
    let owners = member(object, &["metadata", "ownerReferences"]).and_then(Value::as_array);
    let of_owner = |owner| {
        [
            ("apiVersion", "version must not be empty"),
            ("kind", "must not be empty"),
            ("name", "must not be empty"),
            ("uid", "must not be empty"),
        ]
        .into_iter()
        .filter(move |(name, _)| text(owner, &[name]).is_empty())
        .map(|(name, why)| invalid_text(format!("metadata.ownerReferences.{name}"), "", why))
    };
    owners.into_iter().flatten().flat_map(of_owner).collect()
}

const NOT_A_FINALIZER: &str = "name is neither a standard finalizer name nor is it fully qualified";

/// A finalizer is one of Kubernetes' own, or has a domain.
fn is_finalizer(name: &str) -> bool {
    ["kubernetes", "orphan", "foregroundDeletion"].contains(&name) || name.contains('/')
}

fn of_finalizer_names(finalizers: &[&str]) -> Vec<StatusCause> {
    let unknown = finalizers.iter().enumerate().filter(|(_, name)| !is_finalizer(name));
    unknown
        .map(|(index, name)| invalid_text(format!("metadata.finalizers[{index}]"), name, NOT_A_FINALIZER))
        .collect()
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
    faults.extend(of_labels_and_annotations(new));
    faults.extend(of_owners(new));
    faults
}
