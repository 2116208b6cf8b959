//! Connects to a cluster without holding up a thread.

use std::ffi::{c_char, c_int, c_void};
use std::sync::{Arc, Mutex, PoisonError};

use super::background::Connecting;
use super::fork::Process;
use super::{boundtoken_cluster, configuration};
use crate::boundary;
use crate::callback::boundtoken_userdata_free;
use crate::error::boundtoken_error;
use crate::notice::{Notice, boundtoken_done_callback};
use crate::pointer::{Out, borrow};
use crate::status::{Mistake, boundtoken_status};
use crate::string::bytes;

/// A connection to a cluster that is being made.
pub struct boundtoken_connecting {
    /// `None` once it was finished.
    connecting: Mutex<Option<Connecting>>,
    notice: Arc<Notice>,
    process: Process,
}

/// Begins to connect to a cluster like boundtoken_cluster_connect, but does not wait.
///
/// `configuration`: a JSON object, `len` bytes. See boundtoken_cluster_connect. Not needed after the call.
/// `callback`: called once when the connection is made or has failed. It may be NULL: then ask
/// boundtoken_connecting_is_ready. It can be called before this call returns.
/// `userdata`: passed to the callback. May be NULL.
/// `userdata_free`: called once with `userdata`, by any thread, after the callback. May be NULL.
/// `connecting`: receives a handle to free with boundtoken_connecting_free. NULL on failure. The caller then still owns
/// `userdata`.
///
/// Any thread.
///
/// BOUNDTOKEN_CLUSTER_CONFIGURATION: the configuration cannot be used.
/// BOUNDTOKEN_CLUSTER_THREAD: the background thread could not be started.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_connecting_start(
    configuration: *const c_char,
    len: usize,
    callback: boundtoken_done_callback,
    userdata: *mut c_void,
    userdata_free: boundtoken_userdata_free,
    connecting: *mut *mut boundtoken_connecting,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a place to write to.
        let out = unsafe { Out::new(connecting, "connecting") }?;
        // SAFETY: the caller promises `len` readable bytes.
        let configuration = unsafe { bytes(configuration, len, "configuration") }?;
        let builder = configuration::read(configuration)?;
        let process = Process::current()?;
        let notice = Notice::new(callback, userdata, userdata_free);
        match Connecting::start(builder, &notice) {
            Ok(connecting) => {
                let connecting = Mutex::new(Some(connecting));
                out.set(boundtoken_connecting { connecting, notice, process });
                Ok(())
            }
            Err(failure) => {
                // The caller still owns the userdata.
                Notice::give_back(notice);
                Err(failure)
            }
        }
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

/// Returns 1 if the connection is made or has failed, and 0 if not. 1 if `connecting` is NULL. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_connecting_is_ready(connecting: *const boundtoken_connecting) -> c_int {
    // SAFETY: the caller promises NULL or a live handle.
    let connecting = unsafe { connecting.as_ref() };
    boundary::infallible(1, || c_int::from(connecting.is_none_or(|connecting| connecting.notice.is_given())))
}

/// Returns the connection.
///
/// `cluster`: receives a handle to free with boundtoken_cluster_free. NULL on failure.
///
/// It does not block. Only the first call that does not return BOUNDTOKEN_STILL_ASKING gets the connection. Any thread.
///
/// BOUNDTOKEN_STILL_ASKING: the connection is not made yet. Wait for the callback, and call again.
/// BOUNDTOKEN_CLUSTER_FORKED: this is a child of the process that began to connect.
/// BOUNDTOKEN_CLUSTER_UNREACHABLE, BOUNDTOKEN_CLUSTER_FORBIDDEN, BOUNDTOKEN_CLUSTER_NOT_IN_STEP: as
/// boundtoken_cluster_connect. A later call says BOUNDTOKEN_NULL_ARGUMENT: there is nothing left to return.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_connecting_finish(
    connecting: *const boundtoken_connecting,
    cluster: *mut *mut boundtoken_cluster,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a place to write to.
        let out = unsafe { Out::new(cluster, "cluster") }?;
        // SAFETY: the caller promises NULL or a live handle.
        let connecting = unsafe { borrow(connecting, "connecting") }?;
        if connecting.process.has_forked() {
            return Err(Mistake::ClusterForked.into());
        }
        if !connecting.notice.is_given() {
            return Err(Mistake::StillAsking.into());
        }
        let finished = connecting.connecting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let finished = finished.ok_or_else(|| Mistake::NullArgument.of("connecting"))?;
        out.set_shared(boundtoken_cluster::new(finished.finish()?, connecting.process));
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

/// Frees the handle, and gives up a connection that was not returned. NULL is ignored.
///
/// The callback can still be called until `userdata_free` is. It does not wait for the connection's thread, which ends soon.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_connecting_free(connecting: *mut boundtoken_connecting) {
    // SAFETY: the caller promises NULL or a live handle, and gives it up.
    unsafe { boundary::free(connecting) };
}
