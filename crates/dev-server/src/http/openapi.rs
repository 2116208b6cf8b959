//! Of OpenAPI, what kubectl looks for before it sends an object: whether the server validates its fields.
//!
//! Version 3 says so for each kind that is served. kubectl asks version 2 about kinds that version 3 does not have, and
//! that document is empty: then kubectl validates nothing, finds no such kind, and says so. There are no schemas.

use axum::Router;
use axum::extract::Path;
use axum::http::header::{ACCEPT, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use prost::Message as _;
use serde_json::{Map, Value, json};

use super::discovery::{ADMISSION_GROUP, AUTHORIZATION_GROUP, GIT_VERSION, GROUP};
use super::{Answer, ContextRef, answer, kinds, not_found};
use crate::store::Resource;

const TITLE: &str = "boundtoken development server";
/// What kubectl accepts of version 2, and the name that an API server gives to the same.
const ACCEPTED_PROTOBUF: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
const PROTOBUF: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

pub(super) fn routes() -> Router<ContextRef> {
    Router::new()
        .route("/openapi/v2", get(version_2))
        .route("/openapi/v3", get(index))
        .route("/openapi/v3/{*group_version}", get(version_3))
}

/// `openapi.v2.Document`: the members that it must have.
#[derive(Clone, PartialEq, prost::Message)]
struct Document {
    #[prost(string, tag = "1")]
    swagger: String,
    #[prost(message, optional, tag = "2")]
    info: Option<Information>,
}

/// `openapi.v2.Info`.
#[derive(Clone, PartialEq, prost::Message)]
struct Information {
    #[prost(string, tag = "1")]
    title: String,
    #[prost(string, tag = "2")]
    version: String,
}

async fn version_2(headers: HeaderMap) -> Response {
    let accepted = headers.get(ACCEPT).and_then(|header| header.to_str().ok()).unwrap_or_default();
    let wants_protobuf = accepted
        .split(',')
        .filter_map(|alternative| alternative.split(';').next())
        .any(|media_type| [ACCEPTED_PROTOBUF, PROTOBUF].contains(&media_type.trim()));
    let mut response = if wants_protobuf {
        let info = Information { title: TITLE.to_owned(), version: GIT_VERSION.to_owned() };
        let document = Document { swagger: "2.0".to_owned(), info: Some(info) };
        ([(CONTENT_TYPE, PROTOBUF)], document.encode_to_vec()).into_response()
    } else {
        let document =
            json!({"swagger": "2.0", "info": {"title": TITLE, "version": GIT_VERSION}, "paths": {}});
        answer::object(StatusCode::OK, &document)
    };
    response.headers_mut().insert(VARY, axum::http::HeaderValue::from_static("Accept"));
    response
}

async fn index() -> Response {
    let entry = |group_version: String| {
        let url = format!("/openapi/v3/{group_version}");
        (group_version, json!({ "serverRelativeURL": url }))
    };
    let groups = [GROUP, AUTHORIZATION_GROUP, ADMISSION_GROUP].map(|group| format!("apis/{group}/v1"));
    let paths: Map<String, Value> = ["api/v1".to_owned()].into_iter().chain(groups).map(entry).collect();
    answer::object(StatusCode::OK, &json!({ "paths": paths }))
}

async fn version_3(Path(group_version): Path<String>) -> Answer {
    let paths: Map<String, Value> = match group_version.as_str() {
        "api/v1" => patches_of(""),
        "apis/admissionregistration.k8s.io/v1" => patches_of(ADMISSION_GROUP),
        "apis/authentication.k8s.io/v1" => {
            reviews([&kinds::SELF_SUBJECT_REVIEW, &kinds::TOKEN_REVIEW].into_iter())
        }
        "apis/authorization.k8s.io/v1" => reviews(
            [
                &kinds::SELF_SUBJECT_ACCESS_REVIEW,
                &kinds::SELF_SUBJECT_RULES_REVIEW,
                &kinds::SUBJECT_ACCESS_REVIEW,
            ]
            .into_iter(),
        ),
        _ => return Err(not_found().into()),
    };
    let document = json!({
        "openapi": "3.0.0",
        "info": {"title": TITLE, "version": GIT_VERSION},
        "paths": paths,
        "components": {"schemas": {}},
    });
    Ok(answer::object(StatusCode::OK, &document))
}

fn patches_of(group: &str) -> Map<String, Value> {
    let of_group = Resource::ALL.into_iter().filter(|resource| resource.group() == group);
    let patches = of_group.map(|resource| {
        let place = if resource.is_namespaced() { "namespaces/{namespace}/" } else { "" };
        patch(&format!("{}/{place}{}", resource.root(), resource.plural()), group, resource.kind())
    });
    patches.collect()
}

/// No API server patches reviews, but without a word on them kubectl wants schemas to validate against.
fn reviews(kinds: impl Iterator<Item = &'static kinds::Kind>) -> Map<String, Value> {
    let of_kind = |kind: &kinds::Kind| {
        let plural = kind.name.to_ascii_lowercase();
        patch(&format!("/apis/{}/v1/{plural}s", kind.group), kind.group, kind.name)
    };
    kinds.map(of_kind).collect()
}

/// What kubectl looks for before it sends objects of a kind: that the server validates them.
fn patch(path: &str, group: &str, kind: &str) -> (String, Value) {
    let parameter =
        |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}});
    let parameters = ["dryRun", "fieldManager", "fieldValidation"].map(parameter);
    let patch = json!({
        "x-kubernetes-action": "patch",
        "x-kubernetes-group-version-kind": {"group": group, "version": "v1", "kind": kind},
        "parameters": parameters,
        "responses": {"200": {"description": "OK"}},
    });
    (format!("{path}/{{name}}"), json!({ "patch": patch }))
}
