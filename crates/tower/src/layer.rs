//! The layer, and the service that it makes.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use boundtoken_refresh::OnlineVerifier;
use http::{HeaderName, Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::SharedPolicy;
use crate::answer::{Answer, take_ready};
use crate::authenticator::{Asking, Authenticator, Verdict};

/// Authenticates the callers of an HTTP service.
///
/// It takes the bearer token of each request, verifies it, and puts the [`Caller`](crate::Caller) into the request's
/// extensions. Other requests do not reach the service:
///
/// | answer | when | headers |
/// |---|---|---|
/// | 400 | the header with the token is not well-formed, or comes twice | `WWW-Authenticate` |
/// | 401 | there is no token, or it is refused | `WWW-Authenticate` |
/// | 403 | the [policy](Self::policy) does not allow the caller | `WWW-Authenticate` |
/// | 503 | nobody can decide at the moment: the cluster cannot be reached, for instance | `Retry-After` |
///
/// The body of these answers is empty, and the challenge says no more than RFC 6750 allows. The log has the reason: one
/// [`tracing`] event for each refusal, at most ten a second. A token never appears in it.
///
/// Tokens that were seen before take less than a microsecond and first ones some microseconds, so both are verified at once.
/// Only if a cluster or issuer must be asked about something new, the request waits.
///
/// A CORS preflight passes: browsers send no token in it.
///
/// ```
/// # use boundtoken::{KeySet, TrustedIssuer, Verifier};
/// use boundtoken_tower::{AuthLayer, Caller, Policy};
/// use http::{Request, Response};
/// use tower::{ServiceBuilder, ServiceExt as _, service_fn};
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
/// # runtime.block_on(async {
/// # let jwks = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/apiserver-rs256/jwks.json"));
/// # let issuer = TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(jwks)?);
/// let verifier = Verifier::builder().issuer(issuer).audience("vault").build()?;
/// let service = ServiceBuilder::new()
///     .layer(AuthLayer::new(verifier).policy(Policy::namespace("demo")))
///     .service(service_fn(|request: Request<String>| async move {
///         let caller = request.extensions().get::<Caller>().expect("the layer lets nobody else pass");
///         Ok::<_, std::convert::Infallible>(Response::new(caller.claims().subject().to_owned()))
///     }));
///
/// let answer = service.oneshot(Request::new(String::new())).await?;
/// assert_eq!(answer.status(), 401);
/// assert_eq!(answer.headers()["www-authenticate"], "Bearer");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct AuthLayer(Authenticator);

impl AuthLayer {
    /// Authenticates by this verifier: a [`Verifier`](boundtoken::Verifier), or an [`OnlineVerifier`] if clusters or issuers
    /// may be asked about what is new.
    #[must_use]
    pub fn new(verifier: impl Into<OnlineVerifier>) -> Self {
        Self(Authenticator::new(verifier))
    }

    /// Takes the token from this header instead of `Authorization`. See [`Authenticator::header`].
    #[must_use]
    pub fn header(self, name: HeaderName) -> Self {
        Self(self.0.header(name))
    }

    /// Lets requests without a token pass, without a [`Caller`](crate::Caller). A token that is there must still be good.
    #[must_use]
    pub fn optional(self) -> Self {
        Self(self.0.optional())
    }

    /// Leaves the token in the request. By default the service does not see it. See [`Authenticator::keep_token`].
    #[must_use]
    pub fn keep_token(self) -> Self {
        Self(self.0.keep_token())
    }

    /// How long questions to clusters and issuers may take for one request. Default: 5 seconds.
    #[must_use]
    pub fn time_limit(self, limit: Duration) -> Self {
        Self(self.0.time_limit(limit))
    }

    /// Lets only those callers pass that this policy allows. See [`Authenticator::policy`].
    #[must_use]
    pub fn policy(self, policy: impl Into<SharedPolicy>) -> Self {
        Self(self.0.policy(policy))
    }

    /// What the layer authenticates by.
    #[must_use]
    pub fn authenticator(&self) -> &Authenticator {
        &self.0
    }
}

impl From<Authenticator> for AuthLayer {
    fn from(authenticator: Authenticator) -> Self {
        Self(authenticator)
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, service: S) -> AuthService<S> {
        AuthService { service, authenticator: self.0.clone() }
    }
}

/// The service that an [`AuthLayer`] makes of another.
#[derive(Clone, Debug)]
pub struct AuthService<S> {
    service: S,
    authenticator: Authenticator,
}

impl<S, B, R> Service<Request<B>> for AuthService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    R: Default,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ResponseFuture<S, B>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> ResponseFuture<S, B> {
        let step = match self.authenticator.begin(request.method(), request.headers()) {
            Verdict::Pass(caller) => {
                self.authenticator.hand_over(&mut request, caller);
                Step::Answering { answer: Answer::OfService { answer: self.service.call(request) } }
            }
            Verdict::Refuse(refusal) => Step::Answering { answer: Answer::refused(&refusal) },
            Verdict::Ask(asking) => {
                let service = take_ready(&mut self.service);
                let waiting = Waiting { request, service, authenticator: self.authenticator.clone() };
                Step::Asking { asking, waiting: Some(Box::new(waiting)) }
            }
        };
        ResponseFuture { step }
    }
}

pin_project! {
    /// The future of an [`AuthService`].
    pub struct ResponseFuture<S, B> where S: Service<Request<B>> {
        #[pin]
        step: Step<S, B, S::Future, S::Response>,
    }
}

pin_project! {
    #[project = StepNow]
    enum Step<S, B, F, R> {
        Asking { asking: Asking, waiting: Option<Box<Waiting<S, B>>> },
        Answering { #[pin] answer: Answer<F, R> },
    }
}

/// A request that waits until its caller is known.
struct Waiting<S, B> {
    request: Request<B>,
    service: S,
    authenticator: Authenticator,
}

impl<S, B, R> Future for ResponseFuture<S, B>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Default,
{
    type Output = Result<Response<R>, S::Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut step = self.project().step;
        loop {
            let next = match step.as_mut().project() {
                StepNow::Answering { answer } => return answer.poll(context),
                StepNow::Asking { asking, waiting } => {
                    match (ready!(asking.as_mut().poll(context)), waiting.take()) {
                        (Ok(caller), Some(waiting)) => {
                            let Waiting { mut request, mut service, authenticator } = *waiting;
                            authenticator.hand_over(&mut request, Some(caller));
                            Step::Answering { answer: Answer::OfService { answer: service.call(request) } }
                        }
                        (Ok(_), None) => return Poll::Pending,
                        (Err(refusal), _) => Step::Answering { answer: Answer::refused(&refusal) },
                    }
                }
            };
            step.set(next);
        }
    }
}
