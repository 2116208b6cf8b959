//! Error objects: what a status alone cannot say.

use std::sync::OnceLock;

use boundtoken::Rejection;

use crate::boundary;
use crate::pointer::{self, StructOut, Versioned, borrow};
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
    /// Without a message of its own it says what every such mistake says.
    Mistake {
        mistake: Mistake,
        message: Option<Box<str>>,
    },
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

    fn http_status(&self) -> u16 {
        match self {
            Self::Mistake { mistake, .. } => mistake.http_status(),
            Self::Refused(rejection) => rejection.reason().http_status(),
        }
    }

    fn remedy(&self) -> &'static str {
        match self {
            Self::Mistake { mistake, .. } => mistake.remedy(),
            Self::Refused(rejection) => rejection.reason().remedy(),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Mistake { mistake, message: None } => mistake.to_string(),
            Self::Mistake { message: Some(message), .. } => message.to_string(),
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
        Self::Mistake { mistake, message: None }
    }
}

impl From<Rejection> for CallFailure {
    fn from(rejection: Rejection) -> Self {
        Self::Refused(rejection)
    }
}

impl boundtoken_error {
    fn message(&self) -> &str {
        self.message.get_or_init(|| self.failure.message())
    }

    fn www_authenticate(&self) -> &str {
        self.www_authenticate.get_or_init(|| self.failure.www_authenticate())
    }

    pub(super) fn new_handle(failure: CallFailure) -> *mut Self {
        pointer::new(Self { failure, message: OnceLock::new(), www_authenticate: OnceLock::new() })
    }
}

/// Everything that an error says. Initialise it with its size: `boundtoken_error_details details = {sizeof details};`
///
/// Later versions append members.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct boundtoken_error_details {
    /// The caller sets it to the size of the struct. Afterwards it is the number of bytes that were filled in.
    pub size: usize,
    /// The status that the failed call returned.
    pub status: u32,
    /// The status of an HTTP answer that refuses the request: 401, 503 if the same token may be accepted soon, and 500 for
    /// mistakes of the program.
    pub http_status: u32,
    /// As boundtoken_error_name.
    pub name: boundtoken_str,
    /// As boundtoken_error_message.
    pub message: boundtoken_str,
    /// What to do about it, as one phrase. The message ends with it, except for mistakes with a message of their own.
    pub remedy: boundtoken_str,
    /// As boundtoken_error_www_authenticate.
    pub www_authenticate: boundtoken_str,
}

// SAFETY: its first member is its size, and it consists of numbers and pointers.
unsafe impl Versioned for boundtoken_error_details {}

/// The size of [`boundtoken_error_details`] in the first version of the header.
const SMALLEST_DETAILS: usize = if cfg!(target_pointer_width = "64") { 80 } else { 44 };

/// Returns everything that an error says, in one call.
///
/// `details`: its member `size` must be set. At most `size` bytes are written, and none on failure. Its texts live as long as
/// `error`.
///
/// Any thread.
///
/// BOUNDTOKEN_STRUCT_TOO_SMALL: `size` is not set, or is smaller than in any version of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_error_get(
    error: *const boundtoken_error,
    details: *mut boundtoken_error_details,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a live error.
        let error = unsafe { borrow(error, "error") }?;
        // SAFETY: the caller promises NULL or a struct of the size in its first member.
        unsafe { StructOut::new(details, SMALLEST_DETAILS, "details") }?.set(boundtoken_error_details {
            size: size_of::<boundtoken_error_details>(),
            status: error.failure.status().number(),
            http_status: error.failure.http_status().into(),
            name: boundtoken_str::lend(error.failure.name()),
            message: boundtoken_str::lend(error.message()),
            remedy: boundtoken_str::lend(error.failure.remedy()),
            www_authenticate: boundtoken_str::lend(error.www_authenticate()),
        });
        Ok(())
    };
    // SAFETY: there is no error to write.
    unsafe { boundary::fallible(std::ptr::null_mut(), body) }
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
        boundtoken_str::lend_optional(error.map(boundtoken_error::message))
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
        boundtoken_str::lend_optional(error.map(boundtoken_error::www_authenticate))
    })
}

/// Frees an error and every text it has lent. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_error_free(error: *mut boundtoken_error) {
    // SAFETY: the caller promises NULL or a live error, and gives it up.
    unsafe { boundary::free(error) };
}
