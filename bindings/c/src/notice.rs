//! Tells a caller that work on another thread is done.

use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::callback::boundtoken_userdata_free;
use crate::userdata::Userdata;

/// Says that something is done. It is called at most once for each time that there was something to wait for, from any
/// thread. It must return soon, and must not throw, unwind or longjmp out. It may call every function of the library.
pub type boundtoken_done_callback = Option<unsafe extern "C" fn(userdata: *mut c_void)>;

/// The callback of a caller who waits, and what there is to wait for: nothing without clusters.
#[cfg_attr(not(feature = "kubernetes"), allow(dead_code))]
pub(crate) struct Notice {
    callback: Option<unsafe extern "C" fn(*mut c_void)>,
    userdata: Userdata,
    /// How much work is not done yet.
    awaited: AtomicUsize,
}

/// Work that a notice waits for. Dropping it says that the work is done, or will never be. Without clusters there is none.
#[cfg_attr(not(feature = "kubernetes"), allow(dead_code))]
pub(crate) struct Noticed(Arc<Notice>);

impl Notice {
    pub(crate) fn new(
        callback: boundtoken_done_callback,
        userdata: *mut c_void,
        userdata_free: boundtoken_userdata_free,
    ) -> Arc<Self> {
        let userdata = Userdata::new(userdata, userdata_free);
        Arc::new(Self { callback, userdata, awaited: AtomicUsize::new(0) })
    }

    /// A notice that calls nobody.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn to_nobody() -> Arc<Self> {
        Self::new(None, std::ptr::null_mut(), None)
    }

    /// Makes the notice wait for one more.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn expect(&self) {
        self.awaited.fetch_add(1, Ordering::Relaxed);
    }

    /// Drops a notice that nobody else has, and leaves the userdata to the caller.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn give_back(notice: Arc<Self>) {
        if let Some(notice) = Arc::into_inner(notice) {
            notice.userdata.give_back();
        }
    }

    /// Whether all work is done.
    pub(crate) fn is_given(&self) -> bool {
        self.awaited.load(Ordering::Acquire) == 0
    }
}

#[cfg(feature = "kubernetes")]
impl Noticed {
    /// Makes the notice wait for this.
    pub(crate) fn expect(notice: &Arc<Notice>) -> Self {
        notice.expect();
        Self::expected(Arc::clone(notice))
    }

    /// What the notice waits for already.
    pub(crate) fn expected(notice: Arc<Notice>) -> Self {
        Self(notice)
    }
}

impl Drop for Noticed {
    fn drop(&mut self) {
        let Self(notice) = self;
        if notice.awaited.fetch_sub(1, Ordering::AcqRel) == 1
            && let Some(callback) = notice.callback
        {
            // SAFETY: the header requires a function of this type that may be called from any thread. The userdata
            // outlives the call.
            unsafe { callback(notice.userdata.pointer()) };
        }
    }
}
