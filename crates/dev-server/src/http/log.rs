//! One event a request.

use std::time::Instant;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use boundtoken::Uid;
use boundtoken::api::UserInfo;

/// Names a request, in the log and in the answer: the client's own name for it, or a new one.
const AUDIT_ID: HeaderName = HeaderName::from_static("audit-id");

/// Layer: logs the request, the user and the status. Queries, headers and bodies may hold secrets and are not logged.
pub(super) async fn log(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let audit_id = audit_id(request.headers());
    let mut response = next.run(request).await;
    let user = response.extensions().get::<UserInfo>().map_or("", |user| user.username.as_str());
    let status = response.status().as_u16();
    let milliseconds = format!("{:.1}", started.elapsed().as_secs_f64() * 1_000.0);
    tracing::info!(%method, path = shown(&path), status, user, %milliseconds, audit_id, "request");
    if let Some(Ok(audit_id)) = audit_id.as_deref().map(HeaderValue::from_str) {
        response.headers_mut().insert(AUDIT_ID, audit_id);
    }
    response
}

/// The UUID that the client has given, or else a new one. Without random numbers, the request is served unnamed.
fn audit_id(headers: &HeaderMap) -> Option<String> {
    let is_uuid =
        |text: &&str| text.len() == 36 && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    if let Some(given) = headers.get(AUDIT_ID).and_then(|given| given.to_str().ok()).filter(is_uuid) {
        return Some(given.to_owned());
    }
    Uid::random().ok().map(|uid| uid.to_string())
}

/// The beginning of a path, without control characters, and without what may be a token in the wrong place.
fn shown(path: &str) -> String {
    const LONGEST: usize = 256;
    let is_token = |part: &str| part.starts_with("eyJ") && part.matches('.').count() == 2;

    let parts: Vec<_> =
        path.split('/').map(|part| if is_token(part) { "(not shown)" } else { part }).collect();
    let path = parts.join("/");
    let mut shown: String = path.chars().take(LONGEST).filter(|character| !character.is_control()).collect();
    if path.chars().nth(LONGEST).is_some() {
        shown.push_str("...");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_path_is_shown_without_what_may_be_a_token() {
        assert_eq!(shown("/api/v1/pods/app-0.v2"), "/api/v1/pods/app-0.v2");
        assert_eq!(shown("/api/eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln/x"), "/api/(not shown)/x");
        assert_eq!(shown("/a\u{1b}[2Jb"), "/a[2Jb");
        assert_eq!(shown(&"x".repeat(300)).len(), 259);
    }
}
