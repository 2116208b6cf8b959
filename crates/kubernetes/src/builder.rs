//! Connects to a cluster.

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

/// Two and a half bookmarks.
const DEFAULT_MAX_STALENESS: Duration = Duration::from_secs(150);
const DEFAULT_DEADLINE: Duration = Duration::from_secs(30);
const LONGEST_DEADLINE: Duration = Duration::from_secs(3_600);
/// How long one TCP connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Configures and opens the connection to a cluster. Made by [`Cluster::builder`].
///
/// By default it uses the pod's own configuration inside a cluster and kubectl's kubeconfig elsewhere. It follows the
/// service accounts, pods and nodes of the whole cluster, but no secrets and no webhook configurations.
#[must_use = "a builder does nothing until `connect`"]
pub struct ClusterBuilder {
    source: Source,
    context: Option<String>,
    issuer: Option<String>,
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
            issuer: None,
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

    /// Uses the pod's own configuration and nothing else. Its token and certificate authority are reloaded when they
    /// are renewed.
    pub fn in_cluster(mut self) -> Self {
        self.source = Source::InCluster;
        self
    }

    /// Uses this kubeconfig file.
    pub fn kubeconfig(mut self, path: impl Into<PathBuf>) -> Self {
        self.source = Source::Kubeconfig(path.into());
        self
    }

    /// Uses this context of the kubeconfig instead of the current one.
    pub fn context(mut self, name: impl Into<String>) -> Self {
        self.context = Some(name.into());
        self
    }

    /// Uses this client. No other source of configuration is read.
    pub fn client(mut self, client: Client) -> Self {
        self.source = Source::Client(client);
        self
    }

    /// Uses this name of the issuer. By default the cluster's discovery document says it.
    ///
    /// The cluster writes it into `iss` of each token, so a pod finds it in its own.
    pub fn issuer(mut self, name: impl Into<String>) -> Self {
        self.issuer = Some(name.into());
        self
    }

    /// Follows only the objects of this namespace. Call it once for each namespace to follow.
    ///
    /// Tokens of other namespaces are refused because their objects cannot be looked up. By default the whole cluster
    /// is followed.
    pub fn namespace(mut self, name: impl Into<String>) -> Self {
        self.namespaces.push(name.into());
        self
    }

    /// Follows only the objects of these namespaces, in place of those that were named before.
    ///
    /// # Errors
    /// [`ClusterError`] with [`Step::Configuration`] if there is none, if one cannot be the name of a namespace, or if one is named twice.
    ///
    /// ```
    /// use boundtoken_kubernetes::Cluster;
    ///
    /// let builder = Cluster::builder().namespaces(["demo", "jobs"])?;
    /// assert!(Cluster::builder().namespaces([""]).is_err());
    /// # drop(builder);
    /// # Ok::<(), boundtoken_kubernetes::ClusterError>(())
    /// ```
    pub fn namespaces<N: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Self, ClusterError> {
        self.namespaces = names.into_iter().map(Into::into).collect();
        // Without names it would follow every namespace, which is surely not meant.
        if self.namespaces.is_empty() {
            let problem = "the list of namespaces is empty: leave it out to follow the whole cluster";
            return Err(ClusterError::new(Step::Configuration, problem));
        }
        self.check_namespaces()?;
        Ok(self)
    }

    /// Whether to follow secrets. Default: no.
    ///
    /// Only their metadata is read, but Kubernetes has no permission for metadata alone. While secrets are not
    /// followed, tokens bound to secrets are refused because the secrets cannot be looked up. Pods use no such
    /// tokens.
    pub fn secrets(mut self, follow: bool) -> Self {
        self.secrets = follow;
        self
    }

    /// Whether to follow nodes. Default: yes. Only tokens that are bound directly to a node need it.
    pub fn nodes(mut self, follow: bool) -> Self {
        self.nodes = follow;
        self
    }

    /// Whether to follow the metadata of ValidatingWebhookConfigurations and MutatingWebhookConfigurations. Default:
    /// no.
    ///
    /// Only admission webhooks need it. An API server of Kubernetes 1.37 or later with the feature gate
    /// `APIServerWebhookAuthenticationToken` sends a webhook a token that is bound to the webhook's configuration
    /// ([KEP-6060](https://github.com/kubernetes/enhancements/issues/6060)). While the configurations are not
    /// followed, such tokens are refused with
    /// [`Reason::BoundObjectNotFollowed`](boundtoken::Reason::BoundObjectNotFollowed).
    ///
    /// Webhook configurations have no namespace, so [`namespace`](Self::namespace) does not limit them.
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

    /// How old the known state of objects may become. Default: 150 seconds.
    ///
    /// With an older state verifiers refuse tokens or mark them as stale. The API server confirms an idle watch only
    /// once a minute, so a limit below that refuses good tokens.
    pub fn max_staleness(mut self, age: Duration) -> Self {
        self.max_staleness = age;
        self
    }

