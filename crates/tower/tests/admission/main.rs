//! Tests of the layer for admission webhooks: who passes, what is read, and what is answered.
#![allow(clippy::restriction)]

use std::convert::Infallible;
use std::sync::{Arc, LazyLock, Mutex};

use boundtoken::{Algorithm, ObjectStore, TrustedIssuer, UnixSeconds, Verifier};
use boundtoken_testing::mint::{self, ACCOUNT_UID, ISSUER, MUTATING_UID, Mint, POD_UID, VALIDATING_UID};
use boundtoken_tower::{AdmissionLayer, Caller, WebhookAddress};
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tower::{Layer as _, ServiceExt as _, service_fn};

mod address;
mod callers;
#[cfg(feature = "kubernetes")]
mod cluster;
mod denials;
#[cfg(all(feature = "axum", feature = "kubernetes"))]
mod limits;
mod logs;
mod reviews;

/// The address of the webhook, as its configuration has it.
const ADDRESS: &str = "https://policy.demo.svc:8443/validate";

static MINT: LazyLock<Mint> = LazyLock::new(|| Mint::new(Algorithm::ES256, mint::KID));

fn address() -> WebhookAddress {
    WebhookAddress::service("policy", "demo").port(8443).path("/validate").into()
}

/// The claims of the API server's token for the webhook, with this patch merged into them.
fn claims(patch: &Value) -> Value {
    let webhook = json!({
        "aud": [ADDRESS],
        "kubernetes.io": {
            "pod": null,
            "node": null,
            "validatingwebhookconfiguration": {"name": "policy", "uid": VALIDATING_UID},
            "attestations": {"admissionReviewAPIGroups": ["apps"]},
        },
    });
    mint::merged(&mint::merged(&mint::claims(UnixSeconds::now().0), &webhook), patch)
}

fn token(patch: &Value) -> String {
    MINT.token(&claims(patch))
}

/// A token whose caller may send reviews of this group.
fn token_for(group: &str) -> String {
    token(&json!({"kubernetes.io": {"attestations": {"admissionReviewAPIGroups": [group]}}}))
}

/// A verifier that knows the objects of the tokens. Its own audience is not the webhook's address.
fn verifier() -> Verifier {
    let object = |name: &str, uid: &str| json!([{"metadata": {"name": name, "uid": uid}}]);
    let in_demo =
        |name: &str, uid: &str| json!({"metadata": {"namespace": "demo", "name": name, "uid": uid}});
    let mut pod = in_demo("live", POD_UID);
    pod["spec"] = json!({"serviceAccountName": "app"});
    let objects = json!({
        "serviceaccounts": [in_demo("app", ACCOUNT_UID)],
        "pods": [pod],
        "validatingwebhookconfigurations": object("policy", VALIDATING_UID),
        "mutatingwebhookconfigurations": object("policy", MUTATING_UID),
    });
    let objects = ObjectStore::from_json(objects.to_string().as_bytes()).unwrap();
    let issuer = TrustedIssuer::new(ISSUER, MINT.keys()).bound_objects(objects);
    Verifier::builder().issuer(issuer).audience("vault").build().unwrap()
}

fn layer() -> AdmissionLayer {
    AdmissionLayer::new(verifier(), address())
}

/// A review of an object of this group.
fn review(group: &str) -> Value {
    json!({
        "kind": "AdmissionReview",
        "apiVersion": "admission.k8s.io/v1",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": {"group": group, "version": "v1", "kind": "Deployment"},
            "resource": {"group": group, "version": "v1", "resource": "deployments"},
            "name": "web",
            "namespace": "demo",
            "operation": "CREATE",
            "userInfo": {"username": "ada"},
            "object": {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}},
            "dryRun": false,
        },
    })
}

fn request<B>(token: Option<&str>, body: B) -> Request<B> {
    let mut request = Request::post("/validate").header("Host", "attacker.example.com");
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    request.body(body).unwrap()
}

/// A review, as the API server sends it.
fn sent(token: &str, review: &Value) -> Request<Full<Bytes>> {
    request(Some(token), Full::from(review.to_string()))
}

/// What came of a request.
#[derive(Debug)]
struct Outcome {
    response: Response<Bytes>,
    /// What the service behind was given.
    reached: Option<Request<Bytes>>,
}

impl Outcome {
    fn status(&self) -> StatusCode {
        self.response.status()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(self.response.body()).unwrap()
    }
}

/// Sends a request to a webhook behind this layer.
async fn send<B>(layer: &AdmissionLayer, request: Request<B>) -> Outcome
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    let reached = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&reached);
    let webhook = service_fn(move |request: Request<Full<Bytes>>| {
        let seen = Arc::clone(&seen);
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            *seen.lock().unwrap() = Some(Request::from_parts(head, body));
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("reviewed")))
        }
    });
    let response = layer.layer(webhook).oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let reached = reached.lock().unwrap().take();
    Outcome { response: Response::from_parts(head, body), reached }
}

/// The caller that the service behind was told.
fn caller(outcome: &Outcome) -> Option<&Caller> {
    outcome.reached.as_ref()?.extensions().get()
}
