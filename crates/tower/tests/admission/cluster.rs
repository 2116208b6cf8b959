//! With a cluster that the layer follows: the development server.

use std::time::{Duration, Instant};

use boundtoken::api::TokenRequest;
use boundtoken_dev_server::DevServer;
use boundtoken_kubernetes::Cluster;
use kube::Client;
use kube::config::{KubeConfigOptions, Kubeconfig};

use super::*;

const CONFIGURATIONS: &str = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";

/// The server, and its administrator.
struct Setup {
    server: DevServer,
    client: Client,
}

impl Setup {
    async fn new() -> Self {
        let server = DevServer::start().unwrap();
        let options = KubeConfigOptions::default();
        let kubeconfig = Kubeconfig::from_yaml(server.kubeconfig()).unwrap();
        let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap();
        let setup = Self { server, client: Client::try_from(config).unwrap() };
        setup.create_configuration().await;
        setup
    }

    async fn cluster(&self, webhook_configurations: bool) -> Cluster {
        let builder = Cluster::builder().client(self.client.clone());
        builder.webhook_configurations(webhook_configurations).connect().await.unwrap()
    }

    async fn create_configuration(&self) {
        let rule =
            json!({"apiGroups": ["apps"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]});
        let service = json!({"name": "policy", "namespace": "demo", "port": 8443, "path": "/validate"});
        let configuration = json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "policy"},
            "webhooks": [{
                "name": "policy.example.com",
                "clientConfig": {"service": service},
                "rules": [rule],
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
            }],
        });
        let _: Value = self.ask(Request::post(CONFIGURATIONS), &configuration).await;
    }

    async fn delete_configuration(&self) {
        let _: Value = self.ask(Request::delete(format!("{CONFIGURATIONS}/policy")), &json!({})).await;
    }

    async fn token(&self) -> String {
        let request = json!({"spec": {
            "audiences": [ADDRESS],
            "boundObjectRef": {
                "apiVersion": "admissionregistration.k8s.io/v1",
                "kind": "ValidatingWebhookConfiguration",
                "name": "policy",
            },
            "attestations": {"admissionReviewAPIGroups": ["apps"]},
        }});
        let path = "/api/v1/namespaces/default/serviceaccounts/default/token";
        let issued: TokenRequest = self.ask(Request::post(path), &request).await;
        issued.status.unwrap().token
    }

    async fn ask<T: serde::de::DeserializeOwned>(&self, request: http::request::Builder, body: &Value) -> T {
        let request = request.header("Content-Type", "application/json");
        self.client.request(request.body(body.to_string().into_bytes()).unwrap()).await.unwrap()
    }
}

/// Waits until a review with this token is answered with this status.
async fn until(layer: &AdmissionLayer, token: &str, status: u16) {
    let start = Instant::now();
    loop {
        let last = send(layer, sent(token, &review("apps"))).await.status();
        if last == status {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "still {last}, not {status}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_lives_and_dies_with_its_configuration() {
    let setup = Setup::new().await;
    let layer = AdmissionLayer::of_cluster(setup.cluster(true).await, address()).unwrap();
    assert!(layer.readiness().is_ready());
    let old = setup.token().await;
    assert_eq!(send(&layer, sent(&old, &review("apps"))).await.status(), 200);
    assert_eq!(send(&layer, sent(&old, &review("batch"))).await.status(), 403);
    setup.delete_configuration().await;
    until(&layer, &old, 401).await;

    setup.create_configuration().await;
    // The layer may not have heard of the new configuration. It asks, then.
    let new = setup.token().await;
    assert_eq!(send(&layer, sent(&new, &review("apps"))).await.status(), 200);
    assert_eq!(send(&layer, sent(&old, &review("apps"))).await.status(), 401);
    setup.server.shutdown();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_configuration_is_asked_about_for_the_address_of_the_webhook() {
    let setup = Setup::new().await;
    let layer = AdmissionLayer::of_cluster(setup.cluster(true).await, address()).unwrap();
    let elsewhere = layer.clone().address(WebhookAddress::url("https://policy.example.com/validate"));
    for _ in 0..20 {
        setup.delete_configuration().await;
        setup.create_configuration().await;
        let token = setup.token().await;
        assert_eq!(send(&elsewhere, sent(&token, &review("apps"))).await.status(), 401);
        assert_eq!(send(&layer, sent(&token, &review("apps"))).await.status(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_follows_no_configurations_lets_nobody_pass() {
    let setup = Setup::new().await;
    let layer = AdmissionLayer::of_cluster(setup.cluster(false).await, address()).unwrap();
    assert_eq!(send(&layer, sent(&setup.token().await, &review("apps"))).await.status(), 503);
}
