//! Measures what good callers get while forged tokens arrive:
//! `cargo bench --bench flood --features aws-lc-rs,fast-rsa,fast-p256`.
//!
//! The forger knows a `kid` and sends other people's headers and claims with wrong signatures, each a different one. Two threads
//! serve, and nothing else runs. All tokens arrive by a clock, whether the server keeps up or not, and latency counts from the time
//! at which a token was to arrive. What does not fit into a queue is dropped: the tokens a second are those that were decided. There
//! is no network: in a real server, to receive a request comes on top.
#![allow(clippy::restriction)]

mod common;

use std::collections::VecDeque;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Barrier, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use boundtoken::api::{BoundObjectReference, TokenRequest};
use boundtoken::{Algorithm, Issuer, ObjectStore, PodSpec, Reason, UnixSeconds, Verifier};

const ROUND: Duration = Duration::from_millis(60);
/// What arrives earlier in a round does not count. Queues fill up until then.
const WARM_UP: Duration = Duration::from_millis(20);
const ROUNDS: usize = 18;
/// The rounds of a case that count: those in which the threads waited least for a core. Other programs take cores away too.
const CALM_ROUNDS: usize = 6;
const THREADS: usize = 2;
/// How many tokens wait at most in each queue.
const QUEUE: usize = 256;
/// Good tokens a second.
const SEEN_A_SECOND: f64 = 40_000.0;
const FIRST_A_SECOND: f64 = 4_000.0;
/// Good tokens that exist.
const SEEN: usize = 300;
const FIRST: usize = 500;
/// Forged tokens a second, as a multiple of the checks that all threads can do in a second.
const FLOODS: [f64; 4] = [0.0, 1.0, 2.0, 4.0];
/// The budget of failing checks, of the same capacity. What is not used adds up for [`BUDGET_KEPT`].
const BUDGET: f64 = 0.1;
const BUDGET_KEPT: Duration = Duration::from_millis(10);

fn main() {
    println!(
        "backend {}; good tokens a second: {SEEN_A_SECOND} seen before, {FIRST_A_SECOND} first",
        common::BACKEND
    );
    for algorithm in [Algorithm::RS256, Algorithm::ES256] {
        let fleet = Fleet::new(algorithm);
        let capacities = capacities(&fleet);
        let mut cases = Vec::new();
        for (fast, capacity) in [false, true].into_iter().zip(capacities) {
            for (flood, (name, server)) in
                FLOODS.into_iter().flat_map(|flood| SERVERS.map(|server| (flood, server)))
            {
                cases.push(Case { fast, capacity, flood, name, server, rounds: Vec::new() });
            }
        }
        // Round by round, so that noise hits all cases alike.
        for round in 0..ROUNDS {
            cases.iter_mut().for_each(|case| case.run(&fleet, round));
        }
        for of_path in cases.chunks_mut(FLOODS.len() * SERVERS.len()) {
            print_head(algorithm, &of_path[0]);
            of_path.iter_mut().for_each(Case::print);
        }
    }
}

fn print_head(algorithm: Algorithm, case: &Case) {
    let path = if case.fast { "with the fast path" } else { "by the backend alone" };
    println!("\n{algorithm:?} {path}: {:.0} checks a second on {THREADS} threads", case.capacity);
    println!("{:<20}{:>36}{:>36}{:>10}{:>9}", "", "seen, µs", "first, µs", "forged,", "no core");
    let columns = format!("{:>9}{:>9}{:>9}{:>9}", "p50", "p99", "p99.9", "/s");
    println!("{:<7}{:<13}{columns}{columns}{:>10}", "flood", "server", "/s");
}

/// How a server orders its work.
#[derive(Clone, Copy, PartialEq)]
enum Server {
    /// Every token waits in one queue, and is then verified.
    OneQueue,
    /// A token is looked for among those seen before as soon as a thread is free. Only if its signature must be checked, it waits in
    /// a second queue. So many threads at most check at the same time.
    SeenFirst { checks: usize },
    /// As with one queue. While the budget of failing checks of a key is spent, its tokens are refused if they were not seen before.
    Budget,
}

const SERVERS: [(&str, Server); 4] = [
    ("one queue", Server::OneQueue),
    ("seen first", Server::SeenFirst { checks: THREADS }),
    ("  one checks", Server::SeenFirst { checks: 1 }),
    ("a budget", Server::Budget),
];

/// Tokens of many pods of one issuer.
struct Fleet {
    issuer: Issuer,
    tokens: Vec<String>,
    now: UnixSeconds,
}

