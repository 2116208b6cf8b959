//! A gRPC service that knows its callers by their bound tokens, and whose streams end with them.
//!
//!     make example-tonic      runs it against the development server, and calls it
//!     cargo run -p boundtoken-tower --example tonic --features kubernetes,tonic -- serve AUDIENCE ADDRESS
//!     TOKEN=… cargo run -p boundtoken-tower --example tonic --features kubernetes,tonic -- call ADDRESS
//!
//! The service is gRPC's own for health checks: `Check` is answered at once, and `Watch` is a stream without an end. Tokens are
//! secrets: put TLS in front of it.
#![allow(clippy::restriction)]

use std::error::Error;

use boundtoken_kubernetes::Cluster;
use boundtoken_tower::{AuthLayer, GrpcAuthLayer};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::Request;
use tonic::transport::{Channel, Server};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", audience, address] => serve(audience, address).await,
        ["call", address] => call(address, &std::env::var("TOKEN").unwrap_or_default()).await,
        _ => Err("expected serve AUDIENCE ADDRESS, or call ADDRESS".into()),
    }
}

async fn serve(audience: &str, address: &str) -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    // In a pod, `AuthLayer::in_cluster(audience)` does the same. This works with a kubeconfig too.
    let auth = AuthLayer::of_cluster(Cluster::builder().connect().await?, audience)?;

    let (_reporter, health) = tonic_health::server::health_reporter();
    let listener = TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    let server = Server::builder().layer(GrpcAuthLayer::from(auth)).add_service(health);
    server.serve_with_incoming(TcpListenerStream::new(listener)).await?;
    Ok(())
}

/// Prints the answer to a call, then every message of a stream, then why the stream ended.
async fn call(address: &str, token: &str) -> Result<(), Box<dyn Error>> {
    let request = || -> Result<_, Box<dyn Error>> {
        let mut request = Request::new(HealthCheckRequest::default());
        if !token.is_empty() {
            request.metadata_mut().insert("authorization", format!("Bearer {token}").parse()?);
        }
        Ok(request)
    };
    let mut client = HealthClient::new(Channel::from_shared(address.to_owned())?.connect().await?);
    match client.check(request()?).await {
        Ok(answer) => println!("check: {:?}", answer.into_inner().status()),
        Err(status) => {
            println!("check: {:?}: {}", status.code(), status.message());
            return Ok(());
        }
    }
    let mut stream = client.watch(request()?).await?.into_inner();
    loop {
        match stream.message().await {
            Ok(Some(message)) => println!("watch: {:?}", message.status()),
            Ok(None) => return Ok(()),
            Err(status) => {
                println!("watch: {:?}: {}", status.code(), status.message());
                return Ok(());
            }
        }
    }
}
