//! Compares the issuer's answers with those of real API servers, and tests each rule.
#![allow(clippy::restriction)]

mod bound_objects;
mod keys;
mod lifetimes;
mod properties;
mod requests;
mod vectors;
mod webhooks;

use boundtoken::api::{BoundObjectReference, Status, TokenRequest, TokenRequestSpec};
use boundtoken::{
    Algorithm, IssuedToken, Issuer, IssuerBuilder, IssuerObjects, ObjectReference, ObjectSource, ObjectState,
    ObjectStore, PodSpec, SigningKey, Uid, UnixSeconds, Webhook,
};
use serde_json::Value;

const ISSUER: &str = "https://issuer.example.com";
const NOW: UnixSeconds = UnixSeconds(1_795_522_278);

/// Objects that are known only by their states.
struct States(fn(&ObjectReference<'_>) -> ObjectState);

impl IssuerObjects for States {
    fn source(&self) -> ObjectSource {
        self.0.into()
    }

    fn pod_spec(&self, _: &ObjectReference<'_>, _: &Uid) -> Option<PodSpec> {
        None
    }

    fn webhooks(&self, _: &ObjectReference<'_>, _: &Uid) -> Option<Vec<Webhook>> {
        None
    }
}

/// Two accounts, pods with and without a node, a secret and a node.
fn objects() -> ObjectStore {
    ObjectStore::from_json(
        br#"{
            "serviceaccounts": [
                {"metadata": {"namespace": "demo", "name": "app", "uid": "uid-app"}},
                {"metadata": {"namespace": "demo", "name": "other", "uid": "uid-other"}},
                {"metadata": {"namespace": "demo", "name": "ending", "uid": "uid-ending",
                              "deletionTimestamp": "2026-11-24T12:00:00Z"}}
            ],
            "pods": [
                {"metadata": {"namespace": "demo", "name": "app-0", "uid": "uid-app-0"},
                 "spec": {"serviceAccountName": "app", "nodeName": "node-1"}},
                {"metadata": {"namespace": "demo", "name": "unscheduled", "uid": "uid-unscheduled"},
                 "spec": {"serviceAccountName": "app"}},
                {"metadata": {"namespace": "demo", "name": "lost", "uid": "uid-lost"},
                 "spec": {"serviceAccountName": "app", "nodeName": "gone"}},
                {"metadata": {"namespace": "demo", "name": "ending", "uid": "uid-ending",
                              "deletionTimestamp": "2026-11-24T12:00:00Z"},
                 "spec": {"serviceAccountName": "app"}},
                {"metadata": {"namespace": "demo", "name": "bare", "uid": "uid-bare"}}
            ],
            "secrets": [{"metadata": {"namespace": "demo", "name": "secret", "uid": "uid-secret"}}],
            "nodes": [{"metadata": {"name": "node-1", "uid": "uid-node-1"}}],
            "validatingwebhookconfigurations": [
                {"metadata": {"name": "policy", "uid": "uid-policy"},
                 "webhooks": [
                    {"clientConfig": {"url": "https://hook.example.com/a"}, "rules": [{"apiGroups": ["apps", ""]}]},
                    {"clientConfig": {"service": {"name": "hook", "namespace": "demo", "path": "b"}},
                     "rules": [{"apiGroups": ["batch"]}, {"apiGroups": ["*"]}]}
                 ]},
                {"metadata": {"name": "ending", "uid": "uid-ending", "deletionTimestamp": "2026-11-24T12:11:18Z"},
                 "webhooks": [{"clientConfig": {"url": "https://hook.example.com/a"}, "rules": [{"apiGroups": ["apps"]}]}]},
                {"metadata": {"name": "bare", "uid": "uid-bare"}}
            ],
            "mutatingwebhookconfigurations": [
                {"metadata": {"name": "policy", "uid": "uid-mutating"},
                 "webhooks": [{"clientConfig": {"url": "https://hook.example.com/m"}, "rules": [{"apiGroups": ["apps"]}]}]}
            ]
        }"#,
    )
    .expect("objects")
}

fn builder() -> IssuerBuilder {
    Issuer::builder(ISSUER, SigningKey::generate(Algorithm::ES256).expect("key")).bound_objects(objects())
}

fn issuer() -> Issuer {
    builder().api_audience(ISSUER).api_audience("api").build().expect("issuer")
}

fn request(audiences: &[&str], seconds: Option<i64>, bound_to: Option<(&str, &str)>) -> TokenRequest {
    TokenRequest {
        spec: TokenRequestSpec {
            audiences: audiences.iter().map(|&audience| audience.to_owned()).collect(),
            expiration_seconds: seconds,
            bound_object_ref: bound_to.map(|(kind, name)| BoundObjectReference {
                kind: kind.to_owned(),
                api_version: "v1".to_owned(),
                name: name.to_owned(),
                ..BoundObjectReference::default()
            }),
            ..TokenRequestSpec::default()
        },
        ..TokenRequest::default()
    }
}

fn issue(issuer: &Issuer, request: TokenRequest) -> Result<IssuedToken, Status> {
    issuer.issue_at("demo", "app", request, NOW)
}

fn claims(issued: &IssuedToken) -> Value {
    serde_json::from_str(&boundtoken_testing::requests::claims(issued.token())).expect("claims")
}

fn refused(answer: Result<IssuedToken, Status>) -> (i32, String, String) {
    let refusal = answer.expect_err("refused");
    assert_eq!(refusal.status, "Failure");
    (refusal.code, refusal.reason, refusal.message)
}
