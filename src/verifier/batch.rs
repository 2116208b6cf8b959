//! Many tokens at once.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::Verifier;
use crate::rejection::Rejection;
use crate::time::UnixSeconds;
use crate::verified::VerifiedToken;

/// How many tokens a thread takes at a time: enough that taking them costs nothing, few enough that all finish together.
const PORTION: usize = 32;

impl Verifier {
    /// Verifies many tokens, as [`verify`](Self::verify) would one after the other, on at most `threads` threads at once, of
    /// which the caller's is one. The verdicts are in the order of the tokens.
    ///
    /// For logs and queues. Threads are started for the call and end with it; none is started for fewer than 33 tokens, and
    /// where the system cannot start as many, those that there are do the work. Each thread takes 32 tokens at a time, so
    /// that slow ones (new ones among many that were seen before) do not leave the others idle. Beside what `verify`
    /// itself allocates, there are two allocations for the verdicts. A service that answers requests
    /// needs none of this: it calls `verify` on whatever thread the request is on.
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    ///
    /// # use boundtoken::{KeySet, Reason, TrustedIssuer, Verifier};
    /// # let jwks = include_bytes!("../../tests/vectors/apiserver-rs256/jwks.json");
    /// # let verifier = Verifier::builder()
    /// #     .issuer(TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(jwks)?))
    /// #     .audience("vault")
    /// #     .build()?;
    /// let lines = ["not a token", "a.b.c", ""];
    /// let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    /// let verdicts = verifier.verify_batch(&lines, threads);
    /// assert_eq!(verdicts.len(), 3);
    /// assert_eq!(verdicts[2].as_ref().unwrap_err().reason(), Reason::TokenEmpty);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// As `verify` does: only if a [`BoundObjects`](crate::BoundObjects) call-back panics. The threads finish first, and
    /// the call-back's own panic is passed on; the verifier is as good as before.
    pub fn verify_batch<T: AsRef<[u8]> + Sync>(
        &self,
        tokens: &[T],
        threads: NonZeroUsize,
    ) -> Vec<Result<VerifiedToken, Rejection>> {
        each(tokens, threads, |token| self.verify(token))
    }

    /// Verifies many tokens at a given time. Otherwise as [`verify_batch`](Self::verify_batch).
    ///
    /// # Panics
    /// As [`verify_batch`](Self::verify_batch).
    pub fn verify_batch_at<T: AsRef<[u8]> + Sync>(
        &self,
        tokens: &[T],
        threads: NonZeroUsize,
        now: UnixSeconds,
    ) -> Vec<Result<VerifiedToken, Rejection>> {
        each(tokens, threads, |token| self.verify_at(token, now))
    }
}

type Verdict = Result<VerifiedToken, Rejection>;

fn each<T: AsRef<[u8]> + Sync>(
    tokens: &[T],
    threads: NonZeroUsize,
    verify: impl Fn(&[u8]) -> Verdict + Sync,
) -> Vec<Verdict> {
    let mut verdicts = vec![None; tokens.len()];
    let portions = Mutex::new(tokens.chunks(PORTION).zip(verdicts.chunks_mut(PORTION)));
    // The lock is held for this alone, in which nothing panics.
    let next = || portions.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some((tokens, verdicts)) = next() {
            for (token, verdict) in tokens.iter().zip(verdicts) {
                *verdict = Some(verify(token.as_ref()));
            }
        }
    };
    let helpers = threads.get().min(tokens.len().div_ceil(PORTION)).saturating_sub(1);
    thread::scope(|scope| {
        let start = |_| thread::Builder::new().spawn_scoped(scope, work).ok();
        let started: Vec<_> = (0..helpers).map_while(start).collect();
        work();
        for thread in started {
            thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
    });
    // Every place is filled. Were one not, its token would be verified here.
    let judged = tokens.iter().zip(verdicts);
    judged.map(|(token, verdict)| verdict.unwrap_or_else(|| verify(token.as_ref()))).collect()
}
