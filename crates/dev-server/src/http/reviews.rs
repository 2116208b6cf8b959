//! `TokenReview` and `SelfSubjectReview`.

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::post;
use axum::{Extension, Router};
use serde_json::json;

use super::accept::Form;
use super::verdict::{self, Verdict};
use super::{Answer, Context, ContextRef, answer, body, kinds};
use boundtoken::UnixSeconds;
use boundtoken::api::{Status, Time, TokenReview, UserInfo};

pub(super) fn routes() -> Router<ContextRef> {
    Router::new()
        .route("/apis/authentication.k8s.io/v1/tokenreviews", post(token_review))
        .route("/apis/authentication.k8s.io/v1/selfsubjectreviews", post(self_subject_review))
}

async fn token_review(State(context): Context, form: Form, parts: Parts, body: Body) -> Answer {
    let document = body::document(&parts, body, &kinds::TOKEN_REVIEW).await?;
    let mut review: TokenReview = serde_json::from_value(document.value)
        .map_err(|_| Status::internal_error("the review was decoded, and yet it is none"))?;
    if review.spec.token.is_empty() {
        return Err(Status::bad_request("token is required for TokenReview in authentication").into());
    }

    let mut refusal = None;
    // As in an API server, the client's own status stays where the answer says nothing.
    let mut status = review.status.unwrap_or_default();
    match verdict::of(&context, &review.spec.token, &review.spec.audiences) {
        Verdict::Accepted { user, audiences } => {
            status.authenticated = true;
            status.user = user;
            status.audiences = audiences;
        }
        Verdict::Refused { error, logged } => {
            status.authenticated = false;
            status.error = error;
            refusal = Some(logged);
        }
    }
    review.status = Some(status);
    // What the server alone sets in metadata is not given back.
    review.metadata.namespace.clear();
    review.metadata.uid.clear();
    review.metadata.creation_timestamp = None;
    review.metadata.managed_fields.clear();
    let response =
        serde_json::to_value(&review).map_err(|_| Status::internal_error("the review cannot be written"))?;
    let mut response = answer::in_form(StatusCode::CREATED, form, &response)?;
    if let Some(refusal) = refusal {
        response.extensions_mut().insert(refusal);
    }
    answer::warn(&mut response, document.warnings.iter().map(String::as_str));
    Ok(response)
}

async fn self_subject_review(
    Extension(user): Extension<UserInfo>,
    form: Form,
    parts: Parts,
    body: Body,
) -> Answer {
    let document = body::document(&parts, body, &kinds::SELF_SUBJECT_REVIEW).await?;
    let now = Time::try_from(UnixSeconds::now())
        .map_err(|_| Status::internal_error("the clock is beyond the year 9999"))?;
    let response = json!({
        "kind": kinds::SELF_SUBJECT_REVIEW.name,
        "apiVersion": kinds::SELF_SUBJECT_REVIEW.api_version(),
        "metadata": {"creationTimestamp": now},
        "status": {"userInfo": user},
    });
    let mut response = answer::in_form(StatusCode::CREATED, form, &response)?;
    answer::warn(&mut response, document.warnings.iter().map(String::as_str));
    Ok(response)
}
