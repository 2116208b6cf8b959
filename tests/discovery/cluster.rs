//! A cluster whose keys are taken from where its issuer publishes them.

use std::sync::{Arc, OnceLock};

use boundtoken::kubernetes::{Cluster, Step};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

use super::*;

async fn client(server: &DevServer) -> Client {
    let kubeconfig = Kubeconfig::from_yaml(server.kubeconfig()).unwrap();
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    Client::try_from(config).unwrap()
}

#[tokio::test]
async fn the_published_keys_are_followed_and_not_those_of_the_api_server() {
    let known = OnceLock::<Arc<Issuer>>::new();
    let publisher =
        Server::of_issuer(move |url| Arc::clone(known.get_or_init(|| Arc::new(issuer(url))))).await;
    let api_server = DevServer::builder().issuer(publisher.url.as_str()).start().unwrap();
    let published = publisher.discovery().connect().await.unwrap();
    let key_ids = published.status().key_ids;

    let builder = Cluster::builder().client(client(&api_server).await);
    let cluster = builder.keys_from(published).connect().await.unwrap();
    assert_eq!((cluster.issuer(), cluster.status().key_ids), (publisher.url.as_str(), key_ids));

    // They go on to be followed, by the cluster.
    let verifier = Arc::new(cluster.verifier_builder().audience(AUDIENCE).build().unwrap());
    let by_the_api_server = token(api_server.issuer());
    tokio::time::sleep(INTERVAL).await;
    assert_eq!(
        verdict(
            OnlineVerifier::new(Arc::clone(&verifier)).cluster(&cluster).verify(&by_the_api_server).await
        ),
        Err(Reason::KeyUnknown)
    );
    assert_eq!(publisher.paths(), ["/.well-known/openid-configuration", "/keys", "/keys"]);
}

#[tokio::test]
async fn the_keys_of_another_issuer_are_refused() {
    let (api_server, other) = (dev_server(), dev_server());
    let published = discovery(&other).connect().await.unwrap();
    let builder = Cluster::builder().client(client(&api_server).await);
    let error = builder.keys_from(published).connect().await.unwrap_err();
    assert_eq!((error.step.clone(), error.http_status), (Step::Keys, None));
    let text = error.to_string();
    assert!(text.contains(other.url()) && text.contains(api_server.url()), "{text}");
}
