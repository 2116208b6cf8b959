//! Measures the memory of a million objects and of a remembered token, and the time to look up an object:
//! `cargo bench --bench store`.
#![allow(unsafe_code, clippy::restriction)]

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use boundtoken::{KeyStore, ObjectKind, ObjectReference, ObjectState, ObjectStore, UnixSeconds, Verifier};
use common::Fleet;

/// The number of bytes that are allocated now.
static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: the system allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        ALLOCATED.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Rounds are short, and the best one counts, because the machine may have other work to do.
const ROUNDS: usize = 2_000;
const LOOKUPS: usize = 200;
/// The number of remembered tokens, which are verified in random order. They are more than a core's own caches hold.
const TOKENS: usize = 20_000;

fn main() {
    let fleet = Fleet::new(TOKENS);
    println!("pods of Deployments, 39 bytes of names each; the last two in nanoseconds");
    let columns =
        ["objects", "bytes an object", "resident bytes", "look-up by name", "in a token seen again"];
    println!("{}", columns.map(|column| format!("{column:>22}")).concat());
    for count in [1_000, 100_000, 1_000_000] {
        measure(&fleet, count);
    }
    remembered_tokens(&fleet);
    println!("for comparison: reading one number at random out of 128 MiB takes {:.1} ns", memory_latency());
}

fn measure(fleet: &Fleet, count: usize) {
    let (allocated, resident) = (ALLOCATED.load(Ordering::Relaxed), resident());
    let objects = ObjectStore::new();
    common::add_account(&objects);
    (0..count).for_each(|number| common::add_pod(&objects, number));
    let each = |bytes: usize| bytes as f64 / count as f64;
    let allocated = each(ALLOCATED.load(Ordering::Relaxed) - allocated);
    let resident = each(self::resident().saturating_sub(resident));

    let keys = KeyStore::new(fleet.keys.clone());
    let verifiers = [None, Some(&objects)].map(|objects| fleet.verifier(&keys, objects, TOKENS * 2));
    let tokens = fleet.tokens.get(..count).unwrap_or(&fleet.tokens);
    verifiers.iter().for_each(|verifier| tokens.iter().for_each(|token| verify(verifier, token, fleet.now)));
    let [mut by_name, mut without, mut with] = [Duration::MAX; 3];
    for round in 0..ROUNDS {
        // In random order, so that the next object is not a neighbour of the last.
        let numbers = |column: usize| {
            (0..LOOKUPS)
                .map(move |call| ((round * 3 + column) * LOOKUPS + call).wrapping_mul(0x9e37_79b9_7f4a_7c15))
        };
        let names: Vec<_> = numbers(0).map(|number| common::pod_name(number % count)).collect();
        by_name = by_name.min(time(|| {
            for name in &names {
                assert!(matches!(black_box(objects.state(&pod(name))), ObjectState::Present { .. }));
            }
        }));
        for (column, (verifier, best)) in verifiers.iter().zip([&mut without, &mut with]).enumerate() {
            let tokens: Vec<_> = numbers(column + 1).map(|number| &tokens[number % tokens.len()]).collect();
            *best = time(|| tokens.iter().for_each(|token| verify(verifier, token, fleet.now))).min(*best);
        }
    }
    let [by_name, without, with] =
        [by_name, without, with].map(|best| best.as_secs_f64() * 1e9 / LOOKUPS as f64);
    println!("{count:>22}{allocated:>22.1}{resident:>22.1}{by_name:>22.1}{:>22.1}", with - without);
}

fn verify(verifier: &Verifier, token: &str, now: UnixSeconds) {
    black_box(verifier.verify_at(token.as_bytes(), now).expect("accepted"));
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// RS256 tokens of about 1,000 bytes, each verified once.
fn remembered_tokens(fleet: &Fleet) {
    let verifier = fleet.verifier(&KeyStore::new(fleet.keys.clone()), Some(&fleet.objects), TOKENS * 2);
    let before = ALLOCATED.load(Ordering::Relaxed);
    fleet.tokens.iter().for_each(|token| verify(&verifier, token, fleet.now));
    let allocated = ALLOCATED.load(Ordering::Relaxed) - before;
    let length: usize = fleet.tokens.iter().map(String::len).sum();
    println!("a remembered token of {} bytes takes {} bytes", length / TOKENS, allocated / TOKENS);
}

fn pod(name: &str) -> ObjectReference<'_> {
    ObjectReference { kind: ObjectKind::Pod, namespace: "demo", name }
}

/// The memory of the process, as Linux reports it.
fn resident() -> usize {
    let statistics = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: usize = statistics.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or_default();
    pages * 4_096
}

/// The time of one read that misses all caches, in nanoseconds. Each value says where to read next.
fn memory_latency() -> f64 {
    const NUMBERS: usize = 1 << 25;
    let ones = vec![1_u32; NUMBERS];
    let (mut place, mut best) = (0_usize, Duration::MAX);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..LOOKUPS {
            let one = usize::try_from(black_box(ones[place])).expect("one");
            place = (place.wrapping_mul(0x5851_f42d) + one) % NUMBERS;
        }
        best = best.min(start.elapsed());
    }
    best.as_secs_f64() * 1e9 / LOOKUPS as f64
}
