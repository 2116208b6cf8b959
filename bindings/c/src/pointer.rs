//! Handles: opaque pointers that C holds.

use std::ptr::{self, NonNull};

use crate::error::CallFailure;
use crate::status::Mistake;

/// Turns a value into a handle. It lives until [`take`] is called.
pub(super) fn new<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

/// Takes the value back out of its handle. `None` if the handle is NULL.
///
/// # Safety
/// `handle` is NULL or comes from [`new`], and is not used again.
pub(super) unsafe fn take<T>(handle: *mut T) -> Option<Box<T>> {
    // SAFETY: a handle that is not NULL comes from `Box::into_raw` in `new`, and its owner gives it up.
    (!handle.is_null()).then(|| unsafe { Box::from_raw(handle) })
}

/// Borrows what the argument of this name points to.
///
/// # Safety
/// `pointer` is NULL or points to a `T` that nobody changes or frees during `'a`.
pub(super) unsafe fn borrow<'a, T>(pointer: *const T, argument: &'static str) -> Result<&'a T, CallFailure> {
    // SAFETY: the caller promises that a pointer that is not NULL can be read.
    unsafe { pointer.as_ref() }.ok_or_else(|| Mistake::NullArgument.of(argument))
}

/// Borrows what the argument of this name points to, in order to change it.
///
/// # Safety
/// `pointer` is NULL or points to a `T` that nobody else uses during `'a`.
pub(super) unsafe fn borrow_mut<'a, T>(
    pointer: *mut T,
    argument: &'static str,
) -> Result<&'a mut T, CallFailure> {
    // SAFETY: the caller promises that a pointer that is not NULL can be read and written by us alone.
    unsafe { pointer.as_mut() }.ok_or_else(|| Mistake::NullArgument.of(argument))
}

/// The place where the caller expects a new handle. Holds NULL until [`set`](Self::set).
pub(super) struct Out<T>(NonNull<*mut T>);

impl<T> Out<T> {
    /// # Safety
    /// `pointer` is NULL or may be written to until the call from C returns.
    pub(super) unsafe fn new(pointer: *mut *mut T, argument: &'static str) -> Result<Self, CallFailure> {
        let pointer = NonNull::new(pointer).ok_or_else(|| Mistake::NullArgument.of(argument))?;
        // SAFETY: it is not NULL, and the caller promises that it may be written to.
        unsafe { pointer.write(ptr::null_mut()) };
        Ok(Self(pointer))
    }

    pub(super) fn set(self, value: T) {
        // SAFETY: the caller of `new` promised that it may be written to.
        unsafe { self.0.write(new(value)) };
    }
}
