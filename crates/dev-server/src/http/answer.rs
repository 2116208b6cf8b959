//! Objects and refusals as responses.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WARNING};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use super::accept::Form;
use boundtoken::api::Status;

/// What a handler returns.
pub(crate) type Answer = Result<Response, Refusal>;

/// A refusal on its way to the client. [`render_refusals`] writes it.
#[derive(Clone, Debug)]
pub(crate) struct Refusal(pub Status);

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        Self(status)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// An object as a response: a value of a type of this crate, or a `serde_json::Value`.
pub(crate) fn object(code: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(json) => (code, [(CONTENT_TYPE, "application/json")], Body::from(json)).into_response(),
        Err(_) => Refusal(Status::internal_error("the object cannot be written")).into_response(),
    }
}

/// A single object in the form that is accepted.
///
/// # Errors
/// 406 when a list is asked for.
pub(crate) fn in_form(code: StatusCode, form: Form, value: &Value) -> Answer {
    match form {
        // What is not stored has no table.
        Form::Full | Form::Table { .. } => Ok(object(code, value)),
        Form::PartialObjectMetadata { api_version } => Ok(object(code, &metadata_of(value, api_version))),
        Form::PartialObjectMetadataList { .. } => {
            Err(wrong_form("PartialObjectMetadataList", "is not a list"))
        }
    }
}

/// The metadata of an object alone.
pub(crate) fn metadata_of(object: &Value, api_version: &str) -> Value {
    json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": api_version,
        "metadata": object.get("metadata"),
    })
}

/// 406 for a form that the requested object does not have.
pub(crate) fn wrong_form(form: &str, why: &str) -> Refusal {
    let message = format!("you requested {form}, but the requested object {why}");
    Refusal(Status::failure(406, "NotAcceptable", message))
}

/// Adds a `Warning` header for each text, as an API server does: each text once, none with control characters.
pub(crate) fn warn<'a>(response: &mut Response, warnings: impl IntoIterator<Item = &'a str>) {
    /// The most bytes of warnings, as in an API server.
    const LIMIT: usize = 4096;

    let (mut seen, mut written) = (Vec::new(), 0);
    for text in warnings {
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
        let Ok(header) = HeaderValue::from_bytes(format!("299 - \"{quoted}\"").as_bytes()) else { continue };
        written += text.len();
        if text.is_empty() || seen.contains(&text) || written > LIMIT {
            continue;
        }
        seen.push(text);
        response.headers_mut().append(WARNING, header);
    }
}

/// The warnings about a body. They are kept with its request, because they are sent even when it is refused later on.
#[derive(Clone, Default)]
pub(super) struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    pub(super) fn keep(&self, texts: &[String]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(texts);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Layer: writes refusals, and sets the header that every answer of the API has.
pub(crate) async fn render_refusals(mut request: Request, next: Next) -> Response {
    let warnings = Warnings::default();
    request.extensions_mut().insert(warnings.clone());
    let mut response = next.run(request).await;
    if let Some(Refusal(status)) = response.extensions_mut().remove::<Refusal>() {
        let mut refusal = written_refusal(&status);
        warn(&mut refusal, warnings.take().iter().map(String::as_str));
        // What the log is to say.
        *refusal.extensions_mut() = std::mem::take(response.extensions_mut());
        response = refusal;
    }
    response
        .headers_mut()
        .entry(CACHE_CONTROL)
        .or_insert_with(|| HeaderValue::from_static("no-cache, private"));
    response
}

fn written_refusal(status: &Status) -> Response {
    let code = u16::try_from(status.code).ok().and_then(|code| StatusCode::from_u16(code).ok());
    let (Some(code), Ok(json)) = (code, serde_json::to_vec(status)) else {
        // A defect of this server. There is nothing to write it with.
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = (code, [(CONTENT_TYPE, "application/json")], Body::from(json)).into_response();
    let seconds = status.details.as_ref().map_or(0, |details| details.retry_after_seconds);
    if seconds > 0 {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
