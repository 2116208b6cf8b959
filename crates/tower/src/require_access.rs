//! Kubernetes' permissions for some routes (feature `kubernetes`).

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::answer::take_ready;
use crate::observe::Observer;
use crate::{AccessReview, Caller, Refusal};

/// Returns a layer that lets only those callers pass whom Kubernetes allows what the review asks. It is for single routes or
/// whole services, behind an [`AuthLayer`](crate::AuthLayer).
///
/// Others are answered with 403. If the API server does not answer, the answer is 503. A request without a [`Caller`] is
/// answered with 401.
///
/// ```no_run
/// use axum::{Router, routing::get};
/// use boundtoken_tower::{AccessReview, AuthLayer, require_access};
///
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// let auth = AuthLayer::in_cluster("my-service").await?;
/// let review = AccessReview::new(auth.clusters()[0].client());
/// let router: Router = Router::new()
///     .route("/metrics", get(|| async { "numbers" }))
///     .route_layer(require_access(review.path("get", "/metrics")))
///     .layer(auth);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn require_access(review: AccessReview) -> RequireAccessLayer {
    RequireAccessLayer { review, observer: Arc::default() }
}

/// The layer that [`require_access`] returns.
#[derive(Clone, Debug)]
pub struct RequireAccessLayer {
    review: AccessReview,
    observer: Arc<Observer>,
}

impl<S> Layer<S> for RequireAccessLayer {
    type Service = RequireAccessService<S>;

    fn layer(&self, service: S) -> RequireAccessService<S> {
        RequireAccessService { service, layer: self.clone() }
    }
}

/// The service that a [`RequireAccessLayer`] makes of another.
#[derive(Clone, Debug)]
pub struct RequireAccessService<S> {
    service: S,
    layer: RequireAccessLayer,
}

impl RequireAccessLayer {
    async fn judge(&self, caller: Option<Caller>) -> Result<(), Refusal> {
        let Some(caller) = caller else { return Err(self.refuse(Refusal::Unauthenticated)) };
        match self.review.allows(&caller).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.refuse(Refusal::Forbidden)),
            Err(error) => {
                self.observer.refused_because(&Refusal::Undecided, &error);
                Err(Refusal::Undecided)
            }
        }
    }

    fn refuse(&self, refusal: Refusal) -> Refusal {
        self.observer.refused(&refusal);
        refusal
    }
}

impl<S, B, R> Service<Request<B>> for RequireAccessService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    R: Default,
{
    type Response = Response<R>;
    type Error = S::Error;
    // Whoever asks a network can afford an allocation.
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut service = take_ready(&mut self.service);
        let layer = self.layer.clone();
        let caller = request.extensions().get::<Caller>().cloned();
        Box::pin(async move {
            match layer.judge(caller).await {
                Ok(()) => service.call(request).await,
                Err(refusal) => Ok(refusal.response()),
            }
        })
    }
}
