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
        let mut terms = Vec::new();
        let mut parts = split(selector);
        parts.sort_unstable();
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            let (field, equal, value) = term(part)
                .ok_or_else(|| format!("invalid selector: '{selector}'; can't understand '{part}'"))?;
            terms.push((field, equal, unescape(value)?));
        }
        let terms = terms.into_iter().map(|(field, equal, value)| {
            let field = known(resource, field)?;
            Ok(Term { path: field.split('.').map(str::to_owned).collect(), value, equal })
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

/// The field's own name, when objects of the resource can be selected by it.
fn known(resource: Resource, field: &str) -> Result<&str, String> {
    let (fields, namespaced): (&[&str], _) = match resource {
        Resource::Namespaces => (&["metadata.name", "status.phase"], false),
        Resource::Nodes => (&["metadata.name", "spec.unschedulable"], false),
        Resource::Secrets => (&["metadata.name", "type"], true),
        // Webhook configurations have no namespace, and yet may be selected by it.
        Resource::ServiceAccounts
        | Resource::ValidatingWebhookConfigurations
        | Resource::MutatingWebhookConfigurations => (&["metadata.name"], true),
        Resource::Pods => (
            &[
                "metadata.name",
                "spec.hostNetwork",
                "spec.nodeName",
                "spec.restartPolicy",
                "spec.schedulerName",
                "spec.serviceAccountName",
                "status.nominatedNodeName",
                "status.phase",
                "status.podIP",
            ],
            true,
        ),
    };
    match field {
        "metadata.namespace" if namespaced => Ok(field),
        "spec.host" if resource == Resource::Pods => Ok("spec.nodeName"),
        field if fields.contains(&field) => Ok(field),
        field if resource == Resource::ServiceAccounts || resource.is_webhook_configuration() => {
            Err(format!(
                "{field:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
            ))
        }
        field => Err(format!("field label not supported: {field}")),
    }
}

/// The terms between the commas; a backslash takes the meaning from a comma.
fn split(selector: &str) -> Vec<&str> {
    let mut escaped = false;
    let between = move |letter: char| {
        let separates = letter == ',' && !escaped;
        escaped = letter == '\\' && !escaped;
        separates
    };
    selector.split(between).collect()
}

/// Field, whether it is to be equal, value: split at the first operator.
fn term(part: &str) -> Option<(&str, bool, &str)> {
    let is_operator = |rest: &str| rest.starts_with("!=") || rest.starts_with('=');
    let (at, _) = part.char_indices().find(|(at, _)| part.get(*at..).is_some_and(is_operator))?;
    let (field, rest) = part.split_at_checked(at)?;
    match rest.strip_prefix("!=") {
        Some(value) => Some((field, false, value)),
        None => rest.strip_prefix("==").or_else(|| rest.strip_prefix('=')).map(|value| (field, true, value)),
    }
}

fn unescape(value: &str) -> Result<String, String> {
    let mut plain = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(escaped @ ('\\' | ',' | '=')) => plain.push(escaped),
                Some(other) => {
                    return Err(format!("invalid field selector: invalid escape sequence: \\{other}"));
                }
                None => return Err("invalid field selector: invalid escape sequence: \\".to_owned()),
            },
            // The API server writes the letter as a number.
            ',' | '=' => {
                return Err(format!(
                    "invalid field selector: unescaped character in value: {}",
                    u32::from(letter)
                ));
            }
            letter => plain.push(letter),
        }
    }
    Ok(plain)
}
