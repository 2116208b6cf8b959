//! The cluster's keys, loaded again from time to time, and at once when an unknown one is in use.

use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, CACHE_CONTROL};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Limited};
use kube::Client;
use kube::client::Body;
use serde::Deserialize;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::backoff::jittered;
use super::error::{ClusterError, Step};
use crate::keys::{KeySet, KeyStore};
use crate::time::UnixSeconds;

/// The time between two requests for the key set is at least this long, whatever happens.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(10);
/// How often keys are loaded when the server does not say how long they hold.
const USUAL_INTERVAL: Duration = Duration::from_secs(300);
const LONGEST_INTERVAL: Duration = Duration::from_secs(3_600);
/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Keeps a [`KeyStore`] in step with `/openid/v1/jwks`.
pub(super) struct Keys {
    client: Client,
    store: KeyStore,
    /// Somebody met a key that is not there.
    missed: Arc<Notify>,
    /// When the last attempt began, and when the last success was.
    attempts: watch::Sender<Attempt>,
}

#[derive(Clone, Copy)]
struct Attempt {
    number: u64,
    began: Instant,
    loaded_at: UnixSeconds,
}

impl Keys {
    /// Loads the keys for the first time.
    pub(super) async fn load(client: Client) -> Result<Self, ClusterError> {
        let began = Instant::now();
        let (keys, _) = fetch(&client).await?;
        let store = KeyStore::new(keys);
        let missed = Arc::new(Notify::new());
        let notified = Arc::clone(&missed);
        store.on_missing_key(move || notified.notify_one());
        let (attempts, _) = watch::channel(Attempt { number: 0, began, loaded_at: UnixSeconds::now() });
        Ok(Self { client, store, missed, attempts })
    }

    pub(super) fn store(&self) -> &KeyStore {
        &self.store
    }

    pub(super) fn ids(&self) -> Vec<String> {
        self.store.load().keys().iter().filter_map(|key| key.kid()).map(str::to_owned).collect()
    }

    pub(super) fn loaded_at(&self) -> UnixSeconds {
        self.attempts.borrow().loaded_at
    }

    /// Has the keys loaded, unless that was done a moment ago. Tells whether they were, by whomever.
    pub(super) async fn refresh(&self) -> bool {
        let mut attempts = self.attempts.subscribe();
        let before = *attempts.borrow_and_update();
        if before.began.elapsed() < SHORTEST_INTERVAL {
            return false;
        }
        self.missed.notify_one();
        let done = attempts.wait_for(|attempt| attempt.number > before.number);
        matches!(timeout(PATIENCE, done).await, Ok(Ok(_)))
    }

    /// Refreshes until the task is aborted.
    pub(super) async fn run(self: Arc<Self>) {
        let mut next = Instant::now() + jittered(USUAL_INTERVAL);
        loop {
            tokio::select! {
                () = sleep_until(next) => {}
                () = self.missed.notified() => {
                    let began = self.attempts.borrow().began;
                    sleep_until((began + SHORTEST_INTERVAL).min(next)).await;
                }
            }
            let began = Instant::now();
            let fetched = fetch(&self.client).await;
            let mut interval = SHORTEST_INTERVAL.saturating_mul(3);
            match fetched {
                Ok((keys, lifetime)) => {
                    self.replace(keys);
                    interval = lifetime;
                }
                // The last good keys stay.
                Err(error) => tracing::warn!(%error, "keys were not refreshed"),
            }
            next = Instant::now() + jittered(interval);
            self.attempts.send_modify(|attempt| {
                attempt.number = attempt.number.saturating_add(1);
                attempt.began = began;
            });
        }
    }

    fn replace(&self, keys: KeySet) {
        let ids = |set: &KeySet| {
            set.keys().iter().map(|key| key.kid().unwrap_or("(none)").to_owned()).collect::<Vec<_>>()
        };
        let (before, after) = (ids(&self.store.load()), ids(&keys));
        for kid in after.iter().filter(|kid| !before.contains(kid)) {
            tracing::info!(kid, "a key was added");
        }
        for kid in before.iter().filter(|kid| !after.contains(kid)) {
            tracing::info!(kid, "a key was withdrawn");
        }
        self.store.replace(keys);
        self.attempts.send_modify(|attempt| attempt.loaded_at = UnixSeconds::now());
    }
}

