//! Error objects: what a status alone cannot say.

use std::sync::OnceLock;

use boundtoken::Rejection;

use crate::boundary;
use crate::pointer;
use crate::status::{Mistake, boundtoken_status};
use crate::string::boundtoken_str;

/// Why a call failed: number, name and message. Immutable.
pub struct boundtoken_error {
    failure: CallFailure,
    /// Written when first asked for. A service that refuses a flood of bad tokens may never ask.
    message: OnceLock<String>,
    www_authenticate: OnceLock<String>,
}

/// Why a call failed, before it becomes an error object.
#[derive(Clone)]
pub(super) enum CallFailure {
    Mistake { mistake: Mistake, message: Box<str> },
    Refused(Rejection),
}

impl CallFailure {
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

impl From<Mistake> for CallFailure {
    fn from(mistake: Mistake) -> Self {
        mistake.with(format!("{}; {}", mistake.description(), mistake.remedy()))
    }
}

impl From<Rejection> for CallFailure {
    fn from(rejection: Rejection) -> Self {
        Self::Refused(rejection)
    }
}

impl boundtoken_error {
    pub(super) fn new_handle(failure: CallFailure) -> *mut Self {
        pointer::new(Self { failure, message: OnceLock::new(), www_authenticate: OnceLock::new() })
    }
}

/// Returns the status that the failed call returned. BOUNDTOKEN_OK if `error` is NULL. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_error_status(error: *const boundtoken_error) -> boundtoken_status {
    // SAFETY: the caller promises NULL or a live error.
    let error = unsafe { error.as_ref() };
    error.map_or(boundtoken_status::OK, |error| error.failure.status())
}

/// Returns the stable name of the status. Empty if `error` is NULL. The text is static. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_error_name(error: *const boundtoken_error) -> boundtoken_str {
    // SAFETY: the caller promises NULL or a live error.
    let error = unsafe { error.as_ref() };
    boundtoken_str::lend_optional(error.map(|error| error.failure.name()))
}

/// Returns what went wrong and what to do about it, for people. It is one line and never contains a token, a
/// signature or key material.
///
/// Write it to the log, not into the response: it can tell more than a client should learn. Empty if `error` is NULL.
/// The text lives as long as `error`. Any thread.
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

/// Returns the value of the header `WWW-Authenticate` for a response that refuses the request (RFC 6750 section 3).
///
/// Empty if no token was refused, which means for statuses below 101 and if `error` is NULL. The text lives as long
/// as `error`. Any thread.
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

/// Frees an error and every text it has lent. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_error_free(error: *mut boundtoken_error) {
    // SAFETY: the caller promises NULL or a live error, and gives it up.
    unsafe { boundary::free(error) };
}
