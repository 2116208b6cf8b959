//! Callers whose connections outlive a request: JavaScript is told when one is no longer good.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use boundtoken::{Rejection, Revocation, UnixSeconds, VerifiedToken};
use napi::Status;
use napi::bindgen_prelude::{External, FnArgs, Function, Uint8Array};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;

use crate::background::{self, Canceller};
use crate::errors::{CONFIGURATION, Result, refusal};
use crate::verifier;

type End = FnArgs<(f64, Uint8Array)>;

/// Receives the number of a caller, and the record of the refusal. It is weak: whoever waits keeps no program running. No end is ever
/// dropped: no more wait in the queue than there are callers.
pub struct Ends(Arc<ThreadsafeFunction<End, (), End, Status, false, true>>);

/// Reports the ends of the callers of this thread to a function.
#[napi(catch_unwind)]
pub fn revocations(report: Function<'_, End, ()>) -> Result<External<Ends>> {
    let report = report.build_threadsafe_function().weak::<true>().build();
    let report = report.map_err(|error| CONFIGURATION.with(error.reason))?;
    Ok(External::new(Ends(Arc::new(report))))
}

/// Waits until an accepted token is no longer good, or until it is cancelled.
#[napi(catch_unwind)]
pub fn revocation(
    ends: &External<Ends>,
    slot: u32,
    token: &External<VerifiedToken>,
    number: f64,
    canceller: &External<Canceller>,
) -> Result<()> {
    let ends = Arc::clone(&ends.0);
    let revocation = Revocation::new(verifier::shared(slot)?, VerifiedToken::clone(token));
    let end = background::unless_cancelled(canceller, end_of(revocation));
    background::spawn(async move {
        if let Some(rejection) = end.await {
            // Nobody listens when the thread is ending.
            let _status =
                ends.call((number, refusal(&rejection)).into(), ThreadsafeFunctionCallMode::NonBlocking);
        }
    })?;
    Ok(())
}

/// The longest time between two looks at the clock, in seconds. A timer does not notice that the clock was set.
const LONGEST_SLEEP: u64 = 600;

/// Why the token is no longer good, as soon as that is so.
async fn end_of(mut revocation: Revocation) -> Rejection {
    loop {
        let look_again_at = revocation.look_again_at();
        let look = poll_fn(|context| match revocation.poll_at(context, UnixSeconds::now()) {
            Poll::Ready(rejection) => Poll::Ready(Some(rejection)),
            // It takes another timer.
            Poll::Pending if revocation.look_again_at() != look_again_at => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        });
        let seconds = look_again_at.0.saturating_sub(UnixSeconds::now().0).clamp(1, LONGEST_SLEEP);
        if let Ok(Some(rejection)) = tokio::time::timeout(Duration::from_secs(seconds), look).await {
            return rejection;
        }
    }
}
