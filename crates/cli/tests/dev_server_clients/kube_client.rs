//! kube, typed: TokenRequest and TokenReview.

use boundtoken::Reason;
use boundtoken_dev_server::DevServer;
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenReview};
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use kube::api::{DeleteParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::verifier;

/// The administrator's client.
pub async fn client(server: &DevServer) -> Client {
    let kubeconfig = Kubeconfig::from_yaml(server.kubeconfig()).unwrap();
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    Client::try_from(config).unwrap()
}

/// One of kube's typed objects.
pub fn typed<K: DeserializeOwned>(object: Value) -> K {
    serde_json::from_value(object).unwrap()
}

pub fn pod(name: &str, account: &str) -> Pod {
    typed(json!({
        "metadata": {"name": name},
        "spec": {"serviceAccountName": account, "containers": [{"name": "main", "image": "registry.example.com/main"}]},
    }))
}

/// Deletes without grace.
pub fn at_once() -> DeleteParams {
    DeleteParams::default().grace_period(0)
}

#[tokio::test]
async fn rust_services_get_typed_tokens_and_reviews() {
    let server = DevServer::start().unwrap();
    let client = client(&server).await;
    let accounts = Api::<ServiceAccount>::namespaced(client.clone(), "default");
    let pods = Api::<Pod>::namespaced(client.clone(), "default");
    let reviews = Api::<TokenReview>::all(client);
    let usual = PostParams::default();

    accounts.create(&usual, &typed(json!({"metadata": {"name": "app"}}))).await.unwrap();
    let created = pods.create(&usual, &pod("web", "app")).await.unwrap();
    let uid = created.metadata.uid.unwrap();
    let wanted = |uid: &str| -> TokenRequest {
        let object = json!({"kind": "Pod", "apiVersion": "v1", "name": "web", "uid": uid});
        typed(json!({"spec": {"audiences": ["vault"], "expirationSeconds": 900, "boundObjectRef": object}}))
    };

    let issued = accounts.create_token_request("app", &usual, &wanted(&uid)).await.unwrap();
    assert_eq!(issued.spec.expiration_seconds, Some(900));
    let token = issued.status.unwrap().token;
    let review: TokenReview = typed(json!({"spec": {"token": token, "audiences": ["vault"]}}));
    let verdict = reviews.create(&usual, &review).await.unwrap().status.unwrap();
    assert_eq!((verdict.authenticated, verdict.error), (Some(true), None));
    let user = verdict.user.unwrap();
    assert_eq!(user.username.as_deref(), Some("system:serviceaccount:default:app"));
    assert_eq!(user.extra.unwrap()["authentication.kubernetes.io/pod-uid"], [uid.as_str()]);
    let verified = verifier(&server, "vault").verify(token.as_bytes()).unwrap();
    assert_eq!(Some(verified.user_info().uid.as_str()), user.uid.as_deref());

    for (account, uid, code, reason) in
        [("app", "another", 409, "Conflict"), ("missing", &uid, 404, "NotFound")]
    {
        match accounts.create_token_request(account, &usual, &wanted(uid)).await {
            Err(kube::Error::Api(status)) => {
                assert_eq!((status.code, status.reason.as_str()), (code, reason))
            }
            answer => panic!("{answer:?}"),
        }
    }

    pods.delete("web", &at_once()).await.unwrap();
    let verdict = reviews.create(&usual, &review).await.unwrap().status.unwrap();
    assert_ne!(verdict.authenticated, Some(true));
    assert!(verdict.error.unwrap().contains("has been invalidated"));
    let rejection = verifier(&server, "vault").verify(token.as_bytes()).unwrap_err();
    assert_eq!(rejection.reason(), Reason::PodNotFound);
}
