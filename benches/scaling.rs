//! Measures how verification scales with threads, and how little it slows down while keys and objects change:
//! `cargo bench --bench scaling`, and with `--features aws-lc-rs`.
//!
//! The system may take a thread off its core at any time. So rounds are short, and the best ones count. Linux reports
//! how long a thread waited for a core. So a call that was long for this reason is not blamed on the verifier.
#![allow(clippy::restriction)]

mod common;

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use boundtoken::{KeySet, KeyStore, ObjectKind, ObjectReference, ObjectStore, Verifier};
use common::Fleet;

const TOKENS: usize = 1_000;
const ROUNDS: usize = 200;

fn main() {
    println!("backend {}; RS256, {TOKENS} tokens, bound objects confirmed", common::BACKEND);
    let fleet = Fleet::new(TOKENS);
    threads(&fleet);
    changes(&fleet);
}

/// One kind of work in a round: its name, how often it is done, and the work itself.
type Work<'a> = (&'static str, usize, &'a (dyn Fn(usize) + Sync));

/// Compares two threads with one, in alternating rounds. Work that shares nothing shows how much the machine can gain
/// from a second thread at that time.
fn threads(fleet: &Fleet) {
    let keys = KeyStore::new(fleet.keys.clone());
    let [remembering, forgetting] =
        [TOKENS * 2, 0].map(|cached| fleet.verifier(&keys, Some(&fleet.objects), cached));
    println!("\n{:<42}{:>14}{:>14}{:>8}", "calls a second", "1 thread", "2 threads", "ratio");
    let work: [Work<'_>; 5] = [
        ("nothing shared, for comparison", 20_000, &|call| alone(call)),
        ("seen again, 100 tokens", 5_000, &|call| verify(&remembering, fleet, call % 100)),
        ("seen again, 1,000 tokens", 5_000, &|call| verify(&remembering, fleet, call % TOKENS)),
        ("seen again, always the same token", 5_000, &|_| verify(&remembering, fleet, 0)),
        ("first time", 50, &|call| verify(&forgetting, fleet, call % TOKENS)),
    ];
    let mut best = [[0.0_f64; 2]; 5];
    for _ in 0..ROUNDS {
        for ((_, calls, work), best) in work.iter().zip(&mut best) {
            for (threads, best) in [1, 2].into_iter().zip(best) {
                *best = best.max(throughput(work, threads, *calls));
            }
        }
    }
    for ((name, ..), [one, two]) in work.iter().zip(best) {
        println!("{name:<42}{one:>14.0}{two:>14.0}{:>8.2}", two / one);
    }
}

/// Arithmetic that takes about as long as a cache hit.
fn alone(call: usize) {
    let mixed = (0..40).fold(call, |mixed, step| std::hint::black_box(mixed.wrapping_mul(step | 1)));
    std::hint::black_box(mixed);
}

fn throughput(work: &(dyn Fn(usize) + Sync), threads: usize, calls: usize) -> f64 {
    let ready = AtomicUsize::new(0);
    let times: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|thread| {
                let ready = &ready;
                scope.spawn(move || {
                    (0..calls).for_each(|call| work(call + thread * 331));
                    // It spins, because waking up takes longer than a round.
                    ready.fetch_add(1, Ordering::SeqCst);
                    while ready.load(Ordering::SeqCst) < threads {
                        std::hint::spin_loop();
                    }
                    let start = Instant::now();
                    (0..calls).for_each(|call| work(call * 7 + thread * 331));
                    (start, Instant::now())
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().expect("verified")).collect()
    });
    // From the first start to the last end. So threads that did not run at the same time gain nothing.
    let first = times.iter().map(|(start, _)| *start).min().expect("a thread");
    let last = times.iter().map(|(_, end)| *end).max().expect("a thread");
    (threads * calls) as f64 / (last - first).as_secs_f64()
}

fn verify(verifier: &Verifier, fleet: &Fleet, number: usize) {
    let verified = verifier.verify_at(fleet.tokens[number].as_bytes(), fleet.now);
    std::hint::black_box(verified.expect("accepted"));
}

