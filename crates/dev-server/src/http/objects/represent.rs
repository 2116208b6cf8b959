//! Objects and lists in the form that the client asked for.

use axum::http::StatusCode;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::super::accept::Form;
use super::super::answer::{self, Answer};
use super::super::table::Table;
use crate::store::{List, Resource};

/// A single object as a response.
///
/// # Errors
/// 406 when a list is asked for.
pub(super) fn represent_object(code: StatusCode, form: Form, resource: Resource, object: &Value) -> Answer {
    match form {
        Form::Table { api_version, included } => {
            let table = Table { resource, api_version, included, has_columns: true };
            Ok(answer::object(code, &table.of_one(object)))
        }
        form => answer::in_form(code, form, object),
    }
}

/// A list as a response.
///
/// # Errors
/// 406 when a single object is asked for.
pub(super) fn represent_list(form: Form, resource: Resource, list: &List) -> Answer {
    let metadata = json!({"resourceVersion": list.revision.to_string()});
    let objects = list.items.iter();
    let list = match form {
        Form::Full => json!({
            "kind": format!("{}List", resource.kind()),
            "apiVersion": resource.api_version(),
            "metadata": metadata,
            "items": objects.map(|object| Item(object)).collect::<Vec<_>>(),
        }),
        Form::PartialObjectMetadataList { api_version } => json!({
            "kind": "PartialObjectMetadataList",
            "apiVersion": api_version,
            "metadata": metadata,
            "items": objects.map(|object| answer::metadata_of(object, api_version)).collect::<Vec<_>>(),
        }),
        Form::Table { api_version, included } => {
            let table = Table { resource, api_version, included, has_columns: true };
            table.of(objects.map(|object| &**object), metadata)
        }
        Form::PartialObjectMetadata { .. } => {
            return Err(answer::wrong_form("PartialObjectMetadata", "is a list"));
        }
    };
    Ok(answer::object(StatusCode::OK, &list))
}

/// An item of a list. It does not repeat the kind and version of the list.
struct Item<'a>(&'a Value);

impl Serialize for Item<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = self.0.as_object().into_iter().flatten();
        serializer.collect_map(members.filter(|(name, _)| !matches!(name.as_str(), "kind" | "apiVersion")))
    }
}
