//! Reports changes in what a cluster knows.

use std::collections::VecDeque;
use std::mem::discriminant;
use std::sync::Arc;
use std::time::Duration;

use boundtoken::ObjectKind;
use boundtoken_refresh::Refresher;
use serde::Serialize;
use tokio::time::sleep;

use crate::status::kind_name;
use crate::watch::{Standing, Watch};

/// How often to look for changes. A look takes a microsecond, and only while somebody waits for a change.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// A change in what a [`Cluster`](super::Cluster) knows. Serializes for logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum ClusterChange {
    /// The cluster has published a key. Tokens signed with it are accepted from now on.
    KeyAdded {
        /// The key's kid.
        kid: String,
    },
    /// The cluster has withdrawn a key. Tokens signed with it are refused from now on.
    KeyWithdrawn {
        /// The key's kid.
        kid: String,
    },
    /// A watch is up to date again: the objects of this kind are known as they are.
    InStep {
        /// The kind of the objects.
        #[serde(serialize_with = "kind_name")]
        kind: ObjectKind,
        /// The namespace, or `None` for the whole cluster.
        #[serde(skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
    },
    /// The watch for objects of this kind has lost its connection. Verifiers rely on the last known state for a
    /// while.
    Lost {
        /// The kind of the objects.
        #[serde(serialize_with = "kind_name")]
        kind: ObjectKind,
        /// The namespace, or `None` for the whole cluster.
        #[serde(skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
        /// Why the connection was lost.
        failure: String,
    },
    /// The objects of this kind have not been heard of for longer than
    /// [`max_staleness`](super::ClusterBuilder::max_staleness). Verifiers refuse their tokens or mark them as stale.
    Stale {
        /// The kind of the objects.
        #[serde(serialize_with = "kind_name")]
        kind: ObjectKind,
        /// The namespace, or `None` for the whole cluster.
        #[serde(skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
    },
}

/// A stream of changes in what a cluster knows. Made by [`Cluster::changes`](super::Cluster::changes).
///
/// A change that is undone within a tenth of a second may go unreported. `Changes` does not keep the cluster
/// connected. Once the cluster is dropped, each watch becomes stale, and no change follows.
pub struct Changes {
    keys: Arc<Refresher>,
    watches: Arc<[Arc<Watch>]>,
    known_keys: Vec<String>,
    known_standings: Vec<Standing>,
    /// Changes that were found but not yet returned.
    pending: VecDeque<ClusterChange>,
}

impl Changes {
    pub(super) fn new(keys: Arc<Refresher>, watches: Arc<[Arc<Watch>]>) -> Self {
        let (known_keys, known_standings) = (keys.ids(), standings(&watches));
        Self { keys, watches, known_keys, known_standings, pending: VecDeque::new() }
    }

    /// Waits for the next change. Needs a tokio runtime.
    ///
    /// Cancel safe: no change is lost if the future is dropped before it completes.
    pub async fn next(&mut self) -> ClusterChange {
        loop {
            if let Some(change) = self.pending.pop_front() {
                return change;
            }
            sleep(POLL_INTERVAL).await;
            self.look();
        }
    }

    fn look(&mut self) {
        let keys = self.keys.ids();
        let added = keys.iter().filter(|kid| !self.known_keys.contains(kid));
        let withdrawn = self.known_keys.iter().filter(|kid| !keys.contains(kid));
        self.pending.extend(added.cloned().map(|kid| ClusterChange::KeyAdded { kid }));
        self.pending.extend(withdrawn.cloned().map(|kid| ClusterChange::KeyWithdrawn { kid }));
        self.known_keys = keys;

        let standings = standings(&self.watches);
        for ((watch, before), now) in self.watches.iter().zip(&self.known_standings).zip(&standings) {
            // A watch that stays lost may fail in a new way: that is not a change.
            if discriminant(before) == discriminant(now) {
                continue;
            }
            let (kind, namespace) = (watch.kind(), watch.namespace());
            self.pending.push_back(match now {
                Standing::InStep => ClusterChange::InStep { kind, namespace },
                Standing::Lost(error) => ClusterChange::Lost { kind, namespace, failure: error.to_string() },
                Standing::Stale => ClusterChange::Stale { kind, namespace },
            });
        }
        self.known_standings = standings;
    }
}

fn standings(watches: &[Arc<Watch>]) -> Vec<Standing> {
    watches.iter().map(|watch| watch.standing()).collect()
}
