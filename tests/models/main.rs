//! Runs the token cache, the key store, the live objects and those who wait in every order of steps that shuttle finds.
//! These are the library's own sources, with the atomics and locks of shuttle instead of the standard library.
//!
//! papaya's map and arc-swap's pointer are not modelled inside. Each of their operations counts as one step, as their
//! own tests show. The models explore our protocol around them: the key set and its generation, a token that is added
//! while its key is withdrawn, the lines of the cache and its table, the buckets of live objects while their
//! number doubles, and a change between waiting and looking.
#![allow(missing_docs, clippy::restriction)]
#![allow(dead_code)] // The models use only a part of the sources.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::time::Duration;

/// Stands in for `src/sync.rs`.
mod sync {
    pub(crate) use shuttle::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    pub(crate) use shuttle::sync::{Mutex, MutexGuard};
    pub(crate) use std::sync::TryLockError;
}

/// The library's own sources.
#[path = "../../src"]
mod source {
    use crate::{KeyFingerprint, KeySet};

    pub(crate) mod cache;
    pub(crate) mod hashing;
    pub(crate) mod moment;
    pub(crate) mod waiters;
    #[path = "keys/store.rs"]
    pub(crate) mod key_store;
    #[path = "objects/store/live.rs"]
    pub(crate) mod live;
}

use source::{hashing, moment, waiters};

/// Random numbers without a cryptography backend.
mod crypto {
    pub(crate) fn fill_random(bytes: &mut [u8]) -> std::io::Result<()> {
        std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, bytes)
    }
}

/// The part of the claims that the cache knows.
mod claims {
    #[derive(Clone)]
    pub(crate) struct Claims(pub(crate) &'static str);

    impl Claims {
        pub(crate) fn size(&self) -> usize {
            self.0.len()
        }

        /// None. Tokens are looked up without their objects.
        pub(crate) fn bound_objects(&self) -> impl Iterator<Item = crate::objects::Fingerprint> {
            std::iter::empty()
        }
    }

    /// The accepted audiences of a token. The cache only returns them.
    #[derive(Clone)]
    pub(crate) struct Matched;
}

/// The surroundings of the live objects.
mod objects {
    use std::num::NonZeroU64;

    use crate::source::live::LiveObjects;

    /// A fingerprint of an object.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub(crate) struct Fingerprint {
        pub(crate) place: u64,
        pub(crate) mark: NonZeroU64,
    }

    /// One is its own.
    impl From<&Self> for Fingerprint {
        fn from(fingerprint: &Self) -> Self {
            *fingerprint
        }
    }

    /// No token here has more objects.
    pub(crate) struct ObjectKind;

    impl ObjectKind {
        pub(crate) const ALL: [Self; 1] = [Self];
    }

    /// As the store has them, but without objects.
    pub(crate) struct Live(LiveObjects);

    impl Live {
        pub(crate) fn new() -> Self {
            Self(LiveObjects::new())
        }

        pub(crate) fn has(&self, object: Fingerprint) -> bool {
            self.0.contains(object)
        }

        pub(crate) fn replace(&self, before: Option<Fingerprint>, now: Option<Fingerprint>, objects: usize) {
            let mut live = self.0.write();
            live.remove(before);
            live.make_room_for(objects);
            live.insert(now);
        }
    }
}

/// A key that is nothing but its fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct KeyFingerprint(u8);

impl KeyFingerprint {
    pub(crate) fn fingerprint(&self) -> &Self {
        self
    }
}

#[derive(Debug, Default)]
pub struct KeySet(Vec<KeyFingerprint>);

impl KeySet {
    pub(crate) fn keys(&self) -> &[KeyFingerprint] {
        &self.0
    }
}

use claims::{Claims, Matched};
use moment::Moment;
use objects::Fingerprint;
use objects::Live;
use source::cache::TokenCache;
use source::key_store::KeyStore;
use sync::{AtomicBool, Ordering};
use waiters::{Waiter, Waiters};

/// How many orders of steps each model runs.
const ORDERS: usize = 2_000;

const KEY: KeyFingerprint = KeyFingerprint(1);
const OTHER: KeyFingerprint = KeyFingerprint(2);

fn token(name: &str, end: &str) -> Vec<u8> {
    format!("{name}{end:.>16}").into_bytes()
}