impl Fleet {
    fn new(algorithm: Algorithm) -> Self {
        let objects = ObjectStore::new();
        common::add_account(&objects);
        let names: Vec<String> = (0..SEEN + FIRST).map(common::pod_name).collect();
        for (number, name) in names.iter().enumerate() {
            let spec = PodSpec { service_account_name: "app".into(), node_name: String::new() };
            objects.upsert_pod("demo", name, (&*common::pod_uid(number)).into(), None, spec);
        }
        let issuer = Issuer::builder(common::ISSUER, common::signing_key(algorithm));
        let issuer = issuer.bound_objects(objects).build().expect("an issuer");
        let issue = |name: String| {
            let mut request = TokenRequest::default();
            request.spec.audiences.push("vault".into());
            request.spec.bound_object_ref =
                Some(BoundObjectReference { kind: "Pod".into(), name, ..Default::default() });
            issuer.issue("demo", "app", request).expect("a token").token().to_owned()
        };
        let tokens = names.into_iter().map(issue).collect();
        Self { issuer, tokens, now: UnixSeconds::now() }
    }

    /// A verifier that has seen the first tokens of the fleet.
    fn verifier(&self, fast: bool) -> Verifier {
        let verifier = Verifier::builder().issuer(self.issuer.trusted()).audience("vault");
        let verifier = verifier.fast_rsa(fast).fast_p256(fast).build().expect("a verifier");
        for token in &self.tokens[..SEEN] {
            verifier.verify_at(token.as_bytes(), self.now).expect("accepted");
        }
        verifier
    }

    /// Writes the bytes of a token. So it comes from memory that was just written, as from a network.
    fn write(&self, arrival: Arrival, bytes: &mut Vec<u8>) {
        let number = arrival.number;
        let token = match arrival.kind {
            Kind::Seen => &self.tokens[number % SEEN],
            Kind::First => &self.tokens[SEEN + number % FIRST],
            Kind::Forged => &self.tokens[number % SEEN],
        };
        bytes.clear();
        bytes.extend_from_slice(token.as_bytes());
        if arrival.kind == Kind::Forged {
            // The last character stays: not every character may be the last of a signature.
            let end = bytes.len() - 1;
            let mut mixed = mix(number as u64);
            for byte in &mut bytes[end - 16..end] {
                *byte = b"ABCDEFGHIJKLMNOP"[(mixed % 16) as usize];
                mixed /= 16;
            }
        }
    }
}

/// Measures how many forged tokens a second the threads refuse at best: by the backend alone, and with the fast path.
fn capacities(fleet: &Fleet) -> [f64; 2] {
    let verifiers = [false, true].map(|fast| fleet.verifier(fast));
    let mut best = [0.0_f64; 2];
    for _ in 0..ROUNDS {
        for (verifier, best) in verifiers.iter().zip(&mut best) {
            let begin = Barrier::new(THREADS);
            let work = |thread| {
                let (mut bytes, mut refused) = (Vec::new(), 0);
                begin.wait();
                let start = Instant::now();
                while start.elapsed() < ROUND {
                    let number = thread * 1_000_000 + refused;
                    fleet.write(Arrival { at: 0, kind: Kind::Forged, number }, &mut bytes);
                    let rejection = verifier.verify_at(&bytes, fleet.now).expect_err("forged");
                    assert_eq!(rejection.reason(), Reason::SignatureInvalid);
                    refused += 1;
                }
                refused as f64 / start.elapsed().as_secs_f64()
            };
            *best = best.max(on_all_threads(work).into_iter().sum());
        }
    }
    best
}

fn on_all_threads<T: Send>(work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || work(thread))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread")).collect()
    })
}

/// What arrives. The numbers are places in [`Decided`].
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Seen = 0,
    First = 1,
    Forged = 2,
}

/// A token that arrives.
#[derive(Clone, Copy)]
struct Arrival {
    /// In nanoseconds from the start of the round.
    at: u64,
    kind: Kind,
    number: usize,
}

