//! The types of `authentication.k8s.io/v1`, in their wire format.
//!
//! [`TokenRequest`] asks the API server for a token, [`TokenReview`] asks it for a verdict, and [`Status`] is its
//! answer when it refuses. The types use serde, so JSON and YAML both work:
//!
//! ```
//! use boundtoken::api::TokenRequest;
//!
//! let response = r#"{
//!     "kind": "TokenRequest",
//!     "apiVersion": "authentication.k8s.io/v1",
//!     "metadata": {"name": "app", "namespace": "demo"},
//!     "spec": {"audiences": ["vault"], "expirationSeconds": 3600, "boundObjectRef": null},
//!     "status": {"token": "eyJhbGciOi...", "expirationTimestamp": "2026-11-24T13:11:18Z"}
//! }"#;
//! let response: TokenRequest = serde_json::from_str(response)?;
//! let issued = response.status.ok_or("the API server has not answered yet")?;
//! let expiry = issued.expiration_timestamp.ok_or("the API server set no expiry")?;
//! println!("the token is good until {expiry}");
//! # assert_eq!(expiry.to_string(), "2026-11-24T13:11:18Z");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is read
//!
//! What the API server reads, with these rules:
//! - Every member is optional. `null` means absence.
//! - `kind` and `apiVersion` get the type's own value if they are absent or empty. Any other value is an error.
//! - Names are case-sensitive. Unknown members are skipped.
//! - A member given twice is an error, as in the API server's strict field validation.
//! - `null` in a list of strings is an error. The API server takes it as the empty string. Attestations follow
//!   the API server, because a verifier cannot tell the two apart in the token.
//! - An object must be an object. An array of its members by position, which serde accepts by default, is an error.
//! - A number must be an integer and must fit. Neither `3600.0` nor `"3600"` is one.
//!
//! Nothing else is validated. The API server decides whether it serves the request.
//!
//! # What is written
//!
//! What the API server writes, in the same order. Empty members are left out where the API server leaves them out.
//!
//! # Secrets
//!
//! `Debug` shows the length of a token in place of the token. Serializing writes the token. Errors do not quote a
//! text that stands in place of an object. They may quote a text that stands in place of a number or a time.
//!
//! All types are plain data that threads can send and share.

mod attestations;
mod go_json;
mod go_text;
pub mod names;
mod object_meta;
mod refusal;
mod status;
mod time;
mod token_request;
mod token_review;
mod wire;

pub use crate::verified::UserInfo;
pub(crate) use go_json::GoJson;
pub use go_text::{escaped, quoted};

pub use object_meta::{ManagedFieldsEntry, ObjectMeta};
pub use status::{ListMeta, Status, StatusCause, StatusDetails};
pub use time::{InvalidTime, Time};
pub use token_request::{BoundObjectReference, TokenRequest, TokenRequestSpec, TokenRequestStatus};
pub use token_review::{TokenReview, TokenReviewSpec, TokenReviewStatus};
