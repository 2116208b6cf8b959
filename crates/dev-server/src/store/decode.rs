//! From a JSON document to an object of its kind, as it is kept.

use serde_json::{Map, Value};

use crate::http::objects::decoding;
use boundtoken::api::Status;

use super::Resource;
use super::object::{remove, set, text};

/// Decodes an object of this resource. The document may leave out `kind` and `apiVersion`.
///
/// # Errors
///
/// 400 for a document that is no such object.
pub(super) fn decode(resource: Resource, mut object: Value) -> Result<Value, Status> {
    let (kind, api_version) = (resource.kind(), resource.api_version());
    for (name, expected) in [("kind", kind), ("apiVersion", api_version)] {
        let given = text(&object, &[name]);
        if !given.is_empty() && given != expected {
            return Err(Status::bad_request(format!("{given:?} cannot be handled as {expected:?}")));
        }
    }
    decoding::decode(resource, &mut object)
        .map_err(|why| Status::bad_request(format!("the object cannot be handled as a {kind}: {why}")))?;
    for name in ["managedFields", "selfLink"] {
        remove(&mut object, &["metadata", name]);
    }
    set(&mut object, &["kind"], kind);
    set(&mut object, &["apiVersion"], api_version);
    if object.get("metadata").is_none() {
        set(&mut object, &["metadata"], Map::new());
    }
    Ok(object)
}
