//! An integration test of a service that authenticates its callers with bound tokens. It starts a real endpoint in one line,
//! requests a token, and deletes the token's pod.
//!
//!     cargo run -p boundtoken-dev-server --example dev_server
#![allow(clippy::restriction)]

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use boundtoken::api::TokenRequest;
use boundtoken::{KeySet, Reason, TrustedIssuer, Verifier};
use boundtoken_dev_server::DevServer;

const OBJECTS: &str = "
apiVersion: v1
kind: Pod
metadata: {name: app-0, namespace: demo}
spec:
  serviceAccountName: app
  containers: [{name: app, image: registry.example.com/app}]
";

fn main() -> Result<(), Box<dyn Error>> {
    let server = DevServer::builder().plain_http().objects(OBJECTS).start()?;
    println!("a development server: {}", server.url());

    // The caller requests a token that is bound to its pod. In a cluster, its kubelet does this.
    let request = r#"{"spec": {"audiences": ["vault"], "boundObjectRef": {"kind": "Pod", "name": "app-0"}}}"#;
    let answer = send(&server, "POST", "/api/v1/namespaces/demo/serviceaccounts/app/token", request)?;
    let issued: TokenRequest = serde_json::from_str(&answer)?;
    let token = issued.status.ok_or("no token")?.token;
    println!("a token of {} bytes, bound to Pod demo/app-0", token.len());

    // The service verifies the token with the server's public keys and its current objects.
    let jwks = send(&server, "GET", "/openid/v1/jwks", "")?;
    let issuer = TrustedIssuer::new(server.issuer().name(), KeySet::from_jwks(jwks.as_bytes())?);
    let verifier =
        Verifier::builder().issuer(issuer.bound_objects(server.bound_objects())).audience("vault").build()?;
    let caller = verifier.verify(token.as_bytes())?;
    println!("accepted: {}", caller.user_info().username);

    send(&server, "DELETE", "/api/v1/namespaces/demo/pods/app-0?gracePeriodSeconds=0", "")?;
    let rejection = verifier.verify(token.as_bytes()).expect_err("the pod is gone");
    assert_eq!(rejection.reason(), Reason::PodNotFound);
    println!("refused: {rejection}");
    Ok(())
}

/// One request as the administrator. Any HTTP client would do.
fn send(server: &DevServer, method: &str, path: &str, body: &str) -> Result<String, Box<dyn Error>> {
    let mut stream = TcpStream::connect(server.address())?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        server.address(),
        server.admin_token(),
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
    match head.split(' ').nth(1) {
        Some("200" | "201") => Ok(body.to_owned()),
        _ => Err(format!("{method} {path}: {body}").into()),
    }
}
