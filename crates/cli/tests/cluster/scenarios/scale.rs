//! Many objects, many deletions, and continuous verification.

use std::fs;
use std::time::{Duration, Instant};

use allocation_counter::measure;
use boundtoken_kubernetes::ClusterBuilder;
use serde_json::json;
use tokio::task::JoinSet;

use crate::harness::objects::{Objects, in_namespace};
use crate::harness::truth::Truth;
use crate::harness::{follower, start, verifier};

const PODS: usize = 10_000;
const ACCOUNTS: usize = 1_000;
const DELETIONS: usize = 1_000;
/// A thousand deletions per minute.
const BETWEEN_DELETIONS: Duration = Duration::from_millis(60);
/// The number of pods that stay. Their tokens are verified the whole time.
const STAYING: usize = 100;
/// The number of concurrent requests while objects are created.
const AT_ONCE: usize = 16;

#[tokio::test(flavor = "multi_thread")]
async fn many_objects_are_followed_and_no_answer_is_wrong_under_load() {
    let Some((servers, objects)) = start("many objects").await else { return };
    let few = in_step(follower(&servers, servers.port)).await;
    let begin = Instant::now();
    create(&objects, PODS, |objects, number| async move { objects.create_pod(&name(number)).await }).await;
    create(&objects, ACCOUNTS, |objects, number| async move {
        let account = json!({"metadata": {"name": format!("account-{number}")}});
        objects.create(&in_namespace("serviceaccounts"), account).await;
    })
    .await;
    println!("  {PODS} pods, {ACCOUNTS} service accounts created in {:.1} s", begin.elapsed().as_secs_f64());
    let many = in_step(follower(&servers, servers.port)).await;
    let objects_more = i64::try_from(many.objects - few.objects).unwrap();
    println!(
        "  {} objects in step after {:.0} ms; {} bytes of memory for each, in {:.1} allocations; at most {:.1} MB on the way",
        many.objects,
        many.took.as_secs_f64() * 1e3,
        (many.bytes - few.bytes) / objects_more,
        f64::from(i32::try_from(many.allocations - few.allocations).unwrap())
            / f64::from(i32::try_from(objects_more).unwrap()),
        f64::from(u32::try_from(many.most_bytes).unwrap()) / 1e6,
    );

    let cluster = follower(&servers, servers.port).connect().await.unwrap();
    let (busy, idle) = (processor_time(), Duration::from_secs(5));
    tokio::time::sleep(idle).await;
    let idle_share = (processor_time() - busy).as_secs_f64() / idle.as_secs_f64();
    println!("  {:.1} % of a processor while idle", idle_share * 100.0);

    let truth = Truth::start(verifier(&cluster));
    for number in 0..DELETIONS + STAYING {
        truth.live(&name(number), objects.token("Pod", &name(number)).await);
    }
    let begin = Instant::now();
    let mut clock = tokio::time::interval(BETWEEN_DELETIONS);
    for number in 0..DELETIONS {
        clock.tick().await;
        truth.delete(&objects, &name(number)).await;
    }
    let took = begin.elapsed();
    let tally = truth.end().await;
    println!(
        "  {} verdicts while {} pods were deleted in {:.0} s, {} wrong; refused after {:.0} ms at the latest",
        tally.verdicts,
        tally.deletions,
        took.as_secs_f64(),
        tally.wrong.len(),
        tally.longest.as_secs_f64() * 1e3
    );
    assert!(tally.wrong.is_empty(), "{:#?}", tally.wrong);
    assert_eq!(tally.deletions, u64::try_from(DELETIONS).unwrap());
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

/// The resources of a connection that is in step.
struct InStep {
    objects: usize,
    took: Duration,
    bytes: i64,
    allocations: i64,
    /// The peak until then.
    most_bytes: u64,
}

/// Connects, and counts the allocations. The counter sees only one thread, so everything runs on one.
async fn in_step(builder: ClusterBuilder) -> InStep {
    let connect = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let begin = Instant::now();
        let mut cluster = None;
        let counted = measure(|| cluster = Some(runtime.block_on(builder.connect()).unwrap()));
        let took = begin.elapsed();
        let objects = cluster.unwrap().status().watches.iter().map(|watch| watch.objects).sum();
        InStep {
            objects,
            took,
            bytes: counted.bytes_current,
            allocations: counted.count_current,
            most_bytes: counted.bytes_max,
        }
    };
    tokio::task::spawn_blocking(connect).await.unwrap()
}

/// The processor time of this process, in user and system mode.
fn processor_time() -> Duration {
    const TICK: Duration = Duration::from_millis(10);
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let (_, after_name) = stat.rsplit_once(')').unwrap_or_default();
    let ticks = after_name.split(' ').skip(12).take(2).map(|field| field.parse::<u32>().unwrap());
    TICK * ticks.sum::<u32>()
}
