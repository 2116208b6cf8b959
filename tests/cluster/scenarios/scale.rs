//! Many objects, many deletions, and verification without pause.

use std::fs;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::harness::objects::{Objects, in_namespace};
use crate::harness::truth::Truth;
use crate::harness::{follower, in_full, start, verifier};
use serde_json::json;

/// How many requests are open at a time while objects are created.
const AT_ONCE: usize = 16;
/// A thousand in a minute.
const BETWEEN_DELETIONS: Duration = Duration::from_millis(60);

#[tokio::test(flavor = "multi_thread")]
async fn many_objects_are_followed_and_no_answer_is_wrong_under_load() {
    let Some((servers, objects)) = start("many objects").await else { return };
    let (pods, accounts, deletions) = if in_full() { (10_000, 1_000, 1_000) } else { (2_000, 200, 150) };
    let begin = Instant::now();
    create(&objects, pods, |objects, number| async move { objects.create_pod(&name(number)).await }).await;
    create(&objects, accounts, |objects, number| async move {
        let account = json!({"metadata": {"name": format!("account-{number}")}});
        objects.create(&in_namespace("serviceaccounts"), account).await;
    })
    .await;
    println!("  {pods} pods, {accounts} service accounts created in {:.1} s", begin.elapsed().as_secs_f64());

    // What one connection costs beside its objects is paid by the first.
    let first = follower(&servers, servers.port).connect().await.unwrap();
    let before = resident_bytes();
    let begin = Instant::now();
    let cluster = follower(&servers, servers.port).connect().await.unwrap();
    let in_step = begin.elapsed();
    let known: usize = cluster.status().watches.iter().map(|watch| watch.objects).sum();
    assert!(known >= pods + accounts, "{known}");
    let bytes = resident_bytes().saturating_sub(before);
    println!(
        "  in step after {:.0} ms; {} bytes of memory for an object",
        in_step.as_secs_f64() * 1e3,
        bytes / known
    );
    drop(first);

    let (busy, idle) = (processor_time(), Duration::from_secs(3));
    tokio::time::sleep(idle).await;
    let idle_share = (processor_time() - busy).as_secs_f64() / idle.as_secs_f64();
    println!("  {:.1} % of a processor while idle", idle_share * 100.0);
    assert!(idle_share < 0.1, "{idle_share}");

    let truth = Truth::start(verifier(&cluster));
    for number in 0..deletions + 50 {
        truth.live(&name(number), objects.token("Pod", &name(number)).await);
    }
    let mut clock = tokio::time::interval(BETWEEN_DELETIONS);
    for number in 0..deletions {
        clock.tick().await;
        truth.delete(&objects, &name(number)).await;
    }
    let tally = truth.end().await;
    println!(
        "  {} verdicts while {} pods were deleted, {} wrong; refused after {:.0} ms at the latest",
        tally.verdicts,
        tally.deletions,
        tally.wrong.len(),
        tally.longest.as_secs_f64() * 1e3
    );
    assert!(tally.wrong.is_empty(), "{:#?}", tally.wrong);
    assert_eq!(tally.pending, 0, "all of them had been listed");
}

fn name(number: usize) -> String {
    format!("pod-{number}")
}

async fn create<F>(objects: &Objects, count: usize, one: impl Fn(Objects, usize) -> F + Copy + Send + 'static)
where
    F: Future<Output = ()> + Send,
{
    let mut tasks = JoinSet::new();
    for task in 0..AT_ONCE {
        let objects = objects.clone();
        tasks.spawn(async move {
            for number in (task..count).step_by(AT_ONCE) {
                one(objects.clone(), number).await;
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

fn resident_bytes() -> usize {
    const PAGE: usize = 4_096;
    let memory = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    memory.split(' ').nth(1).map_or(0, |pages| pages.parse::<usize>().unwrap() * PAGE)
}

/// What this process has used, in user and system mode.
fn processor_time() -> Duration {
    const TICK: Duration = Duration::from_millis(10);
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let (_, after_name) = stat.rsplit_once(')').unwrap_or_default();
    let ticks = after_name.split(' ').skip(12).take(2).map(|field| field.parse::<u32>().unwrap());
    TICK * ticks.sum::<u32>()
}
