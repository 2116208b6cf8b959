//! Tests of the refresh loop with tokio's paused clock, which advances only while every task waits.

use std::sync::{Mutex, PoisonError};

use boundtoken::{Algorithm, SigningKey};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::*;

/// An issuer that records its requests.
struct Issuer {
    /// The keys that it publishes. `None` while it is down.
    published: Mutex<Option<KeySet>>,
    asked_at: Mutex<Vec<Instant>>,
    /// How long an answer takes.
    latency: Duration,
}

struct Setup {
    issuer: Arc<Issuer>,
    keys: Arc<Refresher>,
    start: Instant,
    _tasks: JoinSet<()>,
}

impl Setup {
    fn new() -> Self {
        Self::with(Duration::from_millis(50), USUAL_INTERVAL)
    }

    fn with(latency: Duration, lifetime: Duration) -> Self {
        let published = Mutex::new(Some(key_set()));
        let issuer = Arc::new(Issuer { published, asked_at: Mutex::default(), latency });
        let first = Loaded { keys: issuer.published().unwrap(), lifetime, asked: Moment::now() };
        let keys = Arc::new(Refresher::new("https://issuer.example", first));
        let mut tasks = JoinSet::new();
        let asked = Arc::clone(&issuer);
        tasks.spawn(Arc::clone(&keys).run(move || Arc::clone(&asked).answer(lifetime)));
        Self { issuer, keys, start: Instant::now(), _tasks: tasks }
    }

    /// When the issuer was asked, since the start.
    fn asked(&self) -> Vec<Duration> {
        let asked_at = self.issuer.asked_at.lock().unwrap_or_else(PoisonError::into_inner);
        asked_at.iter().map(|instant| *instant - self.start).collect()
    }

    fn kids(&self) -> Vec<String> {
        self.keys.ids()
    }
}

impl Issuer {
    async fn answer(self: Arc<Self>, lifetime: Duration) -> Result<Loaded, String> {
        self.asked_at.lock().unwrap().push(Instant::now());
        sleep(self.latency).await;
        let keys = self.published().ok_or("the issuer is down")?;
        Ok(Loaded { keys, lifetime, asked: Moment::now() })
    }

    fn published(&self) -> Option<KeySet> {
        self.published.lock().unwrap().clone()
    }

    fn publish(&self, keys: Option<KeySet>) {
        *self.published.lock().unwrap() = keys;
    }
}

/// A set of one new key.
fn key_set() -> KeySet {
    [SigningKey::generate(Algorithm::ES256).unwrap().public_key().clone()].into_iter().collect()
}

