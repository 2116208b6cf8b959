//! Tests of clusters against a development server: following, faults, and failures to connect.
#![allow(clippy::restriction)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use boundtoken::api::{BoundObjectReference, TokenRequest};
use boundtoken::{Confirmed, Reason, Rejection, UnixSeconds, VerifiedToken, Verifier};
use boundtoken_dev_server::{DevServer, Fault};
use boundtoken_kubernetes::{Cluster, OnlineVerifier};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};

mod changes;
mod connecting;
mod faults;
mod following;
mod keys;
#[cfg(feature = "discovery")]
mod keys_from;
mod several;
mod service;

/// The audience of all tokens here.
const AUDIENCE: &str = "vault";

/// A development server, a cluster that follows it, and a client that changes its objects.
struct Setup {
    server: DevServer,
    pods: Api<Pod>,
    cluster: Cluster,
    verifier: Arc<Verifier>,
}

impl Setup {
    async fn new() -> Self {
        Self::with(DevServer::start().unwrap()).await
    }

    async fn with(server: DevServer) -> Self {
        let client = client(&server, server.admin_token()).await;
        let cluster = Cluster::builder().client(client.clone()).secrets(true).connect().await.unwrap();
        let verifier = Arc::new(cluster.verifier_builder().audience(AUDIENCE).build().unwrap());
        Self { server, pods: Api::namespaced(client, "default"), cluster, verifier }
    }

    /// Creates a pod and returns a token bound to it. The token is two minutes old, so nobody asks whether its pod is
    /// too new to be known.
    async fn pod(&self, name: &str) -> String {
        let pod = serde_json::from_value(serde_json::json!({
            "metadata": {"name": name},
            "spec": {"containers": [{"name": "main", "image": "registry.example.com/main"}]},
        }));
        self.pods.create(&PostParams::default(), &pod.unwrap()).await.unwrap();
        token_of_age(120, &self.server, Some(name))
    }

    async fn delete_pod(&self, name: &str) {
        self.pods.delete(name, &DeleteParams::default().grace_period(0)).await.unwrap();
    }

    fn verdict(&self, token: &str) -> Result<Confirmed, Reason> {
        verdict(self.verifier.verify(token.as_bytes()))
    }

    async fn verdict_of_cluster(&self, token: &str) -> Result<Confirmed, Reason> {
        verdict(
            OnlineVerifier::new(Arc::clone(&self.verifier))
                .asking(&self.cluster)
                .verify(token.as_bytes())
                .await,
        )
    }

    /// Waits for this verdict.
    async fn until(&self, token: &str, expected: Result<Confirmed, Reason>) {
        eventually(&format!("{expected:?}"), || self.verdict(token) == expected).await;
    }

    /// Cuts the cluster off: every watch has failed to reconnect several times. By then each waits at least half a
    /// second between attempts, in which the test can change things unnoticed.
    async fn cut_off(&self) {
        let attempts = |setup: &Self| {
            setup.cluster.status().watches.iter().map(|watch| watch.reconnects).min().unwrap_or_default()
        };
        let before = attempts(self);
        self.server.set_faults([Fault::ErrorRate(1.0)]);
        self.server.disconnect_watches();
        eventually("watches that fail", || attempts(self) >= before + 5).await;
    }
}

fn verdict(verdict: Result<VerifiedToken, Rejection>) -> Result<Confirmed, Reason> {
    verdict.map(|token| token.confirmed()).map_err(|rejection| rejection.reason())
}

/// A new token of the default service account, bound to a pod or to no object.
fn token(server: &DevServer, pod: Option<&str>) -> String {
    token_of_age(0, server, pod)
}

fn token_of_age(seconds: u64, server: &DevServer, pod: Option<&str>) -> String {
    let mut request = TokenRequest::default();
    request.spec.audiences.push(AUDIENCE.into());
    request.spec.bound_object_ref =
        pod.map(|name| BoundObjectReference { kind: "Pod".into(), name: name.into(), ..Default::default() });
    let then = UnixSeconds(UnixSeconds::now().0 - seconds);
    server.issuer().issue_at("default", "default", request, then).unwrap().token().to_owned()
}

async fn client(server: &DevServer, token: &str) -> Client {
    client_of(&server.kubeconfig().replace(server.admin_token(), token)).await
}

async fn client_of(kubeconfig: &str) -> Client {
    let kubeconfig = Kubeconfig::from_yaml(kubeconfig).unwrap();
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    Client::try_from(config).unwrap()
}

/// Waits until the condition holds. Fails after a while.
async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    const LONGEST_WAIT: Duration = Duration::from_secs(20);
    const POLL_INTERVAL: Duration = Duration::from_millis(2);
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < LONGEST_WAIT, "not within {LONGEST_WAIT:?}: {what}");
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}