    /// How long [`connect`](Self::connect) may take. Default: 30 seconds. At most one hour.
    ///
    /// An API server that fails or is busy is asked again until then.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline.min(LONGEST_DEADLINE);
        self
    }

    /// How long an [`OnlineVerifier`](boundtoken_refresh::OnlineVerifier) waits for new keys when a token names an
    /// unknown key. Default: 300 milliseconds. At most ten seconds.
    ///
    /// Anybody can send such tokens, so at most 16 calls wait at a time. Further calls refuse their token at once
    /// with [`Reason::KeyUnknown`](boundtoken::Reason::KeyUnknown). The keys are loaded anyway and serve the next
    /// token.
    pub fn unknown_key_wait(mut self, wait: Duration) -> Self {
        self.unknown_key_wait = Some(wait);
        self
    }

    /// How old the keys may become while they cannot be reloaded. Default: no limit.
    ///
    /// The age counts from the last request for keys that was answered, and goes on while the machine sleeps.
    /// Verifiers refuse tokens under older keys with [`Reason::KeysStale`](boundtoken::Reason::KeysStale). With
    /// [`OnUnavailable::Accept`](boundtoken::OnUnavailable::Accept) they accept them with
    /// [`Confirmed::Stale`](boundtoken::Confirmed::Stale) instead of `Live`.
    ///
    /// An attacker who blocks access to the keys keeps a withdrawn key in use. This limits for how long.
    ///
    /// Keys are reloaded within half of this time, but not twice within ten seconds. A limit below one minute refuses
    /// good tokens when the issuer fails for a moment.
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

    /// Takes the keys from where the issuer publishes them, instead of from the API server's `/openid/v1/jwks`.
    ///
    /// The [`Discovery`] finds them by the `jwks_uri` of the issuer's discovery document, or by the one it was given.
    /// This helps if the program may watch objects but not read the API server's keys, or if one place has the keys
    /// of many clusters. The issuer must be the cluster's own.
    ///
    /// [`unknown_key_wait`](Self::unknown_key_wait) and [`max_key_age`](Self::max_key_age) keep the values of the
    /// `Discovery` unless they are set here.
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

    /// Connects. Returns once the keys are loaded and every watch has listed its objects.
    ///
    /// # Errors
    /// [`ClusterError`] says which step failed and which permission or address is missing.
    pub async fn connect(self) -> Result<Cluster, ClusterError> {
        self.check_namespaces()?;
        let deadline = self.deadline;
        let until = Instant::now() + deadline;
        let client = self.client_of_source().await?;
        let issuer = match &self.issuer {
            Some(name) => name.clone(),
            None => persist(until, ClusterError::is_transient, || keys::issuer(client.clone())).await?,
        };

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

    fn check_namespaces(&self) -> Result<(), ClusterError> {
        let wrong = |problem| Err(ClusterError::new(Step::Configuration, problem));
        for (index, name) in self.namespaces.iter().enumerate() {
            if !is_label(name) {
                return wrong(format!("{name:?} cannot be the name of a namespace"));
            }
            if self.namespaces.iter().take(index).any(|earlier| earlier == name) {
                return wrong(format!("the namespace {name:?} is named twice"));
            }
        }
        Ok(())
    }

    /// Loads the issuer's keys and starts a task that refreshes them.
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
        let first = persist(until, ClusterError::is_transient, load).await?;
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

    /// What to follow. Each scope gets its own watch.
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

/// Whether a name is a label by RFC 1123, as the name of a namespace must be. It becomes part of the path of requests.
fn is_label(name: &str) -> bool {
    let is_letter_or_digit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=63).contains(&name.len())
        && name.bytes().all(|byte| is_letter_or_digit(byte) || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// Uses the keys that the issuer publishes, and starts a task that refreshes them.
#[cfg(feature = "discovery")]
fn follow_published(
    discovery: Discovery,
    issuer: &str,
    tasks: &mut JoinSet<()>,
) -> Result<Arc<Refresher>, ClusterError> {
    if discovery.issuer() != issuer {
        let message = format!(
            "the keys of issuer {:?} were given, but the cluster's issuer is {issuer:?}",
            discovery.issuer()
        );
        return Err(ClusterError::new(Step::Keys, message));
    }
    let (keys, following) = discovery.into_refresher();
    tasks.spawn(following);
    Ok(keys)
}

/// Waits until one watch has listed all its objects. A refusal by the API server ends the wait at once, because it will not go away.
async fn in_step(watch: &Watch, until: Instant, deadline: Duration) -> Result<(), ClusterError> {
    const POLL_INTERVAL: Duration = Duration::from_millis(5);
    while !watch.is_in_step() {
        match watch.failure() {
            Some(error) if error.is_final() => return Err(error),
            failure if Instant::now() >= until => {
                return Err(ClusterError::too_slow(watch.step(), deadline, failure));
            }
            _ => sleep(POLL_INTERVAL).await,
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
    fn the_configured_objects_are_followed_and_no_others() {
        let [account, pod, secret, node] =
            ["ServiceAccount", "Pod", "Secret", "Node"].map(|kind| (kind, None));
        let webhooks =
            ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"].map(|kind| (kind, None));
        assert_eq!(followed(ClusterBuilder::new()), [account.clone(), pod.clone(), node.clone()]);
        let all = [account, pod, secret, node].into_iter().chain(webhooks.clone());
        let builder = ClusterBuilder::new().secrets(true).webhook_configurations(true);
        assert_eq!(followed(builder), all.collect::<Vec<_>>());

        // Webhook configurations have no namespace.
        let of_demo = ["ServiceAccount", "Pod"].map(|kind| (kind, Some("demo".to_owned())));
        let builder = ClusterBuilder::new().namespace("demo").nodes(false).webhook_configurations(true);
        assert_eq!(followed(builder), of_demo.into_iter().chain(webhooks).collect::<Vec<_>>());
    }
}
