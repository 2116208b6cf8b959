//! Objects and lists in the form that the client asked for.

use axum::http::StatusCode;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::super::accept::{Accept, Form, not_acceptable};
use super::super::answer::{self, Answer};
use crate::store::{List, Resource};

/// One object as a response.
pub(super) fn represent(code: StatusCode, accept: &Accept, resource: Resource, object: &Value) -> Answer {
    match accept.form {
        Form::Full => Ok(answer::object(code, accept, object)),
        Form::PartialObjectMetadata { api_version } => {
            Ok(answer::object(code, accept, &Metadata { api_version, object }))
        }
        Form::PartialObjectMetadataList { .. } => {
            let what =
                format!("the requested object is not a list (*{}.{})", resource.package(), resource.kind());
            Err(not_acceptable(format!("you requested PartialObjectMetadataList, but {what}")).into())
        }
    }
}

/// A list as a response.
pub(super) fn represent_list(accept: &Accept, resource: Resource, list: &List) -> Answer {
    match accept.form {
        Form::Full => {
            let kind = format!("{}List", resource.kind());
            Ok(answer::object(
                StatusCode::OK,
                accept,
                &Listed { kind: &kind, api_version: resource.api_version(), list, metadata: None },
            ))
        }
        Form::PartialObjectMetadataList { api_version } => {
            let kind = "PartialObjectMetadataList";
            let listed = Listed { kind, api_version, list, metadata: Some(api_version) };
            Ok(answer::object(StatusCode::OK, accept, &listed))
        }
        Form::PartialObjectMetadata { .. } => {
            let what =
                format!("the requested object is a list (*{}.{}List)", resource.package(), resource.kind());
            Err(not_acceptable(format!("you requested PartialObjectMetadata, but {what}")).into())
        }
    }
}

/// An object of which only the metadata are shown.
pub(super) struct Metadata<'a> {
    pub api_version: &'a str,
    pub object: &'a Value,
}

impl Serialize for Metadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(3))?;
        members.serialize_entry("kind", "PartialObjectMetadata")?;
        members.serialize_entry("apiVersion", self.api_version)?;
        members.serialize_entry("metadata", self.object.get("metadata").unwrap_or(&json!({})))?;
        members.end()
    }
}

struct Listed<'a> {
    kind: &'a str,
    api_version: &'a str,
    list: &'a List,
    /// The version of the items' form, when they are shown by their metadata alone.
    metadata: Option<&'a str>,
}

impl Serialize for Listed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(4))?;
        members.serialize_entry("kind", self.kind)?;
        members.serialize_entry("apiVersion", self.api_version)?;
        members.serialize_entry("metadata", &json!({"resourceVersion": self.list.revision.to_string()}))?;
        members.serialize_entry("items", &Items(self))?;
        members.end()
    }
}

struct Items<'a>(&'a Listed<'a>);

impl Serialize for Items<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let objects = self.0.list.items.iter();
        match self.0.metadata {
            Some(api_version) => {
                serializer.collect_seq(objects.map(|object| Metadata { api_version, object }))
            }
            None => serializer.collect_seq(objects.map(|object| Item(object))),
        }
    }
}

/// The items of a list do not repeat what the list has said of them.
struct Item<'a>(&'a Value);

impl Serialize for Item<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = self.0.as_object().into_iter().flatten();
        serializer.collect_map(members.filter(|(name, _)| !matches!(name.as_str(), "kind" | "apiVersion")))
    }
}
