//! Numbers for operators, by the facade [`metrics`](https://docs.rs/metrics) (feature `metrics`).
//!
//! Install a recorder, such as `metrics-exporter-prometheus`, before the first request. Layers count by themselves. What a
//! verifier and a cluster know is written down when you ask for it, which is best done before each scrape:
//!
//! ```
//! # use boundtoken_tower::AuthLayer;
//! # fn run(layer: &AuthLayer) {
//! boundtoken_tower::metrics::describe(); // once
//! boundtoken_tower::metrics::record_verifier(layer.authenticator().verifier().verifier());
//! # }
//! ```
//!
//! The names are stable. Every label has a bounded set of values.
//!
//! | name | kind | labels | meaning |
//! |---|---|---|---|
//! | `boundtoken_requests_accepted_total` | counter | | requests whose caller is known and allowed |
//! | `boundtoken_requests_anonymous_total` | counter | | requests that passed without a token |
//! | `boundtoken_requests_refused_total` | counter | `reason` | refused requests; the reason is [`Refusal::name`] |
//! | `boundtoken_authentication_seconds` | histogram | | time to authenticate an accepted request, questions to clusters included |
//! | `boundtoken_tokens_first_total` | counter | | accepted tokens whose signature was checked |
//! | `boundtoken_tokens_again_total` | counter | | accepted tokens that were seen before: hits of the cache |
//! | `boundtoken_tokens_refused_total` | counter | `family` | refused tokens: `form`, `header`, `key`, `claims`, `objects` |
//! | `boundtoken_tokens_remembered` | gauge | | tokens in the cache |
//! | `boundtoken_tokens_remembered_bytes` | gauge | | the memory that they take |
//! | `boundtoken_keys` | gauge | | keys of all issuers |
//! | `boundtoken_cluster_stale` | gauge | `issuer` | 1 if tokens are refused because news of the cluster is missing |
//! | `boundtoken_cluster_keys_age_seconds` | gauge | `issuer` | time since the keys were last loaded |
//! | `boundtoken_cluster_objects` | gauge | `issuer`, `kind`, `namespace` | objects that a watch knows |
//! | `boundtoken_cluster_watch_age_seconds` | gauge | `issuer`, `kind`, `namespace` | time since a watch last heard of its cluster |
//! | `boundtoken_cluster_watch_restarts_total` | counter | `issuer`, `kind`, `namespace` | how often a watch began anew |
//!
//! `issuer` is the label that you give, and `namespace` is empty for a watch of the whole cluster.

use std::sync::OnceLock;
use std::time::Instant;

