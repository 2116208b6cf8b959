//! The verifier.

use std::ffi::c_char;

use super::boundary;
use super::claims::boundtoken_verified;
use super::error::{Failure, boundtoken_error};
use super::objects::seconds;
use super::pointer::{Out, borrow};
use super::status::boundtoken_status;
use super::string::{boundtoken_str, bytes, texts};
use boundtoken::{UnixSeconds, VerifiedToken, Verifier};

/// Verifies tokens. Immutable, but for the keys and objects behind it.
pub struct boundtoken_verifier {
    pub(super) verifier: Verifier,
    /// The clusters that it was built with.
    #[cfg(feature = "kubernetes")]
    pub(super) links: Vec<super::cluster::Link>,
}

impl boundtoken_verifier {
    /// What judges a token. In a child of the process that follows a cluster, the cluster's objects are outdated.
    pub(super) fn judge(&self) -> &Verifier {
        #[cfg(feature = "kubernetes")]
        self.links.iter().for_each(super::cluster::Link::notice_fork);
        &self.verifier
    }
}

/// Verifies a token at the time of the system's clock.
///
/// `token`: the bare token, `token_len` bytes, without `Bearer` and without white space around it; not needed after the
/// call. `verified`: receives a handle to free with boundtoken_verified_free; NULL on failure. Any thread: takes no lock,
/// never blocks, reads nothing but memory (but for a call-back).
///
/// BOUNDTOKEN_OK: the token is accepted. Anything else: it is not. From 101 on the status is the reason; when several
/// things are wrong, the first in the API server's order: form, signature, issuer, audience, times, bound objects.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verify(
    verifier: *const boundtoken_verifier,
    token: *const c_char,
    token_len: usize,
    verified: *mut *mut boundtoken_verified,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { verify(verifier, token, token_len, || Ok(UnixSeconds::now()), verified, error) }
}

/// Verifies a token at the time `now`, in Unix seconds. Otherwise as boundtoken_verify. Any thread.
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
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { verify(verifier, token, token_len, || seconds(now, "now"), verified, error) }
}

/// Verifies a token that must be meant for one of these audiences, whatever audiences the verifier was built with, at
/// the time of the system's clock. Otherwise as boundtoken_verify, with the same rules and the same cache. Any thread.
///
/// `audiences`: `audiences_len` texts, not needed after the call. No audiences, and the empty text among them, match no
/// token. Those that the token names become the matched audiences of boundtoken_claims, in the order given.
///
/// BOUNDTOKEN_NOT_UTF8: an audience.
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
    let now = || Ok(UnixSeconds::now());
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { verify_for(verifier, token, token_len, audiences, audiences_len, now, verified, error) }
}

/// Verifies a token for these audiences at the time `now`, in Unix seconds. Otherwise as boundtoken_verify_for. Any thread.
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
    let now = || seconds(now, "now");
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { verify_for(verifier, token, token_len, audiences, audiences_len, now, verified, error) }
}

/// Frees a verifier. NULL is ignored. No thread may be using it; verified tokens stay.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verifier_free(verifier: *mut boundtoken_verifier) {
    // SAFETY: the caller promises NULL or a live verifier, and gives it up.
    unsafe { boundary::free(verifier) };
}

/// # Safety
/// As the header says of `boundtoken_verify`.
unsafe fn verify(
    verifier: *const boundtoken_verifier,
    token: *const c_char,
    token_len: usize,
    now: impl FnOnce() -> Result<UnixSeconds, Failure>,
    verified: *mut *mut boundtoken_verified,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let judge = |verifier: &Verifier, token: &[u8]| Ok(verifier.verify_at(token, now()?)?);
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { verify_by(verifier, token, token_len, judge, verified, error) }
}

/// # Safety
/// As the header says of `boundtoken_verify_for`.
#[allow(clippy::too_many_arguments)] // those of the call from C
unsafe fn verify_for(
    verifier: *const boundtoken_verifier,
    token: *const c_char,
    token_len: usize,
    audiences: *const boundtoken_str,
    audiences_len: usize,
    now: impl FnOnce() -> Result<UnixSeconds, Failure>,
    verified: *mut *mut boundtoken_verified,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let judge = |verifier: &Verifier, token: &[u8]| {
        // SAFETY: the caller promises `audiences_len` readable texts.
        let audiences = unsafe { texts(audiences, audiences_len, "audiences") }?;
        Ok(verifier.verify_for_at(token, &audiences, now()?)?)
    };
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { verify_by(verifier, token, token_len, judge, verified, error) }
}

/// # Safety
/// As the header says of `boundtoken_verify`.
unsafe fn verify_by(
    verifier: *const boundtoken_verifier,
    token: *const c_char,
    token_len: usize,
    judge: impl FnOnce(&Verifier, &[u8]) -> Result<VerifiedToken, Failure>,
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
        out.set(judge(verifier.judge(), token)?.into());
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}