fn keep(cache: &TokenCache, token: &[u8], subject: &'static str) {
    cache.keep(token, Arc::new(Claims(subject)), None, Matched, 0);
}

/// What the verifier does with a token that it may have seen before.
fn seen(cache: &TokenCache, keys: &KeyStore, token: &[u8]) -> Option<&'static str> {
    cache.find(token, |seen| {
        seen.has_its_key(keys.generation(), || keys.publishes(&KEY)).then(|| seen.claims().unwrap().0)
    })
}

fn run(model: impl Fn() + Send + Sync + 'static) {
    shuttle::check_random(model, ORDERS);
}

fn both(one: impl FnOnce() + Send + 'static, other: impl FnOnce() + Send + 'static) {
    let threads = [shuttle::thread::spawn(one), shuttle::thread::spawn(other)];
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn no_token_of_a_replaced_key_is_accepted_in_any_order_of_lookups_and_insertions() {
    run(|| {
        let keys = KeyStore::new(KeySet(vec![KEY]));
        let cache = Arc::new(TokenCache::new(10, 100_000));
        let (one, other) = (token("one", "1"), token("other", "2"));
        keep(&cache, &one, "one");
        both(
            {
                let (keys, cache, one, other) =
                    (keys.clone(), Arc::clone(&cache), one.clone(), other.clone());
                move || {
                    seen(&cache, &keys, &one);
                    // Its signature was checked with the earlier keys.
                    keep(&cache, &other, "other");
                    seen(&cache, &keys, &other);
                    seen(&cache, &keys, &one);
                }
            },
            {
                let (keys, cache, one, other) =
                    (keys.clone(), Arc::clone(&cache), one.clone(), other.clone());
                move || {
                    keys.replace(KeySet(vec![OTHER, KEY]));
                    keys.replace(KeySet(vec![OTHER]));
                    assert_eq!(seen(&cache, &keys, &one), None);
                    assert_eq!(seen(&cache, &keys, &other), None);
                }
            },
        );
        assert_eq!(seen(&cache, &keys, &one), None);
        assert_eq!(seen(&cache, &keys, &other), None);
    });
}

#[test]
fn once_keys_that_were_too_old_are_replaced_no_token_by_a_withdrawn_one_is_accepted() {
    run(|| {
        const HOUR: Duration = Duration::from_secs(3_600);
        let keys = KeyStore::new(KeySet::default());
        keys.set_max_age(HOUR);
        let cache = Arc::new(TokenCache::new(10, 100_000));
        let token = token("one", "1");
        keep(&cache, &token, "one");
        keys.replace_as_of(KeySet(vec![KEY]), Moment::ago(2 * HOUR));
        // From now on its key is looked up again only if the keys are replaced.
        assert_eq!(seen(&cache, &keys, &token), Some("one"));
        both(
            {
                let (keys, cache) = (keys.clone(), Arc::clone(&cache));
                move || {
                    // In the verifier's order.
                    let is_accepted = !keys.is_stale() && seen(&cache, &keys, &token).is_some();
                    assert!(!is_accepted);
                }
            },
            move || keys.replace(KeySet(vec![OTHER])),
        );
    });
}

#[test]
fn of_two_who_replace_the_keys_the_last_decides() {
    run(|| {
        let keys = KeyStore::new(KeySet(vec![KEY]));
        let cache = Arc::new(TokenCache::new(10, 100_000));
        let one = token("one", "1");
        keep(&cache, &one, "one");
        let replacing = |set: Vec<KeyFingerprint>| {
            let (keys, cache, one) = (keys.clone(), Arc::clone(&cache), one.clone());
            move || {
                seen(&cache, &keys, &one);
                keys.replace(KeySet(set));
                seen(&cache, &keys, &one);
            }
        };
        both(replacing(vec![OTHER]), replacing(vec![KEY, OTHER]));
        if !keys.load().keys().contains(&KEY) {
            assert_eq!(seen(&cache, &keys, &one), None);
        }
    });
}

#[test]
fn tokens_that_end_alike_are_never_taken_for_one_another() {
    run(|| {
        let keys = KeyStore::new(KeySet(vec![KEY]));
        let cache = Arc::new(TokenCache::new(10, 100_000));
        let (one, other) = (token("one", "same"), token("other", "same"));
        let keeping = |token: &Vec<u8>, rival: &Vec<u8>, subject: &'static str| {
            let (keys, cache, token, rival) =
                (keys.clone(), Arc::clone(&cache), token.clone(), rival.clone());
            move || {
                for _ in 0..2 {
                    keep(&cache, &token, subject);
                    assert!([None, Some(subject)].contains(&seen(&cache, &keys, &token)));
                    assert_ne!(seen(&cache, &keys, &rival), Some(subject));
                }
            }
        };
        both(keeping(&one, &other, "one"), keeping(&other, &one, "other"));
        let found = [seen(&cache, &keys, &one), seen(&cache, &keys, &other)];
        assert!(found == [Some("one"), None] || found == [None, Some("other")], "{found:?}");
    });
}

