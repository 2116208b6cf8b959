//! Measures what it costs that 100,000 callers wait for the end of their tokens: `cargo bench --bench waiting`.
#![allow(clippy::restriction)]

mod common;

use std::alloc::System;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::{Duration, Instant};

use boundtoken::{KeySet, KeyStore, ObjectKind, ObjectReference, ObjectStore, Revocation, VerifiedToken};
use cap::Cap;
use common::Fleet;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

const WAITING: usize = 100_000;
/// The callers of one pod.
const PODS: [(&str, usize); 2] = [("all of one pod", 1), ("ten of each pod", WAITING / 10)];
const ROUNDS: usize = 200;
const CHANGES: usize = 500;

/// Counts how often tasks are woken.
struct Task;

static WOKEN: AtomicUsize = AtomicUsize::new(0);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        WOKEN.fetch_add(1, Ordering::Relaxed);
    }
}

fn main() {
    let fleet = Fleet::new(WAITING / 10);
    println!("{WAITING} callers wait for the end of their tokens; times in nanoseconds");
    for (name, pods) in PODS {
        measure(&fleet, name, pods);
    }
}

fn measure(fleet: &Fleet, name: &str, pods: usize) {
    let (keys, objects) = (KeyStore::new(fleet.keys.clone()), ObjectStore::new());
    common::add_account(&objects);
    (0..pods).for_each(|number| common::add_pod(&objects, number));
    let verifier = Arc::new(fleet.verifier(&keys, Some(&objects), 0));
    let verify = |token: &String| verifier.verify_at(token.as_bytes(), fleet.now).expect("accepted");
    let tokens: Vec<VerifiedToken> = fleet.tokens[..pods].iter().map(verify).collect();
    let wakers: Vec<Waker> = (0..WAITING).map(|_| Waker::from(Arc::new(Task))).collect();
    let (none, none_again) = changes(&objects);

    let before = ALLOCATOR.allocated();
    let mut waiting: Vec<Revocation> = Vec::with_capacity(WAITING);
    let caller = |number: usize| Revocation::new(Arc::clone(&verifier), tokens[number % pods].clone());
    waiting.extend((0..WAITING).map(caller));
    let poll_all = |waiting: &mut [Revocation]| {
        for (revocation, waker) in waiting.iter_mut().zip(&wakers) {
            assert!(revocation.poll_at(&mut Context::from_waker(waker), fleet.now).is_pending());
        }
    };
    let registering = time(|| poll_all(&mut waiting));
    let memory = (ALLOCATOR.allocated() - before) / WAITING;
    let polling = time(|| poll_all(&mut waiting));
    let (all, all_again) = changes(&objects);

    // Another uid for the account of all, and back.
    WOKEN.store(0, Ordering::Relaxed);
    let account = ObjectReference { kind: ObjectKind::ServiceAccount, namespace: "demo", name: "app" };
    let account_goes = time(|| objects.upsert(&account, "another".into(), None));
    assert_eq!(WOKEN.load(Ordering::Relaxed), WAITING);
    common::add_account(&objects);
    poll_all(&mut waiting);
    // Pods.
    WOKEN.store(0, Ordering::Relaxed);
    let names: Vec<String> = (0..pods.min(1_000)).map(common::pod_name).collect();
    let pods_go = time(|| names.iter().for_each(|name| assert!(objects.delete(&pod(name)))));
    let of_pods = WOKEN.load(Ordering::Relaxed);
    assert_eq!(of_pods, WAITING / pods * names.len());
    (0..names.len()).for_each(|number| common::add_pod(&objects, number));
    poll_all(&mut waiting);
    // The key of all.
    WOKEN.store(0, Ordering::Relaxed);
    let key_goes = time(|| keys.replace(KeySet::default()));
    assert_eq!(WOKEN.load(Ordering::Relaxed), WAITING);
    keys.replace(fleet.keys.clone());
    poll_all(&mut waiting);
    let leaving = time(|| drop(waiting));

    let each = |time: Duration| nanoseconds(time, WAITING);
    println!("{name}:");
    println!("  memory of one who waits, without token and task: {memory} bytes");
    println!("  a new pod: {none:.0} if nobody waits, {all:.0} if all wait");
    println!("  a pod again without change: {none_again:.0} if nobody waits, {all_again:.0} if all wait");
    println!(
        "  of one who waits: to begin {:.0}, to poll again {:.0}, to leave {:.0}",
        each(registering),
        each(polling),
        each(leaving)
    );
    println!(
        "  to wake one: when the account goes {:.0}, when the key goes {:.0}, when the pod goes {:.0}",
        each(account_goes),
        each(key_goes),
        nanoseconds(pods_go, of_pods)
    );
}

/// The time of a new pod, and of the same pod once more.
fn changes(objects: &ObjectStore) -> (f64, f64) {
    let name = |number: usize| format!("unrelated-{number:05}");
    let names: Vec<String> = (0..CHANGES).map(name).collect();
    let upsert_all = || names.iter().for_each(|name| objects.upsert(&pod(name), "1".into(), None));
    let [mut new, mut same] = [Duration::MAX; 2];
    for _ in 0..ROUNDS {
        new = new.min(time(upsert_all));
        same = same.min(time(upsert_all));
        names.iter().for_each(|name| assert!(black_box(objects.delete(&pod(name)))));
    }
    (nanoseconds(new, CHANGES), nanoseconds(same, CHANGES))
}

fn pod(name: &str) -> ObjectReference<'_> {
    ObjectReference { kind: ObjectKind::Pod, namespace: "demo", name }
}

fn nanoseconds(time: Duration, calls: usize) -> f64 {
    time.as_secs_f64() * 1e9 / calls as f64
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}
