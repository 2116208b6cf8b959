//! Failures to connect: which step failed, and what to do.

use boundtoken_kubernetes::{ClusterError, Step};

use super::*;

async fn failure(client: Client) -> ClusterError {
    Cluster::builder().client(client).deadline(Duration::from_secs(2)).connect().await.unwrap_err()
}

#[tokio::test]
async fn nobody_listens() {
    let server = DevServer::start().unwrap();
    let client = client(&server, server.admin_token()).await;
    server.shutdown();
    let error = failure(client).await;
    assert_eq!((error.step.clone(), error.http_status), (Step::Discovery, None));
    let text = error.to_string();
    for words in ["could not read /.well-known/openid-configuration", "Connection refused", "address"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[tokio::test]
async fn the_credentials_are_wrong() {
    let server = DevServer::start().unwrap();
    let error = failure(client(&server, "wrong").await).await;
    assert_eq!(error.http_status, Some(401));
    let text = error.to_string();
    assert!(text.starts_with(&format!("could not {}", error.step)), "{text}");
    assert!(text.contains("renew them in the kubeconfig"), "{text}");
    assert!(!text.contains("wrong"), "no credentials: {text}");
}

#[tokio::test]
async fn the_authority_is_another() {
    let (server, other) = (DevServer::start().unwrap(), DevServer::start().unwrap());
    let text = other.kubeconfig().replace(other.url(), server.url());
    let error = failure(client_of(&text).await).await;
    assert_eq!(error.step, Step::Discovery);
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[tokio::test]
async fn a_server_that_only_fails_is_given_up_at_the_deadline() {
    let server = DevServer::builder().fault(Fault::ErrorRate(1.0)).start().unwrap();
    let start = Instant::now();
    let error = failure(client(&server, server.admin_token()).await).await;
    assert_eq!(error.step, Step::Discovery);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_kubeconfig_is_read_and_what_is_wrong_with_it_said() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("cluster.kubeconfig");
    let server = DevServer::start().unwrap();
    server.write_kubeconfig(&path).unwrap();
    let cluster = Cluster::builder().kubeconfig(&path).connect().await.unwrap();
    assert_eq!(cluster.issuer(), server.issuer().name());

    for (builder, words) in [
        (Cluster::builder().kubeconfig("/nowhere/kubeconfig"), "/nowhere/kubeconfig"),
        (Cluster::builder().kubeconfig(&path).context("another"), "another"),
        (
            Cluster::builder().kubeconfig(&path).namespace("../nodes"),
            "\"../nodes\" cannot be the name of a namespace",
        ),
        (
            Cluster::builder().kubeconfig(&path).namespace("a").namespace("a"),
            "the namespace \"a\" is named twice",
        ),
    ] {
        let error = builder.connect().await.unwrap_err();
        assert_eq!((&error.step, error.http_status), (&Step::Configuration, None));
        let text = error.to_string();
        assert!(text.contains("could not use the configuration") && text.contains(words), "{text}");
    }
}

#[tokio::test]
async fn connecting_can_be_left_to_another_task_and_given_any_time() {
    let server = DevServer::start().unwrap();
    let client = client(&server, server.admin_token()).await;
    let connecting = Cluster::builder().client(client).deadline(Duration::MAX).connect();
    let cluster = tokio::spawn(connecting).await.unwrap().unwrap();
    assert_eq!(cluster.issuer(), server.issuer().name());
}
