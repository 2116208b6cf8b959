//! A layer for admission webhooks (KEP-6060).

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use boundtoken_refresh::OnlineVerifier;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower_layer::Layer;
use tower_service::Service;

use crate::answer::take_ready;
use crate::{Authenticator, Caller, Policy, Refusal, SharedPolicy};

mod address;
mod body;
#[cfg(feature = "kubernetes")]
mod cluster;
mod invalid;
mod review;

pub use address::{ServiceAddress, WebhookAddress};
pub use invalid::InvalidReview;

use body::Limits;
use review::Review;

/// The largest review, in bytes. The API server takes up to 3 MiB as one object, and the review of an update has two: the new and
/// the old. The rest is for what else is in it.
const DEFAULT_SIZE: usize = 7 * 1024 * 1024;

/// The API server waits 10 seconds for the answer, unless the configuration has another `timeoutSeconds`.
const DEFAULT_TIME: Duration = Duration::from_secs(10);

/// How much is kept of the body of somebody unknown. The API server writes the uid into the first 200 bytes.
const BEGINNING: usize = 64 * 1024;

/// Authenticates API servers for a service that admission webhook configurations name.
///
/// An admission webhook decides what may enter a cluster, and learns from each AdmissionReview what users write: secrets too. By
/// itself it does not know who calls. With this layer only an API server passes, by a token that is bound to the webhook's
/// configuration (KEP-6060, Kubernetes 1.37).
///
/// A request passes if all of this holds, in this order:
///
/// 1. It has a token that the verifier accepts. The token is judged before anything of the body is read.
/// 2. The token's audience is the [address](WebhookAddress) of this webhook. The address is configured: what the request says, in
///    `Host` for instance, does not count. Nor do the audiences of the verifier, so that one verifier serves several webhooks, and a
///    token for one does not pass at another.
/// 3. The token is bound to a webhook configuration. If that was deleted, or made again, the verifier refuses the token.
/// 4. The body is an AdmissionReview of `admission.k8s.io/v1`.
/// 5. The token attests the API group of the review's `request.resource`, or `*` for all groups. A token for the group `apps`
///    vouches for nothing that is said about Roles. Objects of the core group, such as pods, need `*`: no token attests the empty
///    name.
///
/// The service then gets the request with the [`Caller`] in its extensions, without the token, and with the body as it came. What
/// the layer answers to other requests:
///
/// | answer | when |
/// |---|---|
/// | 400 | the header with the token is not well-formed; the body is no such review |
/// | 401 | there is no token, or it is refused |
/// | 403 | the token is bound to no webhook configuration, or does not attest the group; the [policy](Self::policy) says no |
/// | 408, 413 | the body takes [too long](Self::review_time_limit), or is [too large](Self::max_review_size) |
/// | 503 | nobody can decide at the moment |
///
/// The log and the metrics have the reason, as those of [`AuthLayer`](crate::AuthLayer) do. A caller whose token was good before
/// its review was refused counts as accepted and as refused.
///
/// ```
/// # use boundtoken::{KeySet, TrustedIssuer, Verifier};
/// use axum::{Router, routing::post};
/// use boundtoken_tower::{AdmissionLayer, WebhookAddress};
/// # async fn validate() {}
///
/// # fn run(verifier: Verifier) {
/// let address = WebhookAddress::service("policy", "demo").port(8443).path("/validate");
/// let router: Router =
///     Router::new().route("/validate", post(validate)).layer(AdmissionLayer::new(verifier, address));
/// # }
/// ```
///
/// In a pod, `AdmissionLayer::in_cluster` makes the verifier too (feature `kubernetes`). `examples/admission` is a whole webhook.
///
/// # What the API server makes of a refusal
///
/// Any status but 200 is a failed call, and the `failurePolicy` of the webhook decides:
///
/// - `Fail`, the default: the object is refused.
/// - `Ignore`: **the object is let through, and nobody has reviewed it.** An API server whose token is missing, expired or for
///   another address does not notice more than a line in its log.
///
/// [`deny_in_review`](Self::deny_in_review) refuses the object under both.
///
/// # Where the tokens come from
///
/// The API server of Kubernetes 1.37 issues such tokens with the feature gate `APIServerWebhookAuthenticationToken`, but does not
/// request them for itself yet. Until it does, something beside it requests a token every few minutes
/// (`boundtoken request --bound-object-kind ValidatingWebhookConfiguration`), and the file given by
/// `--admission-control-config-file` names the `tokenFile` for each webhook. The API server reads that file again every minute.
#[derive(Clone, Debug)]
pub struct AdmissionLayer {
    authenticator: Authenticator,
    limits: Limits,
    denies_in_review: bool,
}

