//! A development server for tokens: what services that authenticate by bound tokens need of a cluster, on a laptop and in
//! tests, without one.
//!
//! [`DevServer`] answers TokenRequest, TokenReview and the few objects that tokens have to do with, in memory, the way a
//! kube-apiserver of version 1.37 does. kubectl, kube, client-go and plain HTTP clients work with it unchanged.
//!
//! ```
//! use boundtoken::api::{BoundObjectReference, TokenRequest, TokenRequestSpec};
//! use boundtoken_dev_server::DevServer;
//! use boundtoken::{Reason, Verifier};
//!
//! let server = DevServer::builder()
//!     .objects(
//!         "
//! apiVersion: v1
//! kind: Pod
//! metadata: {name: app-0, namespace: demo}
//! spec:
//!   serviceAccountName: app
//!   containers: [{name: app, image: registry.example.com/app}]
//! ",
//!     )
//!     .start()?;
//!
//! // Over HTTP this is POST {url}/api/v1/namespaces/demo/serviceaccounts/app/token.
//! let mut request = TokenRequest::default();
//! request.spec.audiences.push("vault".into());
//! let issued = server.issuer().issue("demo", "app", request)?;
//!
//! let trusted = server.issuer().trusted(); // or the keys from {url}/openid/v1/jwks
//! let verifier = Verifier::builder().issuer(trusted).audience("vault").build()?;
//! let caller = verifier.verify(issued.token().as_bytes())?;
//! assert_eq!(caller.user_info().username, "system:serviceaccount:demo:app");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it serves
//!
//! The server exists so that real kubectl, Kubernetes clients and services get tokens, reviews and the few objects that
//! tokens depend on. It serves what these clients see, and nothing else of the API:
//!
//! - `POST …/serviceaccounts/NAME/token`, `tokenreviews` and `selfsubjectreviews`.
//! - `selfsubjectaccessreviews`, `subjectaccessreviews` and `selfsubjectrulesreviews`: everything is allowed.
//! - `/openid/v1/jwks` and `/.well-known/openid-configuration`.
//! - Namespaces, service accounts, pods, secrets, nodes and webhook configurations: create, get, list, watch, update, patch
//!   and delete, with an API server's status codes, reasons, resource versions and 410s.
//! - The columns of `kubectl get`, also with `-o wide`.
//! - Health, version, and as much discovery as kubectl needs.
//!
//! Requests are JSON or protobuf, answers are JSON. The objects to [start from](DevServerBuilder::objects) may be YAML.
//!
//! # Who may do what
//!
//! The administrator's token is in the [`kubeconfig`](DevServer::kubeconfig). Service accounts come in with tokens for the
//! server's own audience. There is **no authorization**: with any of these tokens, a client may do everything. Without a
//! token, the server answers health, version and the issuer's two documents, which hold no secret. It refuses all else with
//! 401, where a kube-apiserver would say 403 to `system:anonymous`.
//!
//! # Where it differs from a kube-apiserver
//!
//! - Tokens can be bound to webhook configurations. Kubernetes 1.37 has this behind a feature gate that is off by default;
//!   [`webhook_tokens(false)`](DevServerBuilder::webhook_tokens) turns it off here. Every service account may attest every API
//!   group unless [`may_attest`](DevServerBuilder::may_attest) says otherwise. No webhook is ever called.
//! - A reviewed token that begins with a space or is only white space is refused. A kube-apiserver answers
//!   `authenticated: true` as `system:anonymous` there, a trap that this server does not copy.
//! - Tokens are judged by this crate's [`Verifier`](boundtoken::Verifier), which is stricter than a kube-apiserver. A token that
//!   it refuses for a stricter rule is an `invalid bearer token`. There is no cache: a verdict is never older than the request.
//! - A client that accepts nothing but protobuf gets 406. kubectl and client-go accept JSON as well. There is no YAML over
//!   HTTP: kubectl sends its manifests as JSON.
//! - In protobuf requests, pods and nodes are read in part: the members that tokens depend on, and containers without their
//!   mounts, ports and variables. Webhook configurations are read in JSON only.
//! - Refusals of TokenRequests and TokenReviews have the words of a kube-apiserver, as far as answers of a real one were
//!   captured. Other refusals follow its status codes and reasons. Their words may be this server's own, and malformed
//!   options and patches are 400 where a kube-apiserver sometimes says 500.
//! - Lists are complete, whatever their `limit`, and of the latest state. A list of an exact earlier `resourceVersion` is
//!   answered by 410, as by a cluster that has compacted it.
//! - Strategic merge patches know the directives that kubectl sends: `$patch: delete`, `$setElementOrder`, `$retainKeys` and
//!   `$deleteFromPrimitiveList`. There is no server-side apply (415).
//! - JSON may nest 127 levels deep. Errors do not quote bodies that may hold a token.
//! - No user may impersonate another (`kubectl --as`): 403.
//! - Discovery is not aggregated, and there are no schemas, so `kubectl explain` finds nothing.
//!
//! # What it logs
//!
//! Each request is one [`tracing`] event of level `INFO` and of the message `request`, with the fields `method`, `path`, `status`,
//! `user`, `milliseconds` and `audit_id`. If a token is refused, be it the request's own or the one in a TokenReview, the event
//! also has `reason`, `number` and `refusal`: the name and the number of the [`Reason`](boundtoken::Reason), and a sentence.
//! If a TokenRequest is refused, `refusal` is the message of the answer. No token is ever logged.
#![forbid(unsafe_code)]

