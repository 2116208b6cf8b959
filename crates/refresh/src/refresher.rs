//! An issuer's keys, loaded again from time to time, and at once when an unknown one is in use.
//!
//! Where they come from is for the caller to say: an API server, or any issuer over HTTPS.

use std::fmt::Display;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use boundtoken::{Key, KeySet, KeyStore, Moment, SkippedKey, UnixSeconds};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{Instant, sleep_until, timeout};

use crate::backoff::jittered;

/// The time between two requests for the keys is at least this long, whatever happens.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(10);
/// After a failure, and while the issuer publishes no key.
const NEXT_ATTEMPT: Duration = Duration::from_secs(30);
/// The shortest lifetime that an issuer is believed: it decides when it is asked, but not too often.
const SHORTEST_LIFETIME: Duration = Duration::from_secs(60);
/// How often keys are loaded when the issuer does not say how long they hold, and also when it says longer: a withdrawn
/// key must not live on for that long.
const USUAL_INTERVAL: Duration = Duration::from_secs(300);
/// How long loading may take.
pub const LOAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a call that met an unknown key waits for new keys, unless set. Anybody can send a token with an unknown kid, so an
/// issuer that is slow must not hold up what serves them.
const DEFAULT_UNKNOWN_KEY_WAIT: Duration = Duration::from_millis(300);
/// How many calls may wait at a time. The others do not wait at all.
const MOST_WAITING: usize = 16;

/// The media types to accept when keys are asked for. The API server refuses a client that accepts plain JSON only.
pub const ACCEPTED: &str = "application/jwk-set+json, application/json;q=0.9";

/// Keys as they came in, and how long they hold.
#[derive(Debug)]
pub struct Loaded {
    keys: KeySet,
    lifetime: Duration,
    /// When they were asked for: as of then they are current.
    asked: Moment,
}

/// Reads the answer to a request for keys that was made at this moment: [`Loaded::first`] or [`Loaded::next`].
///
/// # Errors
/// A text for people that says what is wrong with the answer.
pub type ReadKeys = fn(body: &[u8], cache_control: &str, asked: Moment) -> Result<Loaded, String>;

impl Loaded {
    /// Reads the first keys, of which one must be usable. `cache_control` is the value of the header `Cache-Control`
    /// (RFC 9111 section 5.2), empty if there is none.
    ///
    /// # Errors
    /// The body is no key set, or has no usable key.
    pub fn first(body: &[u8], cache_control: &str, asked: Moment) -> Result<Self, String> {
        let loaded = Self::next(body, cache_control, asked)?;
        loaded.keys.skipped().iter().for_each(warn_of);
        if loaded.is_empty() {
            return Err("the key set has no key that can be used".to_owned());
        }
        Ok(loaded)
    }

    /// Reads keys that replace others. A key set without a usable key withdraws them all.
    ///
    /// # Errors
    /// The body is no key set, which says nothing about the keys.
    pub fn next(body: &[u8], cache_control: &str, asked: Moment) -> Result<Self, String> {
        let keys = KeySet::from_jwks(body).map_err(|error| error.to_string())?;
        Ok(Self { keys, lifetime: lifetime(cache_control), asked })
    }

    /// Whether there is no usable key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

fn warn_of(skipped: &SkippedKey) {
    tracing::warn!(kid = skipped.kid(), error = %skipped.error(), "a key of the issuer is not used");
}

/// Keeps a [`KeyStore`] in step with an issuer.
pub struct Refresher {
    issuer: Box<str>,
    store: KeyStore,
    /// A verifier met a key that is not there.
    missed: Arc<Notify>,
    /// How long a call waits, in milliseconds.
    unknown_key_wait: AtomicU64,
    /// The places of calls that may wait.
    places: Semaphore,
    /// The last attempt that has ended.
    attempts: watch::Sender<Attempt>,
}

struct Attempt {
    number: u64,
    began: Instant,
    /// When the next one begins, if no key is missed before.
    due: Instant,
    /// When an attempt last succeeded.
    loaded_at: UnixSeconds,
    failure: Option<String>,
}

impl Refresher {
    /// Starts from keys that were loaded just now.
    #[must_use]
    pub fn new(issuer: impl Into<Box<str>>, first: Loaded) -> Self {
        let store = KeyStore::new(KeySet::default());
        store.replace_as_of(first.keys, first.asked);
        let missed = Arc::new(Notify::new());
        let notified = Arc::clone(&missed);
        store.on_missing_key(move || notified.notify_one());
        let began = Instant::now();
        let due = began + jittered(first.lifetime);
        let (attempts, _) =
            watch::channel(Attempt { number: 0, began, due, loaded_at: UnixSeconds::now(), failure: None });
        let refresher = Self {
            issuer: issuer.into(),
            store,
            missed,
            unknown_key_wait: AtomicU64::new(0),
            places: Semaphore::new(MOST_WAITING),
            attempts,
        };
        refresher.set_unknown_key_wait(DEFAULT_UNKNOWN_KEY_WAIT);
        refresher
    }

    /// Sets the limits that are given, and leaves the others as they are: how long [`refresh`](Self::refresh) waits, and how
    /// old the keys may become.
    pub fn limit(&self, unknown_key_wait: Option<Duration>, max_key_age: Option<Duration>) {
        if let Some(wait) = unknown_key_wait {
            self.set_unknown_key_wait(wait);
        }
        if let Some(age) = max_key_age {
            self.store.set_max_age(age);
        }
    }

    /// How long [`refresh`](Self::refresh) waits at most.
    #[must_use]
    pub fn unknown_key_wait(&self) -> Duration {
        Duration::from_millis(self.unknown_key_wait.load(Ordering::Relaxed))
    }