impl AdmissionLayer {
    /// Authenticates by this verifier, for the webhook of this address.
    ///
    /// The verifier needs a source of objects that knows webhook configurations. Without one, the token of a deleted configuration
    /// passes until it expires, ten minutes after it was issued.
    #[must_use]
    pub fn new(verifier: impl Into<OnlineVerifier>, address: impl Into<WebhookAddress>) -> Self {
        let layer = Self {
            authenticator: Authenticator::new(verifier),
            limits: Limits { size: DEFAULT_SIZE, time: DEFAULT_TIME },
            denies_in_review: false,
        };
        layer.address(address)
    }

    /// Sets another address. With a clone it makes the layer of the next webhook: both share the verifier and the cluster.
    #[must_use]
    pub fn address(self, address: impl Into<WebhookAddress>) -> Self {
        self.with(|authenticator| authenticator.only_for(address.into().into_text()))
    }

    /// Answers refused requests with a review that denies, where that is possible.
    ///
    /// The status is then 200, and the body an AdmissionReview with `allowed: false`. Its `status` has the code of the refusal,
    /// such as 401, and a message that says no more than the challenge would. The API server refuses the object, under
    /// `failurePolicy: Ignore` too, and its client sees code and message.
    ///
    /// Such an answer must repeat the request's uid. So the body is read without knowing who sent it: as much as a review may have,
    /// and as long as one may take. Nothing is taken from it but `request.uid`, and no more than its first 64 KiB is kept. Without
    /// a uid there the answer stays as it is.
    ///
    /// Whoever can reach the service then gets a 200, and makes it read. Do not take the status for success in probes and
    /// dashboards.
    #[must_use]
    pub fn deny_in_review(mut self) -> Self {
        self.denies_in_review = true;
        self
    }

    /// The size of the largest review, in bytes. Default: 7 MiB, for two objects as large as the API server takes them. Larger
    /// ones are answered with 413.
    #[must_use]
    pub fn max_review_size(mut self, bytes: usize) -> Self {
        self.limits.size = bytes;
        self
    }

    /// How long the body may take to arrive. Default: 10 seconds, as long as the API server waits by default. Slower ones are
    /// answered with 408.
    #[must_use]
    pub fn review_time_limit(mut self, limit: Duration) -> Self {
        self.limits.time = limit;
        self
    }

    /// How long questions to clusters and issuers may take for one request. Default: 5 seconds.
    #[must_use]
    pub fn time_limit(self, limit: Duration) -> Self {
        self.with(|authenticator| authenticator.time_limit(limit))
    }

    /// Lets only those callers pass that this policy allows: the service account of the API server, for instance. See
    /// [`Authenticator::policy`].
    #[must_use]
    pub fn policy(self, policy: impl Into<SharedPolicy>) -> Self {
        self.with(|authenticator| authenticator.policy(policy))
    }

