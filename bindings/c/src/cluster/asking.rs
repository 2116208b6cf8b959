//! Verifying with a question to the clusters, where the news may still be on its way.

use std::ffi::c_char;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::answer::{Taker, awaited};
use super::background::Background;
use super::fork::Process;
use crate::boundary;
use crate::claims::boundtoken_verified;
use crate::error::{Failure, boundtoken_error};
use crate::pointer::{Out, borrow};
use crate::status::{Mistake, boundtoken_status};
use crate::string::bytes;
use crate::verify::boundtoken_verifier;
use boundtoken::{ObjectStore, Rejection, VerifiedToken};
use boundtoken_refresh::{Source, is_pending, lacks_keys};

/// How much longer than their refresher keys are waited for: a call-back may hold up the thread.
const LONGER_THAN_KEYS_TAKE: Duration = Duration::from_millis(100);
/// How long objects are waited for: longer than they can take, unless a call-back holds up the thread.
const LONGER_THAN_OBJECTS_TAKE: Duration = Duration::from_secs(20);

/// A cluster that a verifier may ask.
pub(crate) struct Link {
    runtime: Handle,
    source: Source,
    objects: ObjectStore,
    process: Process,
}

impl Link {
    pub(super) fn new(runtime: Handle, source: Source, objects: ObjectStore, process: Process) -> Self {
        Self { runtime, source, objects, process }
    }

    /// In a child of the process that follows the cluster, nobody feeds the objects. Costs one read elsewhere.
    pub(crate) fn notice_fork(&self) {
        if self.process.has_forked() {
            self.objects.abandon();
        }
    }

    /// Has something done on the cluster's thread. The work owns all that it needs, and knows nothing of the caller's: it may
    /// go on when nobody waits for it any more, and the caller has freed everything.
    fn start<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Taker<T> {
        let (done, outcome) = awaited();
        self.runtime.spawn(async move { done.give(work.await) });
        outcome
    }
}

/// Verifies a token as boundtoken_verify does, and asks the clusters that the verifier was built with, where the news may
/// still be on its way: all of them for their keys when a key is unknown, and the one that the token belongs to for each
/// object that a token of the last minute is bound to and that was not seen yet.
///
/// All else is as of boundtoken_verify, and as quick, unless there is something to ask: then it waits, for keys a fraction
/// of a second, for objects some seconds. No token reaches the network whose signature, audience or times do not hold.
/// Keys are asked for once in ten seconds at most however many tokens name unknown ones, objects by a few requests at a
/// time; what does not exist is remembered for some seconds. The clusters' threads only ask: the token is judged, and
/// call-backs are called, on the caller's thread, and nothing of the verifier is used after the call. A thread that must not
/// wait calls boundtoken_verify. Any thread; from a call-back of boundtoken_cluster_on_change nobody is asked. Of a cluster
/// that was freed nobody is asked either.
///
/// BOUNDTOKEN_CLUSTER_FORKED: connect again in this process; the token was not looked at.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verify_online(
    verifier: *const boundtoken_verifier,
    token: *const c_char,
    token_len: usize,
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
        out.set(verifier.verify_online(token)?.into());
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

impl boundtoken_verifier {
    fn verify_online(&self, token: &[u8]) -> Result<VerifiedToken, Failure> {
        if self.links.iter().any(|link| link.process.has_forked()) {
            return Err(Mistake::ClusterForked.into());
        }
        let verifier = self.judge();
        let mut verdict = verifier.verify(token);
        // On a cluster's own thread nothing that happens there can be waited for.
        if Background::is_current() {
            return Ok(verdict?);
        }
        if lacks_keys(&verdict) {
            let refresh = |link: &Link| {
                let keys = Arc::clone(link.source.keys());
                let patience = keys.unknown_key_wait().saturating_add(LONGER_THAN_KEYS_TAKE);
                (link.start(async move { keys.refresh().await }), patience)
            };
            let refreshing: Vec<_> = self.links.iter().map(refresh).collect();
            for (done, patience) in refreshing {
                // In vain or not, the keys are those that there are.
                let _ = done.take(patience);
            }
            verdict = verifier.verify(token);
        }
        if is_pending(&verdict) {
            verdict = self.ask(token, verdict);
        }
        Ok(verdict?)
    }

    /// Asks the cluster that the token belongs to, and judges what it says.
    fn ask(
        &self,
        token: &[u8],
        verdict: Result<VerifiedToken, Rejection>,
    ) -> Result<VerifiedToken, Rejection> {
        let checked = self.verifier.check(token)?;
        let keys = self.verifier.keys_of(&checked);
        let own = self.links.iter().find(|link| keys.is_some_and(|keys| link.source.has(keys)));
        let Some((link, asking)) = own.and_then(|link| Some((link, link.source.ask(&checked)?))) else {
            return verdict;
        };
        let answers = link.start(asking).take(LONGER_THAN_OBJECTS_TAKE);
        match answers {
            Some(answers) => self.verifier.confirm(checked, &*answers),
            None => verdict,
        }
    }
}
