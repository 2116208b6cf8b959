//! What changes in what a cluster knows.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use boundtoken::ObjectKind;
use boundtoken_refresh::Refresher;
use serde::Serialize;
use tokio::time::sleep;

use crate::status::kind_name;
use crate::watch::{Standing, Watch};

/// How often it is looked for changes. Looking takes a microsecond, and nobody pays for it who does not ask.
const GLANCE: Duration = Duration::from_millis(100);

/// Something that changed in what a [`Cluster`](super::Cluster) knows. Serializes for logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum ClusterChange {
    /// The cluster has published a key: tokens that it signed are accepted from now on.
    KeyAdded {
        /// The key's kid.
        kid: String,
    },
    /// The cluster has withdrawn a key: tokens that it signed are refused from now on.
    KeyWithdrawn {
        /// The key's kid.
        kid: String,
    },
    /// The objects of a kind are known as they are, again.
    InStep {
        /// The kind.
        #[serde(serialize_with = "kind_name")]
        kind: ObjectKind,
        /// The namespace; none for the whole cluster.
        #[serde(skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
    },
    /// The connection that tells of the objects of a kind is lost. What was known goes on to count for a while.
    Lost {
        /// The kind.
        #[serde(serialize_with = "kind_name")]
        kind: ObjectKind,
        /// The namespace; none for the whole cluster.
        #[serde(skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
        /// Why.
        failure: String,
    },
    /// What is known of the objects of a kind is older than
    /// [`max_staleness`](super::ClusterBuilder::max_staleness): verifiers refuse, or say that it is stale.
    Stale {
        /// The kind.
        #[serde(serialize_with = "kind_name")]
        kind: ObjectKind,
        /// The namespace; none for the whole cluster.
        #[serde(skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
    },
}

/// The changes in what a cluster knows, one after the other. Made by [`Cluster::changes`](super::Cluster::changes).
///
/// What comes and goes within a tenth of a second may not be told. It does not keep the cluster connected: once that is
/// dropped, what is known grows stale, and nothing comes after that.
pub struct Changes {
    keys: Arc<Refresher>,
    watches: Arc<[Arc<Watch>]>,
    known_keys: Vec<String>,
    known_standings: Vec<Standing>,
    untold: VecDeque<ClusterChange>,
}

impl Changes {
    pub(super) fn new(keys: Arc<Refresher>, watches: Arc<[Arc<Watch>]>) -> Self {
        let (known_keys, known_standings) = (keys.ids(), standings(&watches));
        Self { keys, watches, known_keys, known_standings, untold: VecDeque::new() }
    }

    /// Waits for the next change. Needs a tokio runtime; nothing is lost if it is not waited for to the end.
    pub async fn next(&mut self) -> ClusterChange {
        loop {
            if let Some(change) = self.untold.pop_front() {
                return change;
            }
            sleep(GLANCE).await;
            self.look();
        }
    }

    fn look(&mut self) {
        let keys = self.keys.ids();
        let added = keys.iter().filter(|kid| !self.known_keys.contains(kid));
        let withdrawn = self.known_keys.iter().filter(|kid| !keys.contains(kid));
        self.untold.extend(added.cloned().map(|kid| ClusterChange::KeyAdded { kid }));
        self.untold.extend(withdrawn.cloned().map(|kid| ClusterChange::KeyWithdrawn { kid }));
        self.known_keys = keys;

        let standings = standings(&self.watches);
        for ((watch, before), now) in self.watches.iter().zip(&self.known_standings).zip(&standings) {
            if before == now {
                continue;
            }
            let (kind, namespace) = (watch.kind(), watch.namespace());
            self.untold.push_back(match now {
                Standing::InStep => ClusterChange::InStep { kind, namespace },
                Standing::Lost => {
                    let failure = watch.failure().map(|error| error.to_string()).unwrap_or_default();
                    ClusterChange::Lost { kind, namespace, failure }
                }
                Standing::Stale => ClusterChange::Stale { kind, namespace },
            });
        }
        self.known_standings = standings;
    }
}

fn standings(watches: &[Arc<Watch>]) -> Vec<Standing> {
    watches.iter().map(|watch| watch.standing()).collect()
}
