//! The administrator creates and deletes objects, and requests and reviews tokens.

use boundtoken::UserInfo;
use http::Request;
use kube::Client;
use serde::Deserialize;
use serde_json::{Value, json};

/// The namespace of all objects.
pub const NAMESPACE: &str = "demo";
/// The service account of every pod.
pub const ACCOUNT: &str = "app";
/// The audience of all tokens.
pub const AUDIENCE: &str = "vault";

#[derive(Clone)]
pub struct Objects(Client);

/// The status of a TokenReview.
#[derive(Debug, Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct Review {
    pub authenticated: bool,
    pub user: UserInfo,
    pub audiences: Vec<String>,
}

impl Objects {
    pub fn new(client: Client) -> Self {
        Self(client)
    }

    /// Creates the namespace and the service account.
    pub async fn prepare(&self) {
        self.create("/api/v1/namespaces", json!({"metadata": {"name": NAMESPACE}})).await;
        self.create(&in_namespace("serviceaccounts"), json!({"metadata": {"name": ACCOUNT}})).await;
    }

    pub async fn create_pod(&self, name: &str) {
        self.create_pod_with(name, json!({}), json!({})).await;
    }

    /// Creates a pod with additional metadata and an additional spec.
    pub async fn create_pod_with(&self, name: &str, metadata: Value, spec: Value) {
        let mut pod = json!({
            "metadata": {"name": name},
            "spec": {"serviceAccountName": ACCOUNT, "containers": [{"name": "app", "image": "none"}]},
        });
        for (part, more) in [("metadata", metadata), ("spec", spec)] {
            pod[part].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        }
        self.create(&in_namespace("pods"), pod).await;
    }

    pub async fn create(&self, path: &str, object: Value) -> Value {
        self.send(Request::post(path), &object).await
    }

    /// Like [`create`](Self::create), but returns None if it is forbidden.
    pub async fn create_if_allowed(&self, path: &str, object: &Value) -> Option<Value> {
        match self.try_send(Request::post(path), object).await {
            Ok(answer) => Some(answer),
            Err(kube::Error::Api(status)) if status.code == 403 => None,
            Err(error) => panic!("{path}: {error}"),
        }
    }

    /// Like [`create`](Self::create), but returns the status and the message of a refusal.
    pub async fn try_create(&self, path: &str, object: &Value) -> Result<Value, (u16, String)> {
        match self.try_send(Request::post(path), object).await {
            Ok(answer) => Ok(answer),
            Err(kube::Error::Api(status)) => Err((status.code, status.message.clone())),
            Err(error) => panic!("{path}: {error}"),
        }
    }

    /// Deletes an object without grace. Returns when the API server has answered.
    pub async fn delete(&self, path: &str) {
        self.send(Request::delete(path), &json!({"gracePeriodSeconds": 0})).await;
    }

    pub async fn delete_pod(&self, name: &str) {
        self.delete(&in_namespace(&format!("pods/{name}"))).await;
    }

    pub async fn patch(&self, path: &str, patch: Value) {
        self.send(Request::patch(path).header("Content-Type", "application/merge-patch+json"), &patch).await;
    }

    /// Creates a pod. Returns a token that is bound to it.
    pub async fn pod_with_token(&self, name: &str) -> String {
        self.create_pod(name).await;
        self.token("Pod", name).await
    }

    /// Requests a token that is bound to an object.
    pub async fn token(&self, kind: &str, name: &str) -> String {
        self.token_of(ACCOUNT, json!({"apiVersion": "v1", "kind": kind, "name": name})).await
    }

    /// Requests a token of a service account, bound to an object. Null binds it to none.
    pub async fn token_of(&self, account: &str, bound_to: Value) -> String {
        let request =
            json!({"spec": {"audiences": [AUDIENCE], "expirationSeconds": 3600, "boundObjectRef": bound_to}});
        let path = in_namespace(&format!("serviceaccounts/{account}/token"));
        let answer = self.create(&path, request).await;
        answer["status"]["token"].as_str().unwrap().to_owned()
    }

    pub async fn review(&self, token: &str, audience: &str) -> Review {
        let request = json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token, "audiences": [audience]},
        });
        let answer = self.create("/apis/authentication.k8s.io/v1/tokenreviews", request).await;
        serde_json::from_value(answer["status"].clone()).unwrap()
    }

    async fn send(&self, request: http::request::Builder, body: &Value) -> Value {
        let what = format!("{:?} {:?}", request.method_ref(), request.uri_ref());
        self.try_send(request, body).await.unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    async fn try_send(&self, request: http::request::Builder, body: &Value) -> kube::Result<Value> {
        let request = match request.headers_ref() {
            Some(headers) if headers.contains_key("Content-Type") => request,
            _ => request.header("Content-Type", "application/json"),
        };
        self.0.request(request.body(body.to_string().into_bytes()).unwrap()).await
    }
}

pub fn in_namespace(rest: &str) -> String {
    format!("/api/v1/namespaces/{NAMESPACE}/{rest}")
}
