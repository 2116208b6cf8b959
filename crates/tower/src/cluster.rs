//! One line in a pod (feature `kubernetes`).

use std::fmt;
use std::sync::Arc;

use boundtoken::BuildError;
use boundtoken_kubernetes::{Cluster, ClusterError};
use boundtoken_refresh::OnlineVerifier;

use crate::{AuthLayer, Readiness};

mod identity;
mod rbac;

use identity::OwnIdentity;

impl AuthLayer {
    /// Authenticates the callers of a service that runs in a pod, for this audience: the identifier of the service.
    ///
    /// It finds everything itself: the issuer in the pod's own token, and the keys and the objects at the API server, which
    /// it follows from then on. It returns once all is known, so that the first request is judged like all others. The layer and
    /// its services keep the connection alive.
    ///
    /// ```no_run
    /// # use axum::{Router, routing::get};
    /// use boundtoken_tower::{AuthLayer, Caller};
    ///
    /// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    /// let auth = AuthLayer::in_cluster("my-service").await?;
    /// let router: Router = Router::new()
    ///     .route("/", get(|caller: Caller| async move { caller.claims().subject().to_owned() }))
    ///     .layer(auth.clone())
    ///     .route_service("/readyz", auth.readiness());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// For other settings of the connection, such as fewer namespaces, use [`of_cluster`](Self::of_cluster).
    ///
    /// # Errors
    /// [`InClusterError`] says what is missing. If it is a permission, the text has the manifest to apply.
    pub async fn in_cluster(audience: impl Into<Box<str>>) -> Result<Self, InClusterError> {
        let cluster = connect_in_cluster(Follow::Callers).await?;
        Ok(Self::of_cluster(cluster, audience)?)
    }

    /// Authenticates by a cluster that the program has connected to, for this audience. The layer and its services keep it
    /// connected.
    ///
    /// # Errors
    /// The audience is empty.
    pub fn of_cluster(cluster: Cluster, audience: impl Into<Box<str>>) -> Result<Self, BuildError> {
        let verifier = cluster.verifier_builder().audience(audience).build()?;
        let verifier = OnlineVerifier::new(verifier).asking(&cluster);
        Ok(Self::new(verifier).keep_connected(Arc::new(cluster)))
    }

    /// Keeps a cluster connected for as long as the layer or one of its services lives, and lets its
    /// [readiness](Self::readiness) depend on it. Call it for each cluster whose tokens the verifier accepts.
    #[must_use]
    pub fn keep_connected(self, cluster: Arc<Cluster>) -> Self {
        self.authenticator().clone().keep_connected(cluster).into()
    }

    /// The clusters that the layer keeps connected.
    #[must_use]
    pub fn clusters(&self) -> &[Arc<Cluster>] {
        self.authenticator().clusters()
    }

    /// Says whether the clusters are current enough to decide about callers. See [`Readiness`].
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        Readiness::new(self.clusters().to_vec())
    }
}

/// What a service follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Follow {
    /// What the tokens of its callers are bound to.
    Callers,
    /// Webhook configurations too, because API servers call it.
    ApiServers,
}

/// Follows the cluster that this pod runs in.
pub(crate) async fn connect_in_cluster(follow: Follow) -> Result<Cluster, InClusterError> {
    let identity = OwnIdentity::of_this_pod();
    let mut builder = Cluster::builder().in_cluster().webhook_configurations(follow == Follow::ApiServers);
    if let Some(identity) = &identity {
        builder = builder.issuer(&identity.issuer);
    }
    builder.connect().await.map_err(|error| InClusterError::not_connected(&error, identity.as_ref(), follow))
}

/// Why [`AuthLayer::in_cluster`] or [`AdmissionLayer::in_cluster`](crate::AdmissionLayer::in_cluster) failed. Its text says which step failed and what to do.
#[derive(Debug)]
pub struct InClusterError {
    cause: String,
    /// What to apply if a permission is missing.
    manifest: Option<String>,
}

impl InClusterError {
    fn not_connected(error: &ClusterError, identity: Option<&OwnIdentity>, follow: Follow) -> Self {
        let forbidden = error.http_status == Some(403);
        Self { cause: error.to_string(), manifest: forbidden.then(|| rbac::manifest(identity, follow)) }
    }

    /// The manifest to apply if a permission is missing: YAML for `kubectl apply -f -`. It is the end of the text too.
    #[must_use]
    pub fn manifest(&self) -> Option<&str> {
        self.manifest.as_deref()
    }
}

impl fmt::Display for InClusterError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.cause)?;
        match &self.manifest {
            Some(manifest) => write!(formatter, "; or apply this with `kubectl apply -f -`:\n{manifest}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for InClusterError {}

impl From<BuildError> for InClusterError {
    fn from(error: BuildError) -> Self {
        Self { cause: error.to_string(), manifest: None }
    }
}
