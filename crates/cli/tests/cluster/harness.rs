//! A real cluster to test against, as small as one can be.

use std::sync::Arc;
use std::time::{Duration, Instant};

use boundtoken::{Reason, Verifier};
use boundtoken_kubernetes::OnlineVerifier;
use boundtoken_kubernetes::{Cluster, ClusterBuilder};

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

/// Servers that sign with RS256, with a namespace and a service account; none, and a loud word, if nobody asked for them.
pub async fn start(scenario: &str) -> Option<(Servers, Objects)> {
    start_with(SigningKey::Rs256, scenario).await
}

/// As [`start`], with this key.
pub async fn start_with(key: SigningKey, scenario: &str) -> Option<(Servers, Objects)> {
    println!("\n{scenario}");
    let servers = Servers::start(key).await?;
    let objects = servers.objects().await;
    objects.prepare().await;
    Some((servers, objects))
}

/// A follower through `port`: the API server's own, or a proxy's.
pub fn follower(servers: &Servers, port: u16) -> ClusterBuilder {
    Cluster::builder().kubeconfig(servers.kubeconfig(identities::FOLLOWER, port)).secrets(true)
}

/// A verifier that asks this cluster where the news may still be on its way.
pub fn online(cluster: &Cluster, verifier: &Arc<Verifier>) -> OnlineVerifier {
    OnlineVerifier::new(Arc::clone(verifier)).asking(cluster)
}

pub fn verifier(cluster: &Cluster) -> Arc<Verifier> {
    Arc::new(cluster.verifier_builder().audience(AUDIENCE).build().unwrap())
}

/// What half of the measurements, and what 99 in a hundred, are at most.
pub fn median_and_p99(mut measured: Vec<Duration>) -> (Duration, Duration) {
    measured.sort();
    let at = |percent: usize| measured[(measured.len() * percent).div_ceil(100) - 1];
    (at(50), at(99))
}

/// The verdict of the plain `verify`.
pub fn verdict(verifier: &Verifier, token: &str) -> Result<(), Reason> {
    verifier.verify(token.as_bytes()).map(|_| ()).map_err(|rejection| rejection.reason())
}

/// How long a scenario waits for what must come in the end. Machines are slow at times; what never comes is a failure.
pub const WAIT_TIMEOUT: Duration = Duration::from_secs(120);

/// Looks until it holds. Returns how long that took.
pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < WAIT_TIMEOUT, "not within {WAIT_TIMEOUT:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    start.elapsed()
}

/// How long it takes from now until the verdict is this one.
pub async fn until(verifier: &Verifier, token: &str, expected: Result<(), Reason>) -> Duration {
    let start = Instant::now();
    while verdict(verifier, token) != expected {
        assert!(start.elapsed() < WAIT_TIMEOUT, "still {:?}, not {expected:?}", verdict(verifier, token));
        // Finer than the runtime's own clock; the followers run on other threads.
        std::thread::sleep(Duration::from_micros(100));
        tokio::task::yield_now().await;
    }
    start.elapsed()
}
