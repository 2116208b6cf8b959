//! One event a request.

use std::time::Instant;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

use crate::api::UserInfo;

/// Layer: says what was asked, by whom, and how it was answered. Of the query, which might hold a secret, nothing; of
/// headers and bodies, nothing.
pub(super) async fn log(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = next.run(request).await;
    let user = response.extensions().get::<UserInfo>().map_or("", |user| user.username.as_str());
    let status = response.status().as_u16();
    let milliseconds = started.elapsed().as_secs_f64() * 1_000.0;
    tracing::info!(%method, path = shown(&path), status, user, milliseconds, "request");
    response
}

/// The beginning of a path, without control characters.
fn shown(path: &str) -> String {
    const LONGEST: usize = 256;

    let mut shown: String = path.chars().take(LONGEST).filter(|character| !character.is_control()).collect();
    if path.chars().nth(LONGEST).is_some() {
        shown.push_str("...");
    }
    shown
}
