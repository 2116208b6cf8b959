//! The metadata of an object.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Time;
use super::wire::{is_empty, read_object};

/// The metadata of a Kubernetes object (`metav1.ObjectMeta`), without `ownerReferences` and `selfLink`, which are
/// skipped.
///
/// Every member is left out when empty.
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
    /// The object's name. Unique among the objects of its kind in the same namespace.
    #[serde(skip_serializing_if = "is_empty")]
    pub name: String,
    /// The prefix for a name that the API server makes up.
    #[serde(skip_serializing_if = "is_empty")]
    pub generate_name: String,
    /// The object's namespace. Empty for kinds without a namespace, such as nodes.
    #[serde(skip_serializing_if = "is_empty")]
    pub namespace: String,
    /// Distinguishes the object from an earlier one of the same name. The response to a `TokenRequest` has the uid of
    /// the service account.
    #[serde(skip_serializing_if = "is_empty")]
    pub uid: String,
    /// The version of the stored object. Opaque, and only good for comparing for equality.
    #[serde(skip_serializing_if = "is_empty")]
    pub resource_version: String,
    /// How often the desired state has changed.
    #[serde(skip_serializing_if = "is_empty")]
    pub generation: i64,
    /// When the object was created.
    #[serde(skip_serializing_if = "is_empty")]
    pub creation_timestamp: Option<Time>,
    /// When the object should be gone. A deletion sets it to the end of the grace period.
    #[serde(skip_serializing_if = "is_empty")]
    pub deletion_timestamp: Option<Time>,
    /// The grace period of the deletion, in seconds. Zero is written too: it means a forced deletion.
    #[serde(skip_serializing_if = "is_empty")]
    pub deletion_grace_period_seconds: Option<i64>,
    /// Keys and values for selecting objects.
    #[serde(skip_serializing_if = "is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Keys and values for tools.
    #[serde(skip_serializing_if = "is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// The parties that must release the object before it is removed.
    #[serde(skip_serializing_if = "is_empty")]
    pub finalizers: Vec<String>,
    /// The clients that set the object's members.
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

/// The members of an object that one client set (`metav1.ManagedFieldsEntry`).
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
    /// The client. Unless it gave a name, this is the part of its User-Agent before the first `/`.
    #[serde(skip_serializing_if = "is_empty")]
    pub manager: String,
    /// `Apply` or `Update`.
    #[serde(skip_serializing_if = "is_empty")]
    pub operation: String,
    /// The API version of the names in `fields_v1`.
    #[serde(skip_serializing_if = "is_empty")]
    pub api_version: String,
    /// When the client last set a member.
    #[serde(skip_serializing_if = "is_empty")]
    pub time: Option<Time>,
    /// The format of the set of members: `FieldsV1`.
    #[serde(skip_serializing_if = "is_empty")]
    pub fields_type: String,
    /// The set of members: nested objects with names such as `f:spec`.
    #[serde(rename = "fieldsV1", skip_serializing_if = "is_empty")]
    pub fields_v1: Option<serde_json::Value>,
    /// The subresource that the client wrote to: `token` for a `TokenRequest`.
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
