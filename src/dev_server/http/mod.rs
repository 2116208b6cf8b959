//! Everything about requests that is not about objects.
//!
//! A request passes, from the outside: [`log`], the rendering of refusals ([`answer`]), [`faults`], [`authentication`],
//! and then its route. Refusals are `Status` values until they are rendered the way the request accepts them.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, Uri};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_request};
use axum::response::{IntoResponse as _, Response};

pub(crate) mod accept;
pub(crate) mod answer;
pub(in crate::dev_server) mod authentication;
pub(crate) mod body;
pub(crate) mod decode;
mod discovery;
pub(in crate::dev_server) mod faults;
pub(crate) mod go_json;
pub(crate) mod go_text;
mod go_time;
pub(crate) mod kinds;
mod log;
mod messages;
pub(in crate::dev_server) mod objects;
mod openid;
pub(crate) mod options;
mod protobuf;
mod reviews;
mod shapes;
mod tokens;
mod verdict;
pub(crate) mod yaml;

pub(crate) use answer::{Answer, Refusal};

use super::store::Store;
use crate::api::{Status, StatusDetails};
use crate::issuer::Issuer;
use authentication::Authentication;
use faults::Faults;

/// What all requests share.
pub(crate) struct Shared {
    pub store: Store,
    pub issuer: Issuer,
    pub authentication: Authentication,
    pub faults: Faults,
    /// Host and port, as clients reach the server.
    pub address: String,
}

pub(crate) type SharedRef = Arc<Shared>;
/// The extractor of handlers.
pub(crate) type SharedState = State<SharedRef>;

/// All routes.
pub(in crate::dev_server) fn router(shared: SharedRef) -> Router {
    let routes = Router::new()
        .merge(discovery::routes())
        .merge(openid::routes())
        .merge(tokens::routes())
        .merge(reviews::routes())
        .merge(objects::routes())
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn_with_state(Arc::clone(&shared), authentication::authenticate))
        .layer(from_fn_with_state(Arc::clone(&shared), faults::inject))
        .layer(from_fn(contain_panics))
        .layer(from_fn(answer::render_refusals))
        .layer(from_fn(log::log))
        .with_state(shared);
    // Around the routes, because they are chosen by what it changes.
    Router::new().fallback_service(routes).layer(map_request(prepared))
}

/// A request as the routes expect it: without a slash at the end of its path, as the server does not mind one; and with
/// a method that no route has in place of HEAD, which the server has for no route.
async fn prepared(mut request: Request) -> Request {
    if request.method() == Method::HEAD && !discovery::is_health_check(request.uri().path()) {
        *request.method_mut() = Method::TRACE;
    }
    let path = request.uri().path();
    if path.len() > 1 && path.ends_with('/') && !discovery::is_health_check(path.trim_end_matches('/')) {
        let mut shorter = path.strip_suffix('/').unwrap_or(path).to_owned();
        if let Some(query) = request.uri().query() {
            shorter.push('?');
            shorter.push_str(query);
        }
        if let Ok(uri) = shorter.parse::<Uri>() {
            *request.uri_mut() = uri;
        }
    }
    request
}

/// Layer: a panic of a handler is an error of one request.
async fn contain_panics(request: Request, next: Next) -> Response {
    let mut handler = std::pin::pin!(next.run(request));
    let contained = std::future::poll_fn(|context| {
        match std::panic::catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(_) => std::task::Poll::Ready(Err(())),
        }
    });
    contained.await.unwrap_or_else(|()| {
        Refusal(Status::internal_error("a defect of the development server: see its output")).into_response()
    })
}

/// 404 for what is no resource.
pub(crate) fn not_found() -> Status {
    Status::failure(404, "NotFound", "the server could not find the requested resource")
        .about(StatusDetails::default())
}

/// 405 for a method that a resource does not have.
pub(crate) fn method_not_allowed() -> Status {
    let message = "the server does not allow this method on the requested resource";
    Status::failure(405, "MethodNotAllowed", message).about(StatusDetails::default())
}

async fn no_such_method() -> Refusal {
    method_not_allowed().into()
}

/// The server answers in JSON where it knows the API, and in text elsewhere.
async fn no_such_path(uri: Uri) -> Response {
    let known = ["/api/", "/apis/authentication.k8s.io/", "/version/"];
    if known.iter().any(|beginning| uri.path().starts_with(beginning)) {
        return Refusal(not_found()).into_response();
    }
    discovery::text(axum::http::StatusCode::NOT_FOUND, "404 page not found\n".to_owned())
}
