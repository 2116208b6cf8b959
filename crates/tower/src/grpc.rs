//! A layer for gRPC services (feature `tonic`).

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tonic::Status;
use tonic::body::Body;
use tower_layer::Layer;
use tower_service::Service;

use crate::{AuthLayer, AuthService, Authenticator, Caller, Refusal, ResponseFuture};

mod stream;

use stream::{Side, UntilRevoked};

/// Authenticates the callers of gRPC services, and ends their streams when they are no longer good.
///
/// It does what [`AuthLayer`] does, and answers as gRPC does:
///
/// | status | when |
/// |---|---|
/// | `UNAUTHENTICATED` | there is no token, it is refused, or its header is not well-formed |
/// | `PERMISSION_DENIED` | the policy does not allow the caller |
/// | `UNAVAILABLE` | nobody can decide at the moment |
///
/// A stream ends with `UNAUTHENTICATED` when its caller is [revoked](crate::Revoked): when the token expires, its key is
/// withdrawn, or an object that it is bound to is deleted. What the client streams ends for the service with the same status. A
/// call that is answered at once is never interrupted.
///
/// ```
/// # use boundtoken::{KeySet, TrustedIssuer, Verifier};
/// # fn run(verifier: Verifier) {
/// use boundtoken_tower::{AuthLayer, GrpcAuthLayer, Policy};
/// use tonic::transport::Server;
///
/// let auth = AuthLayer::new(verifier).policy(Policy::namespace("demo"));
/// let (_, health) = tonic_health::server::health_reporter();
/// let router = Server::builder().layer(GrpcAuthLayer::from(auth)).add_service(health);
/// # }
/// ```
///
/// A method finds its caller in the extensions of the request:
///
/// ```
/// use boundtoken_tower::Caller;
///
/// fn greet(request: tonic::Request<()>) -> Result<tonic::Response<String>, tonic::Status> {
///     let caller = request.extensions().get::<Caller>();
///     let caller = caller.ok_or_else(|| tonic::Status::unauthenticated("no caller"))?;
///     Ok(tonic::Response::new(format!("hello, {}", caller.claims().subject())))
/// }
/// # assert!(greet(tonic::Request::new(())).is_err());
/// ```
#[derive(Clone, Debug)]
pub struct GrpcAuthLayer(AuthLayer);

impl From<AuthLayer> for GrpcAuthLayer {
    fn from(layer: AuthLayer) -> Self {
        Self(layer)
    }
}

impl From<Authenticator> for GrpcAuthLayer {
    fn from(authenticator: Authenticator) -> Self {
        Self(authenticator.into())
    }
}

impl<S> Layer<S> for GrpcAuthLayer {
    type Service = GrpcAuthService<S>;

    fn layer(&self, service: S) -> GrpcAuthService<S> {
        GrpcAuthService(self.0.layer(EndStreams(service)))
    }
}

/// The service that a [`GrpcAuthLayer`] makes of another.
#[derive(Clone, Debug)]
pub struct GrpcAuthService<S>(AuthService<EndStreams<S>>);

impl<S> Service<Request<Body>> for GrpcAuthService<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = GrpcFuture<S>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> GrpcFuture<S> {
        GrpcFuture { answer: self.0.call(request) }
    }
}

pin_project! {
    /// The future of a [`GrpcAuthService`].
    pub struct GrpcFuture<S>
    where
        S: Service<Request<Body>>,
        S: Service<Request<Body>, Response = Response<Body>>,
    {
        #[pin]
        answer: ResponseFuture<EndStreams<S>, Body>,
    }
}

impl<S> Future for GrpcFuture<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone,
{
    type Output = Result<Response<Body>, S::Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(self.project().answer.poll(context))?;
        Poll::Ready(Ok(match response.extensions().get::<Refusal>() {
            Some(refusal) => status(refusal).into_http(),
            None => response,
        }))
    }
}

/// Says in gRPC's words what a refusal says in HTTP's.
fn status(refusal: &Refusal) -> Status {
    match refusal {
        refusal if refusal.is_temporary() => Status::unavailable(refusal.description()),
        Refusal::Forbidden => Status::permission_denied(refusal.description()),
        refusal => Status::unauthenticated(refusal.description()),
    }
}

/// A service whose streams end with their callers.
#[derive(Clone, Debug)]
struct EndStreams<S>(S);

impl<S> Service<Request<Body>> for EndStreams<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = EndStreamsFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let caller = request.extensions().get::<Caller>().cloned();
        let request = match &caller {
            Some(caller) => request.map(|body| UntilRevoked::body(Side::Request, caller.clone(), body)),
            None => request,
        };
        EndStreamsFuture { answer: self.0.call(request), caller }
    }
}

pin_project! {
    /// The future of [`EndStreams`].
    struct EndStreamsFuture<F> {
        #[pin]
        answer: F,
        caller: Option<Caller>,
    }
}

impl<F, E> Future for EndStreamsFuture<F>
where
    F: Future<Output = Result<Response<Body>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let response = ready!(this.answer.poll(context))?;
        Poll::Ready(Ok(match this.caller.take() {
            Some(caller) => response.map(|body| UntilRevoked::body(Side::Response, caller, body)),
            None => response,
        }))
    }
}
