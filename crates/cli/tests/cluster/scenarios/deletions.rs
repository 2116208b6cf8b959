//! Deletions of objects make their tokens void.

use std::time::{Duration, Instant};

use boundtoken::{Reason, UnixSeconds};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::objects::{AUDIENCE, Objects, in_namespace};
use crate::harness::{
    WAIT_TIMEOUT, eventually, follower, median_and_p99, online, start, until, verdict, verifier,
};

/// The number of pods that are deleted to measure the delay of our refusals.
const DELETIONS: usize = 200;
/// The number of pods that are deleted to measure the delay of TokenReview's refusals.
const REVIEWED: u32 = 20;
/// How long the API server caches its verdict on a token.
const REMEMBERED: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_refused_once_its_object_is_gone() {
    let Some((servers, objects)) = start("deletions").await else { return };
    let cluster = follower(&servers, servers.port).connect().await.unwrap();
    let verifier = verifier(&cluster);

    // Many pods.
    let mut delays = Vec::new();
    for number in 0..DELETIONS {
        let pod = format!("pod-{number}");
        let token = objects.pod_with_token(&pod).await;
        until(&verifier, &token, Ok(())).await;
        objects.delete_pod(&pod).await;
        // The token is only seconds old. But the deletion was seen, so the API server is not asked.
        delays.push(until(&verifier, &token, Err(Reason::PodNotFound)).await);
    }
    println!("  from the API server's answer to the deletion until the refusal:");
    report("we (target: a median under 50 ms)", delays);
    report("TokenReview", delays_of_token_review(&objects).await);

    // Another pod with the same name.
    let old = objects.pod_with_token("again").await;
    until(&verifier, &old, Ok(())).await;
    objects.delete_pod("again").await;
    let new = objects.pod_with_token("again").await;
    until(&verifier, &new, Ok(())).await;
    assert_eq!(verdict(&verifier, &old), Err(Reason::PodUidMismatch));

    // Other kinds of bound objects.
    let node = json!({"metadata": {"name": "node-1"}});
    let secret = json!({"metadata": {"name": "credential"}});
    let account = json!({"metadata": {"name": "leaver"}});
    objects.create("/api/v1/nodes", node).await;
    objects.create(&in_namespace("secrets"), secret).await;
    objects.create(&in_namespace("serviceaccounts"), account).await;
    for (token, path, reason) in [
        (objects.token("Node", "node-1").await, "/api/v1/nodes/node-1".to_owned(), Reason::NodeNotFound),
        (
            objects.token("Secret", "credential").await,
            in_namespace("secrets/credential"),
            Reason::SecretNotFound,
        ),
        (
            objects.token_of("leaver", Value::Null).await,
            in_namespace("serviceaccounts/leaver"),
            Reason::ServiceAccountNotFound,
        ),
    ] {
        until(&verifier, &token, Ok(())).await;
        objects.delete(&path).await;
        until(&verifier, &token, Err(reason)).await;
        assert_eq!(online(&cluster, &verifier).verify(token.as_bytes()).await.unwrap_err().reason(), reason);
    }
    let asked = ["pods/", "nodes/", "secrets/", "serviceaccounts/"].map(|path| servers.requests(&[path]));
    assert_eq!(asked, [0; 4], "what is known to be gone is not asked for");
}

fn report(whose: &str, delays: Vec<Duration>) {
    let count = delays.len();
    let (median, p99) = median_and_p99(delays);
    let [median, p99] = [median, p99].map(|delay| delay.as_secs_f64() * 1e3);
    println!("    {whose}: median {median:.2} ms, p99 {p99:.2} ms, of {count}");
}

/// The delays for tokens whose verdicts the API server had cached. The ages of the cached verdicts differ.
async fn delays_of_token_review(objects: &Objects) -> Vec<Duration> {
    let mut reviews = JoinSet::new();
    for number in 0..REVIEWED {
        let objects = objects.clone();
        reviews.spawn(async move {
            let pod = format!("reviewed-{number}");
            let token = objects.pod_with_token(&pod).await;
            assert!(objects.review(&token, AUDIENCE).await.authenticated);
            tokio::time::sleep(REMEMBERED * number / REVIEWED).await;
            objects.delete_pod(&pod).await;
            let deleted = Instant::now();
            while objects.review(&token, AUDIENCE).await.authenticated {
                assert!(deleted.elapsed() < WAIT_TIMEOUT, "TokenReview still accepts the token of {pod}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            deleted.elapsed()
        });
    }
    reviews.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminating_pod_counts_for_its_grace_and_no_longer() {
    let Some((servers, objects)) = start("a pod that a finalizer holds").await else { return };
    let cluster = follower(&servers, servers.port).connect().await.unwrap();
    let verifier = verifier(&cluster);
    objects.create_pod_with("held", json!({"finalizers": ["example.com/hold"]}), json!({})).await;
    let token = objects.token("Pod", "held").await;
    until(&verifier, &token, Ok(())).await;

    objects.delete_pod("held").await;
    let deleted = UnixSeconds::now();
    let at = |seconds| {
        let verdict = verifier.verify_at(token.as_bytes(), UnixSeconds(deleted.0 + seconds));
        verdict.map(|_| ()).map_err(|rejection| rejection.reason())
    };
    // Once the follower knows the deletionTimestamp, the token is refused as of a later time.
    eventually("the end of the grace", || at(61) != Ok(())).await;
    assert_eq!(at(61), Err(Reason::PodDeleted));
    assert_eq!(at(0), Ok(()), "within the grace of a minute");
    assert!(objects.review(&token, "vault").await.authenticated);

    objects.patch(&in_namespace("pods/held"), json!({"metadata": {"finalizers": null}})).await;
    let delay = until(&verifier, &token, Err(Reason::PodNotFound)).await;
    println!("  refused {:.2} ms after the finalizer was removed", delay.as_secs_f64() * 1e3);
}
