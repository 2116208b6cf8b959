//! Connecting: from a configuration to a cluster that is in step.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use boundtoken::{ObjectKind, ObjectStore, Scope};
#[cfg(feature = "discovery")]
use boundtoken_discovery::Discovery;
use boundtoken_refresh::{Loaded, Refresher, persist};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::asking::ObjectInquiry;
use crate::error::{ClusterError, Step};
use crate::following::Follower;
use crate::kubeconfig::kubeconfig_of_environment;
use crate::watch::Watch;
use crate::{Cluster, keys};

/// How old the knowledge of objects may become unless set: two bookmarks and a half.
const DEFAULT_MAX_STALENESS: Duration = Duration::from_secs(150);
/// How long connecting may take unless set.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(30);
/// How long it may take at most.
const LONGEST_DEADLINE: Duration = Duration::from_secs(3_600);
/// How long establishing a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Says which cluster, and how. Made by [`Cluster::builder`].
///
/// Unless told otherwise: the pod's own configuration in a cluster, else the kubeconfig that kubectl takes; service
/// accounts, pods and nodes of the whole cluster, no secrets and no webhook configurations.
#[must_use = "a builder does nothing until `connect`"]
pub struct ClusterBuilder {
    source: Source,
    context: Option<String>,
    namespaces: Vec<String>,
    secrets: bool,
    nodes: bool,
    webhook_configurations: bool,
    max_staleness: Duration,
    deadline: Duration,
    unknown_key_wait: Option<Duration>,
    max_key_age: Option<Duration>,
    #[cfg(feature = "discovery")]
    keys_from: Option<Discovery>,
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
            webhook_configurations: false,
            max_staleness: DEFAULT_MAX_STALENESS,
            deadline: DEFAULT_DEADLINE,
            unknown_key_wait: None,
            max_key_age: None,
            #[cfg(feature = "discovery")]
            keys_from: None,
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

