//! The tokens of real kubectl.

use boundtoken::{Confirmed, Reason};
use serde_json::json;

use crate::harness::kubectl::Kubectl;
use crate::harness::objects::in_namespace;
use crate::harness::{follower, start, until, verifier};

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_kubectl_are_accepted_with_the_user_info_of_token_review() {
    let Some((servers, objects)) = start("tokens of kubectl").await else { return };
    let Some(kubectl) = Kubectl::find(servers.kubeconfig("admin", servers.port)) else { return };
    objects.create("/api/v1/nodes", json!({"metadata": {"name": "node-1"}})).await;
    objects.create(&in_namespace("secrets"), json!({"metadata": {"name": "credential"}})).await;
    objects.create_pod("alone").await;
    objects.create_pod_with("on-a-node", json!({}), json!({"nodeName": "node-1"})).await;
    let cluster = follower(&servers, servers.port).connect().await.unwrap();
    let ours = verifier(&cluster);
    let others = cluster.verifier_builder().audience("others").build().unwrap();

    for bound_to in [
        None,
        Some(("Pod", "alone")),
        Some(("Pod", "on-a-node")),
        Some(("Secret", "credential")),
        Some(("Node", "node-1")),
    ] {
        let token = kubectl.create_token(bound_to);
        let verified = ours.verify(token.as_bytes()).unwrap();
        assert_eq!(verified.confirmed(), Confirmed::Live);
        let review = objects.review(&token, "vault").await;
        assert!(review.authenticated, "{bound_to:?}: {review:?}");
        assert_eq!(verified.user_info(), review.user, "{bound_to:?}");

        assert!(!objects.review(&token, "others").await.authenticated);
        let refused = cluster.verify(&others, token.as_bytes()).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::AudienceMismatch);
        let bound_to = bound_to.map_or_else(|| "nothing".to_owned(), |(kind, name)| format!("{kind} {name}"));
        println!("  bound to {bound_to}: accepted as {}", verified.user_info().username);
    }

    let token = kubectl.create_token(Some(("Pod", "alone")));
    kubectl.run(&["delete", "pod", "alone", "--wait=false"]);
    let delay = until(&ours, &token, Err(Reason::PodNotFound)).await;
    println!("  refused {:.1} ms after kubectl delete pod", delay.as_secs_f64() * 1e3);
}
