//! A service in a cluster. It knows its callers by their bound tokens, and asks the API server about none of them.
//!
//!     cargo run -p boundtoken-kubernetes --example service -- AUDIENCE ADDRESS
//!
//! - `/` answers with the caller's name. Without a good token the answer is 401, and 503 while nobody can tell.
//! - `/readyz` answers 503 while the service has lost touch with the cluster for too long. Kubernetes then sends it no calls.
//! - SIGTERM stops it, once the calls that it has begun are answered.
//!
//! Tokens are secrets: put TLS in front of it. `deploy/example-deployment.yaml` runs such a service.
#![allow(clippy::restriction)]

use std::error::Error;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use boundtoken::Reason;
use boundtoken_kubernetes::{Cluster, OnlineVerifier};
use tokio::net::TcpListener;

struct Service {
    cluster: Cluster,
    verifier: OnlineVerifier,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [audience, address] = arguments.as_slice() else { return Err("expected AUDIENCE ADDRESS".into()) };
    let stopped = stopped()?;

    // In a pod, or by kubeconfig. It returns when all objects are known, so the first call is judged like all others.
    let cluster = Cluster::builder().connect().await?;
    let verifier = cluster.verifier_builder().audience(audience.as_str()).build()?;
    let verifier = OnlineVerifier::new(verifier).asking(&cluster);

    let service = Arc::new(Service { cluster, verifier });
    let router = Router::new().route("/", get(greet)).route("/readyz", get(ready)).with_state(service);
    let listener = TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, router).with_graceful_shutdown(stopped).await?;
    Ok(())
}

async fn greet(State(service): State<Arc<Service>>, headers: HeaderMap) -> Response {
    let caller = match service.verifier.verify(bearer_token(&headers)).await {
        Ok(caller) => caller,
        Err(rejection) => {
            // The reason is for the log. It never contains the token. The caller learns no more than the challenge.
            eprintln!("refused: {}: {rejection}", rejection.name());
            return match rejection.reason() {
                Reason::BoundObjectUnavailable | Reason::BoundObjectPending | Reason::KeysStale => {
                    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")]).into_response()
                }
                _ => {
                    let challenge = [(WWW_AUTHENTICATE, rejection.www_authenticate())];
                    (StatusCode::UNAUTHORIZED, challenge).into_response()
                }
            };
        }
    };
    format!("{}\n", caller.claims().subject()).into_response()
}

/// The token of the header `Authorization: Bearer TOKEN` (RFC 6750 section 2.1). Empty without one: the verifier has the
/// challenge for that too.
fn bearer_token(headers: &HeaderMap) -> &[u8] {
    let value = headers.get(AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
    match value.split_at_checked(b"Bearer ".len()) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"Bearer ") => token,
        _ => b"",
    }
}

async fn ready(State(service): State<Arc<Service>>) -> StatusCode {
    if service.cluster.is_stale() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
}

/// Completes at SIGTERM, by which Kubernetes stops a container. Listens for it from the call on.
#[cfg(unix)]
fn stopped() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    Ok(async move {
        terminate.recv().await;
    })
}

#[cfg(not(unix))]
fn stopped() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
