//! `POST /api/v1/namespaces/NAMESPACE/serviceaccounts/NAME/token`.
//!
//! As in an API server, `?dryRun=All` has no effect: the token is real.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::Value;

use super::accept::Form;
use super::body::Document;
use super::log::LoggedRefusal;
use super::options::WriteOptions;
use super::{Answer, Context, ContextRef, Refusal, ServerContext, answer, body, kinds};
use crate::store::Resource;
use boundtoken::api::{Status, TokenRequest};

pub(super) fn routes() -> Router<ContextRef> {
    Router::new().route("/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", post(create))
}

async fn create(
    State(context): Context,
    Path((namespace, name)): Path<(String, String)>,
    form: Form,
    parts: Parts,
    body: Body,
) -> Answer {
    let document = body::document(&parts, body, &kinds::TOKEN_REQUEST).await?;
    let options = WriteOptions::of(&parts)?;
    match issue(&context, &namespace, &name, form, &document, &options) {
        Ok(response) => Ok(response),
        Err(refusal) => Ok(logged(refusal)),
    }
}

/// A refusal whose message is logged. It quotes names alone, where one of a body that cannot be read quotes the body.
fn logged(refusal: Refusal) -> Response {
    let sentence = LoggedRefusal::without_reason(refusal.0.message.as_str());
    let mut response = refusal.into_response();
    response.extensions_mut().insert(sentence);
    response
}

fn issue(
    context: &ServerContext,
    namespace: &str,
    name: &str,
    form: Form,
    document: &Document,
    options: &WriteOptions,
) -> Answer {
    let request: TokenRequest = serde_json::from_value(document.value.clone())
        .map_err(|_| Status::internal_error("the request was decoded, and yet it is none"))?;

    if !request.metadata.namespace.is_empty() && request.metadata.namespace != namespace {
        let message = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Status::bad_request(message).into());
    }
    context.store.admits(namespace, Resource::ServiceAccounts, name)?;
    let issued = context.issuer.issue(namespace, name, request)?.managed_by(&options.manager);

    let mut response = serde_json::to_value(&issued.response)
        .map_err(|_| Status::internal_error("the token cannot be written"))?;
    if document.value.pointer("/spec/audiences").is_none_or(Value::is_null) {
        disown_audiences(&mut response);
    }
    let mut response = answer::in_form(StatusCode::CREATED, form, &response)?;
    let warnings = document.warnings.iter().chain(&issued.warnings);
    answer::warn(&mut response, warnings.map(String::as_str));
    Ok(response)
}

/// Audiences that the server filled in are not the client's. An empty list is, although the server fills that in too.
fn disown_audiences(response: &mut Value) {
    if let Some(Value::Object(fields)) = response.pointer_mut("/metadata/managedFields/0/fieldsV1/f:spec") {
        fields.remove("f:audiences");
    }
}