#[test]
fn there_are_never_more_than_allowed_and_room_is_never_lost() {
    const MOST: usize = 3;
    run(|| {
        let keys = KeyStore::new(KeySet(vec![KEY]));
        let cache = Arc::new(TokenCache::new(MOST, 100_000));
        let filling = |first: usize| {
            let (keys, cache) = (keys.clone(), Arc::clone(&cache));
            move || {
                for number in first..first + 4 {
                    let token = token("token", &number.to_string());
                    keep(&cache, &token, "token");
                    seen(&cache, &keys, &token);
                    if number % 2 == 0 {
                        // As if it had expired.
                        cache.find(&token, |_| None::<()>);
                    }
                }
            }
        };
        both(filling(0), filling(10));
        assert!(remembered(&cache) <= MOST);
        // All places are still available.
        for number in 20..20 + 2 * MOST {
            keep(&cache, &token("token", &number.to_string()), "token");
        }
        assert_eq!(remembered(&cache), MOST);
    });
}

fn remembered(cache: &TokenCache) -> usize {
    let shown = format!("{cache:?}");
    shown.chars().filter(char::is_ascii_digit).collect::<String>().parse().expect(&shown)
}

/// Fingerprints that all fall into one bucket until the number of buckets doubles.
fn object(number: u8) -> Fingerprint {
    Fingerprint { place: u64::from(number) << 3, mark: NonZeroU64::MIN.saturating_add(number.into()) }
}

#[test]
fn an_object_that_was_deleted_is_never_found_whatever_moves_meanwhile() {
    run(|| {
        let live = Arc::new(Live::new());
        (1..=3).for_each(|number| live.replace(None, Some(object(number)), 1));
        both(
            {
                let live = Arc::clone(&live);
                move || {
                    live.replace(Some(object(1)), None, 1);
                    assert!(!live.has(object(1)));
                    live.replace(Some(object(2)), Some(object(5)), 1);
                    assert!(!live.has(object(1)) && !live.has(object(2)));
                }
            },
            {
                let live = Arc::clone(&live);
                move || {
                    // Their number doubles, twice.
                    for (before, objects) in [(3, 64), (4, 128)] {
                        live.has(object(2));
                        live.replace(Some(object(before)), Some(object(4)), objects);
                        assert!(!live.has(object(3)) && !live.has(object(6)));
                    }
                }
            },
        );
        let found: Vec<_> = (0..8).filter(|&number| live.has(object(number))).collect();
        assert_eq!(found, [4, 5]);
    });
}

#[test]
fn of_an_object_that_comes_and_goes_in_the_place_of_another_only_the_present_one_is_found() {
    run(|| {
        let live = Arc::new(Live::new());
        live.replace(None, Some(object(1)), 1);
        both(
            {
                let live = Arc::clone(&live);
                move || {
                    for (before, now) in [(1, 2), (2, 1), (1, 2)] {
                        live.replace(Some(object(before)), Some(object(now)), 1);
                        assert!(live.has(object(now)) && !live.has(object(before)));
                    }
                }
            },
            {
                let live = Arc::clone(&live);
                move || {
                    for _ in 0..4 {
                        // Half of one, and half of the other.
                        let neither = Fingerprint { place: object(1).place, mark: object(3).mark };
                        assert!(!live.has(neither) && !live.has(object(3)));
                        live.has(object(1));
                    }
                }
            },
        );
        assert!(live.has(object(2)) && !live.has(object(1)));
    });
}

/// Does something when it is woken.
struct Task {
    was_woken: AtomicBool,
    does: Box<dyn Fn() + Send + Sync>,
}

impl Task {
    fn new(does: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { was_woken: AtomicBool::new(false), does: Box::new(does) })
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        (self.does)();
        self.was_woken.store(true, Ordering::SeqCst);
    }
}

