//! The library's log, for the caller's own.

use std::ffi::c_void;

use crate::boundary;
use crate::callback::boundtoken_userdata_free;
use crate::error::boundtoken_error;
use crate::status::{Mistake, boundtoken_status};
use crate::string::boundtoken_str;

/// How important a line of the log is.
#[repr(u32)]
#[derive(Clone, Copy)]
pub enum boundtoken_log_level {
    /// Nothing is logged.
    BOUNDTOKEN_LOG_LEVEL_NONE = 0,
    /// Something is broken, and somebody should look at it.
    BOUNDTOKEN_LOG_LEVEL_ERROR = 1,
    /// Something failed that will be tried again, such as a connection.
    BOUNDTOKEN_LOG_LEVEL_WARN = 2,
    /// What happens seldom, such as a connection that is made.
    BOUNDTOKEN_LOG_LEVEL_INFO = 3,
    /// What helps to find a fault.
    BOUNDTOKEN_LOG_LEVEL_DEBUG = 4,
}

/// A [`boundtoken_log_level`] as C passes it, which can be any number.
pub type LogLevelNumber = u32;

/// A line of the log, lent to a callback until the callback returns. Later versions append members.
#[repr(C)]
pub struct boundtoken_log_line {
    /// The size of this struct in the library, in bytes. It tells which members there are.
    pub size: usize,
    /// How important the line is.
    pub level: LogLevelNumber,
    /// The part of the library that writes it, such as `boundtoken_kubernetes::watching`.
    pub target: boundtoken_str,
    /// What happened, for people. It never contains a token.
    pub message: boundtoken_str,
}

/// Receives a line of the log. It may be called from any thread, and from several threads at once, also by verifications. It
/// must return soon, must not throw, unwind or longjmp out, and must not call the library.
pub type boundtoken_log_callback =
    Option<unsafe extern "C" fn(userdata: *mut c_void, line: *const boundtoken_log_line)>;

/// Sets the callback that receives what the library logs: lost and new connections of clusters, and faults of the fast path.
/// Until then nothing is logged.
///
/// `callback`: replaces the callback that was set before. NULL removes it.
/// `level`: the least important level that is logged.
/// `userdata`: passed to each call. May be NULL.
/// `userdata_free`: called once with `userdata`, after the callback was replaced and its last call has returned. May be NULL.
///
/// A process has one log. On failure the caller still owns `userdata`. Any thread.
///
/// BOUNDTOKEN_UNKNOWN_VALUE: `level` is none of the levels.
/// BOUNDTOKEN_NOT_BUILT_IN: this library has neither clusters nor the fast path, so it logs nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_set_log(
    callback: boundtoken_log_callback,
    level: LogLevelNumber,
    userdata: *mut c_void,
    userdata_free: boundtoken_userdata_free,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        if level > 4 {
            return Err(Mistake::UnknownValue.of("level"));
        }
        forward::set(callback, level, userdata, userdata_free)
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

#[cfg(not(any(feature = "kubernetes", feature = "fast-p256", feature = "fast-rsa")))]
mod forward {
    use std::ffi::c_void;

    use super::{LogLevelNumber, boundtoken_log_callback};
    use crate::callback::boundtoken_userdata_free;
    use crate::error::CallFailure;
    use crate::status::Mistake;

    pub(super) fn set(
        _: boundtoken_log_callback,
        _: LogLevelNumber,
        _: *mut c_void,
        _: boundtoken_userdata_free,
    ) -> Result<(), CallFailure> {
        Err(Mistake::NotBuiltIn.into())
    }
}

#[cfg(any(feature = "kubernetes", feature = "fast-p256", feature = "fast-rsa"))]
mod forward {
    //! What the library and the crates below it log through `tracing`.

    use std::ffi::c_void;
    use std::ptr;
    use std::sync::{Arc, PoisonError, RwLock};

    use boundtoken_log::{Level, Logger, number};

    use super::{LogLevelNumber, boundtoken_log_callback, boundtoken_log_line};
    use crate::callback::boundtoken_userdata_free;
    use crate::error::CallFailure;
    use crate::string::boundtoken_str;
    use crate::userdata::Userdata;

    static CURRENT: RwLock<Option<Arc<Callback>>> = RwLock::new(None);

    /// A callback with its userdata.
    struct Callback {
        function: unsafe extern "C" fn(*mut c_void, *const boundtoken_log_line),
        level: LogLevelNumber,
        userdata: Userdata,
    }

    pub(super) fn set(
        callback: boundtoken_log_callback,
        level: LogLevelNumber,
        userdata: *mut c_void,
        userdata_free: boundtoken_userdata_free,
    ) -> Result<(), CallFailure> {
        boundtoken_log::install(&Forward);
        let callback = callback.map(|function| {
            Arc::new(Callback { function, level, userdata: Userdata::new(userdata, userdata_free) })
        });
        let before =
            std::mem::replace(&mut *CURRENT.write().unwrap_or_else(PoisonError::into_inner), callback);
        boundtoken_log::levels_changed();
        // Dropped without the lock: `userdata_free` may log.
        drop(before);
        Ok(())
    }

    fn current() -> Option<Arc<Callback>> {
        CURRENT.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    struct Forward;

    impl Logger for Forward {
        fn wants(&self, level: Level) -> bool {
            current().is_some_and(|callback| number(level) <= callback.level)
        }

        fn line(&self, level: Level, target: &'static str, message: String) {
            let Some(callback) = current() else { return };
            let line = boundtoken_log_line {
                size: size_of::<boundtoken_log_line>(),
                level: number(level),
                target: boundtoken_str::lend(target),
                message: boundtoken_str::lend(&message),
            };
            // SAFETY: the header requires a function of this type, for any thread and several at once. Userdata and line
            // outlive the call.
            unsafe { (callback.function)(callback.userdata.pointer(), ptr::from_ref(&line)) };
        }
    }
}
