//! What can be wrong with the body of a review.

use http::StatusCode;

/// What is wrong with the body of a request that should be an AdmissionReview.
///
/// ```
/// use boundtoken_tower::InvalidReview;
///
/// assert_eq!(InvalidReview::TooLarge.status(), 413);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidReview {
    /// The connection broke before the body was complete.
    Interrupted,
    /// The body is larger than [allowed](crate::AdmissionLayer::max_review_size).
    TooLarge,
    /// The body took longer than [allowed](crate::AdmissionLayer::review_time_limit).
    TooSlow,
    /// The body is not JSON, lacks `request.uid` or `request.resource.group`, or has a member twice.
    Malformed,
    /// The body is another document than an AdmissionReview of `admission.k8s.io/v1`.
    AnotherKind,
}

impl InvalidReview {
    /// What is wrong, as one phrase.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Interrupted => "the connection broke before the review was complete",
            Self::TooLarge => "the review is too large",
            Self::TooSlow => "the review took too long to arrive",
            Self::Malformed => {
                "the review is not well-formed, or lacks request.uid or request.resource.group"
            }
            Self::AnotherKind => "the body is not an AdmissionReview of admission.k8s.io/v1",
        }
    }

    /// The status of the answer: 400, 408 or 413.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::Interrupted | Self::Malformed | Self::AnotherKind => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
        }
    }
}