/// Objects, and those who wait for one of them to go.
#[derive(Clone)]
struct Store {
    live: Arc<Live>,
    waiters: Arc<Waiters<Fingerprint>>,
}

impl Store {
    /// With one object.
    fn new() -> Self {
        let live = Live::new();
        live.replace(None, Some(object(1)), 1);
        Self { live: Arc::new(live), waiters: Arc::new(Waiters::new()) }
    }

    fn delete(&self) {
        self.live.replace(Some(object(1)), None, 1);
        self.waiters.wake([object(1)]);
    }
}

#[test]
fn an_object_that_goes_between_waiting_and_looking_is_missed_by_nobody() {
    run(|| {
        let (store, task) = (Store::new(), Task::new(|| {}));
        let (deleting, waiting, woken) = (store.clone(), store.clone(), Arc::clone(&task));
        let waits = move || {
            let waker = Waker::from(Arc::clone(&task));
            let waiter = Waiter::new(&waker);
            let _waiting = waiting.waiters.add(object(1), &waiter);
            let mut sees_it = waiting.live.has(object(1));
            for _ in 0..2 {
                task.was_woken.store(false, Ordering::SeqCst);
                waiter.set(&waker);
                sees_it = waiting.live.has(object(1));
            }
            // It stays until the other thread is done.
            (_waiting, sees_it)
        };
        let thread = shuttle::thread::spawn(waits);
        // For nothing.
        deleting.waiters.wake([object(1), object(2)]);
        deleting.delete();
        let (_waiting, sees_it) = thread.join().unwrap();
        assert!(!sees_it || woken.was_woken.load(Ordering::SeqCst));
    });
}

#[test]
fn a_key_that_comes_or_goes_between_waiting_and_looking_is_missed_by_nobody() {
    for (key, expected) in [(KEY, false), (OTHER, true)] {
        run(move || {
            let (keys, task) = (KeyStore::new(KeySet(vec![KEY])), Task::new(|| {}));
            let replacing = keys.clone();
            let thread = shuttle::thread::spawn(move || {
                replacing.replace(KeySet(vec![KEY, OTHER]));
                replacing.replace(KeySet(vec![OTHER]));
            });
            let waiter = Waiter::new(&Waker::from(Arc::clone(&task)));
            let _waiting = keys.wait_for(key, &waiter);
            let sees_it = keys.publishes(&key);
            thread.join().unwrap();
            assert!(sees_it == expected || task.was_woken.load(Ordering::SeqCst));
        });
    }
}

#[test]
fn of_those_who_wait_any_may_leave_while_they_are_woken_and_whoever_stays_is_woken() {
    run(|| {
        let store = Store::new();
        let tasks = [(); 3].map(|()| Task::new(|| {}));
        let [leaves, stays, comes] = tasks.each_ref().map(|task| Waiter::new(&Waker::from(Arc::clone(task))));
        let leaving = [object(1), object(2)].map(|object| store.waiters.add(object, &leaves));
        let staying = store.waiters.add(object(1), &stays);
        drop((leaves, stays));
        both(
            {
                let store = store.clone();
                move || {
                    let coming = store.waiters.add(object(1), &comes);
                    drop(leaving);
                    drop(coming);
                }
            },
            {
                let store = store.clone();
                move || store.delete()
            },
        );
        assert!(tasks[1].was_woken.load(Ordering::SeqCst));
        drop(staying);
        assert!(tasks.iter().all(|task| Arc::strong_count(task) == 1), "nobody keeps a waker");
    });
}

/// shuttle finds every deadlock.
#[test]
fn a_waker_may_change_objects_and_wait_and_leave() {
    run(|| {
        let store = Store::new();
        let does = {
            let store = store.clone();
            move || {
                let waiter = Waiter::new(Waker::noop());
                let waiting = store.waiters.add(object(1), &waiter);
                store.live.replace(None, Some(object(2)), 1);
                store.waiters.wake([object(2)]);
                waiter.set(Waker::noop());
                drop(waiting);
            }
        };
        let task = Task::new(does);
        let waiter = Waiter::new(&Waker::from(Arc::clone(&task)));
        let waiting = store.waiters.add(object(1), &waiter);
        both(
            {
                let store = store.clone();
                move || store.delete()
            },
            move || {
                waiter.set(&Waker::from(task));
                drop((waiting, waiter));
            },
        );
    });
}