/// Returns what arrives in a round, in order. The times between tokens of a kind have an exponential distribution, because
/// many callers send them independently.
fn schedule(forged_a_second: f64, round: usize) -> Vec<Arrival> {
    let rates = [(Kind::Seen, SEEN_A_SECOND), (Kind::First, FIRST_A_SECOND), (Kind::Forged, forged_a_second)];
    let mut arrivals = Vec::new();
    for (kind, rate) in rates {
        let (mut at, mut random) = (0.0, (round * 3 + kind as usize) as u64);
        for number in 0.. {
            random = mix(random);
            at += -((random >> 11) as f64 / (1_u64 << 53) as f64).max(1e-15).ln() / rate;
            if at >= ROUND.as_secs_f64() {
                break;
            }
            arrivals.push(Arrival { at: (at * 1e9) as u64, kind, number });
        }
    }
    arrivals.sort_unstable_by_key(|arrival| arrival.at);
    arrivals
}

/// The next number of SplitMix64, of the state before.
fn mix(state: u64) -> u64 {
    let mut mixed = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// How long the tokens of each [`Kind`] waited that were decided and count, in nanoseconds.
type Decided = [Vec<u64>; 3];

/// One path, flood and server.
struct Case {
    fast: bool,
    capacity: f64,
    flood: f64,
    name: &'static str,
    server: Server,
    /// How long the threads waited for a core in each round, and the outcome.
    rounds: Vec<(Duration, Decided)>,
}

impl Case {
    fn run(&mut self, fleet: &Fleet, round: usize) {
        let verifier = fleet.verifier(self.fast);
        let arrivals = schedule(self.flood * self.capacity, round);
        let budget = (self.server == Server::Budget).then(|| Budget::new(BUDGET * self.capacity));
        let queues = Mutex::new(Queues { arrivals: &arrivals, ..Queues::default() });
        let (begin, start) = (Barrier::new(THREADS), Instant::now() + Duration::from_millis(1));
        let of_threads = on_all_threads(|_| {
            begin.wait();
            let mut worker = Worker::new(fleet, &verifier, budget.as_ref(), start);
            let before = common::waited_for_a_core();
            worker.work(&queues, self.server);
            (common::waited_for_a_core() - before, worker.decided)
        });
        let mut all = (Duration::ZERO, Decided::default());
        for (waited, decided) in of_threads {
            all.0 += waited;
            all.1.iter_mut().zip(decided).for_each(|(all, more)| all.extend(more));
        }
        self.rounds.push(all);
    }

    fn print(&mut self) {
        self.rounds.sort_by_key(|(waited, _)| *waited);
        let [seen, first, forged] = [0, 1, 2].map(|kind| {
            let mut times: Vec<u64> =
                self.rounds[..CALM_ROUNDS].iter().flat_map(|(_, decided)| &decided[kind]).copied().collect();
            times.sort_unstable();
            times
        });
        let measured = (ROUND - WARM_UP).as_secs_f64() * CALM_ROUNDS as f64;
        let a_second = |times: &[u64]| times.len() as f64 / measured;
        print!("{:<7}{:<13}", format!("{} x", self.flood), self.name);
        for times in [seen, first] {
            for share in [0.5, 0.99, 0.999] {
                let time = times[((times.len() - 1) as f64 * share) as usize] as f64 / 1e3;
                print!("{time:>9.1}");
            }
            print!("{:>9.0}", a_second(&times));
        }
        let waited: Duration = self.rounds[..CALM_ROUNDS].iter().map(|(waited, _)| *waited).sum();
        let share = waited.as_secs_f64() / (ROUND.as_secs_f64() * (CALM_ROUNDS * THREADS) as f64);
        println!("{:>10.0}{:>8.1}%", a_second(&forged), share * 100.0);
    }
}

/// The tokens that wait.
///
/// No thread of its own puts them in. A thread that takes a token first adds all tokens that have arrived since the last call. Queues
/// only grow between two calls, so a late addition drops the same tokens as one in time.
#[derive(Default)]
struct Queues<'a> {
    /// All of the round.
    arrivals: &'a [Arrival],
    /// How many of them have arrived.
    arrived: usize,
    new: VecDeque<Arrival>,
    /// Those that were not seen before.
    unchecked: VecDeque<Arrival>,
    checks: usize,
}

/// What a thread does next.
enum Step {
    Verify(Arrival),
    Look(Arrival),
    Check(Arrival),
    Wait,
    End,
}

/// What a thread did.
enum Done {
    /// Nothing is left to do.
    All,
    /// The token was not seen before.
    Looked(Arrival),
    Checked,
}

