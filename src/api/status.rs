//! The API server's answer when it refuses.

use serde::Serialize;

use super::wire::{is_empty, read_object};

/// The API server's answer when it refuses a request (`metav1.Status`).
///
/// ```
/// use boundtoken::api::Status;
///
/// let body = r#"{"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
///     "message": "pods \"nope\" not found", "reason": "NotFound",
///     "details": {"name": "nope", "kind": "pods"}, "code": 404}"#;
/// let refusal: Status = serde_json::from_str(body)?;
/// assert_eq!((refusal.code, refusal.reason.as_str()), (404, "NotFound"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Always [`Status::KIND`].
    pub kind: String,
    /// Always [`Status::API_VERSION`].
    pub api_version: String,
    /// Always written. Empty in a refusal.
    pub metadata: ListMeta,
    /// `Success` or `Failure`.
    #[serde(skip_serializing_if = "is_empty")]
    pub status: String,
    /// What happened, for humans.
    #[serde(skip_serializing_if = "is_empty")]
    pub message: String,
    /// What happened, for programs: `NotFound`, `Invalid`, `Conflict` and so on.
    #[serde(skip_serializing_if = "is_empty")]
    pub reason: String,
    /// Details, which depend on the reason.
    #[serde(skip_serializing_if = "is_empty")]
    pub details: Option<StatusDetails>,
    /// The suggested HTTP status code. Zero if unset, and then left out.
    #[serde(skip_serializing_if = "is_empty")]
    pub code: i32,
}

impl Status {
    /// The value of `kind`.
    pub const KIND: &'static str = "Status";
    /// The value of `apiVersion`.
    pub const API_VERSION: &'static str = "v1";
}

impl Default for Status {
    fn default() -> Self {
        Self {
            kind: Self::KIND.to_owned(),
            api_version: Self::API_VERSION.to_owned(),
            metadata: ListMeta::default(),
            status: String::new(),
            message: String::new(),
            reason: String::new(),
            details: None,
            code: 0,
        }
    }
}

read_object!(Status {
    kind: "kind" = Status::KIND,
    api_version: "apiVersion" = Status::API_VERSION,
    metadata: "metadata",
    status: "status",
    message: "message",
    reason: "reason",
    details: "details",
    code: "code",
});

/// The metadata of an answer that is not a single object (`metav1.ListMeta`), as far as needed here.
///
/// ```
/// use boundtoken::api::ListMeta;
///
/// assert_eq!(serde_json::to_string(&ListMeta::default())?, "{}");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListMeta {
    /// The version of the answer. Opaque, and only good for comparing for equality. Left out when empty.
    #[serde(skip_serializing_if = "is_empty")]
    pub resource_version: String,
}

read_object!(ListMeta { resource_version: "resourceVersion" });

/// The object that a [`Status`] is about (`metav1.StatusDetails`). Every member is left out when empty.
///
/// ```
/// use boundtoken::api::StatusDetails;
///
/// let details: StatusDetails = serde_json::from_str(r#"{"name": "nope", "kind": "pods"}"#)?;
/// assert_eq!(details.kind, "pods");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusDetails {
    /// The name of the object.
    #[serde(skip_serializing_if = "is_empty")]
    pub name: String,
    /// The API group of the object. Empty for the core group.
    #[serde(skip_serializing_if = "is_empty")]
    pub group: String,
    /// The kind of the object, or its resource name.
    #[serde(skip_serializing_if = "is_empty")]
    pub kind: String,
    /// The uid of the object.
    #[serde(skip_serializing_if = "is_empty")]
    pub uid: String,
    /// One entry for each fault, if the reason is `Invalid` or similar.
    #[serde(skip_serializing_if = "is_empty")]
    pub causes: Vec<StatusCause>,
    /// How many seconds to wait before asking again.
    #[serde(skip_serializing_if = "is_empty")]
    pub retry_after_seconds: i32,
}

read_object!(StatusDetails {
    name: "name",
    group: "group",
    kind: "kind",
    uid: "uid",
    causes: "causes",
    retry_after_seconds: "retryAfterSeconds",
});

/// One fault of a request (`metav1.StatusCause`). Every member is left out when empty.
///
/// ```
/// use boundtoken::api::StatusCause;
///
/// let cause: StatusCause = serde_json::from_str(r#"{"field": "spec.expirationSeconds"}"#)?;
/// assert_eq!(cause.field, "spec.expirationSeconds");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusCause {
    /// The fault, for programs: `FieldValueInvalid` and so on.
    #[serde(skip_serializing_if = "is_empty")]
    pub reason: String,
    /// The fault, for humans.
    #[serde(skip_serializing_if = "is_empty")]
    pub message: String,
    /// The path of the member at fault, such as `spec.expirationSeconds`.
    #[serde(skip_serializing_if = "is_empty")]
    pub field: String,
}

read_object!(StatusCause { reason: "reason", message: "message", field: "field" });
