//! The types of `authentication.k8s.io/v1`, as they are on the wire.
//!
//! [`TokenRequest`] asks the API server for a token, [`TokenReview`] asks it for a verdict, and [`Status`]
//! is its answer when it refuses. Reading and writing is serde's, so JSON and YAML both work:
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
//! - Every member is optional. `null` is the same as absence, and so is the empty string for `kind` and
//!   `apiVersion`, which then get the type's own value. Any other value of theirs is an error.
//! - Names are case-sensitive. Unknown members are skipped.
//! - A member given twice is an error, as in the API server's strict field validation; so is `null` as an
//!   element of a list of strings, which the API server takes as the empty string. Attestations alone are read as the API
//!   server reads them in this, because no verifier can tell the two apart in the token.
//! - An object must be an object: serde's habit of taking an array of its members by position is off.
//! - A number must be an integer and must fit; neither `3600.0` nor `"3600"` is one.
//!
//! Nothing is validated beyond that: whether the API server would serve the request is its own affair.
//!
//! # What is written
//!
//! What the API server writes: its member names, in its order, with its rules about what is left out when
//! empty and what is always there.
//!
//! # Secrets
//!
//! `Debug` shows the length of a token in place of the token. Serializing writes it, of course. Errors of reading
//! do not quote a text that stands in place of an object; they may quote one in place of a number or a time.
//!
//! All types are plain data: they can be sent to and shared between threads.

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
