//! Faults of the API server and of the connection to it.

use k8s_openapi::api::core::v1::Namespace;

use super::*;

#[tokio::test]
async fn objects_deleted_during_an_outage_are_dropped_and_the_others_are_kept() {
    let setup = Setup::new().await;
    let (gone, stays) = (setup.pod("gone").await, setup.pod("stays").await);
    setup.until(&stays, Ok(Confirmed::Live)).await;

    setup.cut_off().await;
    // The last known state still counts, so a short outage refuses nobody.
    assert_eq!((setup.verdict(&gone), setup.verdict(&stays)), (Ok(Confirmed::Live), Ok(Confirmed::Live)));
    let status = setup.cluster.status();
    assert!(!status.stale && status.watches.iter().all(|watch| watch.failure.is_some()), "{status:?}");

    setup.server.set_faults([]);
    setup.delete_pod("gone").await;
    let new = setup.pod("new").await;
    setup.server.forget_history();
    let start = Instant::now();
    while setup.verdict(&gone) != Err(Reason::PodNotFound) {
        assert_eq!(
            setup.verdict(&stays),
            Ok(Confirmed::Live),
            "listing anew loses nothing, not for a moment"
        );
        assert!(start.elapsed() < Duration::from_secs(20));
        tokio::task::yield_now().await;
    }
    setup.until(&new, Ok(Confirmed::Live)).await;
    assert_eq!(setup.verdict(&stays), Ok(Confirmed::Live));
    let pods = |setup: &Setup| setup.cluster.status().watches[1].clone();
    assert_eq!(pods(&setup).objects, 2);

    // The watch goes on after the list.
    setup.delete_pod("stays").await;
    setup.until(&stays, Err(Reason::PodNotFound)).await;
}

#[tokio::test]
async fn a_watch_that_is_cut_off_is_lost_and_reconnects() {
    let setup = Setup::new().await;
    assert!(setup.cluster.status().watches.iter().all(|watch| watch.reconnects == 0));
    setup.server.disconnect_watches();
    eventually("watches that were lost", || {
        let lost = |failure: &str| failure.ends_with("the connection was lost");
        let status = setup.cluster.status();
        let mut watches = status.watches.iter();
        watches.all(|watch| watch.reconnects == 1 && watch.failure.as_deref().is_some_and(lost))
    })
    .await;

    // An event proves that the watch has reconnected, and the counter that it did so once.
    let token = setup.pod("new").await;
    setup.until(&token, Ok(Confirmed::Live)).await;
    let pods = &setup.cluster.status().watches[1];
    assert_eq!((pods.reconnects, &pods.failure), (1, &None));
}

#[tokio::test]
async fn what_changes_while_watches_break_is_not_missed() {
    let setup = Setup::new().await;
    let mut tokens = Vec::new();
    for number in 0..20 {
        tokens.push(setup.pod(&format!("pod-{number}")).await);
        if number % 5 == 0 {
            setup.server.disconnect_watches();
        }
    }
    for (number, token) in tokens.iter().enumerate().step_by(2) {
        setup.delete_pod(&format!("pod-{number}")).await;
        let known = setup.verdict_of_cluster(token).await;
        assert!(matches!(known, Ok(Confirmed::Live) | Err(Reason::PodNotFound)), "{known:?}");
    }
    for (number, token) in tokens.iter().enumerate() {
        let expected = if number % 2 == 0 { Err(Reason::PodNotFound) } else { Ok(Confirmed::Live) };
        setup.until(token, expected).await;
    }
}

#[tokio::test]
async fn a_slow_server_that_often_fails_is_connected_to_and_followed() {
    let faults = [Fault::ErrorRate(0.5), Fault::Latency(Duration::from_millis(20))];
    let server = faults.into_iter().fold(DevServer::builder(), |builder, fault| builder.fault(fault));
    let setup = Setup::with(server.start().unwrap()).await;

    setup.server.set_faults([]);
    let bound = setup.pod("bound").await;
    setup.server.set_faults(faults);
    setup.server.disconnect_watches();
    setup.until(&bound, Ok(Confirmed::Live)).await;

    setup.server.set_faults([]);
    setup.delete_pod("bound").await;
    setup.until(&bound, Err(Reason::PodNotFound)).await;
}

#[tokio::test]
async fn stale_objects_refuse_until_there_is_news_of_every_kind() {
    let server = DevServer::start().unwrap();
    let client = client(&server, server.admin_token()).await;
    let builder = Cluster::builder().client(client.clone()).nodes(false);
    let cluster = builder.max_staleness(Duration::from_millis(700)).connect().await.unwrap();
    let verifier = cluster.verifier_builder().audience(AUDIENCE).build().unwrap();
    let token = token(&server, None);
    let judged = || verdict(verifier.verify(token.as_bytes()));
    assert_eq!(judged(), Ok(Confirmed::Live));

    server.set_faults([Fault::ErrorRate(1.0)]);
    server.disconnect_watches();
    eventually("a refusal", || judged() == Err(Reason::BoundObjectUnavailable)).await;
    assert!(cluster.status().stale);

    // A new namespace gets a service account, which is news of one kind. The pod is news of the other kind. Several
    // of them are needed: the watches do not reconnect at the same moment, and the state of one ages meanwhile.
    server.set_faults([]);
    let create = PostParams::default();
    for number in 0.. {
        let named = |name: String| serde_json::json!({"metadata": {"name": name}});
        let namespace = serde_json::from_value(named(format!("news-{number}"))).unwrap();
        Api::<Namespace>::all(client.clone()).create(&create, &namespace).await.unwrap();
        let mut pod = named(format!("news-{number}"));
        pod["spec"] =
            serde_json::json!({"containers": [{"name": "main", "image": "registry.example.com/main"}]});
        let pod = serde_json::from_value(pod).unwrap();
        Api::<Pod>::namespaced(client.clone(), "default").create(&create, &pod).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        if judged() == Ok(Confirmed::Live) {
            break;
        }
        assert!(number < 400, "no news of every kind");
    }
}
