//! Missing permissions.

use std::time::Duration;

use boundtoken::{ObjectKind, Reason};
use boundtoken_kubernetes::{Cluster, Step, WatchStatus};
use serde_json::json;

use crate::harness::identities::{FOLLOWER, KEYS_ONLY, NOBODY, WITHOUT_SECRETS, bind};
use crate::harness::objects::in_namespace;
use crate::harness::proxy::Proxy;
use crate::harness::{WAIT_TIMEOUT, eventually, follower, start, until, verdict, verifier};

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_permission_is_named_and_the_rest_works() {
    let Some((servers, objects)) = start("missing permissions").await else { return };
    let builder = |identity| Cluster::builder().kubeconfig(servers.kubeconfig(identity, servers.port));
    let watch = |kind| Step::Watch { kind, namespace: None };

    for (connecting, step, remedy) in [
        (builder(NOBODY), Step::Discovery, "system:service-account-issuer-discovery"),
        (
            builder(KEYS_ONLY),
            watch(ObjectKind::ServiceAccount),
            "get, list and watch serviceaccounts in the whole cluster",
        ),
        (
            builder(WITHOUT_SECRETS).secrets(true),
            watch(ObjectKind::Secret),
            "get, list and watch secrets in the whole cluster",
        ),
        (
            builder(WITHOUT_SECRETS).webhook_configurations(true),
            watch(ObjectKind::ValidatingWebhookConfiguration),
            "watch validatingwebhookconfigurations.admissionregistration.k8s.io in the whole cluster",
        ),
    ] {
        let error = connecting.connect().await.unwrap_err();
        assert_eq!((&error.step, error.http_status), (&step, Some(403)), "{error}");
        assert!(error.to_string().contains(remedy), "{error}");
        println!("  {error}");
    }

    let cluster = builder(WITHOUT_SECRETS).connect().await.unwrap();
    let verifier = verifier(&cluster);
    let bound_to_pod = objects.pod_with_token("first").await;
    until(&verifier, &bound_to_pod, Ok(())).await;
    objects.create(&in_namespace("secrets"), json!({"metadata": {"name": "credential"}})).await;
    let bound_to_secret = objects.token("Secret", "credential").await;
    assert_eq!(verdict(&verifier, &bound_to_secret), Err(Reason::BoundObjectNotFollowed));
    objects.delete_pod("first").await;
    until(&verifier, &bound_to_pod, Err(Reason::PodNotFound)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_that_is_withdrawn_is_named_and_the_rest_goes_on() {
    let Some((servers, objects)) = start("a permission is withdrawn, and given back").await else { return };
    let proxy = Proxy::start(servers.port, Duration::ZERO).await;
    let cluster = follower(&servers, proxy.port).connect().await.unwrap();
    let verifier = verifier(&cluster);
    let secrets =
        || cluster.status().watches.into_iter().find(|watch| watch.kind == ObjectKind::Secret).unwrap();
    let failure = |watch: WatchStatus| watch.failure.unwrap_or_default();

    objects.delete("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/test-follow-secrets").await;
    // The API server checks permissions only when a watch starts, and learns of changed permissions with a delay.
    let is_named = || {
        failure(secrets()).contains("allow this identity to get, list and watch secrets in the whole cluster")
    };
    for _ in 0..WAIT_TIMEOUT.as_secs() {
        if is_named() {
            break;
        }
        proxy.cut();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(is_named(), "{:#?}", secrets());
    println!("  {}", failure(secrets()));
    let bound_to_pod = objects.pod_with_token("first").await;
    until(&verifier, &bound_to_pod, Ok(())).await;
    objects.delete_pod("first").await;
    until(&verifier, &bound_to_pod, Err(Reason::PodNotFound)).await;

    bind(&objects, "follow-secrets", &[FOLLOWER]).await;
    objects.create(&in_namespace("secrets"), json!({"metadata": {"name": "credential"}})).await;
    let bound_to_secret = objects.token("Secret", "credential").await;
    until(&verifier, &bound_to_secret, Ok(())).await;
    eventually("a watch without failure", || secrets().failure.is_none()).await;
}
