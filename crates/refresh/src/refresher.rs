//! Reloads an issuer's keys from time to time, and at once when a token names an unknown key.
//!
//! The caller says where the keys come from: an API server, or any issuer over HTTPS.

use std::fmt::Display;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use boundtoken::{Key, KeySet, KeyStore, Moment, SkippedKey, UnixSeconds};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{Instant, sleep_until, timeout};

use crate::backoff::jittered;

/// Two requests for the keys are always at least this far apart.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(10);
/// The interval after a failure, and while the issuer publishes no key.
const RETRY_INTERVAL: Duration = Duration::from_secs(30);
/// A shorter `max-age` of the issuer counts as this.
const SHORTEST_LIFETIME: Duration = Duration::from_secs(60);
/// The interval if the issuer states no `max-age`, or a longer one. A withdrawn key must not stay in use for longer.
const USUAL_INTERVAL: Duration = Duration::from_secs(300);
/// How long one attempt to load keys may take: ten seconds.
pub const LOAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a call waits for new keys by default. Anybody can send a token with an unknown kid, so a slow issuer must
/// not delay the service for long.
const DEFAULT_UNKNOWN_KEY_WAIT: Duration = Duration::from_millis(300);
/// How many calls may wait at a time. Further calls do not wait at all.
const MOST_WAITING: usize = 16;

/// The value of the header `Accept` for requests for keys. The API server refuses a client that accepts only plain
/// JSON.
pub const ACCEPTED: &str = "application/jwk-set+json, application/json;q=0.9";

/// Keys that were just loaded, and how long they hold.
#[derive(Debug)]
pub struct Loaded {
    keys: KeySet,
    lifetime: Duration,
    /// When the keys were requested. They are known to be current as of then.
    asked: Moment,
}

/// Reads an answer to a request for keys: [`Loaded::first`] or [`Loaded::next`].
///
/// `body` is a JSON Web Key Set (RFC 7517 section 5). `cache_control` is the value of the header `Cache-Control` (RFC
/// 9111 section 5.2), or empty if there is none. `asked` is the moment of the request, not of the answer.
///
/// # Errors
/// A text for people that says what is wrong with the answer.
pub type ReadKeys = fn(body: &[u8], cache_control: &str, asked: Moment) -> Result<Loaded, String>;

impl Loaded {
    /// Reads the first keys. At least one must be usable. Logs a warning for each key that is not. Takes the
    /// arguments of [`ReadKeys`].
    ///
    /// ```
    /// use boundtoken::Moment;
    /// use boundtoken_refresh::Loaded;
    ///
    /// let asked = Moment::now();
    /// let error = Loaded::first(br#"{"keys": []}"#, "max-age=120", asked).unwrap_err();
    /// assert_eq!(error, "the key set has no usable key");
    /// // Later the same answer is valid, and withdraws all keys.
    /// assert!(Loaded::next(br#"{"keys": []}"#, "max-age=120", asked)?.is_empty());
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    /// The body is not a key set, or has no usable key.
    pub fn first(body: &[u8], cache_control: &str, asked: Moment) -> Result<Self, String> {
        let loaded = Self::next(body, cache_control, asked)?;
        loaded.keys.skipped().iter().for_each(warn_of);
        if loaded.is_empty() {
            return Err("the key set has no usable key".to_owned());
        }
        Ok(loaded)
    }

    /// Reads keys that replace earlier ones. A key set without a usable key withdraws all keys. Takes the
    /// arguments of [`ReadKeys`].
    ///
    /// # Errors
    /// The body is not a key set. The earlier keys then stay in use.
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

/// Keeps the [`KeyStore`] of one issuer current.
///
/// Loading happens in [`run`](Self::run), which the program spawns as a task. All other methods are safe to call from
/// any thread at any time.
///
/// ```
/// use std::sync::Arc;
///
/// use boundtoken::{Moment, TrustedIssuer, Verifier};
/// use boundtoken_refresh::{Loaded, ReadKeys, Refresher};
///
/// async fn fetch() -> Result<Vec<u8>, String> {
///     // A request over the network, say.
///     Ok(br#"{"keys": [{"kid": "1", "kty": "OKP", "crv": "Ed25519",
///         "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#.to_vec())
/// }
///
/// async fn load(read: ReadKeys) -> Result<Loaded, String> {
///     // Taken before the request: the keys may change while the answer is on its way.
///     let asked = Moment::now();
///     read(&fetch().await?, "max-age=120", asked)
/// }
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// # runtime.block_on(async {
/// let keys = Arc::new(Refresher::new("https://issuer.example", load(Loaded::first).await?));
/// let task = tokio::spawn(Arc::clone(&keys).run(|| load(Loaded::next)));
///
/// assert_eq!(keys.ids(), ["1"]);
/// let issuer = TrustedIssuer::new(keys.issuer(), keys.store().clone());
/// let verifier = Verifier::builder().issuer(issuer).audience("vault").build()?;
/// # task.abort();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Refresher {
    issuer: Box<str>,
    store: KeyStore,
    /// Notified when a verifier does not find a key.
    missed: Arc<Notify>,
    /// How long a call waits, in milliseconds.
    unknown_key_wait: AtomicU64,
    /// Limits how many calls wait.
    places: Semaphore,
    /// The last attempt that has ended.
    attempts: watch::Sender<Attempt>,
}

