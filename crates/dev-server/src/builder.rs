//! The settings of a development server.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use super::error::DevServerError;
use super::hostname::{self, Hostname};
use super::http::authentication::{AdminToken, Authentication};
use super::http::faults::{Fault, Faults};
use super::http::{self, ServerContext};
use super::serve::{Limits, Service};
use super::store::Store;
use super::tls::Tls;
use super::{DevServer, Inner, kubeconfig, manifests};
use boundtoken::{Algorithm, Issuer, KeyError, ObjectReference, SigningKey, Verifier};

/// The issuer unless another is set: the one that most clusters have.
const DEFAULT_ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// The settings of a [`DevServer`]. Made by [`DevServer::builder`].
///
/// ```
/// use boundtoken_dev_server::{DevServer, Fault};
///
/// let server = DevServer::builder()
///     .objects("{apiVersion: v1, kind: ServiceAccount, metadata: {name: app, namespace: demo}}")
///     .audience("https://api.example.com")
///     .fault(Fault::ErrorRate(0.0))
///     .start()?;
/// assert!(server.url().starts_with("https://127.0.0.1:"));
/// # Ok::<(), boundtoken_dev_server::DevServerError>(())
/// ```
#[must_use = "a builder does nothing until `start`"]
pub struct DevServerBuilder {
    address: SocketAddr,
    remote: bool,
    hostnames: Vec<String>,
    plain_http: bool,
    signing_key: Option<SigningKey>,
    issuer: String,
    audiences: Vec<String>,
    jwks_uri: Option<String>,
    objects: Vec<String>,
    faults: Vec<Fault>,
    may_attest: Option<MayAttest>,
    webhook_tokens: bool,
}

