//! Noticing that a caller is no longer good.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use boundtoken::{Rejection, Revocation, UnixSeconds, VerifiedToken, Verifier};
use tokio::time::{Instant, Sleep, sleep_until};

/// The longest time between two looks at the clock. A timer does not notice that the clock was set, or that the machine slept.
const LONGEST_SLEEP: u64 = 600;

/// A future that completes when an accepted token is no longer good. Made by [`Caller::revoked`](crate::Caller::revoked).
///
/// Its output says why, as the verifier would if the token came again now:
///
/// - The token has expired. The leeway of the verifier counts, so that is 60 seconds after `exp` by default.
/// - The issuer no longer publishes the key that signed the token.
/// - An object that the token is bound to was deleted, or replaced by another of its name. The deletion of an object counts
///   as soon as the object is gone, which is when a pod has stopped. While an object is being deleted but still there, it
///   counts 60 seconds after its `deletionTimestamp`, as for the API server.
///
/// An outage does not end what is going on. While the watches are stale, or the keys too old, new requests are refused, but
/// this future waits: nothing is known against the caller. It completes when the watches are back, if the object is gone by
/// then. The token's expiry ends it in any case.
///
/// With objects in a [store](boundtoken::ObjectStore), which a cluster's watches fill, it costs nothing while nothing happens,
/// and is woken at the moment of the deletion. A call-back as [source of objects](boundtoken::BoundObjects) cannot wake
/// anybody. It is asked again every ten seconds. Without a source of objects, only expiry and keys count.
///
/// It needs a tokio runtime with its timer enabled.
#[must_use = "futures do nothing unless polled"]
pub struct Revoked {
    revocation: Revocation,
    /// Set while the future waits, and when.
    timer: Option<(UnixSeconds, Pin<Box<Sleep>>)>,
}

impl Revoked {
    pub(crate) fn new(verifier: Arc<Verifier>, token: VerifiedToken) -> Self {
        Self { revocation: Revocation::new(verifier, token), timer: None }
    }
}

impl Future for Revoked {
    type Output = Rejection;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Rejection> {
        let this = &mut *self;
        loop {
            let now = UnixSeconds::now();
            if let Poll::Ready(rejection) = this.revocation.poll_at(context, now) {
                return Poll::Ready(rejection);
            }
            let look_again_at = this.revocation.look_again_at();
            let timer = match &mut this.timer {
                Some((at, timer)) if *at == look_again_at => timer,
                timer => {
                    let seconds = look_again_at.0.saturating_sub(now.0).clamp(1, LONGEST_SLEEP);
                    let sleep = sleep_until(Instant::now() + Duration::from_secs(seconds));
                    let (_, timer) = timer.insert((look_again_at, Box::pin(sleep)));
                    timer
                }
            };
            match timer.as_mut().poll(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(()) => this.timer = None,
            }
        }
    }
}

impl fmt::Debug for Revoked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Revoked").finish_non_exhaustive()
    }
}