/// One thread verifies while another replaces the keys every millisecond and changes 10,000 objects a second. It
/// changes either what the verifier reads, or other keys and objects that nobody reads. So the load is the same in
/// both cases.
fn changes(fleet: &Fleet) {
    let ours = (KeyStore::new(fleet.keys.clone()), fleet.objects.clone());
    let others = (KeyStore::new(fleet.keys.clone()), Fleet::new(TOKENS).objects);
    for (name, cached, calls) in [("seen again", TOKENS * 2, 20_000), ("first time", 0, 200)] {
        let verifier = fleet.verifier(&ours.0, Some(&ours.1), cached);
        let (mut undisturbed, mut disturbed) = (Latencies::default(), Latencies::default());
        for _ in 0..ROUNDS / 2 {
            under_changes(&verifier, fleet, calls, &others, &mut undisturbed);
            under_changes(&verifier, fleet, calls, &ours, &mut disturbed);
        }
        println!("\n{name}, while keys are replaced 1,000 times and objects 10,000 times a second");
        println!("{:<42}{:>14}{:>14}", "", "of others", "of ours");
        println!("{:<42}{:>14.0}{:>14.0}", "verifications a second", undisturbed.best, disturbed.best);
        let lost = 100.0 * (1.0 - disturbed.best / undisturbed.best);
        println!("{:<42}{:>14}{lost:>13.1}%", "lost", "");
        for (place, limit) in LIMITS.iter().enumerate() {
            let (one, other) = (undisturbed.counts[place], disturbed.counts[place]);
            println!("{:<42}{one:>14}{other:>14}", format!("calls of less than {limit:?}"));
        }
        let [waited, stalled] = [Latencies::waited, Latencies::stalled].map(|count| {
            let (one, other) = (count(&undisturbed), count(&disturbed));
            format!("{one:>14}{other:>14}")
        });
        println!("{:<42}{waited}", "longer, waiting for a core");
        println!("{:<42}{stalled}", "longer, for another reason");
    }
}

const LIMITS: [Duration; 9] = [
    Duration::from_nanos(200),
    Duration::from_nanos(500),
    Duration::from_micros(1),
    Duration::from_micros(5),
    Duration::from_micros(20),
    Duration::from_micros(50),
    Duration::from_micros(100),
    Duration::from_micros(500),
    Duration::from_millis(1),
];

#[derive(Default)]
struct Latencies {
    counts: [u64; LIMITS.len()],
    waited: u64,
    stalled: u64,
    /// Calls per second.
    best: f64,
}

impl Latencies {
    fn waited(&self) -> u64 {
        self.waited
    }

    fn stalled(&self) -> u64 {
        self.stalled
    }

    fn add(&mut self, call: Duration, waited: &mut Duration) {
        match LIMITS.iter().position(|limit| call < *limit) {
            Some(place) => self.counts[place] += 1,
            None => {
                let now = common::waited_for_a_core();
                let worked = call.saturating_sub(now - *waited);
                *waited = now;
                if worked < Duration::from_millis(1) { self.waited += 1 } else { self.stalled += 1 }
            }
        }
    }
}

fn under_changes(
    verifier: &Verifier,
    fleet: &Fleet,
    calls: usize,
    (keys, objects): &(KeyStore, ObjectStore),
    latencies: &mut Latencies,
) {
    let (begin, done) = (Barrier::new(2), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            begin.wait();
            change(keys, &fleet.keys, objects, &done);
        });
        begin.wait();
        let mut waited = common::waited_for_a_core();
        let start = Instant::now();
        let mut before = start;
        for call in 0..calls {
            verify(verifier, fleet, call * 7 % TOKENS);
            let after = Instant::now();
            latencies.add(after - before, &mut waited);
            before = after;
        }
        latencies.best = latencies.best.max(calls as f64 / start.elapsed().as_secs_f64());
        done.store(true, Ordering::Relaxed);
    });
}

/// Changes one object every tenth of a millisecond and the keys every millisecond.
fn change(keys: &KeyStore, set: &KeySet, objects: &ObjectStore, done: &AtomicBool) {
    let start = Instant::now();
    for tick in 1_usize.. {
        while start.elapsed() < Duration::from_micros(100) * u32::try_from(tick).expect("a short run") {
            if done.load(Ordering::Relaxed) {
                return;
            }
            std::thread::sleep(Duration::from_micros(20));
        }
        // Half of the changes create and delete pods. The other half are changes to pods that tokens are bound to.
        let number = if tick % 2 == 0 { TOKENS + tick / 2 % 1_000 } else { tick / 2 % TOKENS };
        let (name, uid) = (common::pod_name(number), common::pod_uid(number));
        let pod = ObjectReference { kind: ObjectKind::Pod, namespace: "demo", name: &name };
        if number < TOKENS || !objects.delete(&pod) {
            objects.upsert(&pod, (&*uid).into(), None);
        }
        if tick % 10 == 0 {
            keys.replace(set.clone());
        }
    }
}