mod builder;
mod crypto;
mod error;
mod hostname;
mod http;
mod kubeconfig;
mod manifests;
mod serve;
mod store;
mod tls;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::{fmt, io};

use boundtoken::{BoundObjects, Issuer};
use http::ServerContext;
use serve::Running;

pub use builder::DevServerBuilder;
pub use error::DevServerError;
pub use http::faults::{Fault, InvalidFault};

/// A development server that runs, on threads of its own, until its last clone is dropped.
///
/// Needs no async runtime around it, and can be used within one.
///
/// ```
/// use boundtoken_dev_server::DevServer;
///
/// let server = DevServer::start()?;
/// println!("{}", server.url());
/// server.shutdown();
/// # Ok::<(), boundtoken_dev_server::DevServerError>(())
/// ```
#[derive(Clone)]
pub struct DevServer(Arc<Inner>);

struct Inner {
    context: Arc<ServerContext>,
    running: Running,
    url: String,
    address: SocketAddr,
    authority: Option<String>,
    kubeconfig: String,
}

impl DevServer {
    /// The name of the user that the [admin token](Self::admin_token) stands for.
    pub const ADMINISTRATOR: &str = "boundtoken-admin";

    /// Starts a server: HTTPS on 127.0.0.1 and a free port, with a new ES256 key, and with the namespaces and service
    /// accounts that a new cluster has.
    ///
    /// # Errors
    /// [`DevServerError`] says what is missing.
    pub fn start() -> Result<Self, DevServerError> {
        Self::builder().start()
    }

    /// Settings for a server that differs from the default.
    pub fn builder() -> DevServerBuilder {
        DevServerBuilder::new()
    }

    /// The URL to reach it by, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// The address to reach it by.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// A kubeconfig for the administrator, in YAML. It holds a secret, the admin token.
    #[must_use]
    pub fn kubeconfig(&self) -> &str {
        &self.0.kubeconfig
    }

    /// Writes the [`kubeconfig`](Self::kubeconfig) to a file that only its owner can read. Replaces a file of the name.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn write_kubeconfig(&self, path: impl AsRef<Path>) -> io::Result<()> {
        kubeconfig::write(path.as_ref(), &self.0.kubeconfig)
    }

    /// The certificate of the authority that signed the server's, in PEM; none without TLS.
    #[must_use]
    pub fn ca_certificate(&self) -> Option<&str> {
        self.0.authority.as_deref()
    }

    /// The token of the administrator, who may do everything: a secret, and new at each start.
    #[must_use]
    pub fn admin_token(&self) -> &str {
        self.0.context.authentication.admin_token.as_str()
    }

    /// The issuer behind the server: issues without HTTP, and rotates keys.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.0.context.issuer
    }

    /// The objects there are, as they are at each moment, for a [`Verifier`](boundtoken::Verifier) in the same process.
    #[must_use]
    pub fn bound_objects(&self) -> impl BoundObjects + Clone + 'static {
        self.0.context.store.clone()
    }

    /// Replaces the faults, for requests from now on. None of them ends a watch that runs.
    ///
    /// ```
    /// # use boundtoken_dev_server::{DevServer, Fault};
    /// # let server = DevServer::start()?;
    /// server.set_faults([Fault::ErrorRate(0.5)]);
    /// server.set_faults([]);
    /// # Ok::<(), boundtoken_dev_server::DevServerError>(())
    /// ```
    pub fn set_faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.0.context.faults.set(faults);
    }

    /// Forgets all changes up to now: a watch from an earlier `resourceVersion` is answered with 410.
    pub fn forget_history(&self) {
        self.0.context.store.forget_history();
    }

    /// Breaks the connections of all watches, as a network would.
    pub fn disconnect_watches(&self) {
        self.0.context.faults.disconnect_watches();
    }

    /// Stops: no new connections, watches end, requests under way have three seconds. Waits for it. Does nothing the
    /// second time; dropping the last clone does the same.
    pub fn shutdown(&self) {
        self.0.stop();
    }
}

impl Inner {
    fn stop(&self) {
        self.context.faults.stop();
        self.running.stop();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for DevServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DevServer").field("url", &self.0.url).finish_non_exhaustive()
    }
}
