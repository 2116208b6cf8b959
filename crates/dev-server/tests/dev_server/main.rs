//! The development server as clients see it: over HTTP, against a real API server's answers and rule by rule.
#![allow(clippy::restriction)]

mod access;
mod authentication;
mod bodies;
mod client;
mod connections;
mod discovery;
mod faults;
mod log;
mod openid;
mod protobuf;
mod reviews;
mod start;
mod tokens;
mod vectors;
mod webhooks;

use boundtoken_dev_server::{DevServer, DevServerBuilder};
use client::{Client, Reply};
use serde_json::Value;

/// An account with a pod that runs on a node, and another account.
const OBJECTS: &str = "
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Node, metadata: {name: node-1, uid: uid-node-1}}
- {apiVersion: v1, kind: ServiceAccount, metadata: {namespace: demo, name: app, uid: uid-app}}
- {apiVersion: v1, kind: ServiceAccount, metadata: {namespace: demo, name: other}}
- apiVersion: v1
  kind: Pod
  metadata: {namespace: demo, name: app-0, uid: uid-app-0}
  spec: {serviceAccountName: app, nodeName: node-1, containers: [{name: c, image: registry.example.com/c}]}
";
const TOKENS: &str = "/api/v1/namespaces/demo/serviceaccounts/app/token";
const TOKEN_REVIEWS: &str = "/apis/authentication.k8s.io/v1/tokenreviews";
const SELF_SUBJECT_REVIEWS: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

fn builder() -> DevServerBuilder {
    DevServer::builder().plain_http().objects(OBJECTS)
}

fn start() -> (DevServer, Client) {
    let server = builder().start().expect("server");
    let client = Client::admin(&server);
    (server, client)
}

/// A token for these audiences, bound to the pod.
fn token(client: &Client, audiences: &[&str]) -> String {
    let request = serde_json::json!({
        "spec": {"audiences": audiences, "boundObjectRef": {"kind": "Pod", "name": "app-0"}}
    });
    let reply = client.post(TOKENS, &request.to_string());
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["status"]["token"].as_str().expect("token").to_owned()
}

/// The message of a refusal, whose status and code must agree.
fn refusal(reply: &Reply, status: u16, reason: &str) -> String {
    let body = reply.json();
    assert_eq!(reply.status, status, "{body}");
    assert_eq!(
        (&body["kind"], &body["apiVersion"], &body["status"], &body["reason"], &body["code"]),
        (&Value::from("Status"), &"v1".into(), &"Failure".into(), &reason.into(), &status.into()),
    );
    assert_eq!(reply.header("cache-control"), "no-cache, private");
    body["message"].as_str().expect("message").to_owned()
}
