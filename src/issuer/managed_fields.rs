//! The `managedFields` of a request: who set which members.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::IssuedToken;
use crate::api::{BoundObjectReference, ManagedFieldsEntry, ObjectMeta, TokenRequest};

impl IssuedToken {
    /// Adds the `managedFields` that the API server writes for this client.
    ///
    /// `manager` is the `fieldManager` of the request, or else the part of the User-Agent before the first `/`.
    #[must_use]
    pub fn managed_by(mut self, manager: &str) -> Self {
        let mut fields = Map::new();
        add(&mut fields, "metadata", metadata(&self.response.metadata));
        let mut spec = set(&["audiences", "expirationSeconds"]);
        if let Some(reference) = &self.response.spec.bound_object_ref {
            spec.insert("f:boundObjectRef".to_owned(), Value::Object(members_of(reference)));
        }
        if let Some(attestations) = &self.response.spec.attestations {
            add(&mut spec, "attestations", entries_of(attestations));
        }
        add(&mut fields, "spec", spec);
        self.response.metadata.managed_fields = vec![ManagedFieldsEntry {
            manager: manager.to_owned(),
            operation: "Update".to_owned(),
            api_version: TokenRequest::API_VERSION.to_owned(),
            time: self.response.metadata.creation_timestamp,
            fields_type: "FieldsV1".to_owned(),
            fields_v1: Some(Value::Object(fields)),
            subresource: "token".to_owned(),
        }];
        self
    }
}

fn members_of(reference: &BoundObjectReference) -> Map<String, Value> {
    let BoundObjectReference { kind, api_version, name, uid } = reference;
    let members = [("kind", kind), ("apiVersion", api_version), ("name", name), ("uid", uid)];
    let given: Vec<_> =
        members.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, _)| name).collect();
    set(&given)
}

/// Returns the members of the metadata that the client owns.
fn metadata(metadata: &ObjectMeta) -> Map<String, Value> {
    let mut fields = Map::new();
    for (member, map) in [("labels", &metadata.labels), ("annotations", &metadata.annotations)] {
        add(&mut fields, member, entries_of(map));
    }
    let mut finalizers: Map<String, Value> = metadata
        .finalizers
        .iter()
        .map(|finalizer| (format!("v:{}", Value::from(finalizer.as_str())), Value::Object(Map::new())))
        .collect();
    if !finalizers.is_empty() {
        finalizers.insert(".".to_owned(), Value::Object(Map::new()));
    }
    add(&mut fields, "finalizers", finalizers);
    for (member, given) in [
        ("generateName", !metadata.generate_name.is_empty()),
        ("deletionTimestamp", metadata.deletion_timestamp.is_some()),
        ("deletionGracePeriodSeconds", metadata.deletion_grace_period_seconds.is_some()),
    ] {
        if given {
            fields.extend(set(&[member]));
        }
    }
    fields
}

/// Returns the map itself and each of its entries. Nothing if the map is empty.
fn entries_of<T>(map: &BTreeMap<String, T>) -> Map<String, Value> {
    let mut keys = set(&map.keys().map(String::as_str).collect::<Vec<_>>());
    if !keys.is_empty() {
        keys.insert(".".to_owned(), Value::Object(Map::new()));
    }
    keys
}

fn set(members: &[&str]) -> Map<String, Value> {
    members.iter().map(|member| (format!("f:{member}"), Value::Object(Map::new()))).collect()
}

/// Adds `member` with the members `below` it, if there are any.
fn add(fields: &mut Map<String, Value>, member: &str, below: Map<String, Value>) {
    if !below.is_empty() {
        fields.insert(format!("f:{member}"), Value::Object(below));
    }
}
