//! Objects and refusals as responses.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WARNING};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

use super::accept::{Accept, Encoding, Form, not_acceptable};
use super::yaml;
use boundtoken::api::{Status, UserInfo};

/// What a handler returns.
pub(crate) type Answer = Result<Response, Refusal>;

/// A refusal on its way to the client.
///
/// How it is written depends on what the request accepts, which [`render_refusals`] knows.
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
pub(crate) fn object(code: StatusCode, accept: &Accept, value: &impl Serialize) -> Response {
    match write(accept, value) {
        Ok(text) => respond(code, accept.encoding.media_type(), text),
        Err(()) => Refusal(Status::internal_error("the object cannot be written")).into_response(),
    }
}

/// A single object in the form that is accepted: as it is, or its metadata alone.
///
/// # Errors
/// 406 when a list is asked for.
pub(crate) fn in_form(form: Form, object: Value) -> Result<Value, Status> {
    match form {
        Form::Full => Ok(object),
        Form::PartialObjectMetadata { api_version } => Ok(serde_json::json!({
            "kind": "PartialObjectMetadata",
            "apiVersion": api_version,
            "metadata": object.get("metadata"),
        })),
        Form::PartialObjectMetadataList { .. } => {
            let member = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
            let package = member("apiVersion").split_once('/').map_or("core", |(group, _)| group);
            let package = package.split('.').next().unwrap_or_default();
            Err(not_acceptable(format!(
                "you requested PartialObjectMetadataList, but the requested object is not a list (*{package}.{})",
                member("kind")
            )))
        }
    }
}

/// Adds a `Warning` header for each text, as the API server does: each text once, none with control characters.
pub(crate) fn warn<'a>(response: &mut Response, warnings: impl IntoIterator<Item = &'a str>) {
    /// Beyond it no further warning is sent. The server's limit.
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

/// What a body gave reason to warn of, kept with its request: it is said even when the request is refused later on.
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

/// Layer: writes refusals the way the request accepts them, and sets the header that every answer of the API has.
pub(crate) async fn render_refusals(mut request: Request, next: Next) -> Response {
    let (headers, uri) = (request.headers().clone(), request.uri().clone());
    let warnings = Warnings::default();
    request.extensions_mut().insert(warnings.clone());
    let mut response = next.run(request).await;
    if let Some(Refusal(status)) = response.extensions_mut().remove::<Refusal>() {
        let before = response.headers().get_all(WARNING).iter().cloned();
        let mut refusal = written_refusal(&status, &headers, &uri);
        refusal.headers_mut().extend(before.map(|warning| (WARNING, warning)));
        warn(&mut refusal, warnings.take().iter().map(String::as_str));
        // The log is to name the user.
        if let Some(user) = response.extensions_mut().remove::<UserInfo>() {
            refusal.extensions_mut().insert(user);
        }
        response = refusal;
    }
    response
        .headers_mut()
        .entry(CACHE_CONTROL)
        .or_insert_with(|| HeaderValue::from_static("no-cache, private"));
    response
}

fn written_refusal(status: &Status, headers: &HeaderMap, uri: &Uri) -> Response {
    let code = u16::try_from(status.code).ok().and_then(|code| StatusCode::from_u16(code).ok());
    let code = code.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // To a client that does not accept a Status in any form it is sent all the same.
    let accept = Accept::of_status(headers, uri).unwrap_or(Accept::UNASKED);
    let text = write(&accept, status).unwrap_or_default();
    let mut response = respond(code, accept.encoding.media_type(), text);
    let seconds = status.details.as_ref().map_or(0, |details| details.retry_after_seconds);
    if seconds > 0 {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn respond(code: StatusCode, media_type: &'static str, text: String) -> Response {
    (code, [(CONTENT_TYPE, media_type)], Body::from(text)).into_response()
}

fn write(accept: &Accept, value: &impl Serialize) -> Result<String, ()> {
    match accept.encoding {
        Encoding::Json if accept.pretty => serde_json::to_string_pretty(value).map_err(drop),
        Encoding::Json => serde_json::to_string(value).map(|text| text + "\n").map_err(drop),
        Encoding::Yaml => {
            // By way of a map, so that members are in the order of their names.
            yaml::write(serde_json::to_value(value).map_err(drop)?)
        }
    }
}
