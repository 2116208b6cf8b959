//! Tokens from real kubectl.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boundtoken::{Confirmed, Reason};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::harness::objects::in_namespace;
use crate::harness::servers::SigningKey;
use crate::harness::{follower, online, start_with, until, verifier};

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_kubectl_are_accepted_with_the_user_info_of_token_review() {
    for key in [SigningKey::Rs256, SigningKey::Es256] {
        accepted_as_token_review_does(key).await;
    }
}

async fn accepted_as_token_review_does(key: SigningKey) {
    let Some((servers, objects)) = start_with(key, &format!("tokens of kubectl, {}", key.algorithm())).await
    else {
        return;
    };
    let kubectl = servers.kubectl();
    objects.create("/api/v1/nodes", json!({"metadata": {"name": "node-1"}})).await;
    objects.create(&in_namespace("secrets"), json!({"metadata": {"name": "credential"}})).await;
    objects.create_pod("alone").await;
    objects.create_pod_with("on-a-node", json!({}), json!({"nodeName": "node-1"})).await;
    let cluster = follower(&servers, servers.port).connect().await.unwrap();
    let ours = verifier(&cluster);
    let others = Arc::new(cluster.verifier_builder().audience("others").build().unwrap());

    for bound_to in [
        None,
        Some(("Pod", "alone")),
        Some(("Pod", "on-a-node")),
        Some(("Secret", "credential")),
        Some(("Node", "node-1")),
    ] {
        let token = kubectl.create_token(bound_to);
        assert_eq!(algorithm(&token), key.algorithm());
        let verified = ours.verify(token.as_bytes()).unwrap();
        assert_eq!(verified.confirmed(), Confirmed::Live);
        let review = objects.review(&token, "vault").await;
        assert!(review.authenticated, "{bound_to:?}: {review:?}");
        assert_eq!(verified.user_info(), review.user, "{bound_to:?}");

        assert!(!objects.review(&token, "others").await.authenticated);
        let refused = online(&cluster, &others).verify(token.as_bytes()).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::AudienceMismatch);
        let bound_to = bound_to.map_or_else(|| "nothing".to_owned(), |(kind, name)| format!("{kind} {name}"));
        println!("  bound to {bound_to}: accepted as {}", verified.user_info().username);
    }

    let token = kubectl.create_token(Some(("Pod", "alone")));
    kubectl.run(&["delete", "pod", "alone", "--wait=false"]);
    let delay = until(&ours, &token, Err(Reason::PodNotFound)).await;
    println!("  refused {:.1} ms after kubectl delete pod", delay.as_secs_f64() * 1e3);
}

/// The algorithm in the token's header.
fn algorithm(token: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["alg"].as_str().unwrap().to_owned()
}
