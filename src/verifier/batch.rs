//! Many tokens at once.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::Verifier;
use crate::rejection::Rejection;
use crate::time::UnixSeconds;
use crate::verified::VerifiedToken;

/// How many tokens a thread takes at a time. Enough that the taking costs nothing, few enough that all threads finish
/// together.
const PORTION: usize = 32;

impl Verifier {
    /// Verifies many tokens on up to `threads` threads, including the caller's. The verdicts are those of
    /// [`verify`](Self::verify), in the order of the tokens.
    ///
    /// This is for logs and queues. A service that answers requests calls `verify` on the thread of the request.
    ///
    /// The threads are started for the call and end with it. None is started for fewer than 33 tokens. If the system
    /// cannot start enough threads, fewer do the work. Each thread takes 32 tokens at a time, so that a few slow
    /// tokens do not leave other threads idle. A token that was not seen before is slow. The verdicts take two
    /// allocations in addition to those of `verify`.
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
    /// As `verify`: only if a [`BoundObjects`](crate::BoundObjects) call-back panics. The threads finish first. Then
    /// the panic of the call-back is passed on. The verifier can still be used.
    pub fn verify_batch<T: AsRef<[u8]> + Sync>(
        &self,
        tokens: &[T],
        threads: NonZeroUsize,
    ) -> Vec<Result<VerifiedToken, Rejection>> {
        each(tokens, threads, |token| self.verify(token))
    }

    /// Verifies many tokens at a given time, like [`verify_batch`](Self::verify_batch).
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
    // Nothing panics while the lock is held.
    let next = || portions.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some((tokens, verdicts)) = next() {
            for (token, verdict) in tokens.iter().zip(verdicts) {
                *verdict = Some(verify(token.as_ref()));
            }
        }
    };
    let helpers = threads.get().min(tokens.len().div_ceil(PORTION)).saturating_sub(1);
    // A scope makes the standard library allocate for this thread, and keep that until the thread ends.
    if helpers == 0 {
        work();
        return finished(tokens, verdicts, verify);
    }
    thread::scope(|scope| {
        let start = |_| thread::Builder::new().spawn_scoped(scope, work).ok();
        let started: Vec<_> = (0..helpers).map_while(start).collect();
        work();
        for thread in started {
            thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
    });
    finished(tokens, verdicts, verify)
}

fn finished<T: AsRef<[u8]>>(
    tokens: &[T],
    verdicts: Vec<Option<Verdict>>,
    verify: impl Fn(&[u8]) -> Verdict,
) -> Vec<Verdict> {
    // Every token has a verdict by now. One that had none would be verified here.
    let judged = tokens.iter().zip(verdicts);
    judged.map(|(token, verdict)| verdict.unwrap_or_else(|| verify(token.as_ref()))).collect()
}
