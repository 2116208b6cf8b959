//! What a cluster knows, and how well.

use serde::Serialize;

use boundtoken::{ObjectKind, UnixSeconds};

/// What a [`Cluster`](super::Cluster) knows, and how well. Serializes for logs and metrics.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ClusterStatus {
    /// The issuer's name.
    pub issuer: String,
    /// The kids of the keys in use.
    pub key_ids: Vec<String>,
    /// When the key set was last loaded.
    pub keys_loaded_at: UnixSeconds,
    /// Why the key set could not be loaded again, if the last attempt failed. The last good keys are in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys_failure: Option<String>,
    /// Whether the cluster has withdrawn all its keys: it publishes none that can be used. All its tokens are refused, as
    /// [`Reason::KeyUnknown`](boundtoken::Reason::KeyUnknown), until it publishes one.
    pub keys_withdrawn: bool,
    /// Whether the keys are older than [`max_key_age`](super::ClusterBuilder::max_key_age) allows.
    pub keys_stale: bool,
    /// Whether the keys are too old, or some watch has been out of touch for longer than allowed, so that verifiers refuse.
    pub stale: bool,
    /// One for each kind and namespace.
    pub watches: Vec<WatchStatus>,
}

/// What one watch knows, and how well.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WatchStatus {
    /// The kind.
    #[serde(serialize_with = "kind_name")]
    pub kind: ObjectKind,
    /// The namespace; none for the whole cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Whether all objects were listed once.
    pub in_step: bool,
    /// How old the knowledge may be, in seconds: since the last event or bookmark, or since the list was asked for.
    pub age_seconds: u64,
    /// How many objects are known.
    pub objects: usize,
    /// How many events have come.
    pub events: u64,
    /// How often the connection had to be made again after a failure, or the list after an old version.
    pub reconnects: u64,
    /// The last failure, since which there has been none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

pub(super) fn kind_name<S: serde::Serializer>(kind: &ObjectKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.name())
}
