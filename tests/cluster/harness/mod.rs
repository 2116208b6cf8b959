//! A real cluster to test against, as small as one can be.

use std::time::{Duration, Instant};

use boundtoken::kubernetes::{Cluster, ClusterBuilder};
use boundtoken::{Reason, Verifier};

pub mod identities;
pub mod kubectl;
pub mod objects;
pub mod proxy;
pub mod servers;
pub mod truth;

use objects::{AUDIENCE, Objects};
use servers::Servers;

/// Servers with a namespace and a service account; none, and a loud word, if they were not built.
pub async fn start(scenario: &str) -> Option<(Servers, Objects)> {
    println!("\n{scenario}");
    let servers = Servers::start().await?;
    let objects = servers.objects().await;
    objects.prepare().await;
    Some((servers, objects))
}

/// Whether the long form of a scenario is wanted.
pub fn in_full() -> bool {
    std::env::var_os("BOUNDTOKEN_CLUSTER_SCALE").is_some_and(|value| value == "full")
}

/// A follower through `port`: the API server's own, or a proxy's.
pub fn follower(servers: &Servers, port: u16) -> ClusterBuilder {
    Cluster::builder().kubeconfig(servers.kubeconfig(identities::FOLLOWER, port)).secrets(true)
}

pub fn verifier(cluster: &Cluster) -> Verifier {
    cluster.verifier_builder().audience(AUDIENCE).build().unwrap()
}

/// The verdict of the plain `verify`.
pub fn verdict(verifier: &Verifier, token: &str) -> Result<(), Reason> {
    verifier.verify(token.as_bytes()).map(|_| ()).map_err(|rejection| rejection.reason())
}

/// How long it takes from now until the verdict is this one.
pub async fn until(verifier: &Verifier, token: &str, expected: Result<(), Reason>) -> Duration {
    let start = Instant::now();
    while verdict(verifier, token) != expected {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "still {:?}, not {expected:?}",
            verdict(verifier, token)
        );
        // Finer than the runtime's own clock; the followers run on other threads.
        std::thread::sleep(Duration::from_micros(100));
        tokio::task::yield_now().await;
    }
    start.elapsed()
}
