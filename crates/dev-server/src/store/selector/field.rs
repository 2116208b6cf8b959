//! Field selectors: `metadata.name=a,spec.nodeName!=b`.

use serde_json::Value;

use super::super::Resource;
use super::super::object::{member, text};

#[derive(Clone, Debug, Default)]
pub(super) struct FieldSelector(Vec<Term>);

#[derive(Clone, Debug)]
struct Term {
    path: Vec<String>,
    value: String,
    equal: bool,
}

impl FieldSelector {
    pub(super) fn parse(resource: Resource, selector: &str) -> Result<Self, String> {
        let terms = selector.split(',').filter(|part| !part.is_empty()).map(|part| {
            let (field, equal, value) = term(part)
                .ok_or_else(|| format!("invalid selector: '{selector}'; can't understand '{part}'"))?;
            if !is_known(resource, field) {
                return Err(format!("field label not supported: {field}"));
            }
            Ok(Term { path: field.split('.').map(str::to_owned).collect(), value: value.to_owned(), equal })
        });
        terms.collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn selects(&self, object: &Value) -> bool {
        self.0.iter().all(|term| {
            let path: Vec<_> = term.path.iter().map(String::as_str).collect();
            let found = match member(object, &path) {
                Some(Value::Bool(value)) => term.value == value.to_string(),
                None if is_boolean(&path) => term.value == "false",
                _ => term.value == text(object, &path),
            };
            found == term.equal
        })
    }
}

fn is_boolean(path: &[&str]) -> bool {
    matches!(path, ["spec", "hostNetwork" | "unschedulable"])
}

/// Whether objects of the resource can be selected by the field.
fn is_known(resource: Resource, field: &str) -> bool {
    let of_kind: &[&str] = match resource {
        Resource::Namespaces => &["status.phase"],
        Resource::Nodes => &["spec.unschedulable"],
        Resource::Secrets => &["type", "metadata.namespace"],
        // Webhook configurations have no namespace, and yet may be selected by it.
        Resource::ServiceAccounts
        | Resource::ValidatingWebhookConfigurations
        | Resource::MutatingWebhookConfigurations => &["metadata.namespace"],
        Resource::Pods => &[
            "metadata.namespace",
            "spec.hostNetwork",
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "status.nominatedNodeName",
            "status.phase",
            "status.podIP",
        ],
    };
    field == "metadata.name" || of_kind.contains(&field)
}

/// Field, whether it is to be equal, and value.
fn term(part: &str) -> Option<(&str, bool, &str)> {
    let (field, value) = part.split_once('=')?;
    match field.strip_suffix('!') {
        Some(field) => Some((field, false, value)),
        None => Some((field, true, value.strip_prefix('=').unwrap_or(value))),
    }
}
