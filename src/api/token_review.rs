//! The types of TokenReview.

use std::fmt;

use serde::Serialize;

use super::wire::{AUTHENTICATION_V1, is_empty, read_object};
use super::{ObjectMeta, UserInfo};

/// A request for the API server's verdict on a token, and the answer (`authentication.k8s.io/v1`).
///
/// Send it to `POST /apis/authentication.k8s.io/v1/tokenreviews`.
///
/// ```
/// use boundtoken::api::{TokenReview, TokenReviewSpec};
///
/// let review = TokenReview {
///     spec: TokenReviewSpec { token: "eyJhbGciOi...".into(), audiences: vec!["vault".into()] },
///     ..Default::default()
/// };
/// assert_eq!(
///     serde_json::to_string(&review)?,
///     r#"{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","metadata":{},"#.to_owned()
///         + r#""spec":{"token":"eyJhbGciOi...","audiences":["vault"]}}"#
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenReview {
    /// Always [`TokenReview::KIND`].
    pub kind: String,
    /// Always [`TokenReview::API_VERSION`].
    pub api_version: String,
    /// Does not affect the verdict. Always written.
    pub metadata: ObjectMeta,
    /// The question.
    pub spec: TokenReviewSpec,
    /// The answer. Left out of a request. Do not send one: the API server returns parts of it.
    #[serde(skip_serializing_if = "is_empty")]
    pub status: Option<TokenReviewStatus>,
}

impl TokenReview {
    /// The value of `kind`.
    pub const KIND: &'static str = "TokenReview";
    /// The value of `apiVersion`.
    pub const API_VERSION: &'static str = AUTHENTICATION_V1;
}

impl Default for TokenReview {
    fn default() -> Self {
        Self {
            kind: Self::KIND.to_owned(),
            api_version: Self::API_VERSION.to_owned(),
            metadata: ObjectMeta::default(),
            spec: TokenReviewSpec::default(),
            status: None,
        }
    }
}

read_object!(TokenReview {
    kind: "kind" = TokenReview::KIND,
    api_version: "apiVersion" = TokenReview::API_VERSION,
    metadata: "metadata",
    spec: "spec",
    status: "status",
});

/// The token in question (`TokenReviewSpec`). Both members are left out when empty.
///
/// `Debug` does not show the token:
///
/// ```
/// use boundtoken::api::TokenReviewSpec;
///
/// let spec = TokenReviewSpec { token: "eyJhbGciOi...".into(), audiences: vec![] };
/// assert_eq!(format!("{spec:?}"), "TokenReviewSpec { token: [redacted, 13 bytes], audiences: [] }");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenReviewSpec {
    /// The token: a secret.
    #[serde(skip_serializing_if = "is_empty")]
    pub token: String,
    /// The audiences of the service that received the token. If empty, the API server uses its own.
    #[serde(skip_serializing_if = "is_empty")]
    pub audiences: Vec<String>,
}

read_object!(TokenReviewSpec { token: "token", audiences: "audiences" });

impl fmt::Debug for TokenReviewSpec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TokenReviewSpec")
            .field("token", &format_args!("[redacted, {} bytes]", self.token.len()))
            .field("audiences", &self.audiences)
            .finish()
    }
}

/// The verdict (`TokenReviewStatus`).
///
/// ```
/// use boundtoken::api::TokenReviewStatus;
///
/// let refused: TokenReviewStatus = serde_json::from_str(r#"{"user":{},"error":"invalid bearer token"}"#)?;
/// assert!(!refused.authenticated);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenReviewStatus {
    /// Whether the token is good. Left out when false.
    #[serde(skip_serializing_if = "is_empty")]
    pub authenticated: bool,
    /// The user that the token speaks for. Always written. Do not read it unless `authenticated` is true.
    pub user: UserInfo,
    /// The audiences of the request that the token names. Left out when empty.
    #[serde(skip_serializing_if = "is_empty")]
    pub audiences: Vec<String>,
    /// Why the token is refused. Left out when empty.
    #[serde(skip_serializing_if = "is_empty")]
    pub error: String,
}

read_object!(TokenReviewStatus {
    authenticated: "authenticated",
    user: "user",
    audiences: "audiences",
    error: "error",
});

read_object!(UserInfo { username: "username", uid: "uid", groups: "groups", extra: "extra" });
