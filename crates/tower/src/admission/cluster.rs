//! One line in a pod (feature `kubernetes`).

use std::sync::Arc;

use boundtoken::BuildError;
use boundtoken_kubernetes::Cluster;
use boundtoken_refresh::OnlineVerifier;

use super::{AdmissionLayer, WebhookAddress};
use crate::cluster::{Follow, connect_in_cluster};
use crate::{InClusterError, Readiness};

impl AdmissionLayer {
    /// Authenticates the API server for a webhook that runs in a pod and has this address.
    ///
    /// It finds everything itself, as [`AuthLayer::in_cluster`](crate::AuthLayer::in_cluster) does, and follows the webhook
    /// configurations too.
    ///
    /// ```no_run
    /// # use axum::{Router, routing::post};
    /// use boundtoken_tower::{AdmissionLayer, WebhookAddress};
    ///
    /// # async fn validate() {}
    /// # async fn mutate() {}
    /// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    /// let service = WebhookAddress::service("policy", "demo").port(8443);
    /// let validating = AdmissionLayer::in_cluster(service.clone().path("/validate")).await?;
    /// let mutating = validating.clone().address(service.path("/mutate"));
    /// let router: Router = Router::new()
    ///     .route("/validate", post(validate).layer(validating.clone()))
    ///     .route("/mutate", post(mutate).layer(mutating))
    ///     .route_service("/readyz", validating.readiness());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`InClusterError`] says what is missing. If it is a permission, the text has the manifest to apply.
    pub async fn in_cluster(address: impl Into<WebhookAddress>) -> Result<Self, InClusterError> {
        Ok(Self::of_cluster(connect_in_cluster(Follow::ApiServers).await?, address)?)
    }

    /// Authenticates by a cluster that the program has connected to. The layer and its services keep it connected.
    ///
    /// The cluster must follow the
    /// [webhook configurations](boundtoken_kubernetes::ClusterBuilder::webhook_configurations). Otherwise every token is refused.
    ///
    /// # Errors
    /// The address is empty.
    pub fn of_cluster(cluster: Cluster, address: impl Into<WebhookAddress>) -> Result<Self, BuildError> {
        let address = address.into();
        let verifier = cluster.verifier_builder().audience(address.to_string()).build()?;
        let verifier = OnlineVerifier::new(verifier).asking(&cluster);
        Ok(Self::new(verifier, address).keep_connected(Arc::new(cluster)))
    }

    /// Keeps a cluster connected for as long as the layer or one of its services lives, and lets its
    /// [readiness](Self::readiness) depend on it.
    #[must_use]
    pub fn keep_connected(self, cluster: Arc<Cluster>) -> Self {
        self.with(|authenticator| authenticator.keep_connected(cluster))
    }

    /// Says whether the clusters are current enough to decide about callers. See [`Readiness`].
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        Readiness::new(self.authenticator().clusters().to_vec())
    }
}
