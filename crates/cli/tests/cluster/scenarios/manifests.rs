//! The manifests in `deploy/`, and what `boundtoken doctor` reports with them.

use boundtoken::Reason;
use boundtoken_kubernetes::Cluster;
use serde_json::{Value, json};

use crate::harness::program::boundtoken;
use crate::harness::{eventually, start, until, verdict, verifier};

#[tokio::test(flavor = "multi_thread")]
async fn what_the_manifests_permit_is_what_following_needs() {
    let Some((servers, objects)) = start("the manifests of deploy/").await else { return };
    let kubectl = servers.kubectl();
    let apply = |name: &str| {
        let file = boundtoken_testing::repository().join("deploy").join(name);
        kubectl.run(&["apply", "-f", file.to_str().unwrap()]);
    };
    objects.create("/api/v1/namespaces", json!({"metadata": {"name": "vault"}})).await;
    let accounts = "/api/v1/namespaces/vault/serviceaccounts";
    objects.create(accounts, json!({"metadata": {"name": "vault"}})).await;
    let issued = objects.create(&format!("{accounts}/vault/token"), json!({"spec": {}})).await;
    let kubeconfig = servers.kubeconfig_with("vault", issued["status"]["token"].as_str().unwrap());
    let doctor = || {
        let run = boundtoken(&kubeconfig, &["doctor", "-o", "json"], "");
        assert_eq!(run.json()["canWork"], run.status == 0);
        run.json()
    };
    let outcome = |name: &str| {
        let report = doctor();
        let checks = report["checks"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == name).unwrap_or(&Value::Null).clone()
    };

    assert_eq!(doctor()["canWork"], false);
    apply("rbac-cluster.yaml");
    eventually("the permissions of rbac-cluster.yaml", || doctor()["canWork"] == true).await;
    for name in ["serviceaccounts", "pods", "nodes"] {
        assert_eq!(outcome(name)["outcome"], "ok", "{name}");
    }
    let (secrets, webhooks) = (outcome("secrets"), outcome("webhooks"));
    assert_eq!((&secrets["outcome"], &webhooks["outcome"]), (&json!("information"), &json!("information")));
    let finding = webhooks["message"].as_str().unwrap();
    for words in [
        "get, list, watch on validatingwebhookconfigurations",
        "mutatingwebhookconfigurations",
        "rbac-webhooks.yaml",
    ] {
        assert!(finding.contains(words), "{finding}");
    }
    println!("  {finding}");
    let snapshot = boundtoken(&kubeconfig, &["snapshot"], "");
    assert_eq!(snapshot.status, 0);
    let listed: Vec<_> = snapshot.json()["objects"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(listed, ["nodes", "pods", "serviceaccounts"], "secrets may not be listed");
    let builder = || Cluster::builder().kubeconfig(&kubeconfig);
    let error = builder().webhook_configurations(true).connect().await.unwrap_err();
    assert_eq!(error.http_status, Some(403), "{error}");
    let cluster = builder().connect().await.unwrap();
    let token = objects.pod_with_token("first").await;
    let ours = verifier(&cluster);
    until(&ours, &token, Ok(())).await;
    objects.delete_pod("first").await;
    until(&ours, &token, Err(Reason::PodNotFound)).await;
    assert_eq!(verdict(&ours, &token), Err(Reason::PodNotFound));

    apply("rbac-webhooks.yaml");
    eventually("the permissions of rbac-webhooks.yaml", || outcome("webhooks")["outcome"] == "ok").await;
    builder().webhook_configurations(true).connect().await.unwrap();
}
