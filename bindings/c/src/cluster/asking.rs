//! Verifies tokens, and asks the clusters when their latest changes may not have arrived yet.

use std::ffi::c_char;
use std::sync::Arc;
use std::time::Duration;

use boundtoken::{ObjectStore, Rejection, VerifiedToken};
use boundtoken_refresh::{Source, is_pending, lacks_keys};
use tokio::runtime::Handle;

use super::answer::{Taker, awaited};
use super::background::Background;
use super::fork::Process;
use crate::claims::boundtoken_verified;
use crate::error::{CallFailure, boundtoken_error};
use crate::status::{Mistake, boundtoken_status};
use crate::verify::{boundtoken_verifier, verify_by};

/// How much longer to wait for keys than the refresher itself waits. A callback may hold up the cluster's thread.
const EXTRA_WAIT_FOR_KEYS: Duration = Duration::from_millis(100);
/// How long to wait for objects. They never take as long unless a callback holds up the cluster's thread.
const OBJECTS_TIMEOUT: Duration = Duration::from_secs(20);

/// A cluster that a verifier can ask.
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

    /// Marks the objects as outdated in a child process, where nothing updates them. In the parent it costs one read.
    pub(crate) fn notice_fork(&self) {
        if self.process.has_forked() {
            self.objects.abandon();
        }
    }

    /// Starts work on the cluster's thread.
    ///
    /// The work owns everything it needs and refers to nothing of the caller. It may still run after the caller has
    /// stopped waiting and has freed everything.
    fn start<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Taker<T> {
        let (done, outcome) = awaited();
        self.runtime.spawn(async move { done.give(work.await) });
        outcome
    }
}

/// Verifies a token like boundtoken_verify, but asks the verifier's clusters when their latest changes may not have
/// arrived yet.
///
/// It asks in two cases. If a token names an unknown key, it asks all clusters for their keys. If a token is less
/// than a minute old and one of its objects has not been seen yet, it asks the token's cluster about that object.
///
/// Most calls ask nobody and are as fast as boundtoken_verify. A call that asks waits a fraction of a second for keys
/// and some seconds for objects. A thread that must not wait should call boundtoken_verify.
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
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { verify_by(verifier, token, token_len, boundtoken_verifier::verify_online, verified, error) }
}

impl boundtoken_verifier {
    fn verify_online(&self, token: &[u8]) -> Result<VerifiedToken, CallFailure> {
        if self.links.iter().any(|link| link.process.has_forked()) {
            return Err(Mistake::ClusterForked.into());
        }
        let verifier = self.judge();
        let mut verdict = verifier.verify(token);
        // A cluster's own thread cannot wait for its own work.
        if Background::is_current() {
            return Ok(verdict?);
        }
        if lacks_keys(&verdict) {
            let refresh = |link: &Link| {
                let keys = Arc::clone(link.source.keys());
                let timeout = keys.unknown_key_wait().saturating_add(EXTRA_WAIT_FOR_KEYS);
                (link.start(async move { keys.refresh().await }), timeout)
            };
            let refreshing: Vec<_> = self.links.iter().map(refresh).collect();
            for (done, timeout) in refreshing {
                // After a timeout the token is judged by the keys that there are.
                let _ = done.take(timeout);
            }
            verdict = verifier.verify(token);
        }
        if is_pending(&verdict) {
            verdict = self.ask(token, verdict);
        }
        Ok(verdict?)
    }

    /// Asks the cluster that the token belongs to, and judges the token by its answer.
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
        match link.start(asking).take(OBJECTS_TIMEOUT) {
            Some(answers) => self.verifier.confirm(checked, &*answers),
            None => verdict,
        }
    }
}
