//! Verifies tokens.

use std::ffi::c_char;

use boundtoken::{VerifiedToken, Verifier};

use crate::boundary;
use crate::claims::boundtoken_verified;
use crate::error::{CallFailure, boundtoken_error};
use crate::objects::seconds;
use crate::options::Options;
use crate::pointer::{Out, borrow};
use crate::status::boundtoken_status;
use crate::string::{boundtoken_str, bytes, texts};

/// A verifier of tokens. It is immutable. The keys and objects that it uses may change.
pub struct boundtoken_verifier {
    pub(super) verifier: Verifier,
    /// The clusters that it was built with.
    #[cfg(feature = "kubernetes")]
    pub(super) links: Vec<crate::cluster::Link>,
}

impl boundtoken_verifier {
    /// The verifier, ready to judge a token. After a fork it first marks the clusters' objects as outdated.
    pub(super) fn judge(&self) -> &Verifier {
        #[cfg(feature = "kubernetes")]
        self.links.iter().for_each(crate::cluster::Link::notice_fork);
        &self.verifier
    }
}

/// Verifies a token at the current time of the system clock.
///
/// `token`: the bare token, `token_len` bytes, without `Bearer` and without white space around it. Not needed after
/// the call.
/// `verified`: receives a handle to free with boundtoken_verified_free. NULL on failure.
///
/// Any thread. It takes no lock, never blocks and does no I/O, except for what a callback does.
///
/// BOUNDTOKEN_OK accepts the token. Every other status does not. From 101 on the status is the reason for the
/// refusal. If several things are wrong, it is the first in the API server's order: form, signature, issuer,
/// audience, times, bound objects.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verify(
    verifier: *const boundtoken_verifier,
    token: *const c_char,
    token_len: usize,
    verified: *mut *mut boundtoken_verified,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let judge =
        |verifier: &boundtoken_verifier, token: &[u8]| Options::<&str>::default().verify(verifier, token);
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { verify_by(verifier, token, token_len, judge, verified, error) }
}

/// Verifies a token like boundtoken_verify, but at the time `now` in Unix seconds. Any thread.
///
/// BOUNDTOKEN_NEGATIVE_TIME: `now` is before 1970.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verify_at(
    verifier: *const boundtoken_verifier,
    token: *const c_char,
    token_len: usize,
    now: i64,
    verified: *mut *mut boundtoken_verified,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let judge = |verifier: &boundtoken_verifier, token: &[u8]| {
        let now = Some(seconds(now, "now")?);
        Options::<&str> { now, ..Options::default() }.verify(verifier, token)
    };
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { verify_by(verifier, token, token_len, judge, verified, error) }
}

/// Verifies a token like boundtoken_verify, but for these audiences instead of the verifier's own. Any thread.
///
/// `audiences`: `audiences_len` texts. Not needed after the call.
///
/// The token must name at least one of the audiences. An empty list matches no token, and neither does an empty
/// audience. The audiences that the token names become the matched audiences of boundtoken_claims, in the order
/// given. All other rules and the cache are the same.
///
/// BOUNDTOKEN_NOT_UTF8: an audience is not UTF-8.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verify_for(
    verifier: *const boundtoken_verifier,
    token: *const c_char,
    token_len: usize,
    audiences: *const boundtoken_str,
    audiences_len: usize,
    verified: *mut *mut boundtoken_verified,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let judge = |verifier: &boundtoken_verifier, token: &[u8]| {
        // SAFETY: the caller promises `audiences_len` readable texts.
        let audiences = Some(unsafe { texts(audiences, audiences_len, "audiences") }?);
        Options { audiences, ..Options::default() }.verify(verifier, token)
    };
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { verify_by(verifier, token, token_len, judge, verified, error) }
}

