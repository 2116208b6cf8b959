//! Telling Kubernetes when a service can decide about its callers (feature `kubernetes`).

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use boundtoken_kubernetes::Cluster;
use http::{Request, Response, StatusCode};
use tower_service::Service;

/// Whether clusters are current enough to decide about callers.
///
/// It is ready once everything is known, and not ready while the watches or the keys are stale: every token would be refused
/// then. As a service it answers each request with 200 or 503, for a `readinessProbe`. Kubernetes then sends no calls to a pod
/// that could only refuse them.
///
/// Made by [`AuthLayer::readiness`](crate::AuthLayer::readiness). Cheap to clone.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<[Arc<Cluster>]>);

impl Readiness {
    pub(crate) fn new(clusters: Vec<Arc<Cluster>>) -> Self {
        Self(clusters.into())
    }

    /// Whether no cluster is [stale](Cluster::is_stale).
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.0.iter().any(|cluster| cluster.is_stale())
    }

    /// The status for an answer: 200 or 503.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        if self.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
    }
}

// axum's body is one of many that can be made of nothing.
impl<B> Service<Request<B>> for Readiness {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        let mut response = Response::new(String::new());
        *response.status_mut() = self.status();
        ready(Ok(response))
    }
}
