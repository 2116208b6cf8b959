//! Metadata of an object.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Time;
use super::wire::{is_empty, read_object};

/// What every Kubernetes object says of itself (`metav1.ObjectMeta`), as far as tokens have to do with it.
///
/// `ownerReferences` and `selfLink` are skipped when read. Every member is left out when empty.
///
/// ```
/// use boundtoken::api::ObjectMeta;
///
/// let pod = r#"{"name": "live", "namespace": "demo", "deletionTimestamp": "2026-11-24T12:11:52Z"}"#;
/// let pod: ObjectMeta = serde_json::from_str(pod)?;
/// assert!(pod.deletion_timestamp.is_some());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectMeta {
    /// The object's name, unique in its namespace among objects of its kind.
    #[serde(skip_serializing_if = "is_empty")]
    pub name: String,
    /// The prefix of a name that the API server is to make up.
    #[serde(skip_serializing_if = "is_empty")]
    pub generate_name: String,
    /// The namespace that the object is in; empty for objects of the whole cluster, such as nodes.
    #[serde(skip_serializing_if = "is_empty")]
    pub namespace: String,
    /// What tells the object from an earlier one of the same name. In the response to a `TokenRequest` it is
    /// the service account's.
    #[serde(skip_serializing_if = "is_empty")]
    pub uid: String,
    /// The version of the stored object: opaque, good for equality only.
    #[serde(skip_serializing_if = "is_empty")]
    pub resource_version: String,
    /// The number of changes of the desired state.
    #[serde(skip_serializing_if = "is_empty")]
    pub generation: i64,
    /// When the object was created.
    #[serde(skip_serializing_if = "is_empty")]
    pub creation_timestamp: Option<Time>,
    /// When the object is to be gone: set by a deletion, and lying in the future by the grace period.
    #[serde(skip_serializing_if = "is_empty")]
    pub deletion_timestamp: Option<Time>,
    /// The grace period of the deletion, in seconds; zero is written, as it means a forced deletion.
    #[serde(skip_serializing_if = "is_empty")]
    pub deletion_grace_period_seconds: Option<i64>,
    /// Keys and values to select objects by.
    #[serde(skip_serializing_if = "is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Keys and values for tools.
    #[serde(skip_serializing_if = "is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Who has to let go of the object before it is removed.
    #[serde(skip_serializing_if = "is_empty")]
    pub finalizers: Vec<String>,
    /// Who set which members.
    #[serde(skip_serializing_if = "is_empty")]
    pub managed_fields: Vec<ManagedFieldsEntry>,
}

read_object!(ObjectMeta {
    name: "name",
    generate_name: "generateName",
    namespace: "namespace",
    uid: "uid",
    resource_version: "resourceVersion",
    generation: "generation",
    creation_timestamp: "creationTimestamp",
    deletion_timestamp: "deletionTimestamp",
    deletion_grace_period_seconds: "deletionGracePeriodSeconds",
    labels: "labels",
    annotations: "annotations",
    finalizers: "finalizers",
    managed_fields: "managedFields",
});

/// Which members of an object one client set (`metav1.ManagedFieldsEntry`).
///
/// ```
/// use boundtoken::api::ManagedFieldsEntry;
///
/// let entry = r#"{"manager":"kubectl","fieldsV1":{"f:spec":{}},"subresource":"token"}"#;
/// let read: ManagedFieldsEntry = serde_json::from_str(entry)?;
/// assert_eq!(read.manager, "kubectl");
/// assert_eq!(serde_json::to_string(&read)?, entry);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagedFieldsEntry {
    /// The client: the part of its User-Agent before the first `/`, unless it named itself.
    #[serde(skip_serializing_if = "is_empty")]
    pub manager: String,
    /// `Apply` or `Update`.
    #[serde(skip_serializing_if = "is_empty")]
    pub operation: String,
    /// The API version that the names in `fields_v1` are of.
    #[serde(skip_serializing_if = "is_empty")]
    pub api_version: String,
    /// When the client did so.
    #[serde(skip_serializing_if = "is_empty")]
    pub time: Option<Time>,
    /// The form of the set of members: `FieldsV1`.
    #[serde(skip_serializing_if = "is_empty")]
    pub fields_type: String,
    /// The set of members: objects in objects, with names such as `f:spec`.
    #[serde(rename = "fieldsV1", skip_serializing_if = "is_empty")]
    pub fields_v1: Option<serde_json::Value>,
    /// The subresource that was written to: `token` for a `TokenRequest`.
    #[serde(skip_serializing_if = "is_empty")]
    pub subresource: String,
}

read_object!(ManagedFieldsEntry {
    manager: "manager",
    operation: "operation",
    api_version: "apiVersion",
    time: "time",
    fields_type: "fieldsType",
    fields_v1: "fieldsV1",
    subresource: "subresource",
});
