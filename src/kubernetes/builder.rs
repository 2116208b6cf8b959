//! Connecting: from a configuration to a cluster that is in step.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::Cluster;
use super::asking::Asker;
use super::backoff::Backoff;
use super::error::{ClusterError, Step};
use super::following::Follower;
use super::keys::{self, Keys};
use super::objects::{ClusterObjects, Watch};
use crate::bound_object::ObjectKind;
use crate::object_store::ObjectStore;

/// How old the knowledge of objects may become unless set: two bookmarks and a half.
const DEFAULT_MAX_STALENESS: Duration = Duration::from_secs(150);
/// How long connecting may take unless set.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(30);
/// How long establishing a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Says which cluster, and how. Made by [`Cluster::builder`].
///
/// Unless told otherwise: the pod's own configuration in a cluster, else the kubeconfig that kubectl takes; service
/// accounts, pods and nodes of the whole cluster, no secrets.
#[must_use = "a builder does nothing until `connect`"]
pub struct ClusterBuilder {
    source: Source,
    context: Option<String>,
    namespaces: Vec<String>,
    secrets: bool,
    nodes: bool,
    max_staleness: Duration,
    deadline: Duration,
}

enum Source {
    Infer,
    InCluster,
    Kubeconfig(PathBuf),
    Client(Client),
}

impl ClusterBuilder {
    pub(super) fn new() -> Self {
        Self {
            source: Source::Infer,
            context: None,
            namespaces: Vec::new(),
            secrets: false,
            nodes: true,
            max_staleness: DEFAULT_MAX_STALENESS,
            deadline: DEFAULT_DEADLINE,
        }
    }

    /// Takes the pod's own configuration, and nothing else. Its token and certificate authority are read again as they
    /// are renewed.
    pub fn in_cluster(mut self) -> Self {
        self.source = Source::InCluster;
        self
    }

    /// Takes this kubeconfig file.
    pub fn kubeconfig(mut self, path: impl Into<PathBuf>) -> Self {
        self.source = Source::Kubeconfig(path.into());
        self
    }

    /// Takes this context of the kubeconfig in place of the current one.
    pub fn context(mut self, name: impl Into<String>) -> Self {
        self.context = Some(name.into());
        self
    }

    /// Takes this client.
    pub fn client(mut self, client: Client) -> Self {
        self.source = Source::Client(client);
        self
    }

    /// Follows the objects of this namespace only; call it once for each. Tokens of other namespaces are refused, as
    /// their objects cannot be looked up. Unless called, the whole cluster is followed.
    pub fn namespace(mut self, name: impl Into<String>) -> Self {
        self.namespaces.push(name.into());
        self
    }

    /// Follows secrets too: their metadata only, but Kubernetes has no permission for that alone. Unless set, tokens that
    /// are bound to secrets are refused, as those cannot be looked up. Pods use no such tokens.
    pub fn secrets(mut self, follow: bool) -> Self {
        self.secrets = follow;
        self
    }

    /// Whether to follow nodes: yes unless set. Only tokens that are bound to a node alone need it.
    pub fn nodes(mut self, follow: bool) -> Self {
        self.nodes = follow;
        self
    }

    /// How old the knowledge of objects may become before verifiers refuse, or say that it is stale: 150 seconds unless
    /// set. The API server proves once a minute that a quiet watch is in step, so less than that refuses good tokens.
    pub fn max_staleness(mut self, age: Duration) -> Self {
        self.max_staleness = age;
        self
    }

    /// How long [`connect`](Self::connect) may take: 30 seconds unless set. An API server that fails, or is busy, is
    /// asked again until then.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Connects, and returns once the keys are loaded and every watch is in step.
    ///
    /// # Errors
    /// [`ClusterError`] says which step failed, and which permission or address is missing.
    pub async fn connect(self) -> Result<Cluster, ClusterError> {
        let deadline = self.deadline;
        let until = Instant::now() + deadline;
        let client = self.client_of_source().await?;
        let issuer = persist(until, async || keys::issuer(&client).await).await?;
        let keys = Arc::new(persist(until, async || Keys::load(client.clone()).await).await?);

        let store = ObjectStore::new();
        let watches = self.watches();
        let mut tasks = JoinSet::new();
        tasks.spawn(Arc::clone(&keys).run());
        for watch in &watches {
            tasks.spawn(Follower::new(client.clone(), Arc::clone(watch), store.clone()).run());
        }
        for watch in &watches {
            in_step(watch, until, deadline).await?;
        }
        let objects = ClusterObjects::new(store, watches);
        Ok(Cluster { asker: Asker::new(client.clone()), client, issuer, keys, objects, _tasks: tasks })
    }

    async fn client_of_source(&self) -> Result<Client, ClusterError> {
        let wrong = |error: &dyn std::error::Error| ClusterError::new(Step::Configuration, error.to_string());
        let options = KubeConfigOptions { context: self.context.clone(), ..KubeConfigOptions::default() };
        let mut config = match &self.source {
            Source::Client(client) => return Ok(client.clone()),
            Source::InCluster => Config::incluster().map_err(|error| wrong(&error))?,
            Source::Infer if self.context.is_some() => {
                Config::from_kubeconfig(&options).await.map_err(|error| wrong(&error))?
            }
            Source::Infer => Config::infer().await.map_err(|error| wrong(&error))?,
            Source::Kubeconfig(path) => {
                let file = Kubeconfig::read_from(path).map_err(|error| wrong(&error))?;
                Config::from_custom_kubeconfig(file, &options).await.map_err(|error| wrong(&error))?
            }
        };
        config.connect_timeout = Some(CONNECT_TIMEOUT);
        Client::try_from(config).map_err(|error| wrong(&error))
    }

    fn watches(&self) -> Vec<Arc<Watch>> {
        let scopes: Vec<Option<String>> = match self.namespaces.as_slice() {
            [] => vec![None],
            names => names.iter().cloned().map(Some).collect(),
        };
        let mut kinds = vec![ObjectKind::ServiceAccount, ObjectKind::Pod];
        if self.secrets {
            kinds.push(ObjectKind::Secret);
        }
        let mut watches = Vec::new();
        for kind in kinds {
            watches.extend(scopes.iter().map(|scope| self.watch(kind, scope.clone())));
        }
        if self.nodes {
            watches.push(self.watch(ObjectKind::Node, None));
        }
        watches
    }

    fn watch(&self, kind: ObjectKind, namespace: Option<String>) -> Arc<Watch> {
        Arc::new(Watch::new(kind, namespace, self.max_staleness))
    }
}

/// Tries again, while there is time, where the API server is not up to it just now.
async fn persist<T>(
    until: Instant,
    attempt: impl AsyncFn() -> Result<T, ClusterError>,
) -> Result<T, ClusterError> {
    let mut backoff = Backoff::new();
    loop {
        match attempt().await {
            Err(error) if error.is_passing() && Instant::now() < until => backoff.wait().await,
            outcome => return outcome,
        }
    }
}

/// Waits for one watch. A refusal by the API server ends it at once: waiting cannot help.
async fn in_step(watch: &Watch, until: Instant, deadline: Duration) -> Result<(), ClusterError> {
    const GLANCE: Duration = Duration::from_millis(5);
    while !watch.is_in_step() {
        match watch.failure() {
            Some(error) if error.is_final() => return Err(error),
            failure if Instant::now() >= until => {
                let step = Step::Watch { kind: watch.kind, namespace: watch.namespace.clone() };
                return Err(ClusterError::too_slow(step, deadline, failure));
            }
            _ => sleep(GLANCE).await,
        }
    }
    Ok(())
}
