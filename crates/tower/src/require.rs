//! A policy for some routes.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::answer::Answer;
use crate::observe::Observer;
use crate::{Caller, Refusal, SharedPolicy};

/// Returns a layer that lets only those callers pass that the policy allows. It is for single routes, behind an
/// [`AuthLayer`](crate::AuthLayer).
///
/// Others are answered with 403. A request without a [`Caller`] is answered with 401: the token was optional, or there is no
/// `AuthLayer`.
///
/// ```
/// use axum::{Router, routing::delete};
/// use boundtoken_tower::{Policy, require};
///
/// let router: Router = Router::new()
///     .route("/records", delete(|| async { "deleted" }))
///     .route_layer(require(Policy::service_account("billing", "janitor")));
/// ```
#[must_use]
pub fn require(policy: impl Into<SharedPolicy>) -> RequireLayer {
    RequireLayer { policy: policy.into(), observer: Arc::default() }
}

/// The layer that [`require`] returns.
#[derive(Clone, Debug)]
pub struct RequireLayer {
    policy: SharedPolicy,
    observer: Arc<Observer>,
}

impl<S> Layer<S> for RequireLayer {
    type Service = RequireService<S>;

    fn layer(&self, service: S) -> RequireService<S> {
        RequireService { service, layer: self.clone() }
    }
}

/// The service that a [`RequireLayer`] makes of another.
#[derive(Clone, Debug)]
pub struct RequireService<S> {
    service: S,
    layer: RequireLayer,
}

impl RequireLayer {
    fn judge<B>(&self, request: &Request<B>) -> Result<(), Refusal> {
        let verdict = match request.extensions().get::<Caller>() {
            Some(caller) if self.policy.allows(caller) => return Ok(()),
            Some(_) => Refusal::Forbidden,
            None => Refusal::Unauthenticated,
        };
        self.observer.refused(&verdict);
        Err(verdict)
    }
}

impl<S, B, R> Service<Request<B>> for RequireService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Default,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = RequireFuture<S::Future, Response<R>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let answer = match self.layer.judge(&request) {
            Ok(()) => Answer::OfService { answer: self.service.call(request) },
            Err(refusal) => Answer::refused(&refusal),
        };
        RequireFuture { answer }
    }
}

pin_project! {
    /// The future of a [`RequireService`].
    pub struct RequireFuture<F, R> {
        #[pin]
        answer: Answer<F, R>,
    }
}

impl<F: Future<Output = Result<R, E>>, R, E> Future for RequireFuture<F, R> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.project().answer.poll(context)
    }
}
