//! A minimal real cluster.

use std::sync::Arc;
use std::time::{Duration, Instant};

use boundtoken::{Reason, Verifier};
use boundtoken_kubernetes::OnlineVerifier;
use boundtoken_kubernetes::{Cluster, ClusterBuilder};

pub mod hook;
pub mod identities;
pub mod kubectl;
pub mod objects;
pub mod program;
pub mod proxy;
pub mod servers;
pub mod truth;
pub mod version;
pub mod webhooks;

use objects::{AUDIENCE, Objects};
use servers::{Servers, SigningKey};

/// Starts servers that sign with RS256, and creates a namespace and a service account. None, with a loud note, without
/// `make test-cluster`.
pub async fn start(scenario: &str) -> Option<(Servers, Objects)> {
    start_with(SigningKey::Rs256, scenario).await
}

/// Like [`start`], with this key.
pub async fn start_with(key: SigningKey, scenario: &str) -> Option<(Servers, Objects)> {
    println!("\n{scenario}");
    let servers = Servers::start(key).await?;
    let objects = servers.objects().await;
    objects.prepare().await;
    Some((servers, objects))
}

/// A follower that connects to `port`: the API server's own or a proxy's.
pub fn follower(servers: &Servers, port: u16) -> ClusterBuilder {
    Cluster::builder().kubeconfig(servers.kubeconfig(identities::FOLLOWER, port)).secrets(true)
}

/// A verifier that asks this cluster about objects and keys that it has not heard of yet.
pub fn online(cluster: &Cluster, verifier: &Arc<Verifier>) -> OnlineVerifier {
    OnlineVerifier::new(Arc::clone(verifier)).asking(cluster)
}

pub fn verifier(cluster: &Cluster) -> Arc<Verifier> {
    Arc::new(cluster.verifier_builder().audience(AUDIENCE).build().unwrap())
}

/// The median and the 99th percentile.
pub fn median_and_p99(mut measured: Vec<Duration>) -> (Duration, Duration) {
    measured.sort();
    let at = |percent: usize| measured[(measured.len() * percent).div_ceil(100) - 1];
    (at(50), at(99))
}

/// The verdict of the plain `verify`.
pub fn verdict(verifier: &Verifier, token: &str) -> Result<(), Reason> {
    verifier.verify(token.as_bytes()).map(|_| ()).map_err(|rejection| rejection.reason())
}

/// The longest that a scenario waits for an event. It is generous, because some machines are slow.
pub const WAIT_TIMEOUT: Duration = Duration::from_secs(120);

/// Waits until the condition holds. Returns how long that took.
pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < WAIT_TIMEOUT, "not within {WAIT_TIMEOUT:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    start.elapsed()
}

/// Waits until the verdict is the expected one. Returns how long that took.
pub async fn until(verifier: &Verifier, token: &str, expected: Result<(), Reason>) -> Duration {
    let start = Instant::now();
    while verdict(verifier, token) != expected {
        assert!(start.elapsed() < WAIT_TIMEOUT, "still {:?}, not {expected:?}", verdict(verifier, token));
        // tokio's timer is too coarse. The followers run on other threads.
        std::thread::sleep(Duration::from_micros(100));
        tokio::task::yield_now().await;
    }
    start.elapsed()
}
