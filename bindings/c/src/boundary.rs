//! The boundary to C. No panic crosses it, because unwinding into C is undefined behaviour.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{CallFailure, boundtoken_error};
use crate::pointer;
use crate::status::{Mistake, boundtoken_status};

/// Runs the body of a call that can fail. Reports the outcome as a status and, if wanted, as an error object.
///
/// A panic becomes [`Mistake::Panic`]. Its text is not shown, because it could contain a secret.
///
/// # Safety
/// `error` is NULL or may be written to.
pub(super) unsafe fn fallible(
    error: *mut *mut boundtoken_error,
    body: impl FnOnce() -> Result<(), CallFailure>,
) -> boundtoken_status {
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

/// Runs the body of a call that cannot fail. Returns `otherwise` if it panics.
pub(super) fn infallible<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    // Unwind safe: handles change only in atomic steps, so a panic leaves none of them half-changed.
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => value,
        Err(_) => otherwise,
    }
}

/// Frees a handle. This may call the caller's `userdata_free`.
///
/// # Safety
/// `handle` is NULL or comes from [`pointer::new`], and is not used again.
pub(super) unsafe fn free<T>(handle: *mut T) {
    infallible((), || {
        // SAFETY: the caller promises a live handle and gives it up.
        drop(unsafe { pointer::take(handle) });
    });
}

/// Gives up a handle that can be retained. This may call the caller's `userdata_free`.
///
/// # Safety
/// `handle` is NULL or comes from [`pointer::share`], and its owner does not use it again.
pub(super) unsafe fn release<T>(handle: *mut T) {
    infallible((), || {
        // SAFETY: the caller promises a live handle and gives it up.
        unsafe { pointer::release(handle) };
    });
}

/// Retains a handle and returns it.
///
/// # Safety
/// `handle` is NULL or comes from [`pointer::share`] and is live.
pub(super) unsafe fn retain<T>(handle: *const T) -> *mut T {
    // SAFETY: promised by the caller.
    unsafe { pointer::retain(handle) };
    handle.cast_mut()
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
        // SAFETY: the error was just created.
        let message = unsafe { boundtoken_error_message(error) };
        // SAFETY: the message lives as long as the error.
        let message = unsafe { message.text("message") }.unwrap_or_else(|_| panic!("no message"));
        assert!(message.contains("internal error") && !message.contains("secret"), "{message}");
        // SAFETY: the error is not used again.
        unsafe { boundtoken_error_free(error) };
    }
}
