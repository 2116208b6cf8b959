//! Callers who were accepted, and what ends that.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::Verifier;
use crate::claims::Claims;
use crate::keys::KeyFingerprint;
use crate::objects::{Fingerprint, ObjectStore};
use crate::rejection::Rejection;
use crate::time::UnixSeconds;
use crate::verified::VerifiedToken;
use crate::waiters::{Waiter, Waiting};

/// Tells when an accepted token is no longer good, for connections that outlive a request: WebSocket, server-sent events,
/// streaming gRPC.
///
/// A token ends when it expires, when its key is withdrawn, or when an object that it is bound to is deleted or replaced. The
/// stores of keys and objects wake the task that [polled](Self::poll_at) last. There is no timer in here: whoever has one polls
/// again at [`look_again_at`](Self::look_again_at), because nothing wakes the task when time alone ends the token.
///
/// ```
/// use std::sync::Arc;
/// use std::task::{Context, Poll, Waker};
///
/// use boundtoken::{Reason, Revocation};
/// # use boundtoken::{KeySet, ObjectKind, ObjectReference, ObjectStore, TrustedIssuer, UnixSeconds, Verifier};
/// # let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/apiserver-rs256/");
/// # let read = |name: &str| std::fs::read(format!("{vectors}{name}"));
/// # let tokens: std::collections::BTreeMap<String, String> = serde_json::from_slice(&read("tokens.json")?)?;
/// # let captured: serde_json::Value = serde_json::from_slice(&read("objects.json")?)?;
/// # let objects = ObjectStore::from_json(captured["before"].to_string().as_bytes())?;
/// # let (token, now) = (tokens["pod-live"].as_bytes(), UnixSeconds(1_795_522_300));
/// # let issuer = TrustedIssuer::new(
/// #     "https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(&read("jwks.json")?)?);
/// # let verifier = Arc::new(
/// #     Verifier::builder().issuer(issuer.bound_objects(objects.clone())).audience("vault").build()?);
///
/// let caller = verifier.verify_at(token, now)?;
/// let mut revocation = Revocation::new(Arc::clone(&verifier), caller);
/// // A runtime passes the context of its task.
/// let mut context = Context::from_waker(Waker::noop());
/// assert!(revocation.poll_at(&mut context, now).is_pending());
/// assert!(revocation.look_again_at() > now);
///
/// // The pod is deleted: the task is woken, and polls again.
/// # let pod = ObjectReference { kind: ObjectKind::Pod, namespace: "demo", name: "live" };
/// objects.delete(&pod);
/// let Poll::Ready(rejection) = revocation.poll_at(&mut context, now) else { panic!("not noticed") };
/// assert_eq!(rejection.reason(), Reason::PodNotFound);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # When exactly
///
/// - **Expiry** counts with the [leeway](super::VerifierBuilder::leeway), as for a request: by default a token ends 60 seconds
///   after its `exp`.
/// - **An object that is being deleted** stays good until 60 seconds after its `deletionTimestamp`, or until it is gone. A pod
///   is usually gone first.
/// - **An object that its watch has not seen yet** has a minute from the issue of the token to appear. So has one that a list
///   lacks, because the list may be older than the token. A deletion that the watch reports counts at once.
/// - **An outage ends nothing.** If the store or the keys are stale, or the source answers
///   [`ObjectState::Unavailable`](crate::ObjectState::Unavailable), a request may be refused, but no connection ends, whatever
///   [`OnUnavailable`](super::OnUnavailable) says. What a stale store has seen counts all the same: an object whose deletion
///   arrived is gone. Deletions during the outage are noticed once the watch has listed again.
///   [`verify_again`](Verifier::verify_again) refuses meanwhile, for those who need that.
/// - **A call-back** ([`BoundObjects`](crate::BoundObjects)) wakes nobody. It is asked again every 10 seconds. Withdrawn keys
///   are noticed at once.
/// - **Without a source of objects**, only expiry and the key end a token.
///
/// # Cost
///
/// While nothing happens, one who waits takes a few hundred bytes and no time. A change wakes the tasks on its own thread, in a
/// fraction of a microsecond each. Polls do not count in the [statistics](super::Statistics).
pub struct Revocation {
    verifier: Arc<Verifier>,
    token: VerifiedToken,
    look_again_at: UnixSeconds,
    state: State,
}

enum State {
    /// Before the first poll.
    New,
    Registered(Registered),
    Void(Rejection),
}

/// A place among those who wait, wherever something may happen to the token.
struct Registered {
    waiter: Arc<Waiter>,
    _keys: Box<[Waiting<KeyFingerprint>]>,
    _objects: Box<[Waiting<Fingerprint>]>,
}

impl Revocation {
    /// Waits for the end of a token that `verifier` has accepted. Nothing happens before the first [poll](Self::poll_at).
    ///
    /// If the verifier trusts no issuer of the token's label and name, the token is void as
    /// [`Reason::VerifierMismatch`](crate::Reason::VerifierMismatch).
    #[must_use]
    pub fn new(verifier: Arc<Verifier>, token: VerifiedToken) -> Self {
        Self { verifier, token, look_again_at: UnixSeconds(0), state: State::New }
    }

    /// Returns why the token is no longer good, or [`Poll::Pending`] while it is.
    ///
    /// The task of `context` is woken when the answer may have changed. A task may be woken for nothing. Of several tasks, the
    /// last one that polled is woken. Once the answer is ready, it stays.
    pub fn poll_at(&mut self, context: &mut Context<'_>, now: UnixSeconds) -> Poll<Rejection> {
        // First wait, then look. So no change goes unnoticed in between.
        match &self.state {
            State::Void(rejection) => return Poll::Ready(rejection.clone()),
            State::Registered(registered) => registered.waiter.set(context.waker()),
            State::New => {
                let waiter = Waiter::new(context.waker());
                self.state = State::Registered(self.verifier.register(self.token.claims(), waiter));
            }
        }
        match self.verifier.outlook(&self.token, now) {
            Ok(next) => {
                self.look_again_at = next;
                Poll::Pending
            }
            Err(rejection) => {
                self.state = State::Void(rejection.clone());
                Poll::Ready(rejection)
            }
        }
    }

    /// Returns the time at which to [poll](Self::poll_at) again at the latest, even if nothing wakes the task. While the last
    /// poll was pending, it is later than the time of that poll. Before the first poll it is 0.
    #[must_use]
    pub fn look_again_at(&self) -> UnixSeconds {
        self.look_again_at
    }

    /// The token whose end this waits for.
    #[must_use]
    pub fn token(&self) -> &VerifiedToken {
        &self.token
    }
}

impl Verifier {
    fn register(&self, claims: &Claims, waiter: Arc<Waiter>) -> Registered {
        let issuer = self.issuer_by_label(claims);
        let keys = issuer.map(|issuer| issuer.wait_for(claims.issuer(), *claims.signed_by(), &waiter));
        let keys = keys.into_iter().flatten().collect();
        let store = issuer.and_then(|issuer| issuer.objects.as_ref()?.store());
        let wait = |store: &ObjectStore| {
            claims.bound_objects().map(|object| store.wait_for(Fingerprint::from(&object), &waiter)).collect()
        };
        Registered { _keys: keys, _objects: store.map(wait).unwrap_or_default(), waiter }
    }
}

impl fmt::Debug for Revocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let void = match &self.state {
            State::Void(rejection) => Some(rejection),
            State::New | State::Registered(_) => None,
        };
        formatter
            .debug_struct("Revocation")
            .field("token", &self.token)
            .field("look_again_at", &self.look_again_at)
            .field("void", &void)
            .finish_non_exhaustive()
    }
}