#[cfg(feature = "kubernetes")]
use boundtoken::UnixSeconds;
use boundtoken::Verifier;
#[cfg(feature = "kubernetes")]
use boundtoken_kubernetes::ClusterStatus;
use metrics::{
    Counter, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

use crate::Refusal;

/// When the work on a request began.
#[derive(Clone, Copy)]
pub(crate) struct Start(Instant);

impl Start {
    pub(crate) fn now() -> Self {
        Self(Instant::now())
    }
}

/// The numbers of a layer. Those of requests that pass are looked up once, at the first of them.
#[derive(Default)]
pub(crate) struct Counts {
    accepted: OnceLock<(Counter, Histogram)>,
}

impl Counts {
    pub(crate) fn accepted(&self, start: Start) {
        let (count, seconds) = self.accepted.get_or_init(|| {
            (counter!("boundtoken_requests_accepted_total"), histogram!("boundtoken_authentication_seconds"))
        });
        count.increment(1);
        seconds.record(start.0.elapsed());
    }

    #[allow(clippy::unused_self)]
    pub(crate) fn anonymous(&self) {
        counter!("boundtoken_requests_anonymous_total").increment(1);
    }

    #[allow(clippy::unused_self)]
    pub(crate) fn refused(&self, refusal: &Refusal) {
        counter!("boundtoken_requests_refused_total", "reason" => refusal.name()).increment(1);
    }
}

/// Gives the recorder a description of every number. Call it once, when the recorder is installed.
pub fn describe() {
    use Unit::{Bytes, Count, Seconds};
    describe_counter!(
        "boundtoken_requests_accepted_total",
        Count,
        "requests whose caller is known and allowed"
    );
    describe_counter!("boundtoken_requests_anonymous_total", Count, "requests that passed without a token");
    describe_counter!("boundtoken_requests_refused_total", Count, "refused requests, by reason");
    describe_histogram!(
        "boundtoken_authentication_seconds",
        Seconds,
        "time to authenticate an accepted request"
    );
    describe_counter!("boundtoken_tokens_first_total", Count, "accepted tokens whose signature was checked");
    describe_counter!("boundtoken_tokens_again_total", Count, "accepted tokens that were seen before");
    describe_counter!("boundtoken_tokens_refused_total", Count, "refused tokens, by family of reasons");
    describe_gauge!("boundtoken_tokens_remembered", Count, "tokens in the cache");
    describe_gauge!("boundtoken_tokens_remembered_bytes", Bytes, "memory that the tokens in the cache take");
    describe_gauge!("boundtoken_keys", Count, "keys of all issuers");
    describe_gauge!(
        "boundtoken_cluster_stale",
        "1 if tokens are refused because news of the cluster is missing"
    );
    describe_gauge!("boundtoken_cluster_keys_age_seconds", Seconds, "time since the keys were last loaded");
    describe_gauge!("boundtoken_cluster_objects", Count, "objects that a watch knows");
    describe_gauge!(
        "boundtoken_cluster_watch_age_seconds",
        Seconds,
        "time since a watch last heard of its cluster"
    );
    describe_counter!("boundtoken_cluster_watch_restarts_total", Count, "how often a watch began anew");
}

/// Writes down what a verifier has decided and what it remembers.
pub fn record_verifier(verifier: &Verifier) {
    let statistics = verifier.statistics();
    counter!("boundtoken_tokens_first_total").absolute(statistics.accepted_first);
    counter!("boundtoken_tokens_again_total").absolute(statistics.accepted_again);
    for (family, count) in [
        ("form", statistics.refused_for_form),
        ("header", statistics.refused_for_header),
        ("key", statistics.refused_for_key),
        ("claims", statistics.refused_for_claims),
        ("objects", statistics.refused_for_objects),
    ] {
        counter!("boundtoken_tokens_refused_total", "family" => family).absolute(count);
    }
    gauge!("boundtoken_tokens_remembered").set(number(statistics.remembered_tokens));
    gauge!("boundtoken_tokens_remembered_bytes").set(number(statistics.cache_size));
    gauge!("boundtoken_keys").set(number(statistics.keys));
}

/// Writes down what is known of a cluster, under a label of yours for its issuer.
#[cfg(feature = "kubernetes")]
pub fn record_cluster(issuer: &str, status: &ClusterStatus) {
    let label = || issuer.to_owned();
    gauge!("boundtoken_cluster_stale", "issuer" => label()).set(f64::from(u8::from(status.stale)));
    let age = UnixSeconds::now().0.saturating_sub(status.keys_loaded_at.0);
    gauge!("boundtoken_cluster_keys_age_seconds", "issuer" => label()).set(number(age));
    for watch in &status.watches {
        let labels = [
            ("issuer", label()),
            ("kind", watch.kind.name().to_owned()),
            ("namespace", watch.namespace.clone().unwrap_or_default()),
        ];
        let objects = u64::try_from(watch.objects).unwrap_or(u64::MAX);
        gauge!("boundtoken_cluster_objects", &labels).set(number(objects));
        gauge!("boundtoken_cluster_watch_age_seconds", &labels).set(number(watch.age_seconds));
        counter!("boundtoken_cluster_watch_restarts_total", &labels).absolute(watch.reconnects);
    }
}

/// The number as metrics have it. Exact up to 2⁵³.
#[allow(clippy::as_conversions, clippy::cast_precision_loss)]
fn number(value: u64) -> f64 {
    value as f64
}