fn kids(keys: &KeySet) -> Vec<&str> {
    keys.keys().iter().filter_map(Key::kid).collect()
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_unknown_kids_causes_one_request_in_ten_seconds() {
    let setup = Setup::new();
    while setup.start.elapsed() < seconds(95) {
        for _ in 0..100 {
            setup.keys.store().report_missing_key();
        }
        sleep(Duration::from_millis(10)).await;
    }
    let asked = setup.asked();
    assert_eq!(asked.len(), 9, "{asked:?}");
    assert!(asked.windows(2).all(|pair| pair[1] - pair[0] >= SHORTEST_INTERVAL), "{asked:?}");
    assert!(asked[0] >= SHORTEST_INTERVAL);
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_held_back_as_much_while_the_issuer_is_down_or_slow() {
    for (is_down, latency) in [(true, seconds(0)), (false, seconds(9))] {
        let setup = Setup::with(latency, USUAL_INTERVAL);
        if is_down {
            setup.issuer.publish(None);
        }
        while setup.start.elapsed() < seconds(95) {
            setup.keys.store().report_missing_key();
            sleep(Duration::from_millis(100)).await;
        }
        let asked = setup.asked();
        assert!((5..=9).contains(&asked.len()), "{asked:?}");
        assert!(asked.windows(2).all(|pair| pair[1] - pair[0] >= SHORTEST_INTERVAL), "{asked:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_burst_is_answered_by_one_request_and_no_second_one() {
    let setup = Setup::new();
    for _ in 0..100 {
        setup.keys.store().report_missing_key();
        sleep(Duration::from_millis(10)).await;
    }
    sleep(seconds(60)).await;
    assert_eq!(setup.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_kid_is_looked_up_at_once_when_keys_were_not_just_loaded() {
    let setup = Setup::new();
    let rotated = key_set();
    setup.issuer.publish(Some(rotated.clone()));
    setup.keys.refresh().await;
    assert_eq!(setup.asked().len(), 0, "they were loaded a moment ago");
    sleep(seconds(11)).await;

    let before = setup.start.elapsed();
    setup.keys.refresh().await;
    assert_eq!(setup.start.elapsed() - before, setup.issuer.latency);
    assert_eq!(setup.kids(), kids(&rotated), "the old key is withdrawn");
    setup.keys.refresh().await;
    assert_eq!(setup.asked().len(), 1, "and now they were just loaded");
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_share_one_request() {
    let setup = Setup::new();
    sleep(seconds(11)).await;
    let mut waiting = JoinSet::new();
    for _ in 0..1_000 {
        let keys = Arc::clone(&setup.keys);
        waiting.spawn(async move { keys.refresh().await });
    }
    waiting.join_all().await;
    assert_eq!(setup.asked().len(), 1);
}

/// Measures how long one call waits.
async fn wait(keys: &Refresher) -> Duration {
    let start = Instant::now();
    keys.refresh().await;
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_call_stops_waiting_for_slow_keys_which_are_loaded_all_the_same() {
    let setup = Setup::with(seconds(9), USUAL_INTERVAL);
    let rotated = key_set();
    setup.issuer.publish(Some(rotated.clone()));
    sleep(seconds(11)).await;
    assert_eq!(wait(&setup.keys).await, Duration::from_millis(300));
    for (set, waited) in [(seconds(2), seconds(2)), (Duration::ZERO, Duration::ZERO)] {
        setup.keys.set_unknown_key_wait(set);
        assert_eq!(wait(&setup.keys).await, waited);
    }
    setup.keys.set_unknown_key_wait(Duration::MAX);
    assert!(wait(&setup.keys).await <= LOAD_TIMEOUT, "every attempt ends by then");
    assert_eq!(
        (setup.asked().len(), setup.kids()),
        (1, kids(&rotated).into_iter().map(Into::into).collect())
    );
}

#[tokio::test(start_paused = true)]
async fn few_calls_wait_at_a_time_and_the_others_not_at_all() {
    let setup = Setup::with(seconds(9), USUAL_INTERVAL);
    sleep(seconds(11)).await;
    for _ in 0..3 {
        let mut waiting = JoinSet::new();
        for _ in 0..1_000 {
            let keys = Arc::clone(&setup.keys);
            waiting.spawn(async move { wait(&keys).await });
        }
        let mut waited = waiting.join_all().await;
        waited.sort_unstable();
        assert!(waited[..1_000 - MOST_WAITING].iter().all(Duration::is_zero), "{waited:?}");
        let all_of_them = [DEFAULT_UNKNOWN_KEY_WAIT; MOST_WAITING];
        assert_eq!(waited[1_000 - MOST_WAITING..], all_of_them, "each gives its place back");
    }
    assert_eq!(setup.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn keys_are_loaded_again_within_five_minutes_at_random_moments() {
    let setup = Setup::new();
    sleep(seconds(40_000)).await;
    let asked = setup.asked();
    let pauses: Vec<_> = asked.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(pauses.iter().all(|pause| (seconds(150)..=seconds(301)).contains(pause)), "{pauses:?}");
    assert!(pauses.iter().any(|pause| pause.abs_diff(pauses[0]) > seconds(10)), "{pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn the_lifetime_that_came_with_the_first_keys_counts() {
    let setup = Setup::with(Duration::ZERO, seconds(60));
    sleep(seconds(61)).await;
    assert!(!setup.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_last_good_keys_stay_through_an_outage_and_the_issuer_is_asked_more_often() {
    let setup = Setup::new();
    let (before, after) = (setup.kids(), key_set());
    setup.issuer.publish(None);
    sleep(seconds(3_600)).await;
    assert_eq!(setup.kids(), before);
    assert_eq!(setup.keys.failure().as_deref(), Some("the issuer is down"));
    let asked = setup.asked();
    assert!(asked.len() > 100, "{asked:?}");
    assert!(asked.windows(2).all(|pair| pair[1] - pair[0] >= seconds(15)), "{asked:?}");

    setup.issuer.publish(Some(after.clone()));
    sleep(seconds(31)).await;
    assert_eq!(setup.kids(), kids(&after));
    assert_eq!(setup.keys.failure(), None);
}

#[test]
fn another_key_under_an_old_kid_is_a_new_key() {
    let (one, other) = (key_set(), key_set());
    let kid = one.keys()[0].kid().unwrap();
    let disguised = serde_json::to_string(&other.to_jwks()).unwrap().replace(kids(&other)[0], kid);
    let disguised = KeySet::from_jwks(disguised.as_bytes()).unwrap();
    assert_eq!(missing(&one, &disguised).collect::<Vec<_>>(), [kid]);
    assert_eq!(missing(&one, &one.clone().merge(other.clone())).collect::<Vec<_>>(), kids(&other));
    assert_eq!(missing(&one, &one.clone()).count(), 0);
}

/// Key sets without a usable key, and answers that are not key sets.
const WITHDRAWALS: [&str; 2] = [r#"{"keys":[]}"#, r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#];
const NO_KEY_SETS: [&str; 5] = ["", "{}", r#"{"keys":null}"#, r#"{"keys":[]"#, "<html></html>"];

#[test]
fn nothing_starts_without_a_usable_key() {
    let first = |body: &str| Loaded::first(body.as_bytes(), "", Moment::now()).err().unwrap();
    for body in WITHDRAWALS {
        assert!(first(body).contains("no usable key"), "{body}");
    }
    for body in NO_KEY_SETS {
        assert!(first(body).contains("not a JSON Web Key Set"), "{body}");
    }
}

/// Counts the errors that are logged.
#[derive(Clone, Default)]
struct Errors(Arc<AtomicU64>);

impl tracing::Subscriber for Errors {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::ERROR
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn a_key_set_without_a_usable_key_withdraws_all_keys_and_is_logged_once() {
    let errors = Errors::default();
    let _logged = tracing::subscriber::set_default(errors.clone());
    let next = |body: &str| Loaded::next(body.as_bytes(), "", Moment::now());
    let good = || Loaded { keys: key_set(), lifetime: USUAL_INTERVAL, asked: Moment::now() };
    let keys = Refresher::new("https://issuer.example", good());
    for (changes, body) in (1..).zip(WITHDRAWALS) {
        for _ in 0..3 {
            keys.ended(Instant::now(), next(body));
            assert!(keys.has_withdrawn_all() && keys.ids().is_empty());
            assert_eq!(keys.failure(), None, "it is what the issuer says");
        }
        assert_eq!(errors.0.load(Ordering::Relaxed), changes);
        keys.ended(Instant::now(), Ok::<_, String>(good()));
        assert!(!keys.has_withdrawn_all());
    }
    let before = keys.ids();
    for body in NO_KEY_SETS {
        keys.ended(Instant::now(), next(body));
        assert!(!keys.has_withdrawn_all() && keys.failure().is_some(), "{body}");
        assert_eq!(keys.ids(), before, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_has_withdrawn_all_keys_is_asked_more_often() {
    let setup = Setup::new();
    setup.issuer.publish(Some(KeySet::default()));
    sleep(seconds(301)).await;
    assert!(setup.keys.has_withdrawn_all());
    let rotated = key_set();
    setup.issuer.publish(Some(rotated.clone()));
    sleep(seconds(31)).await;
    assert_eq!(setup.kids(), kids(&rotated));
}

#[tokio::test(start_paused = true)]
async fn keys_with_an_age_limit_are_loaded_again_within_half_of_it() {
    for (max_age, shortest, longest) in [(120, 30, 61), (4, 10, 11), (u64::MAX, 150, 301)] {
        let setup = Setup::new();
        setup.keys.limit(None, Some(seconds(max_age)));
        sleep(seconds(5_000)).await;
        let asked = setup.asked();
        let pauses: Vec<_> = asked.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let expected = seconds(shortest)..=seconds(longest);
        assert!(pauses.len() > 10 && pauses.iter().all(|pause| expected.contains(pause)), "{pauses:?}");
    }
}

#[test]
fn the_age_of_keys_counts_from_the_last_request_that_was_answered() {
    const HOUR: Duration = seconds(3_600);
    let same = key_set();
    let asked_ago = |ago| Loaded { keys: same.clone(), lifetime: USUAL_INTERVAL, asked: Moment::ago(ago) };
    let keys = Refresher::new("https://issuer.example", asked_ago(2 * HOUR));
    assert!(!keys.store().is_stale(), "unless it is set, any age will do");
    keys.limit(None, Some(HOUR));
    assert!(keys.store().is_stale());
    keys.ended(Instant::now(), Err("the issuer is down"));
    assert!(keys.store().is_stale());
    keys.ended(Instant::now(), Ok::<_, String>(asked_ago(HOUR / 2)));
    assert!(!keys.store().is_stale());
    keys.ended(Instant::now(), Ok::<_, String>(asked_ago(2 * HOUR)));
    assert!(keys.store().is_stale());
    // A withdrawal is an answer too.
    let nothing = Loaded { keys: KeySet::default(), ..asked_ago(Duration::ZERO) };
    keys.ended(Instant::now(), Ok::<_, String>(nothing));
    assert!(!keys.store().is_stale());
}

#[test]
fn the_issuer_says_how_long_keys_hold_within_bounds() {
    for (value, seconds) in [
        ("public, max-age=3600", 300),
        ("max-age=120", 120),
        ("Max-Age=\"120\", public", 120),
        ("s-maxage=100, max-age=120", 120),
        ("max-age=1", 60),
        ("no-cache", 300),
        ("max-age=x", 300),
        ("max-age=99999999999999999999", 300),
    ] {
        assert_eq!(lifetime(value).as_secs(), seconds, "{value}");
    }
    assert_eq!(lifetime(""), USUAL_INTERVAL);
}
