//! Keys and bound objects that follow a cluster.
//!
//! A [`Cluster`] connects to an API server, loads its keys, watches the objects that tokens are bound to, and keeps both
//! in step in the background: TokenReview's answer without the call. Of objects only the metadata is read, so no secret
//! ever leaves the API server.
//!
//! ```no_run
//! use boundtoken_kubernetes::{Cluster, OnlineVerifier};
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let cluster = Cluster::builder().connect().await?; // in a pod, or by kubeconfig
//! let verifier = cluster.verifier_builder().audience("vault").build()?;
//! let verifier = OnlineVerifier::new(verifier).asking(&cluster);
//!
//! // For every request; the API server is asked only about a pod that was created a moment ago, or a key that is new:
//! let caller = verifier.verify(b"token").await?;
//! // The same, without any I/O:
//! let caller = verifier.verifier().verify(b"token");
//! # Ok(())
//! # }
//! ```
//!
//! # How fresh the answers are
//!
//! A deletion is known as soon as the API server's watch tells it, within milliseconds. When the connection is lost,
//! what was known goes on to count for a while ([`ClusterBuilder::max_staleness`]); then tokens are refused as
//! [`Reason::BoundObjectUnavailable`](boundtoken::Reason::BoundObjectUnavailable), or accepted with
//! [`Confirmed::Stale`](boundtoken::Confirmed::Stale) if the verifier was built with
//! [`OnUnavailable::Accept`](boundtoken::OnUnavailable::Accept). Bookmarks, which the API server sends once a minute, prove
//! that a watch on which nothing happens is still in step.
//!
//! Keys that cannot be loaded again go on to count, unless [`ClusterBuilder::max_key_age`] sets a limit. A key set without a
//! usable key is a withdrawal of all keys: all tokens are refused at once ([`ClusterStatus::keys_withdrawn`]).
//!
//! # Admission webhooks
//!
//! Since Kubernetes 1.37 an API server can authenticate itself to the webhooks that it calls, by tokens that are bound to
//! their configurations (KEP-6060). [`ClusterBuilder::webhook_configurations`] follows those. What a webhook must check
//! beyond the token, see [`Claims::attested_api_groups`](boundtoken::Claims::attested_api_groups).
//!
//! # The version of k8s-openapi
//!
//! As with every crate on `kube`, the program that is built in the end chooses a version of Kubernetes' types by a feature of
//! the crate `k8s-openapi`: `k8s-openapi = { version = "0.29", features = ["earliest"] }`.
#![forbid(unsafe_code)]

use std::sync::Arc;

use boundtoken::{Freshness, ObjectStore, TrustedIssuer, Verifier, VerifierBuilder};
use boundtoken_refresh::{OnlineSource, Refresher, Source};
use kube::Client;
use tokio::task::JoinSet;

mod builder;
mod kubeconfig;
mod keys;
mod watch;
mod following;
mod asking;
mod status;
mod change;
mod error;

use asking::ObjectInquiry;
use watch::Watch;

pub use boundtoken_refresh::OnlineVerifier;
pub use builder::ClusterBuilder;
pub use change::{Changes, ClusterChange};
pub use error::{ClusterError, Step};
pub use kubeconfig::kubeconfig_of_environment;
pub use status::{ClusterStatus, WatchStatus};

/// A connection to one cluster: its keys and its objects, kept in step in the background.
///
/// Verifiers that were built from it share what it knows. When it is dropped the following ends; what they know then
/// grows old, and past [`ClusterBuilder::max_staleness`] they refuse. Needs a tokio runtime, of any flavour, for as long
/// as it lives. Safe to share between threads.
pub struct Cluster {
    client: Client,
    keys: Arc<Refresher>,
    objects: ObjectStore,
    watches: Arc<[Arc<Watch>]>,
    inquiry: Arc<ObjectInquiry>,
    /// Aborted when dropped.
    _tasks: JoinSet<()>,
}

impl Cluster {
    /// Starts a connection; see [`ClusterBuilder`].
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::new()
    }

    /// The issuer's name, as the cluster's discovery document says it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.keys.issuer()
    }

    /// A client for the same API server.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// What verifies the cluster's tokens: its name, its keys and its objects, as they change.
    #[must_use]
    pub fn trusted_issuer(&self) -> TrustedIssuer {
        TrustedIssuer::new(self.issuer(), self.keys.store().clone()).bound_objects(self.objects.clone())
    }

    /// A verifier of the cluster's tokens; what it lacks is an audience.
    pub fn verifier_builder(&self) -> VerifierBuilder {
        Verifier::builder().issuer(self.trusted_issuer())
    }

    /// What changes from now on: keys that are added and withdrawn, objects that are lost sight of and found again. For
    /// logs and alarms; verifiers take notice by themselves.
    ///
    /// ```no_run
    /// # use boundtoken_kubernetes::{Cluster, ClusterChange};
    /// # async fn log(cluster: Cluster) {
    /// let mut changes = cluster.changes();
    /// tokio::spawn(async move {
    ///     loop {
    ///         match changes.next().await {
    ///             ClusterChange::Stale { kind, .. } => eprintln!("tokens are refused: no news of objects of kind {kind}"),
    ///             change => eprintln!("{change:?}"),
    ///         }
    ///     }
    /// });
    /// # }
    /// ```
    #[must_use]
    pub fn changes(&self) -> Changes {
        Changes::new(Arc::clone(&self.keys), Arc::clone(&self.watches))
    }

    /// Whether some watch has been out of touch for longer than allowed, or the keys are older than
    /// [`ClusterBuilder::max_key_age`] allows, so that verifiers refuse: for `/readyz`.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.objects.freshness() == Freshness::Stale || self.keys.store().is_stale()
    }

    /// The objects that tokens are bound to, as the watches know them.
    #[must_use]
    pub fn objects(&self) -> ObjectStore {
        self.objects.clone()
    }

    /// What is known, and how well: for metrics.
    #[must_use]
    pub fn status(&self) -> ClusterStatus {
        ClusterStatus {
            issuer: self.issuer().to_owned(),
            key_ids: self.keys.ids(),
            keys_loaded_at: self.keys.loaded_at(),
            keys_failure: self.keys.failure(),
            keys_withdrawn: self.keys.has_withdrawn_all(),
            keys_stale: self.keys.store().is_stale(),
            stale: self.is_stale(),
            watches: self.watches.iter().map(|watch| watch.status()).collect(),
        }
    }
}

impl OnlineSource for Cluster {
    fn source(&self) -> Source {
        let inquiry = Arc::clone(&self.inquiry);
        Source::new(Arc::clone(&self.keys)).objects(inquiry)
    }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Cluster").field("status", &self.status()).finish_non_exhaustive()
    }
}

/// The examples of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
