//! Reading patches.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde_json::Value;

use super::super::body::media_type;
use crate::store::Patch;
use boundtoken::api::Status;

/// The kinds of patches that are served.
#[derive(Clone, Copy)]
pub(super) enum MediaType {
    Json,
    Merge,
    Strategic,
}

impl MediaType {
    /// # Errors
    ///
    /// 415: among others for server-side apply, which needs the `managedFields` that are not kept here.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Status> {
        let header = headers.get(CONTENT_TYPE).map(|header| media_type(header.as_bytes()));
        match header.as_deref() {
            Some(b"application/json-patch+json") => Ok(Self::Json),
            Some(b"application/merge-patch+json") => Ok(Self::Merge),
            Some(b"application/strategic-merge-patch+json") => Ok(Self::Strategic),
            _ => Err(Status::failure(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: \
                 application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json",
            )),
        }
    }

    pub(super) fn read(self, bytes: &[u8]) -> Result<Patch, Status> {
        let refused = |why: &str| Status::bad_request(format!("error decoding patch: {why}"));
        match (self, serde_json::from_slice(bytes).map_err(|error| refused(&error.to_string()))?) {
            (Self::Json, Value::Array(operations)) => Ok(Patch::Json(operations)),
            (Self::Json, _) => Err(refused("a JSON patch is a list")),
            (Self::Merge, Value::Object(members)) => Ok(Patch::Merge(members)),
            (Self::Strategic, Value::Object(members)) => Ok(Patch::Strategic(members)),
            (Self::Merge | Self::Strategic, _) => Err(refused("a merge patch is an object")),
        }
    }
}