struct Attempt {
    number: u64,
    began: Instant,
    /// When the next attempt begins, unless a key is missed before.
    due: Instant,
    /// When an attempt last succeeded.
    loaded_at: UnixSeconds,
    failure: Option<String>,
}

impl Refresher {
    /// Starts with keys that were just loaded. Nothing is reloaded before [`run`](Self::run) is polled.
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

    /// Sets how long [`refresh`](Self::refresh) waits and how old the keys may become. `None` leaves a limit as it
    /// is.
    ///
    /// The wait is at most [`LOAD_TIMEOUT`]. By default it is 300 milliseconds, and the age is not limited. What an
    /// age limit means is described at [`KeyStore::set_max_age`].
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

    /// Every attempt ends within [`LOAD_TIMEOUT`], so a longer wait would be in vain.
    fn set_unknown_key_wait(&self, wait: Duration) {
        let wait = wait.min(LOAD_TIMEOUT);
        let milliseconds = wait.as_secs().saturating_mul(1_000).saturating_add(wait.subsec_millis().into());
        self.unknown_key_wait.store(milliseconds, Ordering::Relaxed);
    }

    /// The issuer's name.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The keys, for verifiers. Clones of the store share them.
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

    /// Whether the issuer publishes no usable key. All its tokens are then refused.
    #[must_use]
    pub fn has_withdrawn_all(&self) -> bool {
        self.store.load().is_empty()
    }

    /// Why the last attempt to load the keys failed. `None` if it succeeded.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.attempts.borrow().failure.clone()
    }

    /// Makes [`run`](Self::run) load the keys, unless it has just done so.
    ///
    /// Waits until they are loaded, but no longer than [`unknown_key_wait`](Self::unknown_key_wait), and not at all
    /// if 16 calls wait already. The keys are loaded anyway.
    ///
    /// There is no result. Look for the missing key again in any case: the last load may have come just after you
    /// missed it. The future may be dropped at any time.
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
        // After a timeout the caller goes on with the keys that there are.
        let _ = timeout(wait, done).await;
    }

    /// Reloads the keys with `load` again and again. Never completes: spawn it as a task and abort that to stop.
    ///
    /// `load` must complete within [`LOAD_TIMEOUT`]. Its errors are logged and shown by [`failure`](Self::failure).
    /// The last good keys stay in use then. Run only one such task for each `Refresher`.
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
            // This attempt serves every key that was missed so far, so no second one should follow for them.
            pin!(self.missed.notified()).enable();
            let began = Instant::now();
            let loaded = load().await;
            self.ended(began, loaded);
        }
    }

    /// Keys with an age limit are reloaded within half of it.
    fn longest_interval(&self) -> Option<Duration> {
        let half = self.store.max_age()? / 2;
        Some(jittered(half.min(USUAL_INTERVAL)).max(SHORTEST_INTERVAL))
    }

    fn ended(&self, began: Instant, loaded: Result<Loaded, impl Display>) {
        let (interval, failure) = match loaded {
            Ok(loaded) => {
                let interval = if loaded.is_empty() { RETRY_INTERVAL } else { loaded.lifetime };
                self.replace(loaded);
                (interval, None)
            }
            // The last good keys stay in use.
            Err(error) => {
                tracing::warn!(issuer = &*self.issuer, %error, "the keys were not refreshed");
                (RETRY_INTERVAL, Some(error.to_string()))
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
                "the issuer no longer publishes a usable key: all its tokens are refused until it does"
            );
        }
        self.store.replace_as_of(keys, asked);
    }
}

/// The kids of the keys that are in `others` but not in `keys`. Another key under an old kid counts as a new key.
fn missing<'a>(keys: &KeySet, others: &'a KeySet) -> impl Iterator<Item = &'a str> {
    let missing = others.keys().iter().filter(|other| !keys.keys().contains(other));
    missing.map(|key| key.kid().unwrap_or("(none)")).collect::<Vec<_>>().into_iter()
}

/// The value of `max-age` (RFC 9111 section 5.2.2.1), within bounds. A value that is no number is ignored.
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
