//! The boundary that no panic crosses: to unwind into C would be undefined.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::error::{Failure, boundtoken_error};
use super::pointer;
use super::status::{Mistake, boundtoken_status};

/// Runs the body of a call that can fail; reports the outcome as a status and, if asked, as an error object.
///
/// A panic becomes [`Mistake::Panic`], without its text.
///
/// # Safety
/// `error` is NULL or may be written to.
pub(super) unsafe fn fallible(
    error: *mut *mut boundtoken_error,
    body: impl FnOnce() -> Result<(), Failure>,
) -> boundtoken_status {
    // What is said of a panic is only written after one.
    let outcome = infallible(None, || Some(body())).unwrap_or_else(|| Err(Mistake::Panic.into()));
    let status = match &outcome {
        Ok(()) => boundtoken_status::OK,
        Err(failure) => failure.status(),
    };
    if !error.is_null() {
        let report = outcome.map_or_else(boundtoken_error::new_handle, |()| std::ptr::null_mut());
        // SAFETY: `error` is not NULL, and the caller promises that it may be written to.
        unsafe { error.write(report) };
    }
    status
}

/// Runs the body of a call that cannot fail, and answers `otherwise` should it panic.
pub(super) fn infallible<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    // Handles change by atomic steps only, so that a panic leaves none of them half-changed.
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => value,
        Err(_) => otherwise,
    }
}

/// Frees a handle. What its owner hung on it (`userdata_free`) runs here.
///
/// # Safety
/// `handle` is NULL or comes from [`pointer::new`], and is not used again.
pub(super) unsafe fn free<T>(handle: *mut T) {
    infallible((), || {
        // SAFETY: the caller promises a live handle, and gives it up.
        drop(unsafe { pointer::take(handle) });
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{boundtoken_error_free, boundtoken_error_message};

    #[test]
    fn a_panic_becomes_a_status_and_its_text_stays_inside() {
        let mut error = std::ptr::null_mut();
        // SAFETY: `error` is a local variable.
        let status = unsafe { fallible(&raw mut error, || panic!("secret")) };
        assert_eq!(status, Mistake::Panic.into());
        // SAFETY: the error was just made.
        let message = unsafe { boundtoken_error_message(error) };
        // SAFETY: the message lives as long as the error.
        let message = unsafe { message.text("message") }.unwrap_or_else(|_| panic!("no message"));
        assert!(message.contains("internal error") && !message.contains("secret"), "{message}");
        // SAFETY: the error is used no more.
        unsafe { boundtoken_error_free(error) };
    }
}
