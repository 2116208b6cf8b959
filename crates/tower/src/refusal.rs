//! Why a request was refused, and how to answer it.

use std::fmt;

use boundtoken::Rejection;
use http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Response, StatusCode};

use crate::{InvalidRequest, InvalidReview};

/// Why a request was refused.
///
/// It never contains a token. Its text is for the log of the service: the caller learns no more than the status, and what the
/// [challenge](Self::challenge) says.
///
/// ```
/// use boundtoken_tower::Refusal;
///
/// assert_eq!(Refusal::Unauthenticated.status(), 401);
/// assert_eq!(Refusal::Unauthenticated.challenge().unwrap(), "Bearer");
/// assert_eq!(Refusal::Forbidden.status(), 403);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The request has no token.
    Unauthenticated,
    /// The header with the token is not well-formed.
    InvalidRequest(InvalidRequest),
    /// The token is refused, or nobody can decide about it at the moment.
    Rejected(Rejection),
    /// The caller is known, and is not allowed to do this.
    Forbidden,
    /// Nobody can decide at the moment what the caller is allowed to do.
    Undecided,
    /// The token is good, but not that of an API server that calls a webhook: it is bound to no webhook configuration.
    NotOfAWebhook,
    /// The token does not attest the API group of the review.
    GroupNotAttested {
        /// The API group of the review. Empty for the group of pods and services.
        group: Box<str>,
    },
    /// The token is good, but the body is not a review.
    InvalidReview(InvalidReview),
}

impl Refusal {
    /// The status of the answer: 400, 401, 403, 408, 413 or 503.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::InvalidRequest(_) => StatusCode::BAD_REQUEST,
            Self::Rejected(rejection) => {
                StatusCode::from_u16(rejection.reason().http_status()).unwrap_or(StatusCode::UNAUTHORIZED)
            }
            Self::Forbidden | Self::NotOfAWebhook | Self::GroupNotAttested { .. } => StatusCode::FORBIDDEN,
            Self::Undecided => StatusCode::SERVICE_UNAVAILABLE,
            Self::InvalidReview(wrong) => wrong.status(),
        }
    }

    /// The stable name, for logs and metrics: the [name](boundtoken::Reason::name) of the reason, or `unauthenticated`,
    /// `invalid_request`, `forbidden`, `undecided`, `not_of_a_webhook`, `group_not_attested`, `invalid_review`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::InvalidRequest(_) => "invalid_request",
            Self::Rejected(rejection) => rejection.name(),
            Self::Forbidden => "forbidden",
            Self::Undecided => "undecided",
            Self::NotOfAWebhook => "not_of_a_webhook",
            Self::GroupNotAttested { .. } => "group_not_attested",
            Self::InvalidReview(_) => "invalid_review",
        }
    }

    /// The value of the header `WWW-Authenticate` (RFC 6750 section 3). `None` where another token would not help: for a 503, and
    /// for a body that is no review.
    #[must_use]
    pub fn challenge(&self) -> Option<HeaderValue> {
        match self {
            Self::Unauthenticated => Some(HeaderValue::from_static("Bearer")),
            Self::InvalidRequest(wrong) => {
                let description = wrong.description();
                let challenge =
                    format!(r#"Bearer error="invalid_request", error_description="{description}""#);
                HeaderValue::try_from(challenge).ok()
            }
            refusal if refusal.is_temporary() => None,
            Self::Rejected(rejection) => HeaderValue::try_from(rejection.www_authenticate()).ok(),
            Self::Forbidden | Self::NotOfAWebhook | Self::GroupNotAttested { .. } => {
                Some(HeaderValue::from_static(r#"Bearer error="insufficient_scope""#))
            }
            Self::Undecided | Self::InvalidReview(_) => None,
        }
    }

    /// Whether the same request may succeed a moment later. The answer is then a 503 with `Retry-After: 1`.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.status() == StatusCode::SERVICE_UNAVAILABLE
    }

    /// What the caller may learn in words: no more than the challenge says.
    pub(crate) fn description(&self) -> String {
        match self {
            Self::Rejected(rejection) => rejection.reason().description().to_owned(),
            // The caller wrote it.
            Self::GroupNotAttested { .. } => {
                "the token does not attest the API group of the review".to_owned()
            }
            refusal => refusal.to_string(),
        }
    }

    /// The answer: status, headers, and an empty body. Its extensions hold the refusal, for layers that answer in another form.
    #[must_use]
    pub fn response<B: Default>(&self) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.status_mut() = self.status();
        if let Some(challenge) = self.challenge() {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        if self.is_temporary() {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response.extensions_mut().insert(self.clone());
        response
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unauthenticated => formatter.write_str("the request has no token"),
            Self::InvalidRequest(wrong) => formatter.write_str(wrong.description()),
            Self::Rejected(rejection) => rejection.fmt(formatter),
            Self::Forbidden => formatter.write_str("the policy does not allow this caller"),
            Self::Undecided => formatter.write_str("nobody can decide at the moment what the caller may do"),
            Self::NotOfAWebhook => formatter.write_str("the token is bound to no webhook configuration"),
            Self::GroupNotAttested { group } => {
                write!(formatter, "the token does not attest the API group of the review, {group:?}")
            }
            Self::InvalidReview(wrong) => formatter.write_str(wrong.description()),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<InvalidRequest> for Refusal {
    fn from(wrong: InvalidRequest) -> Self {
        Self::InvalidRequest(wrong)
    }
}

impl From<InvalidReview> for Refusal {
    fn from(wrong: InvalidReview) -> Self {
        Self::InvalidReview(wrong)
    }
}
