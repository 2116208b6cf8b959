//! Access reviews: `SelfSubjectAccessReview`, `SubjectAccessReview` and `SelfSubjectRulesReview`.
//!
//! There is no authorization here, so every review says that everything is allowed, and why.

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::post;
use serde_json::{Value, json};

use super::accept::Form;
use super::body::Document;
use super::kinds::Kind;
use super::{Answer, ContextRef, answer, body, kinds};
use boundtoken::api::{Status, StatusCause};

/// What every review says of its verdict.
const REASON: &str = "this development server has no authorization: every user may do everything";

pub(super) fn routes() -> Router<ContextRef> {
    Router::new()
        .route("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", post(self_subject_access_review))
        .route("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", post(self_subject_rules_review))
        .route("/apis/authorization.k8s.io/v1/subjectaccessreviews", post(subject_access_review))
}

async fn self_subject_access_review(form: Form, parts: Parts, body: Body) -> Answer {
    let kind = &kinds::SELF_SUBJECT_ACCESS_REVIEW;
    let document = body::document(&parts, body, kind).await?;
    demand(kind, one_sort_of_attributes(&document.value))?;
    reviewed(form, document, allowed())
}

async fn subject_access_review(form: Form, parts: Parts, body: Body) -> Answer {
    let kind = &kinds::SUBJECT_ACCESS_REVIEW;
    let document = body::document(&parts, body, kind).await?;
    let faults = one_sort_of_attributes(&document.value).into_iter().chain(a_subject(&document.value));
    demand(kind, faults)?;
    reviewed(form, document, allowed())
}

async fn self_subject_rules_review(form: Form, parts: Parts, body: Body) -> Answer {
    let document = body::document(&parts, body, &kinds::SELF_SUBJECT_RULES_REVIEW).await?;
    if document.value.pointer("/spec/namespace").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(Status::bad_request("no namespace on request").into());
    }
    let rules = json!({
        "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
        "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
        "incomplete": false,
    });
    reviewed(form, document, rules)
}

fn allowed() -> Value {
    json!({"allowed": true, "reason": REASON})
}

/// The review with this status. Like an API server, this server gives back no metadata but the client's own.
fn reviewed(form: Form, document: Document, status: Value) -> Answer {
    let Document { mut value, warnings } = document;
    if let Some(review) = value.as_object_mut() {
        review.insert("status".to_owned(), status);
        review.entry("metadata").or_insert_with(|| json!({}));
    }
    let mut response = answer::in_form(StatusCode::CREATED, form, &value)?;
    answer::warn(&mut response, warnings.iter().map(String::as_str));
    Ok(response)
}

fn demand(kind: &Kind, faults: impl IntoIterator<Item = StatusCause>) -> Result<(), Status> {
    let faults: Vec<_> = faults.into_iter().collect();
    if faults.is_empty() { Ok(()) } else { Err(Status::invalid(kind.group, kind.name, "", faults)) }
}

/// A review is about either a resource or a path.
fn one_sort_of_attributes(review: &Value) -> Option<StatusCause> {
    let has = |sort: &str| review.get("spec").is_some_and(|spec| spec.get(sort).is_some());
    let message = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
    (has("resourceAttributes") == has("nonResourceAttributes")).then(|| invalid("spec", message))
}

/// A review of another subject names it.
fn a_subject(review: &Value) -> Option<StatusCause> {
    let user = review.pointer("/spec/user").and_then(Value::as_str).unwrap_or_default();
    let groups = review.pointer("/spec/groups").and_then(Value::as_array);
    let message = "at least one of user or group must be specified";
    (user.is_empty() && groups.is_none_or(Vec::is_empty)).then(|| invalid("spec.user", message))
}

fn invalid(field: &str, message: &str) -> StatusCause {
    StatusCause {
        reason: "FieldValueInvalid".to_owned(),
        message: format!("Invalid value: {message}"),
        field: field.to_owned(),
    }
}
