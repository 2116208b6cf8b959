//! A layer that follows a development server.
#![cfg(feature = "kubernetes")]

use std::time::{Duration, Instant};

use boundtoken::UnixSeconds;
use boundtoken::api::{BoundObjectReference, TokenRequest};
use boundtoken_dev_server::{DevServer, Fault};
use boundtoken_kubernetes::Cluster;
use boundtoken_tower::AuthLayer;
use http::Request;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use tower::ServiceExt as _;

use crate::setup::{AUDIENCE, answer, bearer, behind};

struct Followed {
    server: DevServer,
    pods: Api<Pod>,
    layer: AuthLayer,
}

impl Followed {
    async fn new(max_staleness: Duration) -> Self {
        let server = DevServer::start().unwrap();
        let kubeconfig = Kubeconfig::from_yaml(server.kubeconfig()).unwrap();
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
        let client = Client::try_from(config).unwrap();
        let builder = Cluster::builder().client(client.clone()).max_staleness(max_staleness);
        let layer = AuthLayer::of_cluster(builder.connect().await.unwrap(), AUDIENCE).unwrap();
        Self { server, pods: Api::namespaced(client, "default"), layer }
    }

    /// Creates a pod. Returns a token that is bound to it, as old as that.
    async fn pod(&self, name: &str, age: u64) -> String {
        let pod = serde_json::json!({
            "metadata": {"name": name},
            "spec": {"containers": [{"name": "main", "image": "registry.example.com/main"}]},
        });
        self.pods.create(&PostParams::default(), &serde_json::from_value(pod).unwrap()).await.unwrap();
        let mut request = TokenRequest::default();
        request.spec.audiences.push(AUDIENCE.into());
        request.spec.bound_object_ref =
            Some(BoundObjectReference { kind: "Pod".into(), name: name.into(), ..Default::default() });
        let then = UnixSeconds(UnixSeconds::now().0 - age);
        self.server.issuer().issue_at("default", "default", request, then).unwrap().token().to_owned()
    }

    async fn is_ready(&self) -> u16 {
        self.layer.readiness().oneshot(Request::new(())).await.unwrap().status().as_u16()
    }
}

async fn eventually<F: Future<Output = bool>>(mut holds: impl FnMut() -> F) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < Duration::from_secs(60), "never");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_comes_and_goes_with_its_pod() {
    let followed = Followed::new(Duration::from_secs(150)).await;
    let service = behind(&followed.layer);
    // The watch may not have reported the pod yet. The API server is asked then.
    let token = followed.pod("live", 0).await;
    assert_eq!(answer(&service, bearer(&token)).await.status, 200);
    assert_eq!(followed.is_ready().await, 200);

    followed.pods.delete("live", &DeleteParams::default().grace_period(0)).await.unwrap();
    eventually(|| async { answer(&service, bearer(&token)).await.status == 401 }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_lost_the_cluster_is_not_ready_and_refuses_nobody_for_good() {
    let followed = Followed::new(Duration::from_secs(2)).await;
    let service = behind(&followed.layer);
    let token = followed.pod("live", 120).await;
    eventually(|| async { answer(&service, bearer(&token)).await.status == 200 }).await;

    followed.server.set_faults([Fault::ErrorRate(1.0)]);
    followed.server.disconnect_watches();
    eventually(|| async { followed.is_ready().await == 503 }).await;
    let refused = answer(&service, bearer(&token)).await;
    assert_eq!((refused.status, refused.retry_after.as_deref()), (503, Some("1")));

    followed.server.set_faults([]);
    eventually(|| async { followed.is_ready().await == 200 }).await;
    eventually(|| async { answer(&service, bearer(&token)).await.status == 200 }).await;
}

#[cfg(feature = "metrics")]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_of_a_cluster_is_in_the_metrics() {
    let followed = Followed::new(Duration::from_secs(150)).await;
    followed.pod("live", 0).await;
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    eventually(|| async {
        for cluster in followed.layer.clusters() {
            metrics::with_local_recorder(&recorder, || {
                boundtoken_tower::metrics::record_cluster("blue", &cluster.status());
            });
        }
        let text = handle.render();
        [
            r#"boundtoken_cluster_stale{issuer="blue"} 0"#,
            r#"boundtoken_cluster_objects{issuer="blue",kind="Pod",namespace=""} 1"#,
            r#"boundtoken_cluster_watch_restarts_total{issuer="blue",kind="Pod",namespace=""} 0"#,
            r#"boundtoken_cluster_watch_age_seconds{issuer="blue",kind="Node",namespace=""} "#,
            r#"boundtoken_cluster_keys_age_seconds{issuer="blue"} "#,
        ]
        .iter()
        .all(|line| text.contains(line))
    })
    .await;
}
