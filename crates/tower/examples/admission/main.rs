//! An admission webhook: every Deployment must say who owns it. Only the API server may ask.
//!
//!     cargo run -p boundtoken-tower --features axum,kubernetes --example admission -- LISTEN TLS_CERT TLS_KEY
//!
//! It finds the cluster as kubectl does, or in a pod by the pod's own account. `make example-admission` runs it against a
//! development server: `demo.sh` beside this file shows what a good token is, and what is refused.
#![allow(clippy::restriction)]

use std::error::Error;

use axum::routing::{get_service, post};
use axum::{Json, Router};
use boundtoken_kubernetes::Cluster;
use boundtoken_tower::{AdmissionLayer, Caller, WebhookAddress};
use kube::core::DynamicObject;
use kube::core::admission::{AdmissionRequest, AdmissionResponse, AdmissionReview};
use tokio::net::TcpListener;

mod tls;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [listen, certificate, key] = arguments.as_slice() else {
        return Err("expected LISTEN TLS_CERT TLS_KEY".into());
    };

    // As the webhook configuration has it: clientConfig: {service: {name: policy, namespace: demo, path: /validate}}
    let address = WebhookAddress::service("policy", "demo").path("/validate");
    // In a pod, `AdmissionLayer::in_cluster(address)` does both.
    let cluster = Cluster::builder().webhook_configurations(true).connect().await?;
    let admission = AdmissionLayer::of_cluster(cluster, address)?;

    let router = Router::new()
        .route("/validate", post(validate).layer(admission.clone()))
        .route("/readyz", get_service(admission.readiness()));
    let listener = TcpListener::bind(listen).await?;
    println!("{}", listener.local_addr()?);
    tls::serve(listener, tls::acceptor(certificate, key)?, router).await
}

type Review = AdmissionReview<DynamicObject>;

async fn validate(caller: Caller, Json(review): Json<Review>) -> Json<Review> {
    let request: AdmissionRequest<DynamicObject> = match review.try_into() {
        Ok(request) => request,
        Err(error) => return Json(AdmissionResponse::invalid(error).into_review()),
    };
    let labels = request.object.as_ref().and_then(|object| object.metadata.labels.as_ref());
    let has_owner = labels.is_some_and(|labels| labels.contains_key("owner"));
    let response = AdmissionResponse::from(&request);
    let response =
        if has_owner { response } else { response.deny("the label `owner` must say who owns this") };
    eprintln!(
        "{} asks about {} {}: {}",
        caller.claims().subject(),
        request.kind.kind,
        request.name,
        response.allowed
    );
    Json(response.into_review())
}
