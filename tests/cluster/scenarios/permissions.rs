//! Permissions that are missing.

use boundtoken::kubernetes::{Cluster, Step};
use boundtoken::{ObjectKind, Reason};

use crate::harness::identities::{KEYS_ONLY, NOBODY, WITHOUT_SECRETS};
use crate::harness::objects::in_namespace;
use crate::harness::{start, until, verdict, verifier};
use serde_json::json;

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
            "get, list and watch on serviceaccounts in the whole cluster",
        ),
        (
            builder(WITHOUT_SECRETS).secrets(true),
            watch(ObjectKind::Secret),
            "get, list and watch on secrets in the whole cluster",
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
    assert_eq!(verdict(&verifier, &bound_to_secret), Err(Reason::BoundObjectUnavailable));
    objects.delete_pod("first").await;
    until(&verifier, &bound_to_pod, Err(Reason::PodNotFound)).await;
}
