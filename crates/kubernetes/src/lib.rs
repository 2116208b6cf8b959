//! Keys and bound objects of a Kubernetes cluster, kept current.
//!
//! A [`Cluster`] connects to an API server, loads its keys and watches the objects that tokens are bound to. It keeps
//! both current in the background. Verifiers then give TokenReview's answer without the call. Only the metadata of
//! objects is read, so the contents of secrets never leave the API server.
//!
//! ```no_run
//! use boundtoken_kubernetes::{Cluster, OnlineVerifier};
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let cluster = Cluster::builder().connect().await?; // in a pod, or by kubeconfig
//! let verifier = cluster.verifier_builder().audience("vault").build()?;
//! let verifier = OnlineVerifier::new(verifier).asking(&cluster);
//!
//! // For every request. The API server is asked only about a pod that was just created or a key that is new.
//! let caller = verifier.verify(b"token").await?;
//! // The same without any I/O:
//! let caller = verifier.verifier().verify(b"token");
//! # Ok(())
//! # }
//! ```
//!
//! `examples/service.rs` is a whole service: it answers with 401, 503 or the caller's name, says when it is ready, and
//! stops on SIGTERM.
//!
//! # How fresh the answers are
//!
//! A deletion is known as soon as the API server's watch reports it, usually within milliseconds. The API server
//! sends a bookmark once a minute, which proves that an idle watch is still up to date.
//!
//! When the connection is lost, the last known state counts for [`ClusterBuilder::max_staleness`]. After that tokens
//! are refused with [`Reason::BoundObjectUnavailable`](boundtoken::Reason::BoundObjectUnavailable). A verifier that
//! was built with [`OnUnavailable::Accept`](boundtoken::OnUnavailable::Accept) accepts them with
//! [`Confirmed::Stale`](boundtoken::Confirmed::Stale).
//!
//! If the keys cannot be reloaded, the last good keys stay in use unless [`ClusterBuilder::max_key_age`] sets a
//! limit. A key set without a usable key withdraws all keys. All tokens are then refused at once
//! ([`ClusterStatus::keys_withdrawn`]).
//!
//! # Admission webhooks
//!
//! Since Kubernetes 1.37 an API server can authenticate itself to the webhooks it calls, with tokens that are bound
//! to their configurations (KEP-6060). [`ClusterBuilder::webhook_configurations`] follows these configurations.
//! [`Claims::attested_api_groups`](boundtoken::Claims::attested_api_groups) says what a webhook must check besides
//! the token.
//!
//! # The version of k8s-openapi
//!
//! As with every crate built on `kube`, the final program must choose a version of the Kubernetes types with a
//! feature of the crate `k8s-openapi`: `k8s-openapi = { version = "0.29", features = ["earliest"] }`.
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

/// A connection to one cluster. It keeps the cluster's keys and objects current in the background.
///
/// Verifiers built from it share what it knows. Dropping it stops the updates. Its verifiers then refuse tokens after
/// [`ClusterBuilder::max_staleness`].
///
/// It needs a tokio runtime of any flavour for as long as it lives. It is safe to share between threads.
pub struct Cluster {
    client: Client,
    keys: Arc<Refresher>,
    objects: ObjectStore,
    watches: Arc<[Arc<Watch>]>,
    inquiry: Arc<ObjectInquiry>,
    /// Dropping the set aborts the tasks.
    _tasks: JoinSet<()>,
}

impl Cluster {
    /// Starts to configure a connection. See [`ClusterBuilder`] for the defaults.
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::new()
    }

    /// The issuer's name, from the cluster's discovery document.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.keys.issuer()
    }

    /// A client for the same API server.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// The cluster as an issuer to trust: its name, its current keys and its current objects.
    #[must_use]
    pub fn trusted_issuer(&self) -> TrustedIssuer {
        TrustedIssuer::new(self.issuer(), self.keys.store().clone()).bound_objects(self.objects.clone())
    }

    /// Starts a verifier of the cluster's tokens. It still needs an audience.
    pub fn verifier_builder(&self) -> VerifierBuilder {
        Verifier::builder().issuer(self.trusted_issuer())
    }

    /// Reports what changes from now on: keys that are added or withdrawn, and watches that are lost or up to date again.
    ///
    /// It is meant for logs and alarms. Verifiers need no help to notice a change.
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

    /// Whether verifiers refuse tokens because what is known is stale. Meant for `/readyz`.
    ///
    /// It is true if any watch has been silent for longer than [`ClusterBuilder::max_staleness`] allows, or if the
    /// keys are older than [`ClusterBuilder::max_key_age`] allows.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.objects.freshness() == Freshness::Stale || self.keys.store().is_stale()
    }

    /// The objects that tokens can be bound to, as the watches know them.
    #[must_use]
    pub fn objects(&self) -> ObjectStore {
        self.objects.clone()
    }

    /// What is known and how current it is. Meant for metrics.
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
