//! The layer without a web framework, on hyper alone.
//!
//!     cargo run -p boundtoken-tower --example hyper -- JWKS-FILE ISSUER AUDIENCE ADDRESS
//!
//! It answers with the caller's name. The keys come from a file, so it speaks to no cluster, and does not notice when a pod is
//! gone: each caller is `notChecked`.
#![allow(clippy::restriction)]

use std::convert::Infallible;
use std::error::Error;

use boundtoken::{KeySet, TrustedIssuer, Verifier};
use boundtoken_tower::{AuthLayer, Caller};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::{ServiceBuilder, service_fn};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [jwks, issuer, audience, address] = arguments.as_slice() else {
        return Err("expected JWKS-FILE ISSUER AUDIENCE ADDRESS".into());
    };
    let keys = KeySet::from_jwks(&std::fs::read(jwks)?)?;
    let issuer = TrustedIssuer::new(issuer.as_str(), keys);
    let verifier = Verifier::builder().issuer(issuer).audience(audience.as_str()).build()?;
    let service = ServiceBuilder::new().layer(AuthLayer::new(verifier)).service(service_fn(greet));

    let listener = TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    loop {
        let (connection, _) = listener.accept().await?;
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(async move {
            let builder = auto::Builder::new(TokioExecutor::new());
            let served = builder.serve_connection(TokioIo::new(connection), service).await;
            served.unwrap_or_else(|error| eprintln!("{error}"));
        });
    }
}

async fn greet(request: Request<Incoming>) -> Result<Response<String>, Infallible> {
    let caller = request.extensions().get::<Caller>().expect("the layer lets nobody else pass");
    Ok(Response::new(format!("hello, {}: {}\n", caller.claims().subject(), caller.confirmed().name())))
}
