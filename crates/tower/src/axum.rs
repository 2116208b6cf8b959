//! `Caller` as an argument of axum's handlers (feature `axum`).

use std::convert::Infallible;

use axum_core::body::Body;
use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;

use crate::{Caller, Refusal};

/// Takes the caller that an [`AuthLayer`](crate::AuthLayer) found. Without one the answer is 401.
///
/// ```
/// use axum::{Router, routing::get};
/// use boundtoken_tower::Caller;
///
/// async fn greet(caller: Caller) -> String {
///     format!("hello, {}\n", caller.claims().subject())
/// }
///
/// async fn greet_anybody(caller: Option<Caller>) -> &'static str {
///     if caller.is_some() { "I know you\n" } else { "hello\n" }
/// }
///
/// let router: Router = Router::new().route("/", get(greet)).route("/anybody", get(greet_anybody));
/// ```
impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        parts.extensions.get::<Self>().cloned().ok_or(Refusal::Unauthenticated)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.response::<Body>()
    }
}
