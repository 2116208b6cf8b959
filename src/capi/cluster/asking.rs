//! Verifying with a question to the API server, where the news may still be on its way.

use std::ffi::c_char;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::background::Background;
use super::boundtoken_cluster;
use crate::capi::boundary;
use crate::capi::claims::boundtoken_verified;
use crate::capi::error::boundtoken_error;
use crate::capi::pointer::{Out, borrow};
use crate::capi::status::boundtoken_status;
use crate::capi::string::bytes;
use crate::capi::verify::boundtoken_verifier;
use crate::rejection::{Reason, Rejection};
use crate::verified::VerifiedToken;
use crate::verifier::Verifier;

/// How long keys are waited for. Anybody can send a token with an unknown kid, so an API server that is silent must not
/// keep a program's threads for long.
const PATIENCE_FOR_KEYS: Duration = Duration::from_secs(2);
/// How long keys are not waited for once they did not have the one in question.
const QUIET: Duration = Duration::from_secs(10);
/// How long objects are waited for: longer than they can take, unless a call-back holds up the thread.
const PATIENCE_FOR_OBJECTS: Duration = Duration::from_secs(20);

/// Verifies a token as boundtoken_verify does, and asks the API server where the news may still be on its way: for the
/// key set when a key is unknown, and for each object that a token of the last minute is bound to and that was not seen
/// yet.
///
/// `verifier`: one that was built with the cluster. All else is as of boundtoken_verify, and as quick, unless there is
/// something to ask: then it waits, for keys two seconds at most, for objects some seconds. No token reaches the network
/// whose signature, audience or times do not hold. Keys are asked for once in ten seconds at most however many tokens
/// name unknown ones, objects by a few requests at a time; what does not exist is remembered for some seconds. A thread
/// that must not wait calls boundtoken_verify. Any thread; from a call-back of boundtoken_cluster_on_change nobody is
/// asked.
///
/// BOUNDTOKEN_CLUSTER_FORKED: connect again in this process; the token was not looked at.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_cluster_verify(
    cluster: *const boundtoken_cluster,
    verifier: *const boundtoken_verifier,
    token: *const c_char,
    token_len: usize,
    verified: *mut *mut boundtoken_verified,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a place to write to.
        let out = unsafe { Out::new(verified, "verified") }?;
        // SAFETY: the caller promises NULL or a live cluster.
        let cluster = unsafe { borrow(cluster, "cluster") }?.in_its_process()?;
        // SAFETY: the caller promises NULL or a live verifier.
        let verifier = unsafe { borrow(verifier, "verifier") }?;
        // SAFETY: the caller promises `token_len` readable bytes.
        let token = unsafe { bytes(token, token_len, "token") }?;
        out.set(cluster.verify(&verifier.0, token)?.into());
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

impl boundtoken_cluster {
    fn verify(&self, verifier: &Arc<Verifier>, token: &[u8]) -> Result<VerifiedToken, Rejection> {
        let verdict = verifier.verify(token);
        let Some(patience) = self.patience_for(&verdict) else { return verdict };
        let (cluster, verifier, token) =
            (Arc::clone(&self.cluster), Arc::clone(verifier), Box::<[u8]>::from(token));
        let asked = async move { cluster.verify(&verifier, &token).await };
        let verdict = self.background.run(patience, asked).unwrap_or(verdict);
        if reason(&verdict) == Some(Reason::KeyUnknown) {
            *self.missed_key.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        verdict
    }

    /// How long the API server is waited for after this verdict, if at all.
    fn patience_for(&self, verdict: &Result<VerifiedToken, Rejection>) -> Option<Duration> {
        let patience = match reason(verdict)? {
            Reason::BoundObjectPending => PATIENCE_FOR_OBJECTS,
            Reason::KeyUnknown if !self.has_just_missed_a_key() => PATIENCE_FOR_KEYS,
            _ => return None,
        };
        (!Background::is_current()).then_some(patience)
    }

    fn has_just_missed_a_key(&self) -> bool {
        let missed_key = self.missed_key.lock().unwrap_or_else(PoisonError::into_inner);
        missed_key.is_some_and(|since| since.elapsed() < QUIET)
    }
}

fn reason(verdict: &Result<VerifiedToken, Rejection>) -> Option<Reason> {
    verdict.as_ref().err().map(Rejection::reason)
}