impl Queues<'_> {
    fn next(&mut self, server: Server, done: Done, now: u64) -> Step {
        match done {
            Done::All => {}
            Done::Looked(arrival) => put(&mut self.unchecked, arrival),
            Done::Checked => self.checks -= 1,
        }
        while let Some(arrival) = self.arrivals.get(self.arrived).filter(|arrival| arrival.at <= now) {
            put(&mut self.new, *arrival);
            self.arrived += 1;
        }
        if let Some(arrival) = self.new.pop_front() {
            let is_looked_for = matches!(server, Server::SeenFirst { .. });
            return if is_looked_for { Step::Look(arrival) } else { Step::Verify(arrival) };
        }
        if let Server::SeenFirst { checks } = server
            && self.checks < checks
            && let Some(arrival) = self.unchecked.pop_front()
        {
            self.checks += 1;
            return Step::Check(arrival);
        }
        let is_over = self.arrived == self.arrivals.len() && self.unchecked.is_empty();
        if is_over { Step::End } else { Step::Wait }
    }
}

/// Drops what finds no place.
fn put(queue: &mut VecDeque<Arrival>, arrival: Arrival) {
    if queue.len() < QUEUE {
        queue.push_back(arrival);
    }
}

/// A thread that serves.
struct Worker<'a> {
    fleet: &'a Fleet,
    verifier: &'a Verifier,
    budget: Option<&'a Budget>,
    start: Instant,
    bytes: Vec<u8>,
    decided: Decided,
}

impl<'a> Worker<'a> {
    fn new(fleet: &'a Fleet, verifier: &'a Verifier, budget: Option<&'a Budget>, start: Instant) -> Self {
        Self { fleet, verifier, budget, start, bytes: Vec::new(), decided: Decided::default() }
    }

    fn work(&mut self, queues: &Mutex<Queues<'_>>, server: Server) {
        let mut done = Done::All;
        loop {
            let step = spin_lock(queues).next(server, done, self.now());
            done = match step {
                Step::Verify(arrival) => {
                    match self.budget {
                        // Refuses it if it was not seen before.
                        Some(budget) if budget.is_spent(self.now()) => _ = self.look(arrival),
                        _ => self.verify(arrival),
                    }
                    Done::All
                }
                Step::Look(arrival) if self.look(arrival) => Done::All,
                Step::Look(arrival) => Done::Looked(arrival),
                Step::Check(arrival) => {
                    self.verify(arrival);
                    Done::Checked
                }
                Step::Wait => {
                    spin_loop();
                    Done::All
                }
                Step::End => return,
            };
        }
    }

    /// Returns whether the token was seen before.
    fn look(&mut self, arrival: Arrival) -> bool {
        self.fleet.write(arrival, &mut self.bytes);
        let verdict = self.verifier.verify_cached_at(&self.bytes, self.fleet.now);
        if let Some(verdict) = &verdict {
            assert!(verdict.is_ok() && arrival.kind == Kind::Seen);
            self.decide(arrival);
        }
        verdict.is_some()
    }

    fn verify(&mut self, arrival: Arrival) {
        self.fleet.write(arrival, &mut self.bytes);
        let verdict = self.verifier.verify_at(&self.bytes, self.fleet.now);
        assert_eq!(verdict.is_err(), arrival.kind == Kind::Forged);
        if let (Err(_), Some(budget)) = (&verdict, self.budget) {
            budget.charge(self.now());
        }
        self.decide(arrival);
    }

    fn decide(&mut self, arrival: Arrival) {
        if arrival.at >= WARM_UP.as_nanos() as u64 {
            self.decided[arrival.kind as usize].push(self.now() - arrival.at);
        }
    }

    /// In nanoseconds from the start of the round.
    fn now(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }
}

/// It spins, because waking up takes longer than what it protects.
fn spin_lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    loop {
        match mutex.try_lock() {
            Ok(guard) => return guard,
            Err(_) => spin_loop(),
        }
    }
}

/// A budget of failing checks of one key. It says until when the checks that failed have used it up.
struct Budget {
    /// The time that a failing check takes from the budget, in nanoseconds.
    price: u64,
    used_until: AtomicU64,
}

impl Budget {
    fn new(a_second: f64) -> Self {
        Self { price: (1e9 / a_second) as u64, used_until: AtomicU64::new(0) }
    }

    fn is_spent(&self, now: u64) -> bool {
        self.used_until.load(Ordering::Relaxed) > now + BUDGET_KEPT.as_nanos() as u64
    }

    fn charge(&self, now: u64) {
        let charged = |used_until: u64| Some(used_until.max(now) + self.price);
        self.used_until.fetch_update(Ordering::Relaxed, Ordering::Relaxed, charged).expect("always charged");
    }
}
