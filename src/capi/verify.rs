//! The verifier.

use std::ffi::c_char;
use std::sync::Arc;

use super::boundary;
use super::claims::boundtoken_verified;
use super::error::{Failure, boundtoken_error};
use super::objects::seconds;
use super::pointer::{Out, borrow};
use super::status::boundtoken_status;
use super::string::bytes;
use crate::time::UnixSeconds;
use crate::verifier::Verifier;

/// Verifies tokens. Immutable, but for the keys and objects behind it.
// Shared with the background thread of a cluster while that asks.
pub struct boundtoken_verifier(pub(super) Arc<Verifier>);

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
    let body = || {
        // SAFETY: the caller promises NULL or a place to write to.
        let out = unsafe { Out::new(verified, "verified") }?;
        // SAFETY: the caller promises NULL or a live verifier.
        let verifier = unsafe { borrow(verifier, "verifier") }?;
        // SAFETY: the caller promises `token_len` readable bytes.
        let token = unsafe { bytes(token, token_len, "token") }?;
        out.set(verifier.0.verify_at(token, now()?)?.into());
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}
