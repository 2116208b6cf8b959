//! Reading patches.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde_json::{Map, Value};

use super::super::go_json::Json;
use super::listing::Query;
use crate::store::Patch;
use boundtoken::api::{Status, StatusCause, StatusDetails};

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
        let header = headers.get(CONTENT_TYPE).and_then(|header| header.to_str().ok()).unwrap_or_default();
        match header.split(';').next().unwrap_or_default().trim() {
            "application/json-patch+json" => Ok(Self::Json),
            "application/merge-patch+json" => Ok(Self::Merge),
            "application/strategic-merge-patch+json" => Ok(Self::Strategic),
            "application/apply-patch+yaml" | "application/apply-patch+cbor" => Err(Status::failure(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: \
                 application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json",
            )),
            _ => Err(Status::failure(415, "UnsupportedMediaType", "415: Unsupported Media Type")
                .about(StatusDetails::default())),
        }
    }

    pub(super) fn read(self, bytes: &[u8]) -> Result<Patch, Status> {
        let (before, go_type) = match self {
            Self::Json => ("error decoding patch: ", "[]handlers.jsonPatchOp"),
            Self::Merge => ("error decoding patch: ", "map[string]interface {}"),
            Self::Strategic => ("", "map[string]interface {}"),
        };
        let refused = |why: String| Status::bad_request(format!("{before}{why}"));
        let json = Json::parse(bytes).map_err(refused)?;
        let of_another_type = |found, go_type| {
            refused(format!("json: cannot unmarshal {found} into Go value of type {go_type}"))
        };
        if let (Self::Json, Json::Array(operations)) = (self, &json) {
            let is_operation = |operation: &&Json| matches!(operation, Json::Object(_) | Json::Null);
            if let Some(other) = operations.iter().find(|operation| !is_operation(operation)) {
                return Err(of_another_type(other.go_name(), "handlers.jsonPatchOp"));
            }
        }
        let value = serde_json::from_slice(bytes).map_err(|error| refused(error.to_string()))?;
        match (self, value) {
            (Self::Json, Value::Array(operations)) => Ok(Patch::Json(operations)),
            (Self::Json, Value::Null) => Ok(Patch::Json(Vec::new())),
            (Self::Merge, Value::Object(members)) => Ok(Patch::Merge(members)),
            (Self::Merge, Value::Null) => Err(Status::bad_request("Invalid JSON Patch")),
            (Self::Strategic, Value::Object(members)) => Ok(Patch::Strategic(members)),
            (Self::Strategic, Value::Null) => Ok(Patch::Strategic(Map::new())),
            _ => Err(of_another_type(json.go_name(), go_type)),
        }
    }
}

/// `force` is an option of server-side apply alone.
pub(super) fn check_options(parts: &Parts) -> Result<(), Status> {
    if Query::of(parts).first("force").is_none() {
        return Ok(());
    }
    let cause = StatusCause {
        reason: "FieldValueForbidden".to_owned(),
        message: "Forbidden: may not be specified for non-apply patch".to_owned(),
        field: "force".to_owned(),
    };
    Err(Status::invalid("meta.k8s.io", "PatchOptions", "", vec![cause]))
}
