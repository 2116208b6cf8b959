//! Why a request was refused, and how to answer it.

use std::fmt;

use boundtoken::Rejection;
use http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Response, StatusCode};

use crate::InvalidRequest;

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
}

impl Refusal {
    /// The status of the answer: 400, 401, 403 or 503.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::InvalidRequest(_) => StatusCode::BAD_REQUEST,
            Self::Rejected(rejection) => {
                StatusCode::from_u16(rejection.reason().http_status()).unwrap_or(StatusCode::UNAUTHORIZED)
            }
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Undecided => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The stable name, for logs and metrics: the [name](boundtoken::Reason::name) of the reason, or `unauthenticated`,
    /// `invalid_request`, `forbidden`, `undecided`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::InvalidRequest(_) => "invalid_request",
            Self::Rejected(rejection) => rejection.name(),
            Self::Forbidden => "forbidden",
            Self::Undecided => "undecided",
        }
    }

    /// The value of the header `WWW-Authenticate` (RFC 6750 section 3). `None` for a 503: another token would not help.
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
            Self::Rejected(_) | Self::Undecided if self.is_temporary() => None,
            Self::Rejected(rejection) => HeaderValue::try_from(rejection.www_authenticate()).ok(),
            Self::Forbidden => Some(HeaderValue::from_static(r#"Bearer error="insufficient_scope""#)),
            Self::Undecided => None,
        }
    }

    /// Whether the same request may succeed a moment later. The answer is then a 503 with `Retry-After: 1`.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.status() == StatusCode::SERVICE_UNAVAILABLE
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
