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

#[cfg(not(any(feature = "kubernetes", feature = "fast-rsa")))]
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

#[cfg(any(feature = "kubernetes", feature = "fast-rsa"))]
mod forward {
    //! What the library and the crates below it log through `tracing`.

    use std::ffi::c_void;
    use std::fmt::{Debug, Write as _};
    use std::ptr;
    use std::sync::{Arc, Once, PoisonError, RwLock};

    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Level, Metadata, Subscriber};

    use super::{LogLevelNumber, boundtoken_log_callback, boundtoken_log_line};
    use crate::callback::boundtoken_userdata_free;
    use crate::error::CallFailure;
    use crate::string::boundtoken_str;
    use crate::userdata::Userdata;

    static CURRENT: RwLock<Option<Arc<Logger>>> = RwLock::new(None);

    /// A callback with its userdata.
    struct Logger {
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
        static INSTALL: Once = Once::new();
        INSTALL.call_once(|| {
            // Only this library has a copy of `tracing` with this subscriber.
            let _installed = tracing::subscriber::set_global_default(Forward);
        });
        let logger = callback.map(|function| {
            Arc::new(Logger { function, level, userdata: Userdata::new(userdata, userdata_free) })
        });
        let before = std::mem::replace(&mut *CURRENT.write().unwrap_or_else(PoisonError::into_inner), logger);
        tracing::callsite::rebuild_interest_cache();
        // Dropped without the lock: `userdata_free` may log.
        drop(before);
        Ok(())
    }

    fn current() -> Option<Arc<Logger>> {
        CURRENT.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn number(level: &Level) -> LogLevelNumber {
        match *level {
            Level::ERROR => 1,
            Level::WARN => 2,
            Level::INFO => 3,
            Level::DEBUG => 4,
            Level::TRACE => 5,
        }
    }

    /// Passes events on. Spans do not matter.
    struct Forward;

    impl Subscriber for Forward {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            let is_ours =
                metadata.target().starts_with("boundtoken") || metadata.target().starts_with("kube");
            metadata.is_event()
                && is_ours
                && current().is_some_and(|logger| number(metadata.level()) <= logger.level)
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn event(&self, event: &Event<'_>) {
            let Some(logger) = current() else { return };
            let mut text = Text::default();
            event.record(&mut text);
            let message = [text.message, text.fields].concat();
            let line = boundtoken_log_line {
                size: size_of::<boundtoken_log_line>(),
                level: number(event.metadata().level()),
                target: boundtoken_str::lend(event.metadata().target()),
                message: boundtoken_str::lend(&message),
            };
            // SAFETY: the header requires a function of this type, for any thread and several at once. Userdata and line
            // outlive the call.
            unsafe { (logger.function)(logger.userdata.pointer(), ptr::from_ref(&line)) };
        }

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    /// The message of an event, and its other fields.
    #[derive(Default)]
    struct Text {
        message: String,
        fields: String,
    }

    impl Visit for Text {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            // In writing to a string, nothing fails.
            let _written = match field.name() {
                "message" => write!(self.message, "{value:?}"),
                name => write!(self.fields, " {name}={value:?}"),
            };
        }
    }
}