    /// Whether to follow ValidatingWebhookConfigurations and MutatingWebhookConfigurations, their metadata only: no unless
    /// set. Only services that serve as admission webhooks need it: an API server of Kubernetes 1.37 or later, with the
    /// feature gate `APIServerWebhookAuthenticationToken`, shows them tokens that are bound to the configuration by which
    /// it calls them ([KEP-6060](https://github.com/kubernetes/enhancements/issues/6060)). Unless set, such tokens are
    /// refused as [`Reason::BoundObjectUnavailable`](boundtoken::Reason::BoundObjectUnavailable), as those configurations cannot
    /// be looked up. They belong to no namespace, so [`namespace`](Self::namespace) does not limit this.
    ///
    /// ```no_run
    /// use boundtoken_kubernetes::Cluster;
    ///
    /// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    /// let cluster = Cluster::builder().webhook_configurations(true).connect().await?;
    /// // The audience of such a token is the webhook's own address.
    /// let verifier = cluster.verifier_builder().audience("https://policy.demo.svc:443/validate").build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn webhook_configurations(mut self, follow: bool) -> Self {
        self.webhook_configurations = follow;
        self
    }

    /// How old the knowledge of objects may become before verifiers refuse, or say that it is stale: 150 seconds unless
    /// set. The API server proves once a minute that a quiet watch is in step, so less than that refuses good tokens.
    pub fn max_staleness(mut self, age: Duration) -> Self {
        self.max_staleness = age;
        self
    }

    /// How long [`connect`](Self::connect) may take: 30 seconds unless set, an hour at most. An API server that fails, or is busy, is
    /// asked again until then.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline.min(LONGEST_DEADLINE);
        self
    }

    /// How long an [`OnlineVerifier`](boundtoken_refresh::OnlineVerifier) waits for new keys when a token names an unknown one: 300 milliseconds unless set, ten
    /// seconds at most. Anybody can send such tokens, so 16 calls wait at a time; further ones refuse their token at once as
    /// [`Reason::KeyUnknown`](boundtoken::Reason::KeyUnknown). The keys are loaded all the same, and serve the next token.
    pub fn unknown_key_wait(mut self, wait: Duration) -> Self {
        self.unknown_key_wait = Some(wait);
        self
    }

    /// How old the keys may become while they cannot be loaded again: any age unless set. The age counts from the last request
    /// for keys that was answered, also while the machine sleeps. Past it verifiers refuse the tokens as
    /// [`Reason::KeysStale`](boundtoken::Reason::KeysStale), or, with
    /// [`OnUnavailable::Accept`](boundtoken::OnUnavailable::Accept), accept them with
    /// [`Confirmed::Stale`](boundtoken::Confirmed::Stale) in place of `Live`. Someone who cuts the connection to the keys can keep a
    /// withdrawn key alive: for so long, and no longer.
    ///
    /// Keys are loaded again within half of that time, but not twice in ten seconds: less than a minute refuses good tokens
    /// when the issuer fails for a moment.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use boundtoken_kubernetes::Cluster;
    ///
    /// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    /// let cluster = Cluster::builder().max_key_age(Duration::from_secs(3_600)).connect().await?;
    /// assert!(!cluster.is_stale());
    /// # Ok(())
    /// # }
    /// ```
    pub fn max_key_age(mut self, age: Duration) -> Self {
        self.max_key_age = Some(age);
        self
    }

    /// Takes the keys from where the issuer publishes them, in place of the API server's `/openid/v1/jwks`: from the
    /// `jwks_uri` of its discovery document, or from the one that the [`Discovery`] was given. For who may watch objects,
    /// but not read the API server's keys, or wants one place for the keys of many clusters. The issuer must be the
    /// cluster's. [`unknown_key_wait`](Self::unknown_key_wait) and [`max_key_age`](Self::max_key_age) are those of the
    /// `Discovery`, unless they are set here.
    ///
    /// Needs the feature `discovery`.
    ///
    /// ```no_run
    /// use boundtoken_discovery::Discovery;
    /// use boundtoken_kubernetes::Cluster;
    ///
    /// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    /// let published = Discovery::builder("https://oidc.example.com/id/1").connect().await?;
    /// let cluster = Cluster::builder().keys_from(published).connect().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "discovery")]
    pub fn keys_from(mut self, discovery: Discovery) -> Self {
        self.keys_from = Some(discovery);
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
        let issuer = persist(until, ClusterError::is_passing, || keys::issuer(client.clone())).await?;

        let max_staleness = self.max_staleness;
        let (objects, feeds) = ObjectStore::following(self.scopes(), max_staleness);
        let watches: Vec<_> =
            feeds.into_iter().map(|feed| Arc::new(Watch::new(feed, max_staleness))).collect();
        let mut tasks = JoinSet::new();
        let keys = self.keys(issuer, &client, until, &mut tasks).await?;
        for watch in &watches {
            tasks.spawn(Follower::new(client.clone(), Arc::clone(watch)).run());
        }
        for watch in &watches {
            in_step(watch, until, deadline).await?;
        }
        let inquiry = Arc::new(ObjectInquiry::new(client.clone(), objects.clone()));
        Ok(Cluster { client, keys, objects, watches: watches.into(), inquiry, _tasks: tasks })
    }

    /// The issuer's keys, and a task that keeps them in step.
    async fn keys(
        self,
        issuer: String,
        client: &Client,
        until: Instant,
        tasks: &mut JoinSet<()>,
    ) -> Result<Arc<Refresher>, ClusterError> {
        #[cfg(feature = "discovery")]
        if let Some(discovery) = self.keys_from {
            let keys = follow_published(discovery, &issuer, tasks)?;
            keys.limit(self.unknown_key_wait, self.max_key_age);
            return Ok(keys);
        }
        let load = || keys::load(client.clone(), Loaded::first);
        let first = persist(until, ClusterError::is_passing, load).await?;
        let keys = Arc::new(Refresher::new(issuer, first));
        keys.limit(self.unknown_key_wait, self.max_key_age);
        let client = client.clone();
        tasks.spawn(Arc::clone(&keys).run(move || keys::load(client.clone(), Loaded::next)));
        Ok(keys)
    }

    async fn client_of_source(&self) -> Result<Client, ClusterError> {
        let wrong = |error: &dyn std::error::Error| ClusterError::new(Step::Configuration, error.to_string());
        let options = KubeConfigOptions { context: self.context.clone(), ..KubeConfigOptions::default() };
        let mut config = match &self.source {
            Source::Client(client) => return Ok(client.clone()),
            Source::InCluster => Config::incluster().map_err(|error| wrong(&error))?,
            Source::Infer => match kubeconfig_of_environment().map_err(|error| wrong(&error))? {
                Some(files) => {
                    let merged = Config::from_custom_kubeconfig(files, &options).await;
                    merged.map_err(|error| wrong(&error))?
                }
                None if self.context.is_some() => {
                    Config::from_kubeconfig(&options).await.map_err(|error| wrong(&error))?
                }
                None => Config::infer().await.map_err(|error| wrong(&error))?,
            },
            Source::Kubeconfig(path) => {
                let file = Kubeconfig::read_from(path).map_err(|error| wrong(&error))?;
                Config::from_custom_kubeconfig(file, &options).await.map_err(|error| wrong(&error))?
            }
        };
        config.connect_timeout = Some(CONNECT_TIMEOUT);
        Client::try_from(config).map_err(|error| wrong(&error))
    }

    /// What is followed, each by a watch of its own.
    fn scopes(&self) -> Vec<Scope> {
        let mut namespaced = vec![ObjectKind::ServiceAccount, ObjectKind::Pod];
        if self.secrets {
            namespaced.push(ObjectKind::Secret);
        }
        let scopes = namespaced.into_iter().flat_map(|kind| match self.namespaces.as_slice() {
            [] => vec![Scope::cluster(kind)],
            names => names.iter().map(|name| Scope::namespace(kind, name.as_str())).collect(),
        });
        let of_no_namespace = ObjectKind::ALL.iter().copied().filter(|kind| match kind {
            ObjectKind::Node => self.nodes,
            kind => kind.is_webhook_configuration() && self.webhook_configurations,
        });
        scopes.chain(of_no_namespace.map(Scope::cluster)).collect()
    }
}

