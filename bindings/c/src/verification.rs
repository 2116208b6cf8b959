//! Verifications that wait for clusters without holding up a thread.

use std::ffi::{c_char, c_int, c_void};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use boundtoken::{Rejection, VerifiedToken};

use crate::boundary;
use crate::callback::boundtoken_userdata_free;
use crate::cluster::{Asked, Questions};
use crate::error::{CallFailure, boundtoken_error};
use crate::notice::{Notice, boundtoken_done_callback};
use crate::options::Options;
use crate::pointer::{Out, borrow, shared};
use crate::record::{boundtoken_verify_options, into_record};
use crate::status::{Mistake, boundtoken_status};
use crate::string::bytes;
use crate::verify::boundtoken_verifier;

/// A verification that may wait for clusters. It holds a copy of the token, and keeps the verifier alive.
pub struct boundtoken_verification {
    verifier: Arc<boundtoken_verifier>,
    token: Box<[u8]>,
    options: Options<String>,
    notice: Arc<Notice>,
    progress: Mutex<Progress>,
}

struct Progress {
    verdict: Result<VerifiedToken, Rejection>,
    questions: Questions,
    /// The question that is being asked.
    asked: Option<Asked>,
}

/// Begins to verify a token like boundtoken_verify_online, but does not wait. This is for event loops and for languages with
/// functions that can wait.
///
/// `token`: the bare token, `token_len` bytes. Copied.
/// `options`: how to verify it. NULL stands for zeros. Its time-out is not used: the caller decides when to stop waiting.
/// `callback`: called when boundtoken_verification_finish can go on. It may be NULL: then ask
/// boundtoken_verification_is_ready. It can be called before this call returns.
/// `userdata`: passed to each call. May be NULL.
/// `userdata_free`: called once with `userdata`, by any thread, after the last call of the callback. May be NULL.
/// `verification`: receives a handle to free with boundtoken_verification_free. NULL on failure. The caller then still owns
/// `userdata`.
///
/// Most tokens are decided here, without a question to a cluster. Then the callback is not called, and
/// boundtoken_verification_is_ready is 1 at once. The clusters' threads only do the asking: the token is judged here and in
/// boundtoken_verification_finish, by the thread that calls them. Any thread.
///
/// BOUNDTOKEN_UNKNOWN_VALUE: the options say BOUNDTOKEN_VERIFY_CACHED_ONLY.
/// BOUNDTOKEN_CLUSTER_FORKED: a cluster was connected to before a fork.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verification_start(
    verifier: *const boundtoken_verifier,
    token: *const c_char,
    token_len: usize,
    options: *const boundtoken_verify_options,
    callback: boundtoken_done_callback,
    userdata: *mut c_void,
    userdata_free: boundtoken_userdata_free,
    verification: *mut *mut boundtoken_verification,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a place to write to.
        let out = unsafe { Out::new(verification, "verification") }?;
        // SAFETY: the caller promises NULL or a live verifier.
        let verifier = unsafe { shared(verifier) }.ok_or_else(|| Mistake::NullArgument.of("verifier"))?;
        // SAFETY: the caller promises `token_len` readable bytes.
        let token = unsafe { bytes(token, token_len, "token") }?;
        // SAFETY: the caller promises NULL or options whose texts can be read.
        let options = unsafe { Options::read(options) }?.into_owned();
        if options.cached_only {
            return Err(Mistake::UnknownValue.of("options"));
        }
        verifier.demand_own_process()?;
        let notice = Notice::new(callback, userdata, userdata_free);
        let verdict = options.verify_offline(verifier.judge(), token);
        let mut questions = Questions::default();
        let asked = verifier.ask(&mut questions, &verdict, token, &options, &notice);
        let progress = Mutex::new(Progress { verdict, questions, asked });
        out.set(boundtoken_verification { verifier, token: token.into(), options, notice, progress });
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

/// Returns 1 if boundtoken_verification_finish can go on without a wait, and 0 if clusters have not answered yet.
///
/// 1 if `verification` is NULL. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verification_is_ready(
    verification: *const boundtoken_verification,
) -> c_int {
    // SAFETY: the caller promises NULL or a live verification.
    let verification = unsafe { verification.as_ref() };
    boundary::infallible(1, || {
        c_int::from(verification.is_none_or(|verification| verification.notice.is_given()))
    })
}

/// Judges the token by the answers of the clusters, and writes the record of the verdict, as boundtoken_verify_into does.
///
/// `at_once`: 0 to wait for answers that are missing, and anything else to decide by what is known now, as after a time-out.
///
/// BOUNDTOKEN_STILL_ASKING: clusters have not answered yet, or one must be asked another question. Nothing was decided. Wait
/// until the callback is called again, or until boundtoken_verification_is_ready is 1, and call again. It never comes if
/// `at_once` is not 0, and at most twice for one token.
///
/// The verdict stays the same if the call is repeated, for example with a larger buffer. Any thread. It does not block, except
/// while another thread finishes the same verification.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verification_finish(
    verification: *const boundtoken_verification,
    at_once: c_int,
    buffer: *mut c_void,
    capacity: usize,
    needed: *mut usize,
) -> boundtoken_status {
    let judge = || {
        // SAFETY: the caller promises NULL or a live verification.
        let verification = unsafe { borrow(verification, "verification") }?;
        verification.finish(at_once != 0)
    };
    // SAFETY: the caller promises `capacity` bytes to write to, and NULL or a place for `needed`.
    unsafe { into_record(buffer, capacity, needed, judge) }
}

/// Frees a verification, and gives up questions that are not answered yet. NULL is ignored.
///
/// The callback can still be called until `userdata_free` is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verification_free(verification: *mut boundtoken_verification) {
    // SAFETY: the caller promises NULL or a live verification, and gives it up.
    unsafe { boundary::free(verification) };
}

impl boundtoken_verification {
    fn finish(&self, at_once: bool) -> Result<VerifiedToken, CallFailure> {
        self.verifier.demand_own_process()?;
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if progress.asked.is_some() && !at_once && !self.notice.is_given() {
            return Err(Mistake::StillAsking.into());
        }
        let Self { verifier, token, options, notice, .. } = self;
        while let Some(asked) = progress.asked.take() {
            let verdict = progress.verdict.clone();
            // The answers are there, or the caller does not wait for them.
            progress.verdict = verifier.judge_again(asked, verdict, token, options, || Duration::ZERO);
            if !at_once {
                let Progress { verdict, questions, asked } = &mut *progress;
                *asked = verifier.ask(questions, verdict, token, options, notice);
                if asked.is_some() && !notice.is_given() {
                    return Err(Mistake::StillAsking.into());
                }
            }
        }
        Ok(progress.verdict.clone()?)
    }
}