    /// What the layer authenticates by.
    #[must_use]
    pub fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }

    fn with(mut self, set: impl FnOnce(Authenticator) -> Authenticator) -> Self {
        self.authenticator = set(self.authenticator);
        self
    }

    /// Returns the caller and the body of a request that may pass.
    async fn admit<B: Body>(&self, head: &Parts, body: B) -> Result<(Caller, Bytes), Refused> {
        let caller = match self.authenticate(head).await {
            Ok(caller) => caller,
            Err(refusal) if self.denies_in_review => {
                let (beginning, _) = self.limits.read(body, BEGINNING).await;
                return Err(Refused { refusal, uid: review::uid(&beginning) });
            }
            Err(refusal) => return Err(Refused { refusal, uid: None }),
        };
        let (body, complete) = self.limits.read(body, self.limits.size).await;
        match complete.map_err(Refusal::from).and_then(|()| judge(&caller, &body)) {
            Ok(()) => Ok((caller, body.freeze())),
            Err(refusal) => {
                let uid = if self.denies_in_review { review::uid(&body) } else { None };
                Err(Refused { refusal: self.authenticator.refuse(refusal), uid })
            }
        }
    }

    async fn authenticate(&self, head: &Parts) -> Result<Caller, Refusal> {
        let caller = self.authenticator.authenticate(&head.method, &head.headers).await?;
        let refusal = match caller {
            Some(caller) if is_of_a_webhook(&caller) => return Ok(caller),
            Some(_) => Refusal::NotOfAWebhook,
            // A preflight of a browser. No API server sends one.
            None => Refusal::Unauthenticated,
        };
        Err(self.authenticator.refuse(refusal))
    }
}

fn is_of_a_webhook(caller: &Caller) -> bool {
    let claims = caller.claims();
    claims.validating_webhook_configuration().is_some() || claims.mutating_webhook_configuration().is_some()
}

/// Judges a review by what the caller's token attests.
fn judge(caller: &Caller, body: &[u8]) -> Result<(), Refusal> {
    let Review { group, .. } = Review::read(body)?;
    if Policy::api_group(group.as_str()).allows(caller) {
        return Ok(());
    }
    Err(Refusal::GroupNotAttested { group: group.into() })
}

/// A request that may not pass.
struct Refused {
    refusal: Refusal,
    /// The uid of the review, if the answer is to be a review.
    uid: Option<String>,
}

impl Refused {
    fn response<R: From<Bytes>>(&self) -> Response<R> {
        let Some(uid) = &self.uid else { return self.refusal.response::<Bytes>().map(R::from) };
        let mut response = Response::new(R::from(review::denial(uid, &self.refusal)));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.extensions_mut().insert(self.refusal.clone());
        response
    }
}

impl<S> Layer<S> for AdmissionLayer {
    type Service = AdmissionService<S>;

    fn layer(&self, service: S) -> AdmissionService<S> {
        AdmissionService { service, layer: self.clone() }
    }
}

/// The service that an [`AdmissionLayer`] makes of another.
///
/// It takes a body of any kind, and gives the other service the whole of it.
#[derive(Clone, Debug)]
pub struct AdmissionService<S> {
    service: S,
    layer: AdmissionLayer,
}

impl<S, B, R> Service<Request<B>> for AdmissionService<S>
where
    S: Service<Request<Full<Bytes>>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    R: From<Bytes>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = AdmissionFuture<Response<R>, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut service = take_ready(&mut self.service);
        let layer = self.layer.clone();
        AdmissionFuture(Box::pin(async move {
            let (head, body) = request.into_parts();
            match layer.admit(&head, body).await {
                Ok((caller, body)) => {
                    let mut request = Request::from_parts(head, Full::new(body));
                    layer.authenticator.hand_over(&mut request, Some(caller));
                    service.call(request).await
                }
                Err(refused) => Ok(refused.response()),
            }
        }))
    }
}

/// The future of an [`AdmissionService`].
#[must_use = "futures do nothing unless polled"]
pub struct AdmissionFuture<R, E>(Pin<Box<dyn Future<Output = Result<R, E>> + Send>>);

impl<R, E> Future for AdmissionFuture<R, E> {
    type Output = Result<R, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}

impl<R, E> fmt::Debug for AdmissionFuture<R, E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AdmissionFuture").finish_non_exhaustive()
    }
}
