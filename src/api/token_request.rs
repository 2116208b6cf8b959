//! The types of TokenRequest.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::attestations::{Read, are_none};
use super::wire::{AUTHENTICATION_V1, is_empty, null_when_empty, read_object};
use super::{ObjectMeta, Time};

/// A request for a token of a service account, and the answer (`authentication.k8s.io/v1`).
///
/// Send it to `POST /api/v1/namespaces/NAMESPACE/serviceaccounts/NAME/token`.
///
/// ```
/// use boundtoken::api::{BoundObjectReference, TokenRequest, TokenRequestSpec};
///
/// let request = TokenRequest {
///     spec: TokenRequestSpec {
///         audiences: vec!["vault".into()],
///         expiration_seconds: Some(600),
///         bound_object_ref: Some(BoundObjectReference {
///             kind: "Pod".into(),
///             api_version: "v1".into(),
///             name: "live".into(),
///             ..Default::default()
///         }),
///         ..Default::default()
///     },
///     ..Default::default()
/// };
/// assert_eq!(
///     serde_json::to_string(&request)?,
///     r#"{"kind":"TokenRequest","apiVersion":"authentication.k8s.io/v1","metadata":{},"#.to_owned()
///         + r#""spec":{"audiences":["vault"],"expirationSeconds":600,"#
///         + r#""boundObjectRef":{"kind":"Pod","apiVersion":"v1","name":"live"}}}"#
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenRequest {
    /// Always [`TokenRequest::KIND`].
    pub kind: String,
    /// Always [`TokenRequest::API_VERSION`].
    pub api_version: String,
    /// In a response, that of the service account. Always written.
    pub metadata: ObjectMeta,
    /// The request. In a response, what was granted.
    pub spec: TokenRequestSpec,
    /// The answer. Left out of a request.
    #[serde(skip_serializing_if = "is_empty")]
    pub status: Option<TokenRequestStatus>,
}

impl TokenRequest {
    /// The value of `kind`.
    pub const KIND: &'static str = "TokenRequest";
    /// The value of `apiVersion`.
    pub const API_VERSION: &'static str = AUTHENTICATION_V1;
}

impl Default for TokenRequest {
    fn default() -> Self {
        Self {
            kind: Self::KIND.to_owned(),
            api_version: Self::API_VERSION.to_owned(),
            metadata: ObjectMeta::default(),
            spec: TokenRequestSpec::default(),
            status: None,
        }
    }
}

read_object!(TokenRequest {
    kind: "kind" = TokenRequest::KIND,
    api_version: "apiVersion" = TokenRequest::API_VERSION,
    metadata: "metadata",
    spec: "spec",
    status: "status",
});

/// The token that is asked for (`TokenRequestSpec`). The first three members are always written, as `null` if unset.
///
/// ```
/// use boundtoken::api::TokenRequestSpec;
///
/// let unset = r#"{"audiences":null,"expirationSeconds":null,"boundObjectRef":null}"#;
/// assert_eq!(serde_json::to_string(&TokenRequestSpec::default())?, unset);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenRequestSpec {
    /// The intended audiences of the token. If empty, the API server uses its own.
    #[serde(serialize_with = "null_when_empty")]
    pub audiences: Vec<String>,
    /// The lifetime of the token, in seconds: 600 to 4,294,967,296. The API server may shorten it. The default is
    /// 3,600. Zero is not the default: the API server refuses it.
    pub expiration_seconds: Option<i64>,
    /// The object to bind the token to. When the object is deleted, the token is void.
    pub bound_object_ref: Option<BoundObjectReference>,
    /// What the API server shall attest about the service account, by name (KEP-6060, Kubernetes 1.37, alpha). Left
    /// out when empty.
    ///
    /// A token that is bound to a webhook configuration must have exactly one: `admissionReviewAPIGroups`, with the
    /// API group that the account reviews as its only value. `*` stands for all groups. Other tokens must have none.
    /// An older API server ignores the member.
    ///
    /// ```
    /// use boundtoken::api::TokenRequestSpec;
    ///
    /// let spec: TokenRequestSpec =
    ///     serde_json::from_str(r#"{"attestations": {"admissionReviewAPIGroups": ["apps"]}}"#)?;
    /// let attestations = spec.attestations.unwrap_or_default();
    /// assert_eq!(attestations["admissionReviewAPIGroups"], ["apps"]);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[serde(skip_serializing_if = "are_none")]
    pub attestations: Option<BTreeMap<String, Vec<String>>>,
}

read_object!(TokenRequestSpec {
    audiences: "audiences",
    expiration_seconds: "expirationSeconds",
    bound_object_ref: "boundObjectRef",
    attestations: "attestations" as Read,
});

/// The token (`TokenRequestStatus`). Both members are always written.
///
/// `Debug` does not show the token:
///
/// ```
/// use boundtoken::api::TokenRequestStatus;
///
/// let status = TokenRequestStatus { token: "eyJhbGciOi...".into(), expiration_timestamp: None };
/// assert_eq!(
///     format!("{status:?}"),
///     "TokenRequestStatus { token: [redacted, 13 bytes], expiration_timestamp: None }"
/// );
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenRequestStatus {
    /// The token: a secret.
    pub token: String,
    /// When the token expires. `null` if unset. The API server may accept the token for longer: for a year if the
    /// kubelet asked for 3,607 seconds and the only audiences are those of the API server.
    pub expiration_timestamp: Option<Time>,
}

read_object!(TokenRequestStatus { token: "token", expiration_timestamp: "expirationTimestamp" });

impl fmt::Debug for TokenRequestStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TokenRequestStatus")
            .field("token", &format_args!("[redacted, {} bytes]", self.token.len()))
            .field("expiration_timestamp", &self.expiration_timestamp)
            .finish()
    }
}

/// The object that a token is bound to (`BoundObjectReference`). Every member is left out when empty.
///
/// ```
/// use boundtoken::api::BoundObjectReference;
///
/// let reference: BoundObjectReference = serde_json::from_str(r#"{"kind": "Node", "name": "node-1"}"#)?;
/// assert_eq!((reference.kind.as_str(), reference.uid.as_str()), ("Node", ""));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BoundObjectReference {
    /// `Pod`, `Node` or `Secret`. From Kubernetes 1.37 on, also `ValidatingWebhookConfiguration` or
    /// `MutatingWebhookConfiguration`.
    #[serde(skip_serializing_if = "is_empty")]
    pub kind: String,
    /// `v1` or empty. For webhook configurations, `admissionregistration.k8s.io/v1`.
    #[serde(skip_serializing_if = "is_empty")]
    pub api_version: String,
    /// The object's name. A pod or secret must be in the namespace of the service account.
    #[serde(skip_serializing_if = "is_empty")]
    pub name: String,
    /// The object's uid. If empty, the API server uses that of the existing object.
    #[serde(skip_serializing_if = "is_empty")]
    pub uid: String,
}

read_object!(BoundObjectReference { kind: "kind", api_version: "apiVersion", name: "name", uid: "uid" });
