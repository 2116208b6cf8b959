//! Routes for those whom Kubernetes allows what they ask.
#![cfg(feature = "kubernetes")]

use boundtoken_tower::{AccessReview, require_access};
use http::{Request, Response};
use kube::Client;
use kube::client::Body;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Layer as _, service_fn};

use crate::setup::{Setup, answer, bearer, behind, request};

/// An API server that gives this answer to every review.
fn api_server(status: u16, body: &'static str) -> Client {
    let answer = move |_: Request<Body>| async move {
        let answer = Response::builder().status(status).header("content-type", "application/json");
        Ok::<_, BoxError>(answer.body(Body::from(body.as_bytes().to_vec()))?)
    };
    Client::new(service_fn(answer), "default")
}

#[tokio::test]
async fn a_route_is_for_those_whom_kubernetes_allows_it() {
    const YES: &str = r#"{"apiVersion":"authorization.k8s.io/v1","kind":"SubjectAccessReview","spec":{},"status":{"allowed":true}}"#;
    const NO: &str = r#"{"apiVersion":"authorization.k8s.io/v1","kind":"SubjectAccessReview","spec":{},"status":{"allowed":false}}"#;
    const BROKEN: &str =
        r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"etcd is gone","code":500}"#;
    let setup = Setup::new();
    let token = setup.pod("live");
    for (status, body, expected) in [(201, YES, 200), (201, NO, 403), (500, BROKEN, 503)] {
        let review = AccessReview::new(api_server(status, body)).path("get", "/metrics");
        let inner = require_access(review).layer(behind(&setup.layer().optional()));
        let service = BoxCloneSyncService::new(setup.layer().optional().layer(inner));
        let answered = answer(&service, bearer(&token)).await;
        assert_eq!(answered.status, expected, "{body}");
        assert_eq!(answered.retry_after.is_some(), expected == 503);
        assert_eq!(answer(&service, request(&[])).await.status, 401, "nobody is asked about nobody");
    }
}
