//! Tests of issuers over HTTPS, against a development server and against a server that misbehaves.
#![allow(clippy::restriction)]

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use boundtoken::api::TokenRequest;
use boundtoken::{Algorithm, Confirmed, Issuer, Reason, Rejection, SigningKey, VerifiedToken, Verifier};
use boundtoken_dev_server::{DevServer, Fault};
use boundtoken_discovery::OnlineVerifier;
use boundtoken_discovery::{Discovery, DiscoveryBuilder, DiscoveryError, Step};

use server::{Answer, Server};

mod connecting;
mod following;
mod misbehaving;
mod server;

/// The audience of all tokens here.
const AUDIENCE: &str = "vault";
/// The shortest time between two requests for keys.
const INTERVAL: Duration = Duration::from_secs(10);

/// A development server whose issuer is its own address.
fn dev_server() -> DevServer {
    let address = free_address();
    DevServer::builder().address(address).issuer(format!("https://{address}")).start().unwrap()
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A verifier that asks this issuer for new keys.
fn online(discovery: &Discovery, verifier: &Arc<Verifier>) -> OnlineVerifier {
    OnlineVerifier::new(Arc::clone(verifier)).asking(discovery)
}

fn discovery(server: &DevServer) -> DiscoveryBuilder {
    Discovery::builder(server.url()).certificate_authority(server.ca_certificate().unwrap())
}

/// An issuer with a new key.
fn issuer(name: &str) -> Issuer {
    let key = SigningKey::generate(Algorithm::ES256).unwrap();
    Issuer::builder(name, key).jwks_uri(format!("{}/keys", name.trim_end_matches('/'))).build().unwrap()
}

/// A new token that is bound only to its service account.
fn token(issuer: &Issuer) -> Vec<u8> {
    let mut request = TokenRequest::default();
    request.spec.audiences.push(AUDIENCE.into());
    issuer.issue("default", "default", request).unwrap().token().as_bytes().to_vec()
}

fn verdict(verdict: Result<VerifiedToken, Rejection>) -> Result<Confirmed, Reason> {
    verdict.map(|token| token.confirmed()).map_err(|rejection| rejection.reason())
}

async fn failure(builder: DiscoveryBuilder) -> DiscoveryError {
    builder.connect().await.expect_err("it must not connect")
}