/// Verifies a token like boundtoken_verify_for, but at the time `now` in Unix seconds. Any thread.
///
/// BOUNDTOKEN_NEGATIVE_TIME: `now` is before 1970.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verify_for_at(
    verifier: *const boundtoken_verifier,
    token: *const c_char,
    token_len: usize,
    audiences: *const boundtoken_str,
    audiences_len: usize,
    now: i64,
    verified: *mut *mut boundtoken_verified,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let judge = |verifier: &boundtoken_verifier, token: &[u8]| {
        // SAFETY: the caller promises `audiences_len` readable texts.
        let audiences = Some(unsafe { texts(audiences, audiences_len, "audiences") }?);
        let now = Some(seconds(now, "now")?);
        Options { now, audiences, ..Options::default() }.verify(verifier, token)
    };
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { verify_by(verifier, token, token_len, judge, verified, error) }
}

/// Verifies a token like boundtoken_verify, but asks the verifier's clusters when their latest changes may not have
/// arrived yet.
///
/// It asks in two cases. If a token names an unknown key, it asks all clusters for their keys. If a token is less
/// than a minute old and one of its objects has not been seen yet, it asks the token's cluster about that object.
///
/// Most calls ask nobody and are as fast as boundtoken_verify. A call that asks waits a fraction of a second for keys
/// and some seconds for objects. A thread that must not wait calls boundtoken_verify, or boundtoken_verification_start.
/// boundtoken_verify_into does the same with BOUNDTOKEN_VERIFY_ONLINE, and has a time-out.
///
/// A bad token cannot cause unbounded work. It asks about objects only if signature, audience and times of the token
/// are good. Keys are requested at most once every ten seconds, however many tokens name unknown keys. Few requests
/// for objects run at a time, and that an object does not exist is remembered for some seconds.
///
/// The clusters' threads only do the asking. The caller's thread judges the token and calls the callbacks, and
/// nothing of the verifier is used after the call. Any thread. It asks nobody if it is called from a callback of
/// boundtoken_cluster_on_change. It does not ask a cluster that was freed.
///
/// BOUNDTOKEN_CLUSTER_FORKED: a cluster was connected to before a fork. The token was not judged. Connect in this
/// process.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verify_online(
    verifier: *const boundtoken_verifier,
    token: *const c_char,
    token_len: usize,
    verified: *mut *mut boundtoken_verified,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let judge = |verifier: &boundtoken_verifier, token: &[u8]| {
        verifier.verify_online(token, &Options::<&str>::default())
    };
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { verify_by(verifier, token, token_len, judge, verified, error) }
}

/// Retains a verifier and returns it. It then takes one call more of boundtoken_verifier_free to free it.
///
/// This is for programs and languages that share a handle among owners who do not know each other. NULL is returned as it is.
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verifier_retain(
    verifier: *const boundtoken_verifier,
) -> *mut boundtoken_verifier {
    // SAFETY: the caller promises NULL or a live verifier.
    unsafe { boundary::retain(verifier) }
}

/// Frees a verifier. NULL is ignored. No thread may be using it. Verified tokens stay valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verifier_free(verifier: *mut boundtoken_verifier) {
    // SAFETY: the caller promises NULL or a live verifier, and gives it up.
    unsafe { boundary::release(verifier) };
}

/// # Safety
/// As the header says of `boundtoken_verify`.
unsafe fn verify_by(
    verifier: *const boundtoken_verifier,
    token: *const c_char,
    token_len: usize,
    judge: impl FnOnce(&boundtoken_verifier, &[u8]) -> Result<VerifiedToken, CallFailure>,
    verified: *mut *mut boundtoken_verified,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a place to write to.
        let out = unsafe { Out::new(verified, "verified") }?;
        // SAFETY: the caller promises NULL or a live verifier.
        let verifier = unsafe { borrow(verifier, "verifier") }?;
        // SAFETY: the caller promises `token_len` readable bytes.
        let token = unsafe { bytes(token, token_len, "token") }?;
        out.set_shared(judge(verifier, token)?.into());
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}