/// The issuer's name, from the discovery document. Managed clusters leave out most of the rest.
pub(super) async fn issuer(client: &Client) -> Result<String, ClusterError> {
    #[derive(Deserialize)]
    struct Document {
        issuer: String,
    }
    let (body, _) =
        get(client, Step::Discovery, "/.well-known/openid-configuration", "application/json").await?;
    let document: Document = serde_json::from_slice(&body).map_err(|_| {
        ClusterError::new(Step::Discovery, "the answer is no discovery document with an issuer")
    })?;
    if document.issuer.is_empty() {
        return Err(ClusterError::new(Step::Discovery, "the issuer is empty"));
    }
    Ok(document.issuer)
}

/// The key set, and how long it holds. The API server does not give it to those who accept JSON only.
async fn fetch(client: &Client) -> Result<(KeySet, Duration), ClusterError> {
    let accept = "application/jwk-set+json, application/json;q=0.9";
    let (body, headers) = get(client, Step::Keys, "/openid/v1/jwks", accept).await?;
    let keys = KeySet::from_jwks(&body).map_err(|error| ClusterError::new(Step::Keys, error.to_string()))?;
    for skipped in keys.skipped() {
        tracing::warn!(kid = skipped.kid(), error = %skipped.error(), "a key of the cluster is not used");
    }
    if keys.is_empty() {
        return Err(ClusterError::new(Step::Keys, "the key set has no key that can be used"));
    }
    Ok((keys, lifetime(&headers)))
}

/// What `Cache-Control: max-age` says, within bounds.
fn lifetime(headers: &HeaderMap) -> Duration {
    let directives = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let seconds = directives
        .flat_map(|value| value.split(','))
        .find_map(|directive| directive.trim().strip_prefix("max-age=")?.parse().ok());
    // What may be kept for an hour is still asked for more often: a withdrawn key must not live on for that long.
    let stated = seconds.map_or(USUAL_INTERVAL, Duration::from_secs);
    stated.clamp(SHORTEST_INTERVAL.saturating_mul(6), LONGEST_INTERVAL).min(USUAL_INTERVAL)
}

async fn get(
    client: &Client,
    step: Step,
    path: &str,
    accept: &str,
) -> Result<(Vec<u8>, HeaderMap), ClusterError> {
    let request = Request::get(path).header(ACCEPT, accept).body(Body::empty());
    let request = request.map_err(|error| ClusterError::new(step.clone(), error.to_string()))?;
    let answer = async {
        let response =
            client.send(request).await.map_err(|error| ClusterError::of_kube(step.clone(), &error))?;
        let (head, body) = response.into_parts();
        let collected = Limited::new(body, KeySet::MAX_DOCUMENT_BYTES).collect().await;
        let body = collected
            .map_err(|error| ClusterError::new(step.clone(), error.to_string()))?
            .to_bytes()
            .to_vec();
        if !head.status.is_success() {
            let status: Option<crate::api::Status> = serde_json::from_slice(&body).ok();
            let message = status.map_or_else(|| head.status.to_string(), |status| status.message);
            return Err(ClusterError::answered(step.clone(), head.status.as_u16(), message));
        }
        Ok((body, head.headers))
    };
    match timeout(PATIENCE, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(ClusterError::too_slow(step.clone(), PATIENCE, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_says_how_long_keys_hold_within_bounds() {
        for (value, seconds) in [
            ("public, max-age=3600", 300),
            ("max-age=120", 120),
            ("max-age=1", 60),
            ("no-cache", 300),
            ("max-age=x", 300),
            ("max-age=99999999999999999999", 300),
        ] {
            let headers = HeaderMap::from_iter([(CACHE_CONTROL, value.parse().unwrap())]);
            assert_eq!(lifetime(&headers).as_secs(), seconds, "{value}");
        }
        assert_eq!(lifetime(&HeaderMap::new()), USUAL_INTERVAL);
    }
}
