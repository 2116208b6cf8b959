//! From a JSON document to an object of its kind, as it is kept.

use serde_json::{Map, Value};

use crate::http::objects::decoding;
use boundtoken::api::{Status, quoted};

use super::Resource;
use super::object::{remove, set, text};

/// What is wrong with a document, and the kind and version that it says it is of.
pub(super) struct Fault {
    kind: String,
    version: String,
    pub why: String,
}

impl Fault {
    /// As a body is refused for it.
    pub(super) fn in_body(&self, resource: Resource) -> Status {
        let Self { kind, version, why } = self;
        let expected = resource.kind();
        Status::bad_request(format!(
            "{kind} in version {} cannot be handled as a {expected}: {why}",
            quoted(version)
        ))
    }
}

/// Decodes a document that is to be an object of this resource. Its `kind` and `apiVersion` may be left out.
pub(super) fn decode(resource: Resource, document: &Value) -> Result<Value, Fault> {
    let or =
        |given: &str, default: &str| if given.is_empty() { default.to_owned() } else { given.to_owned() };
    let kind = or(text(document, &["kind"]), resource.kind());
    let group_version = or(text(document, &["apiVersion"]), resource.api_version());
    let version = group_version.rsplit('/').next().unwrap_or_default().to_owned();
    let found = Resource::from_kind(&group_version, &kind);
    let decoded = if found.is_none() {
        let scheme = "in scheme \"pkg/runtime/scheme.go:111\"";
        Err(format!(
            "no kind {} is registered for version {} {scheme}",
            quoted(&kind),
            quoted(&group_version)
        ))
    } else if found != Some(resource) {
        let (package, expected) = (resource.package(), resource.kind());
        Err(format!("converting (v1.{kind}) to ({package}.{expected}): unknown conversion"))
    } else {
        decoding::decode(resource, document)
    };
    let mut object = decoded.map_err(|why| Fault { kind, version, why })?;
    for name in ["managedFields", "selfLink"] {
        remove(&mut object, &["metadata", name]);
    }
    set(&mut object, &["kind"], resource.kind());
    set(&mut object, &["apiVersion"], resource.api_version());
    if !object.get("metadata").is_some_and(Value::is_object) {
        set(&mut object, &["metadata"], Map::new());
    }
    Ok(object)
}
