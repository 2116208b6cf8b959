//! Waiting for the end of a caller.

use std::sync::Arc;
use std::time::{Duration, Instant};

use boundtoken::{Reason, TrustedIssuer, UnixSeconds, Verifier};
use boundtoken_tower::Caller;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::setup::{AUDIENCE, Setup};

fn caller(setup: &Setup, token: &str) -> Caller {
    Caller::new(Arc::clone(&setup.verifier), setup.verifier.verify(token.as_bytes()).unwrap())
}

#[tokio::test]
async fn a_caller_is_revoked_when_its_pod_goes() {
    let setup = Setup::new();
    let caller = caller(&setup, &setup.pod("live"));
    let mut revoked = Box::pin(caller.revoked());
    assert!(timeout(Duration::from_millis(50), &mut revoked).await.is_err());
    setup.delete_pod("live");
    assert_eq!(revoked.await.reason(), Reason::PodNotFound);
    // Who begins to wait later learns it at once.
    assert_eq!(caller.revoked().await.reason(), Reason::PodNotFound);
}

#[tokio::test]
async fn a_caller_is_revoked_when_its_token_expires() {
    let setup = Setup::new();
    // The shortest lifetime is ten minutes, and a second of it is left.
    let now = UnixSeconds::now();
    let verifier = Verifier::builder().issuer(setup.issuer.trusted()).audience(AUDIENCE).leeway(0);
    let verifier = Arc::new(verifier.build().unwrap());
    let token = setup.token_at(None, UnixSeconds(now.0 - 3_600 + 2));
    let caller = Caller::new(Arc::clone(&verifier), verifier.verify(token.as_bytes()).unwrap());
    let start = Instant::now();
    let rejection = timeout(Duration::from_secs(30), caller.revoked()).await.unwrap();
    assert_eq!(rejection.reason(), Reason::Expired);
    assert!(start.elapsed() > Duration::from_millis(900));
}

#[tokio::test(start_paused = true)]
async fn a_call_back_is_asked_again() {
    let setup = Setup::new();
    let token = setup.pod("live");
    let objects = setup.objects.clone();
    let call_back = move |reference: &boundtoken::ObjectReference<'_>| objects.state(reference);
    let issuer =
        TrustedIssuer::new("https://issuer.example.com", setup.issuer.keys()).bound_objects(call_back);
    let verifier = Arc::new(Verifier::builder().issuer(issuer).audience(AUDIENCE).build().unwrap());
    let caller = Caller::new(Arc::clone(&verifier), verifier.verify(token.as_bytes()).unwrap());
    let mut revoked = Box::pin(caller.revoked());
    assert!(timeout(Duration::from_secs(60), &mut revoked).await.is_err());
    setup.delete_pod("live");
    assert_eq!(timeout(Duration::from_secs(11), revoked).await.unwrap().reason(), Reason::PodNotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_who_wait_are_all_told() {
    const CALLERS: usize = 10_000;
    let setup = Setup::new();
    let caller = caller(&setup, &setup.pod("live"));
    let mut waiting = JoinSet::new();
    for _ in 0..CALLERS {
        waiting.spawn(caller.revoked());
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    setup.delete_pod("live");
    let mut told = 0;
    while let Some(rejection) = timeout(Duration::from_secs(60), waiting.join_next()).await.unwrap() {
        assert_eq!(rejection.unwrap().reason(), Reason::PodNotFound);
        told += 1;
    }
    assert_eq!(told, CALLERS);
}
