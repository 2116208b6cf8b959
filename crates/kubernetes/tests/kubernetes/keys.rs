//! Following keys that change.

use boundtoken::{Algorithm, OnUnavailable, SigningKey};

use super::*;

/// The shortest time between two requests for keys.
const INTERVAL: Duration = Duration::from_secs(10);

fn rotate(server: &DevServer) {
    server.issuer().rotate(SigningKey::generate(Algorithm::ES256).unwrap());
}

#[tokio::test]
async fn a_token_by_a_new_key_is_accepted_at_once_when_keys_were_not_just_loaded() {
    let setup = Setup::new().await;
    let old = token(&setup.server, None);
    tokio::time::sleep(INTERVAL).await;
    rotate(&setup.server);
    let new = token(&setup.server, None);
    assert_eq!(setup.verdict_of_cluster(&new).await, Ok(Confirmed::Live));
    assert_eq!((setup.verdict(&new), setup.verdict(&old)), (Ok(Confirmed::Live), Ok(Confirmed::Live)));
    assert_eq!(setup.cluster.status().key_ids.len(), 2);
}

#[tokio::test]
async fn keys_are_not_requested_again_within_ten_seconds_but_soon_after() {
    let start = Instant::now();
    let setup = Setup::new().await;
    rotate(&setup.server);
    let new = token(&setup.server, None);
    assert_eq!(setup.verdict_of_cluster(&new).await, Err(Reason::KeyUnknown));
    // The refusal above has started the reload. No further question is needed.
    setup.until(&new, Ok(Confirmed::Live)).await;
    assert!(start.elapsed() >= INTERVAL - Duration::from_millis(100), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_call_waits_for_an_unknown_key_no_longer_than_configured_and_the_key_is_loaded_anyway() {
    let server = DevServer::start().unwrap();
    let builder = Cluster::builder().client(client(&server, server.admin_token()).await);
    let cluster = builder.unknown_key_wait(Duration::from_millis(50)).connect().await.unwrap();
    let verifier = Arc::new(cluster.verifier_builder().audience(AUDIENCE).build().unwrap());
    let online = OnlineVerifier::new(Arc::clone(&verifier)).asking(&cluster);
    tokio::time::sleep(INTERVAL).await;
    rotate(&server);
    server.set_faults([Fault::Latency(Duration::from_secs(2))]);
    let new = token(&server, None);
    assert_eq!(verdict(online.verify(new.as_bytes()).await), Err(Reason::KeyUnknown));
    eventually("the new key", || verdict(verifier.verify(new.as_bytes())) == Ok(Confirmed::Live)).await;
}

#[tokio::test]
async fn keys_that_grow_too_old_make_a_cluster_stale_until_they_are_loaded_again() {
    let server = DevServer::start().unwrap();
    let builder = Cluster::builder().client(client(&server, server.admin_token()).await);
    let cluster = builder.max_key_age(Duration::from_secs(3)).connect().await.unwrap();
    let builder = || cluster.verifier_builder().audience(AUDIENCE);
    let refusing = builder().build().unwrap();
    let accepting = builder().on_unavailable(OnUnavailable::Accept).build().unwrap();
    let token = token(&server, None);
    let judged = || [&refusing, &accepting].map(|verifier| verdict(verifier.verify(token.as_bytes())));
    assert_eq!(judged(), [Ok(Confirmed::Live); 2]);
    assert!(!cluster.is_stale());

    server.set_faults([Fault::ErrorRate(1.0)]);
    eventually("a refusal", || judged() == [Err(Reason::KeysStale), Ok(Confirmed::Stale)]).await;
    let status = cluster.status();
    assert!(cluster.is_stale() && status.stale && status.keys_stale && !status.keys_withdrawn, "{status:?}");

    // A token that is refused for stale keys makes the cluster reload them.
    server.set_faults([]);
    eventually("news", || judged() == [Ok(Confirmed::Live); 2]).await;
}
