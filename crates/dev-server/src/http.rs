//! Everything about requests that is not about objects.
//!
//! A request passes, from the outside: [`log`], the rendering of refusals ([`answer`]), [`faults`], [`authentication`],
//! and then its route. Refusals are `Status` values until they are rendered.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Uri;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};

pub(crate) mod accept;
mod access;
pub(crate) mod answer;
pub(crate) mod authentication;
pub(crate) mod body;
pub(crate) mod decode;
mod discovery;
pub(crate) mod faults;
pub(crate) mod kinds;
mod log;
pub(crate) mod objects;
mod openapi;
mod openid;
pub(crate) mod options;
mod protobuf;
mod reviews;
mod shapes;
mod table;
mod tokens;
mod verdict;

pub(crate) use answer::{Answer, Refusal};

use super::store::Store;
use authentication::Authentication;
use boundtoken::Issuer;
use boundtoken::api::{Status, StatusDetails};
use faults::Faults;

/// What every request is handled with.
pub(crate) struct ServerContext {
    pub store: Store,
    pub issuer: Issuer,
    pub authentication: Authentication,
    pub faults: Faults,
    /// Whether there is no TLS.
    pub is_plain_http: bool,
    /// Host and port, as clients reach the server.
    pub address: String,
}

pub(crate) type ContextRef = Arc<ServerContext>;
/// The extractor of handlers.
pub(crate) type Context = State<ContextRef>;

/// All routes.
pub(crate) fn router(context: ContextRef) -> Router {
    let routes = Router::new()
        .merge(discovery::routes())
        .merge(openapi::routes())
        .merge(openid::routes())
        .merge(tokens::routes())
        .merge(reviews::routes())
        .merge(access::routes())
        .merge(objects::routes())
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn_with_state(Arc::clone(&context), authentication::authenticate))
        .layer(from_fn_with_state(Arc::clone(&context), faults::inject))
        .layer(from_fn(contain_panics))
        .layer(from_fn(answer::render_refusals))
        .layer(from_fn(log::log))
        .with_state(context);
    // Around the routes, because the path chooses among them.
    Router::new().fallback_service(routes).layer(from_fn(ignore_last_slash))
}

/// Layer: a slash at the end of a path makes no difference.
async fn ignore_last_slash(mut request: Request, next: Next) -> Response {
    if let Some(uri) = without_last_slash(request.uri()) {
        *request.uri_mut() = uri;
    }
    next.run(request).await
}

fn without_last_slash(uri: &Uri) -> Option<Uri> {
    let path = uri.path().strip_suffix('/').filter(|path| !path.is_empty())?;
    match uri.query() {
        Some(query) => format!("{path}?{query}").parse().ok(),
        None => path.parse().ok(),
    }
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

async fn no_such_method() -> Refusal {
    let message = "the server does not allow this method on the requested resource";
    Status::failure(405, "MethodNotAllowed", message).about(StatusDetails::default()).into()
}

async fn no_such_path() -> Refusal {
    not_found().into()
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};

    use axum::routing::get;

    use super::*;
    use crate::serve::{Limits, Service};

    #[test]
    fn a_panic_of_a_handler_is_an_internal_error_of_that_request_alone() {
        async fn panics() -> &'static str {
            panic!("PANIC")
        }
        let router = Router::new()
            .route("/panics", get(panics))
            .route("/works", get(|| async { "works" }))
            .layer(from_fn(contain_panics))
            .layer(from_fn(answer::render_refusals));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let service = Service { listener, tls: None, router, limits: Limits::default() };
        let running = service.start(std::future::pending()).unwrap();

        // On one connection.
        write!(stream, "GET /panics HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        write!(stream, "GET /works HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).unwrap();
        assert!(
            answers.starts_with("HTTP/1.1 500") && answers.contains("\"reason\":\"InternalError\""),
            "{answers}"
        );
        assert!(answers.ends_with("works") && !answers.contains("PANIC"), "{answers}");
        running.stop();
    }

    #[test]
    fn one_slash_at_the_end_of_a_path_is_not_minded() {
        let without = |uri: &str| without_last_slash(&uri.parse().unwrap()).map(|uri| uri.to_string());
        assert_eq!(without("/api/").as_deref(), Some("/api"));
        assert_eq!(without("/api/?a=b").as_deref(), Some("/api?a=b"));
        assert_eq!(without("/api//").as_deref(), Some("/api/"));
        assert_eq!((without("/"), without("/api")), (None, None));
    }
}
