//! One event a request. It also says why a token is refused.

use std::time::Instant;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use boundtoken::api::UserInfo;
use boundtoken::{Reason, Rejection, Uid};

use super::authentication::AdminToken;

/// Names a request, in the log and in the answer: the client's own name for it, or a new one.
const AUDIT_ID: HeaderName = HeaderName::from_static("audit-id");

/// The most characters of a path, and of a sentence.
const LONGEST_PATH: usize = 256;
const LONGEST_SENTENCE: usize = 512;

/// Why a token is refused, for the log. A handler puts it into the extensions of its response.
#[derive(Clone, Debug)]
pub(super) struct LoggedRefusal {
    /// None where an API server has a rule of its own.
    pub reason: Option<Reason>,
    pub sentence: String,
}

impl LoggedRefusal {
    pub(super) fn without_reason(sentence: impl Into<String>) -> Self {
        Self { reason: None, sentence: sentence.into() }
    }
}

impl From<&Rejection> for LoggedRefusal {
    fn from(rejection: &Rejection) -> Self {
        Self { reason: Some(rejection.reason()), sentence: rejection.to_string() }
    }
}

/// Layer: logs the request, the user, the status, and why a token is refused. Queries, headers and bodies may hold secrets
/// and are not logged.
pub(super) async fn log(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let audit_id = audit_id(request.headers());
    let mut response = next.run(request).await;
    let user = response.extensions().get::<UserInfo>().map_or("", |user| user.username.as_str());
    let status = response.status().as_u16();
    let milliseconds = (started.elapsed().as_secs_f64() * 10_000.0).round() / 10.0;
    let refusal = response.extensions().get::<LoggedRefusal>();
    let reason = refusal.and_then(|refusal| refusal.reason);
    tracing::info!(
        %method,
        path = shown(&path, LONGEST_PATH),
        status,
        user,
        milliseconds,
        audit_id,
        reason = reason.map(Reason::name),
        number = reason.map(Reason::number),
        refusal = refusal.map(|refusal| shown(&refusal.sentence, LONGEST_SENTENCE)),
        "request"
    );
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

/// The beginning of a path or a sentence, without control characters, and without what may be a token in the wrong place.
fn shown(text: &str, longest: usize) -> String {
    let in_token = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    let mut shown = String::new();
    for piece in text.split_inclusive(|character| !in_token(character)) {
        let word = piece.trim_end_matches(|character| !in_token(character));
        if may_be_token(word) {
            shown.push_str("(not shown)");
            shown.extend(piece.chars().last().filter(|character| !in_token(*character)));
        } else {
            shown.push_str(piece);
        }
    }
    let is_longer = shown.chars().nth(longest).is_some();
    let mut shown: String = shown.chars().take(longest).filter(|character| !character.is_control()).collect();
    if is_longer {
        shown.push_str("...");
    }
    shown
}

/// Whether a word is a bound token, a part of one, or an administrator's token.
fn may_be_token(word: &str) -> bool {
    word.starts_with("eyJ") || AdminToken::has_form(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shown_without_what_may_be_a_token() {
        assert_eq!(shown("/api/v1/pods/app-0.v2", LONGEST_PATH), "/api/v1/pods/app-0.v2");
        assert_eq!(
            shown("/api/eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln/x", LONGEST_PATH),
            "/api/(not shown)/x"
        );
        assert_eq!(shown("/a\u{1b}[2Jb", LONGEST_PATH), "/a[2Jb");
        assert_eq!(shown(&"x".repeat(300), LONGEST_PATH).len(), 259);
    }

    #[test]
    fn a_sentence_is_shown_without_what_may_be_a_token() {
        let admin = AdminToken::generate().unwrap();
        for token in ["eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln", "eyJhbGciOiJSUzI1NiJ9", admin.as_str()] {
            let sentence = format!("serviceaccounts \"{token}\" not found");
            assert_eq!(shown(&sentence, LONGEST_PATH), "serviceaccounts \"(not shown)\" not found");
        }
    }
}
