//! Asks clusters when their latest changes may not have arrived yet.

use std::sync::Arc;
use std::time::{Duration, Instant};

use boundtoken::{BoundObjects, CheckedToken, ObjectStore, Rejection, VerifiedToken};
use boundtoken_refresh::{Source, is_pending, lacks_keys};
use tokio::runtime::Handle;

use super::answer::{Taker, awaited};
use super::background::Background;
use super::fork::Process;
use crate::error::CallFailure;
use crate::notice::{Notice, Noticed};
use crate::options::Options;
use crate::status::Mistake;
use crate::verify::boundtoken_verifier;

/// How much longer to wait for keys than the refresher itself waits. A callback may hold up the cluster's thread.
const EXTRA_WAIT_FOR_KEYS: Duration = Duration::from_millis(100);
/// How long one call waits. Objects never take as long unless a callback holds up the cluster's thread.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(20);

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

    /// Starts work on the cluster's thread. `notice` hears when it is done, or will never be.
    ///
    /// The work owns everything it needs and refers to nothing of the caller. It may still run after the caller has
    /// stopped waiting and has freed everything.
    fn start<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
        notice: &Arc<Notice>,
    ) -> Taker<T> {
        let (done, outcome) = awaited();
        // The giver is dropped first, so the answer is there, or never comes, when the notice is given.
        let ends = (done, Noticed::expect(notice));
        self.runtime.spawn(async move {
            let (done, _noticed) = ends;
            done.give(work.await);
        });
        outcome
    }
}

/// Which questions a verification has asked. It asks each once.
#[derive(Default)]
pub(crate) struct Questions {
    keys: bool,
    objects: bool,
}

/// A question that was asked.
pub(crate) enum Asked {
    /// All clusters for their keys: the answers, and how long to wait for each.
    Keys(Vec<(Taker<()>, Duration)>),
    /// The token's cluster for its objects.
    Objects(CheckedToken, Taker<Box<dyn BoundObjects>>),
}

impl boundtoken_verifier {
    /// Verifies a token. Asks clusters if that can change the verdict, and waits for their answers.
    pub(crate) fn verify_online<T: AsRef<str>>(
        &self,
        token: &[u8],
        options: &Options<T>,
    ) -> Result<VerifiedToken, CallFailure> {
        let start = Instant::now();
        let timeout = options.timeout.unwrap_or(DEFAULT_TIMEOUT);
        self.demand_own_process()?;
        let mut verdict = options.verify_offline(self.judge(), token);
        let mut questions = Questions::default();
        let notice = Notice::to_nobody();
        while let Some(asked) = self.ask(&mut questions, &verdict, token, options, &notice) {
            let rest = || timeout.saturating_sub(start.elapsed());
            verdict = self.judge_again(asked, verdict, token, options, rest);
        }
        Ok(verdict?)
    }

    /// Fails in a child process, where nothing follows the clusters.
    pub(crate) fn demand_own_process(&self) -> Result<(), CallFailure> {
        if self.links.iter().any(|link| link.process.has_forked()) {
            return Err(Mistake::ClusterForked.into());
        }
        Ok(())
    }

    /// Asks the question whose answer can change the verdict. `None` if there is none.
    pub(crate) fn ask<T: AsRef<str>>(
        &self,
        questions: &mut Questions,
        verdict: &Result<VerifiedToken, Rejection>,
        token: &[u8],
        options: &Options<T>,
        notice: &Arc<Notice>,
    ) -> Option<Asked> {
        // A cluster's own thread cannot wait for its own work.
        if Background::is_current() {
            return None;
        }
        if lacks_keys(verdict) && !std::mem::replace(&mut questions.keys, true) {
            if self.links.is_empty() {
                return None;
            }
            // All of them are one question.
            let _all = Noticed::expect(notice);
            let refresh = |link: &Link| {
                let keys = Arc::clone(link.source.keys());
                let timeout = keys.unknown_key_wait().saturating_add(EXTRA_WAIT_FOR_KEYS);
                (link.start(async move { keys.refresh().await }, notice), timeout)
            };
            return Some(Asked::Keys(self.links.iter().map(refresh).collect()));
        }
        if is_pending(verdict) && !std::mem::replace(&mut questions.objects, true) {
            let checked = options.check(&self.verifier, token).ok()?;
            let keys = self.verifier.keys_of(&checked);
            let own = self.links.iter().find(|link| keys.is_some_and(|keys| link.source.has(keys)))?;
            let answers = own.start(own.source.ask(&checked)?, notice);
            return Some(Asked::Objects(checked, answers));
        }
        None
    }

    /// Judges a token by the answers to a question, as far as they come in the time that is left.
    pub(crate) fn judge_again<T: AsRef<str>>(
        &self,
        asked: Asked,
        verdict: Result<VerifiedToken, Rejection>,
        token: &[u8],
        options: &Options<T>,
        rest: impl Fn() -> Duration,
    ) -> Result<VerifiedToken, Rejection> {
        match asked {
            Asked::Keys(refreshing) => {
                for (done, timeout) in refreshing {
                    // After a timeout the token is judged by the keys that there are.
                    let _ = done.take(timeout.min(rest()));
                }
                options.verify_offline(self.judge(), token)
            }
            Asked::Objects(checked, answers) => match answers.take(rest()) {
                Some(answers) => options.confirm(&self.verifier, checked, &*answers),
                None => verdict,
            },
        }
    }
}
