//! `TokenReview` and `SelfSubjectReview`.

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::post;
use axum::{Extension, Router};
use serde_json::{Map, Value, json};

use super::accept::Accept;
use super::options::WriteOptions;
use super::verdict::{self, Verdict};
use super::{Answer, SharedRef, SharedState, answer, body, kinds};
use boundtoken::UnixSeconds;
use boundtoken::api::{Status, Time, TokenReview, UserInfo};

pub(super) fn routes() -> Router<SharedRef> {
    Router::new()
        .route("/apis/authentication.k8s.io/v1/tokenreviews", post(token_review))
        .route("/apis/authentication.k8s.io/v1/selfsubjectreviews", post(self_subject_review))
}

async fn token_review(State(shared): SharedState, accept: Accept, parts: Parts, body: Body) -> Answer {
    let document = body::document(&parts, body, &kinds::TOKEN_REVIEW).await?;
    let options = WriteOptions::of(&parts)?;
    let given = document.value;
    let mut review: TokenReview = serde_json::from_value(given.clone())
        .map_err(|_| Status::internal_error("the review was decoded, and yet it is none"))?;
    if review.spec.token.is_empty() {
        return Err(Status::bad_request("token is required for TokenReview in authentication").into());
    }

    // As in the server, what a client put into the status stays where the answer says nothing.
    let mut status = review.status.unwrap_or_default();
    match verdict::of(&shared, &review.spec.token, &review.spec.audiences) {
        Verdict::Accepted { user, audiences } => {
            status.authenticated = true;
            status.user = user;
            status.audiences = audiences;
        }
        Verdict::Refused(error) => {
            status.authenticated = false;
            status.error = error;
        }
    }
    review.status = Some(status);
    let mut response =
        serde_json::to_value(&review).map_err(|_| Status::internal_error("the review cannot be written"))?;
    if let Some(response) = response.as_object_mut() {
        response.insert("metadata".to_owned(), metadata(&given, &options.manager));
    }

    let mut response = answer::object(StatusCode::CREATED, &accept, &answer::in_form(accept.form, response)?);
    answer::warn(&mut response, document.warnings.iter().map(String::as_str));
    Ok(response)
}

async fn self_subject_review(
    Extension(user): Extension<UserInfo>,
    accept: Accept,
    parts: Parts,
    body: Body,
) -> Answer {
    let document = body::document(&parts, body, &kinds::SELF_SUBJECT_REVIEW).await?;
    let response = json!({
        "kind": kinds::SELF_SUBJECT_REVIEW.name,
        "apiVersion": kinds::SELF_SUBJECT_REVIEW.api_version(),
        "metadata": {"creationTimestamp": Time::try_from(UnixSeconds::now()).ok()},
        "status": {"userInfo": user},
    });
    let mut response = answer::object(StatusCode::CREATED, &accept, &answer::in_form(accept.form, response)?);
    answer::warn(&mut response, document.warnings.iter().map(String::as_str));
    Ok(response)
}

/// The metadata that a review is given back with: what the client may set, and who set what.
fn metadata(review: &Value, manager: &str) -> Value {
    let mut metadata = review.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default();
    for system in [
        "namespace",
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "selfLink",
        "managedFields",
    ] {
        metadata.remove(system);
    }
    let mut fields = Map::new();
    let mut of_metadata = Map::new();
    for map in ["labels", "annotations"] {
        if let Some(Value::Object(entries)) = metadata.get(map) {
            let mut names = names_of(entries);
            names.insert(".".to_owned(), json!({}));
            of_metadata.insert(format!("f:{map}"), Value::Object(names));
        }
    }
    if !of_metadata.is_empty() {
        fields.insert("f:metadata".to_owned(), Value::Object(of_metadata));
    }
    for part in ["spec", "status"] {
        match review.get(part).map(fields_of) {
            Some(Value::Object(names)) if !names.is_empty() => {
                fields.insert(format!("f:{part}"), Value::Object(names));
            }
            _ => {}
        }
    }
    let entry = json!({
        "manager": manager,
        "operation": "Update",
        "apiVersion": TokenReview::API_VERSION,
        "time": Time::try_from(UnixSeconds::now()).ok(),
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    });
    metadata.insert("managedFields".to_owned(), json!([entry]));
    Value::Object(metadata)
}

fn names_of(members: &Map<String, Value>) -> Map<String, Value> {
    members
        .iter()
        .filter(|(_, value)| !is_empty(value))
        .map(|(name, value)| (format!("f:{name}"), fields_of(value)))
        .collect()
}

/// The names of the members that hold something, on all levels.
fn fields_of(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(names_of(members)),
        _ => json!({}),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
        _ => false,
    }
}