/// Whether a service account may attest an API group.
type MayAttest = Box<dyn Fn(&ObjectReference<'_>, &str) -> bool + Send + Sync>;

impl DevServerBuilder {
    pub(super) fn new() -> Self {
        Self {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            remote: false,
            hostnames: Vec::new(),
            plain_http: false,
            signing_key: None,
            issuer: DEFAULT_ISSUER.to_owned(),
            audiences: Vec::new(),
            jwks_uri: None,
            objects: Vec::new(),
            faults: Vec::new(),
            may_attest: None,
            webhook_tokens: true,
        }
    }

    /// Listens on this address. Unless set, the server takes 127.0.0.1 and a free port. Port 0 stands for a free port.
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Whether the address may be one that other computers can reach. There is no authorization: with any token, even a
    /// service account's, a client may do everything.
    pub fn allow_remote(mut self, allow: bool) -> Self {
        self.remote = allow;
        self
    }

    /// A DNS name, or an address, that clients reach the server by. Call it once for each: all are in the certificate, and the
    /// first is in the URL and the kubeconfig.
    ///
    /// Unless set, the URL has the address that the server listens on. For an address that means all of them, such as
    /// `0.0.0.0`, it has the one that this computer has in its network. The certificate also has `localhost`, both loopback
    /// addresses, and the computer's name if others can reach the server.
    ///
    /// ```
    /// use boundtoken_dev_server::DevServer;
    ///
    /// let server = DevServer::builder().hostname("localhost").start()?;
    /// assert!(server.url().starts_with("https://localhost:"));
    /// # Ok::<(), boundtoken_dev_server::DevServerError>(())
    /// ```
    pub fn hostname(mut self, name: impl Into<String>) -> Self {
        self.hostnames.push(name.into());
        self
    }

    /// Speaks HTTP without TLS. kubectl sends no token then, so it is refused. Clients that send one are served.
    pub fn plain_http(mut self) -> Self {
        self.plain_http = true;
        self
    }

    /// Signs tokens with this key; unless set, with a new ES256 key.
    pub fn signing_key(mut self, key: SigningKey) -> Self {
        self.signing_key = Some(key);
        self
    }

    /// Writes this issuer into tokens; unless set, `https://kubernetes.default.svc.cluster.local`.
    pub fn issuer(mut self, name: impl Into<String>) -> Self {
        self.issuer = name.into();
        self
    }

    /// An audience of the server itself. A token for it is accepted here, and a request without audiences gets a token for
    /// it. Call it once for each. Unless set, it is the issuer's name.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// The `jwks_uri` of the discovery document; unless set, the server's own.
    pub fn jwks_uri(mut self, uri: impl Into<String>) -> Self {
        self.jwks_uri = Some(uri.into());
        self
    }

    /// Objects to start from, as for `kubectl apply`: YAML, in one or several documents, or JSON. Lists are taken apart, and
    /// missing namespaces are created. The objects keep their uids. Call it once for each text.
    pub fn objects(mut self, manifests: impl Into<String>) -> Self {
        self.objects.push(manifests.into());
        self
    }

    /// Which account may attest which API group to a webhook, as in [`IssuerBuilder::may_attest`]. Unless set, all may.
    ///
    /// ```
    /// use boundtoken_dev_server::DevServer;
    ///
    /// let server = DevServer::builder().may_attest(|account, api_group| {
    ///     (account.namespace, account.name, api_group) == ("demo", "app", "apps")
    /// });
    /// # let _ = server;
    /// ```
    ///
    /// [`IssuerBuilder::may_attest`]: boundtoken::IssuerBuilder::may_attest
    pub fn may_attest(
        mut self,
        allows: impl Fn(&ObjectReference<'_>, &str) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.may_attest = Some(Box::new(allows));
        self
    }

    /// Whether tokens can be bound to webhook configurations, and such tokens are accepted: the feature gate
    /// `APIServerWebhookAuthenticationToken` of Kubernetes 1.37, where it is alpha and off. On unless set.
    pub fn webhook_tokens(mut self, enabled: bool) -> Self {
        self.webhook_tokens = enabled;
        self
    }

    /// A fault from the start. Call it once for each kind.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Starts the server: when this returns, it answers.
    ///
    /// # Errors
    /// [`DevServerError`] says what is wrong, and how to correct it.
    pub fn start(self) -> Result<DevServer, DevServerError> {
        if !self.address.ip().is_loopback() && !self.remote {
            return Err(DevServerError::AddressIsRemote(self.address));
        }
        let hostnames = self.hostnames.into_iter().map(|name| match Hostname::parse(&name) {
            Some(hostname) => Ok(hostname),
            None => Err(DevServerError::Hostname(name)),
        });
        let hostnames: Vec<_> = hostnames.collect::<Result<_, _>>()?;
        // Nothing but random numbers can be missing.
        let store = Store::new().map_err(|_| DevServerError::Key(KeyError::CryptographyFailed))?;
        for (place, text) in self.objects.iter().enumerate() {
            let documents = manifests::parse(text).map_err(|(document, problem)| {
                DevServerError::Manifest { text: place + 1, document, problem }
            })?;
            store
                .load(&documents)
                .map_err(|error| DevServerError::Object { text: place + 1, problem: error.to_string() })?;
        }

        let cannot_listen = |source| DevServerError::CannotListen { address: self.address, source };
        let listener = TcpListener::bind(self.address).map_err(cannot_listen)?;
        let address = hostname::reachable(listener.local_addr().map_err(cannot_listen)?);
        let tls = if self.plain_http {
            None
        } else {
            let own = hostname::of_this_computer().filter(|_| !self.address.ip().is_loopback());
            let names = hostnames.iter().chain(own.as_ref());
            Some(Tls::generate(address.ip(), names).map_err(|error| DevServerError::Certificate(error.0))?)
        };
        let host = match hostnames.first() {
            Some(name) => name.with_port(address.port()),
            None => address.to_string(),
        };
        let url = format!("{}://{host}", if tls.is_some() { "https" } else { "http" });

        let signing_key = match self.signing_key {
            Some(key) => key,
            None => SigningKey::generate(Algorithm::ES256).map_err(DevServerError::Key)?,
        };
        let jwks_uri = self.jwks_uri.unwrap_or_else(|| format!("{url}/openid/v1/jwks"));
        let issuer =
            Issuer::builder(self.issuer, signing_key).jwks_uri(jwks_uri).bound_objects(store.clone());
        let issuer = issuer.webhook_tokens(self.webhook_tokens);
        let issuer = match self.may_attest {
            Some(allows) => issuer.may_attest(allows),
            None => issuer,
        };
        let issuer = self.audiences.into_iter().fold(issuer, |issuer, name| issuer.api_audience(name));
        let issuer = issuer.build().map_err(DevServerError::Issuer)?;
        let verifier = Verifier::builder().issuer(issuer.trusted());
        let verifier = issuer
            .api_audiences()
            .iter()
            .fold(verifier, |verifier, audience| verifier.audience(audience.as_str()))
            .build()
            .map_err(DevServerError::Audience)?;
        let admin_token = AdminToken::generate().map_err(DevServerError::Key)?;

        let faults = Faults::default();
        faults.set(self.faults);
        let authority = tls.as_ref().map(|tls| tls.authority.clone());
        let kubeconfig = kubeconfig::text(&url, authority.as_deref(), admin_token.as_str());
        let context = Arc::new(ServerContext {
            store,
            issuer,
            authentication: Authentication {
                admin_token,
                verifier,
                accepts_webhook_tokens: self.webhook_tokens,
            },
            faults,
            is_plain_http: self.plain_http,
            address: host,
        });
        let service = Service {
            listener,
            tls: tls.map(|tls| tls.config),
            router: http::router(Arc::clone(&context)),
            limits: Limits::default(),
        };
        let store = context.store.clone();
        let end_pods = async move {
            store.keep_expiring().await;
        };
        let running = service.start(end_pods).map_err(DevServerError::NoThreads)?;
        Ok(DevServer(Arc::new(Inner { context, running, url, address, authority, kubeconfig })))
    }
}

impl fmt::Debug for DevServerBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DevServerBuilder")
            .field("address", &self.address)
            .field("hostnames", &self.hostnames)
            .field("plain_http", &self.plain_http)
            .field("signing_key", &self.signing_key)
            .field("issuer", &self.issuer)
            .field("audiences", &self.audiences)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}
