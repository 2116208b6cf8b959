//! What a caller gives to have its callback called with.

use std::ffi::c_void;

use crate::callback::boundtoken_userdata_free;

/// The userdata of a callback. Dropping it calls the caller's `userdata_free`.
pub(crate) struct Userdata {
    pointer: *mut c_void,
    free: boundtoken_userdata_free,
}

// SAFETY: the header says of each callback which threads it and its `userdata_free` are called by.
unsafe impl Send for Userdata {}
// SAFETY: what is shared is a copy of the pointer, for calls that may come at the same time, as the header says of each
// callback.
unsafe impl Sync for Userdata {}

impl Userdata {
    pub(crate) fn new(pointer: *mut c_void, free: boundtoken_userdata_free) -> Self {
        Self { pointer, free }
    }

    /// What to pass to a call. The call must end before the userdata is dropped.
    pub(crate) fn pointer(&self) -> *mut c_void {
        self.pointer
    }

    /// Leaves the userdata to the caller, who frees it.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn give_back(mut self) {
        self.free = None;
    }
}

impl Drop for Userdata {
    fn drop(&mut self) {
        if let Some(free) = self.free {
            // SAFETY: the header requires a function that can free the userdata. Nobody uses the pointer any more: every
            // user holds this value.
            unsafe { free(self.pointer) };
        }
    }
}
