//! Handles: opaque pointers that C holds.

use std::ptr::{self, NonNull};
use std::sync::Arc;

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

/// Turns a value into a handle that can be retained. It lives until [`release`] has been called once more than [`retain`].
pub(super) fn share<T>(value: T) -> *mut T {
    Arc::into_raw(Arc::new(value)).cast_mut()
}

/// Makes a handle live until it is released once more.
///
/// # Safety
/// `handle` is NULL or comes from [`share`] and is live.
pub(super) unsafe fn retain<T>(handle: *const T) {
    if !handle.is_null() {
        // SAFETY: a handle that is not NULL comes from `Arc::into_raw` in `share`, and it is live.
        unsafe { Arc::increment_strong_count(handle) };
    }
}

/// Shares what a handle stands for. `None` if it is NULL.
///
/// # Safety
/// `handle` is NULL or comes from [`share`] and is live.
pub(super) unsafe fn shared<T>(handle: *const T) -> Option<Arc<T>> {
    // SAFETY: promised by the caller.
    unsafe { retain(handle) };
    // SAFETY: a handle that is not NULL comes from `Arc::into_raw` in `share`, and was just retained.
    (!handle.is_null()).then(|| unsafe { Arc::from_raw(handle) })
}

/// Gives up a handle. The last one drops the value.
///
/// # Safety
/// `handle` is NULL or comes from [`share`], and its owner does not use it again.
pub(super) unsafe fn release<T>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: a handle that is not NULL comes from `Arc::into_raw` in `share`, and its owner gives it up.
        drop(unsafe { Arc::from_raw(handle.cast_const()) });
    }
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

/// A struct that the library fills in, and that later versions append members to.
///
/// Its first member is its size in bytes, a `usize`.
///
/// # Safety
/// Only for `repr(C)` structs of which that is true, and that any bytes of the right size can be copied into.
pub(super) unsafe trait Versioned {}

/// The place where the caller expects such a struct.
pub(super) struct StructOut<T> {
    place: NonNull<T>,
    /// How much the caller has room for.
    size: usize,
}

impl<T: Versioned> StructOut<T> {
    /// Fails if the caller's struct is smaller than `smallest`, its size in the first version of the header.
    ///
    /// # Safety
    /// `pointer` is NULL or points to a struct of the size in its first member, which may be written to until the call from
    /// C returns.
    pub(super) unsafe fn new(
        pointer: *mut T,
        smallest: usize,
        argument: &'static str,
    ) -> Result<Self, CallFailure> {
        let place = NonNull::new(pointer).ok_or_else(|| Mistake::NullArgument.of(argument))?;
        // SAFETY: the caller promises a struct whose first member is its size, whatever its size.
        let size = unsafe { place.cast::<usize>().read() };
        if size < smallest {
            return Err(Mistake::StructTooSmall.of(argument));
        }
        Ok(Self { place, size: size.min(size_of::<T>()) })
    }

    /// Fills in as much as the caller has room for.
    pub(super) fn set(&self, mut filled: T) {
        let filled = &raw mut filled;
        // SAFETY: the first member of a versioned struct is its size.
        unsafe { filled.cast::<usize>().write(self.size) };
        // SAFETY: the caller of `new` promised that many bytes to write to. `filled` is a local variable, so the two do not
        // overlap.
        unsafe { ptr::copy_nonoverlapping(filled.cast::<u8>(), self.place.as_ptr().cast::<u8>(), self.size) };
    }
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

    /// Hands out a handle for [`take`].
    pub(super) fn set(self, value: T) {
        // SAFETY: the caller of `new` promised that it may be written to.
        unsafe { self.0.write(new(value)) };
    }

    /// Hands out a handle for [`release`].
    pub(super) fn set_shared(self, value: T) {
        // SAFETY: the caller of `new` promised that it may be written to.
        unsafe { self.0.write(share(value)) };
    }
}
