//! Errors: what a status alone cannot say.

use std::sync::OnceLock;

use super::boundary;
use super::pointer;
use super::status::{Mistake, boundtoken_status};
use super::string::boundtoken_str;
use boundtoken::Rejection;

/// Why a call failed: number, name and message. Immutable.
pub struct boundtoken_error {
    failure: Failure,
    /// Written when first asked for: many callers of a flood of bad tokens never do.
    message: OnceLock<String>,
    www_authenticate: OnceLock<String>,
}

/// Why a call failed, before it is known whether the caller wants to hear of it.
#[derive(Clone)]
pub(super) enum Failure {
    Mistake { mistake: Mistake, message: Box<str> },
    Refused(Rejection),
}

impl Failure {
    pub(super) fn status(&self) -> boundtoken_status {
        match self {
            Self::Mistake { mistake, .. } => (*mistake).into(),
            Self::Refused(rejection) => rejection.reason().into(),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Mistake { mistake, .. } => mistake.name(),
            Self::Refused(rejection) => rejection.name(),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Mistake { message, .. } => message.to_string(),
            Self::Refused(rejection) => rejection.to_string(),
        }
    }

    fn www_authenticate(&self) -> String {
        match self {
            Self::Mistake { .. } => String::new(),
            Self::Refused(rejection) => rejection.www_authenticate(),
        }
    }
}

impl From<Mistake> for Failure {
    fn from(mistake: Mistake) -> Self {
        mistake.with(format!("{}; {}", mistake.description(), mistake.remedy()))
    }
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        Self::Refused(rejection)
    }
}

impl boundtoken_error {
    pub(super) fn new_handle(failure: Failure) -> *mut Self {
        pointer::new(Self { failure, message: OnceLock::new(), www_authenticate: OnceLock::new() })
    }
}

/// The status that the failed call returned. BOUNDTOKEN_OK if `error` is NULL. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_error_status(error: *const boundtoken_error) -> boundtoken_status {
    // SAFETY: the caller promises NULL or a live error.
    let error = unsafe { error.as_ref() };
    error.map_or(boundtoken_status::OK, |error| error.failure.status())
}

/// The stable name of the status. Empty if `error` is NULL. The text lives for ever. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_error_name(error: *const boundtoken_error) -> boundtoken_str {
    // SAFETY: the caller promises NULL or a live error.
    let error = unsafe { error.as_ref() };
    boundtoken_str::lend_optional(error.map(|error| error.failure.name()))
}

/// What was wrong and what to do, for people: one line, never a token, a signature or key material.
///
/// It can tell more than a client who sends bad tokens should learn: it belongs into the log, not into the response.
/// Empty if `error` is NULL. The text lives as long as `error`. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_error_message(error: *const boundtoken_error) -> boundtoken_str {
    // SAFETY: the caller promises NULL or a live error.
    let error = unsafe { error.as_ref() };
    boundary::infallible(boundtoken_str::ABSENT, || {
        boundtoken_str::lend_optional(
            error.map(|error| error.message.get_or_init(|| error.failure.message()).as_str()),
        )
    })
}

/// The value of the header `WWW-Authenticate` to refuse the request with (RFC 6750 section 3).
///
/// Empty if no token was refused: for statuses below 101, and if `error` is NULL. The text lives as long as `error`.
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_error_www_authenticate(error: *const boundtoken_error) -> boundtoken_str {
    // SAFETY: the caller promises NULL or a live error.
    let error = unsafe { error.as_ref() };
    boundary::infallible(boundtoken_str::ABSENT, || {
        boundtoken_str::lend_optional(
            error.map(|error| {
                error.www_authenticate.get_or_init(|| error.failure.www_authenticate()).as_str()
            }),
        )
    })
}

/// Frees an error and every text lent by it. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_error_free(error: *mut boundtoken_error) {
    // SAFETY: the caller promises NULL or a live error, and gives it up.
    unsafe { boundary::free(error) };
}