/// Takes over the keys that the issuer publishes.
#[cfg(feature = "discovery")]
fn follow_published(
    discovery: Discovery,
    issuer: &str,
    tasks: &mut JoinSet<()>,
) -> Result<Arc<Refresher>, ClusterError> {
    if discovery.issuer() != issuer {
        let message =
            format!("those of issuer {:?} were given, but the cluster's is {issuer:?}", discovery.issuer());
        return Err(ClusterError::new(Step::Keys, message));
    }
    let (keys, following) = discovery.into_refresher();
    tasks.spawn(following);
    Ok(keys)
}

/// Waits for one watch. A refusal by the API server ends it at once: waiting cannot help.
async fn in_step(watch: &Watch, until: Instant, deadline: Duration) -> Result<(), ClusterError> {
    const GLANCE: Duration = Duration::from_millis(5);
    while !watch.is_in_step() {
        match watch.failure() {
            Some(error) if error.is_final() => return Err(error),
            failure if Instant::now() >= until => {
                return Err(ClusterError::too_slow(watch.step(), deadline, failure));
            }
            _ => sleep(GLANCE).await,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn followed(builder: ClusterBuilder) -> Vec<(&'static str, Option<String>)> {
        let scopes = builder.scopes();
        let named = |scope: &Scope| (scope.kind().name(), scope.in_namespace().map(str::to_owned));
        scopes.iter().map(named).collect()
    }

    #[test]
    fn what_is_followed_is_what_was_asked_for() {
        let [account, pod, secret, node] =
            ["ServiceAccount", "Pod", "Secret", "Node"].map(|kind| (kind, None));
        let webhooks =
            ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"].map(|kind| (kind, None));
        assert_eq!(followed(ClusterBuilder::new()), [account.clone(), pod.clone(), node.clone()]);
        let all = [account, pod, secret, node].into_iter().chain(webhooks.clone());
        let builder = ClusterBuilder::new().secrets(true).webhook_configurations(true);
        assert_eq!(followed(builder), all.collect::<Vec<_>>());

        // They belong to no namespace.
        let of_demo = ["ServiceAccount", "Pod"].map(|kind| (kind, Some("demo".to_owned())));
        let builder = ClusterBuilder::new().namespace("demo").nodes(false).webhook_configurations(true);
        assert_eq!(followed(builder), of_demo.into_iter().chain(webhooks).collect::<Vec<_>>());
    }
}