    /// How long [`refresh`](Self::refresh) may wait: [`LOAD_TIMEOUT`] at most, within which every attempt ends.
    fn set_unknown_key_wait(&self, wait: Duration) {
        let milliseconds = u64::try_from(wait.min(LOAD_TIMEOUT).as_millis()).unwrap_or(u64::MAX);
        self.unknown_key_wait.store(milliseconds, Ordering::Relaxed);
    }

    /// The issuer's name.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The keys, for verifiers.
    #[must_use]
    pub fn store(&self) -> &KeyStore {
        &self.store
    }

    /// The kids of the keys in use.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        self.store.load().keys().iter().filter_map(Key::kid).map(str::to_owned).collect()
    }

    /// When the keys were last loaded.
    #[must_use]
    pub fn loaded_at(&self) -> UnixSeconds {
        self.attempts.borrow().loaded_at
    }

    /// Whether the issuer publishes no key that can be used, so that all its tokens are refused.
    #[must_use]
    pub fn has_withdrawn_all(&self) -> bool {
        self.store.load().is_empty()
    }

    /// Why the last attempt failed, if it did.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.attempts.borrow().failure.clone()
    }

    /// Has the keys loaded, unless that was done a moment ago: perhaps a moment after the caller missed one, so that it is
    /// worth a second look in either case.
    ///
    /// Waits a moment at most, and not at all if many calls wait already. The keys are loaded all the same.
    pub async fn refresh(&self) {
        let mut attempts = self.attempts.subscribe();
        let before = {
            let last = attempts.borrow_and_update();
            if last.began.elapsed() < SHORTEST_INTERVAL {
                return;
            }
            last.number
        };
        self.missed.notify_one();
        let Ok(_place) = self.places.try_acquire() else { return };
        let wait = Duration::from_millis(self.unknown_key_wait.load(Ordering::Relaxed));
        let done = attempts.wait_for(|attempt| attempt.number > before);
        // In vain or not, the keys are those that there are.
        let _ = timeout(wait, done).await;
    }

    /// Refreshes until the task is aborted, by whatever `load` brings. It must end within [`LOAD_TIMEOUT`].
    pub async fn run<F, E>(self: Arc<Self>, load: impl Fn() -> F)
    where
        F: Future<Output = Result<Loaded, E>>,
        E: Display,
    {
        loop {
            let (began, due) = {
                let last = self.attempts.borrow();
                let renewal = self.longest_interval().map(|interval| last.began + interval);
                (last.began, renewal.map_or(last.due, |renewal| renewal.min(last.due)))
            };
            tokio::select! {
                () = sleep_until(due) => {}
                () = self.missed.notified() => sleep_until((began + SHORTEST_INTERVAL).min(due)).await,
            }
            // Whatever was missed up to now is what this attempt is for.
            pin!(self.missed.notified()).enable();
            let began = Instant::now();
            let loaded = load().await;
            self.ended(began, loaded);
        }
    }

    /// Keys that may not grow old are loaded again in half the time that they have.
    fn longest_interval(&self) -> Option<Duration> {
        let half = self.store.max_age()? / 2;
        Some(jittered(half.min(USUAL_INTERVAL)).max(SHORTEST_INTERVAL))
    }

    fn ended(&self, began: Instant, loaded: Result<Loaded, impl Display>) {
        let (interval, failure) = match loaded {
            Ok(loaded) => {
                let interval = if loaded.is_empty() { NEXT_ATTEMPT } else { loaded.lifetime };
                self.replace(loaded);
                (interval, None)
            }
            // The last good keys stay.
            Err(error) => {
                tracing::warn!(issuer = &*self.issuer, %error, "keys were not refreshed");
                (NEXT_ATTEMPT, Some(error.to_string()))
            }
        };
        self.attempts.send_modify(|attempt| {
            attempt.number = attempt.number.saturating_add(1);
            attempt.began = began;
            attempt.due = Instant::now() + jittered(interval);
            if failure.is_none() {
                attempt.loaded_at = UnixSeconds::now();
            }
            attempt.failure = failure;
        });
    }

    fn replace(&self, loaded: Loaded) {
        let Loaded { keys, asked, .. } = loaded;
        let before = self.store.load();
        keys.skipped().iter().filter(|skipped| !before.skipped().contains(skipped)).for_each(warn_of);
        for kid in missing(&before, &keys) {
            tracing::info!(issuer = &*self.issuer, kid, "a key was added");
        }
        for kid in missing(&keys, &before) {
            tracing::info!(issuer = &*self.issuer, kid, "a key was withdrawn");
        }
        if keys.is_empty() && !before.is_empty() {
            tracing::error!(
                issuer = &*self.issuer,
                "the issuer publishes no key that can be used any more: all its tokens are refused until it does"
            );
        }
        self.store.replace_as_of(keys, asked);
    }
}

/// The kids of the keys of `others` that are not in `keys`. A key with new numbers under an old kid is a new key.
fn missing<'a>(keys: &KeySet, others: &'a KeySet) -> impl Iterator<Item = &'a str> {
    let missing = others.keys().iter().filter(|other| !keys.keys().contains(other));
    missing.map(|key| key.kid().unwrap_or("(none)")).collect::<Vec<_>>().into_iter()
}

/// What `max-age` says (RFC 9111 section 5.2.2.1), within bounds.
fn lifetime(cache_control: &str) -> Duration {
    let stated = cache_control.split(',').find_map(|directive| {
        let (name, value) = directive.split_once('=')?;
        let seconds = value.trim().trim_matches('"').parse().ok()?;
        name.trim().eq_ignore_ascii_case("max-age").then_some(Duration::from_secs(seconds))
    });
    stated.unwrap_or(USUAL_INTERVAL).clamp(SHORTEST_LIFETIME, USUAL_INTERVAL)
}

#[cfg(test)]
mod tests;
