//! The API server stops and restarts, connections are cut, and versions are forgotten.

use std::sync::Arc;
use std::time::Duration;

use boundtoken::{Confirmed, OnUnavailable, Reason};
use boundtoken_kubernetes::Cluster;

use crate::harness::objects::{AUDIENCE, Objects};
use crate::harness::proxy::Proxy;
use crate::harness::servers::SigningKey::Rs256;
use crate::harness::truth::{Tally, Truth};
use crate::harness::{eventually, follower, online, start, until, verdict, verifier};

/// How long the API server is down.
const AWAY: Duration = Duration::from_secs(30);
/// The number of cuts, one per second.
const CUTS: u64 = 60;
/// The number of cuts while objects change. During the others, nothing changes.
const CUTS_AMID_CHANGES: u64 = 50;

/// Parts of the URL of a streamed list of pods.
const POD_LISTS: [&str; 2] = ["/pods?", "sendInitialEvents=true"];

async fn with_live_pods(cluster: &Cluster, objects: &Objects, count: usize) -> Truth {
    let truth = Truth::start(verifier(cluster));
    for number in 0..count {
        let pod = format!("pod-{number}");
        truth.live(&pod, objects.pod_with_token(&pod).await);
    }
    truth
}

fn report(what: &str, tally: &Tally) {
    println!(
        "  {what}: {} verdicts, {} wrong; {} deletions, refused after {:.0} ms at the latest",
        tally.verdicts,
        tally.wrong.len(),
        tally.deletions,
        tally.longest.as_secs_f64() * 1e3
    );
    assert!(tally.wrong.is_empty(), "{:#?}", tally.wrong);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_is_wrong_while_the_api_server_is_away() {
    let Some((mut servers, objects)) = start("the API server goes away and comes back").await else { return };
    let cluster = follower(&servers, servers.port).connect().await.unwrap();
    let truth = with_live_pods(&cluster, &objects, 10).await;
    truth.delete(&objects, "pod-0").await;
    servers.stop_api_server();
    tokio::time::sleep(AWAY).await;
    let lost = cluster.status().watches;
    assert!(lost.iter().all(|watch| watch.reconnects > 0 && watch.failure.is_some()), "{lost:#?}");
    servers.start_api_server(&[Rs256]).await;
    truth.delete(&objects, "pod-1").await;
    // Following continues.
    truth.live("new", objects.pod_with_token("new").await);
    truth.delete(&objects, "new").await;
    report(&format!("away for {} s", AWAY.as_secs()), &truth.end().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_is_wrong_while_connections_are_cut_every_second() {
    let Some((servers, objects)) = start("connections are cut every second").await else { return };
    let proxy = Proxy::start(servers.port, Duration::ZERO).await;
    let cluster = follower(&servers, proxy.port).connect().await.unwrap();
    let truth = with_live_pods(&cluster, &objects, 10).await;
    for second in 0..CUTS_AMID_CHANGES {
        let pod = format!("new-{second}");
        truth.live(&pod, objects.pod_with_token(&pod).await);
        tokio::time::sleep(Duration::from_millis(700)).await;
        // Deletes the pod just before the cut.
        truth.delete(&objects, &pod).await;
        proxy.cut();
        tokio::time::sleep(Duration::from_millis(150)).await;
        let again = objects.pod_with_token(&pod).await;
        truth.live(&pod, again);
        truth.delete(&objects, &pod).await;
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    for _ in CUTS_AMID_CHANGES..CUTS {
        tokio::time::sleep(Duration::from_secs(1)).await;
        proxy.cut();
    }
    truth.delete(&objects, "pod-0").await;
    report(&format!("{CUTS} cuts, {} connections", proxy.connections()), &truth.end().await);
    // If the waits between attempts had grown, the follower would have missed most cuts.
    let watches = cluster.status().watches;
    assert!(watches.iter().all(|watch| watch.reconnects >= CUTS / 2), "{watches:#?}");
    let reconnects: Vec<_> =
        watches.iter().map(|watch| format!("{} {}", watch.kind, watch.reconnects)).collect();
    println!("  reconnects: {}", reconnects.join(", "));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_is_wrong_when_the_server_has_forgotten_the_version() {
    let Some((mut servers, objects)) = start("etcd is compacted while nobody is connected").await else {
        return;
    };
    let proxy = Proxy::start(servers.port, Duration::ZERO).await;
    let cluster = follower(&servers, proxy.port).connect().await.unwrap();
    let verifier = verifier(&cluster);
    let [stays, dies, comes_again] = ["stays", "dies", "comes-again"];
    let truth = Truth::start(Arc::new(cluster.verifier_builder().audience(AUDIENCE).build().unwrap()));
    let old = objects.pod_with_token(comes_again).await;
    for pod in [stays, dies] {
        let token = objects.pod_with_token(pod).await;
        until(&verifier, &token, Ok(())).await;
        truth.live(pod, token);
    }
    let lists_before = servers.requests(&POD_LISTS);

    proxy.refuse(true);
    truth.delete(&objects, dies).await;
    objects.delete_pod(comes_again).await;
    let new = objects.pod_with_token(comes_again).await;
    servers.compact().await;
    // The API server loses its cache of versions.
    servers.stop_api_server();
    servers.start_api_server(&[Rs256]).await;
    assert_eq!(verdict(&verifier, &old), Ok(()), "nobody can know yet");
    proxy.refuse(false);
    let delay = until(&verifier, &new, Ok(())).await;
    assert_eq!(
        online(&cluster, &verifier).verify(old.as_bytes()).await.unwrap_err().reason(),
        Reason::PodUidMismatch
    );
    report("compacted", &truth.end().await);
    let lists = servers.requests(&POD_LISTS);
    println!(
        "  in step {:.1} s after it could connect; lists: {lists_before}, then {lists}",
        delay.as_secs_f64()
    );
    assert!(lists > lists_before, "the version was forgotten, so there is a new list");
}

#[tokio::test(flavor = "multi_thread")]
async fn past_the_longest_staleness_the_verifier_answers_as_it_was_told() {
    let Some((servers, objects)) = start("what is known grows too old").await else { return };
    let proxy = Proxy::start(servers.port, Duration::ZERO).await;
    // Long enough that nothing is stale before the connection is cut.
    let staleness = Duration::from_secs(15);
    let cluster = follower(&servers, proxy.port).max_staleness(staleness).connect().await.unwrap();
    let refusing = verifier(&cluster);
    let accepting = cluster.verifier_builder().audience(AUDIENCE).on_unavailable(OnUnavailable::Accept);
    let accepting = Arc::new(accepting.build().unwrap());
    let [live, dead, dies] = ["live", "dead", "dies"];
    let live = objects.pod_with_token(live).await;
    let dead_token = objects.pod_with_token(dead).await;
    let dying = objects.pod_with_token(dies).await;
    until(&refusing, &dead_token, Ok(())).await;
    objects.delete_pod(dead).await;
    until(&refusing, &dead_token, Err(Reason::PodNotFound)).await;

    proxy.refuse(true);
    objects.delete_pod(dies).await;
    eventually("knowledge that is too old", || cluster.status().stale).await;
    for token in [&live, &dead_token, &dying] {
        assert_eq!(verdict(&refusing, token), Err(Reason::BoundObjectUnavailable));
    }
    for token in [&live, &dying] {
        assert_eq!(accepting.verify(token.as_bytes()).unwrap().confirmed(), Confirmed::Stale);
    }
    assert_eq!(verdict(&accepting, &dead_token), Err(Reason::PodNotFound), "what is known stays known");

    proxy.refuse(false);
    let delay = until(&refusing, &live, Ok(())).await;
    assert_eq!(accepting.verify(live.as_bytes()).unwrap().confirmed(), Confirmed::Live);
    eventually("a deletion that was missed", || verdict(&accepting, &dying).is_err()).await;
    let refused = online(&cluster, &accepting).verify(dying.as_bytes()).await.unwrap_err();
    assert_eq!(refused.reason(), Reason::PodNotFound);
    println!("  accepted as live again {:.1} s after the line was back", delay.as_secs_f64());
}
