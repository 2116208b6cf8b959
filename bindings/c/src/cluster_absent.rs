//! The functions about clusters in a library that was built without them. Each says so.
//!
//! They are always exported, so that a program or a binding finds every function of the header, and learns from a status
//! what is missing. `cluster.rs` has their documentation.

use std::convert::Infallible;
use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use boundtoken::{Rejection, VerifiedToken};

use crate::boundary;
use crate::builder::{self, boundtoken_verifier_builder};
use crate::callback::boundtoken_userdata_free;
use crate::error::{CallFailure, boundtoken_error};
use crate::notice::{Notice, boundtoken_done_callback};
use crate::options::Options;
use crate::pointer::Out;
use crate::status::{Mistake, boundtoken_status};
use crate::string::boundtoken_str;
use crate::verify::boundtoken_verifier;

/// Nobody can have such a handle.
pub enum boundtoken_cluster {}
/// Nobody can have such a handle.
pub enum boundtoken_connecting {}
/// Nobody can have such a handle.
pub enum boundtoken_cluster_changes {}
/// Nobody can have such a handle.
pub enum boundtoken_cluster_report {}

/// A question to a cluster, of which there are none.
pub(crate) struct Asked(Infallible);

/// Nothing was asked, and nothing can be.
#[derive(Default)]
pub(crate) struct Questions(());

impl boundtoken_verifier {
    pub(crate) fn verify_online<T: AsRef<str>>(
        &self,
        token: &[u8],
        options: &Options<T>,
    ) -> Result<VerifiedToken, CallFailure> {
        Ok(options.verify_offline(self.judge(), token)?)
    }

    #[allow(clippy::unused_self)] // with clusters it looks at them
    pub(crate) fn demand_own_process(&self) -> Result<(), CallFailure> {
        Ok(())
    }

    #[allow(clippy::unused_self)] // with clusters it asks them
    pub(crate) fn ask<T: AsRef<str>>(
        &self,
        _: &mut Questions,
        _: &Result<VerifiedToken, Rejection>,
        _: &[u8],
        _: &Options<T>,
        _: &Arc<Notice>,
    ) -> Option<Asked> {
        None
    }

    #[allow(clippy::unused_self)] // with clusters it judges by their answers
    pub(crate) fn judge_again<T: AsRef<str>>(
        &self,
        asked: Asked,
        _: Result<VerifiedToken, Rejection>,
        _: &[u8],
        _: &Options<T>,
        _: impl Fn() -> Duration,
    ) -> Result<VerifiedToken, Rejection> {
        match asked.0 {}
    }
}

/// Says that clusters are not built in. Sets the place for a handle, if there is one, to NULL.
///
/// # Safety
/// `out` and `error` are NULL or may be written to.
unsafe fn not_built_in<T>(out: *mut *mut T, error: *mut *mut boundtoken_error) -> boundtoken_status {
    let body = || {
        if !out.is_null() {
            // SAFETY: promised by the caller.
            unsafe { Out::new(out, "handle") }?;
        }
        Err(Mistake::NotBuiltIn.into())
    };
    // SAFETY: promised by the caller.
    unsafe { boundary::fallible(error, body) }
}

/// See cluster.rs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_connect(
    _configuration: *const c_char,
    _len: usize,
    cluster: *mut *mut boundtoken_cluster,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { not_built_in(cluster, error) }
}

/// See cluster.rs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_connecting_start(
    _configuration: *const c_char,
    _len: usize,
    _callback: boundtoken_done_callback,
    _userdata: *mut c_void,
    _userdata_free: boundtoken_userdata_free,
    connecting: *mut *mut boundtoken_connecting,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { not_built_in(connecting, error) }
}

/// See cluster.rs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_connecting_is_ready(_connecting: *const boundtoken_connecting) -> c_int {
    1
}

/// See cluster.rs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_connecting_finish(
    _connecting: *const boundtoken_connecting,
    cluster: *mut *mut boundtoken_cluster,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { not_built_in(cluster, error) }
}

/// See cluster.rs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_connecting_free(_connecting: *mut boundtoken_connecting) {}

/// See cluster.rs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verifier_builder_cluster(
    builder: *mut boundtoken_verifier_builder,
    _cluster: *const boundtoken_cluster,
) -> boundtoken_status {
    // SAFETY: the caller promises NULL or a live builder that only this thread uses.
    unsafe { builder::collect(builder, |_| Err(Mistake::NotBuiltIn.into())) }
}

/// See cluster.rs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_is_stale(_cluster: *const boundtoken_cluster) -> c_int {
    1
}

/// See cluster.rs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_retain(
    _cluster: *const boundtoken_cluster,
) -> *mut boundtoken_cluster {
    ptr::null_mut()
}

/// See cluster.rs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_free(_cluster: *mut boundtoken_cluster) {}

/// See cluster.rs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_status(
    _cluster: *const boundtoken_cluster,
    report: *mut *mut boundtoken_cluster_report,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { not_built_in(report, error) }
}

/// See cluster.rs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_report_json(
    _report: *const boundtoken_cluster_report,
) -> boundtoken_str {
    boundtoken_str::ABSENT
}

/// See cluster.rs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_report_free(_report: *mut boundtoken_cluster_report) {}

/// See cluster.rs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_on_change(
    _cluster: *const boundtoken_cluster,
    _callback: Option<unsafe extern "C" fn(*mut c_void, *const c_void)>,
    _userdata: *mut c_void,
    _userdata_free: boundtoken_userdata_free,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { not_built_in::<c_void>(ptr::null_mut(), error) }
}

/// See cluster.rs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_changes_new(
    _cluster: *const boundtoken_cluster,
    changes: *mut *mut boundtoken_cluster_changes,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { not_built_in(changes, error) }
}

/// See cluster.rs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_next_change(
    _changes: *mut boundtoken_cluster_changes,
    _timeout_milliseconds: u32,
    _change: *mut c_void,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { not_built_in::<c_void>(ptr::null_mut(), error) }
}

/// See cluster.rs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_changes_free(_changes: *mut boundtoken_cluster_changes) {}
