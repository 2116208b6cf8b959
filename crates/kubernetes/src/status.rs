//! The state of a cluster's connection.

use boundtoken::{ObjectKind, UnixSeconds};
use serde::Serialize;

/// What a [`Cluster`](super::Cluster) knows and how current it is. Serializes for logs and metrics.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ClusterStatus {
    /// The issuer's name.
    pub issuer: String,
    /// The kids of the keys in use.
    pub key_ids: Vec<String>,
    /// When the key set was last loaded. Serializes as a text by RFC 3339.
    #[serde(serialize_with = "rfc_3339")]
    pub keys_loaded_at: UnixSeconds,
    /// Why the last attempt to load the key set failed. `None` if it succeeded. After a failure the last good keys
    /// stay in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys_failure: Option<String>,
    /// Whether the cluster publishes no usable key. Until it publishes one, all its tokens are refused with
    /// [`Reason::KeyUnknown`](boundtoken::Reason::KeyUnknown).
    pub keys_withdrawn: bool,
    /// Whether the keys are older than [`max_key_age`](super::ClusterBuilder::max_key_age) allows.
    pub keys_stale: bool,
    /// Whether the keys or any watch are stale, which makes verifiers refuse tokens.
    pub stale: bool,
    /// The watches, one for each kind and namespace.
    pub watches: Vec<WatchStatus>,
}

/// What one watch knows and how current it is.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WatchStatus {
    /// The kind of the objects.
    #[serde(serialize_with = "kind_name")]
    pub kind: ObjectKind,
    /// The namespace, or `None` for the whole cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Whether all objects have been listed at least once.
    pub in_step: bool,
    /// How old the known state may be, in seconds. It counts from the last event or bookmark, or from the request for
    /// the last list.
    pub age_seconds: u64,
    /// How many objects are known.
    pub objects: usize,
    /// How many events have been received.
    pub events: u64,
    /// How often the watch reconnected after a failure, or listed again because its version was too old.
    pub reconnects: u64,
    /// The last failure. `None` once the watch has heard from the API server again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

fn rfc_3339<S: serde::Serializer>(time: &UnixSeconds, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

pub(super) fn kind_name<S: serde::Serializer>(kind: &ObjectKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.name())
}
