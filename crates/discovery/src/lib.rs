//! Keys of any OpenID Connect issuer, kept current over HTTPS and without access to a cluster.
//!
//! A [`Discovery`] looks up where an issuer publishes its keys (OpenID Connect Discovery 1.0 section 4), loads them,
//! and refreshes them in the background.
//!
//! It knows nothing about objects. Unless the [`TrustedIssuer`] is given a source of objects, tokens are accepted
//! with [`Confirmed::NotChecked`](boundtoken::Confirmed::NotChecked). The token of a deleted pod is then accepted
//! until it expires. If the API server can be reached, use `boundtoken_kubernetes::Cluster` instead.
//!
//! ```no_run
//! use boundtoken_discovery::{Discovery, OnlineVerifier};
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let discovery = Discovery::builder("https://oidc.example.com/id/1").connect().await?;
//! let verifier = discovery.verifier_builder().audience("vault").build()?;
//! let verifier = OnlineVerifier::new(verifier).asking(&discovery);
//!
//! // For every request. The issuer is asked only when a token names an unknown key, and rarely even then.
//! let caller = verifier.verify(b"token").await?;
//! // The same without any I/O:
//! let caller = verifier.verifier().verify(b"token");
//! # Ok(())
//! # }
//! ```
//!
//! # How keys are refreshed
//!
//! - Keys are reloaded within five minutes, at random moments, or sooner if the issuer's `Cache-Control` says so.
//! - When a token names an unknown key, they are reloaded at once. They are never loaded twice within ten seconds,
//!   however many such tokens arrive.
//! - If loading fails, the last good keys stay in use. [`DiscoveryStatus::keys_failure`] says why it failed.
//!   [`DiscoveryBuilder::max_key_age`] limits how old the keys may become.
//! - A key set without a usable key is not a failure. It withdraws all keys, and all tokens of the issuer are refused
//!   at once ([`DiscoveryStatus::keys_withdrawn`]).
//!
//! # Network access
//!
//! - Every URL must be `https`, including the URL in the discovery document and the targets of redirects. At most
//!   three redirects are followed. A redirect may lead to another host, because the host that redirects was
//!   authenticated. The document found there must still name the issuer.
//! - The server's certificate must be signed by an authority that the system trusts. If
//!   [`certificate_authority`](DiscoveryBuilder::certificate_authority) is used, it must be signed by one of those
//!   authorities and no other.
//! - The environment variables `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` work as in curl. The proxy must speak HTTP.
//!   It passes TLS through, so it can withhold keys but not change them.
//! - An answer may have [`KeySet::MAX_DOCUMENT_BYTES`](boundtoken::KeySet::MAX_DOCUMENT_BYTES) and take ten seconds.
//! - Requests use no cookies, no compression and no credentials.
#![forbid(unsafe_code)]

use std::sync::Arc;

use boundtoken::{TrustedIssuer, UnixSeconds, Verifier, VerifierBuilder};
use boundtoken_refresh::{OnlineSource, Refresher, Source};
use serde::Serialize;
use tokio::task::JoinSet;

mod builder;
mod error;
mod https;
mod published;
mod url;

use published::Published;

pub use boundtoken_refresh::OnlineVerifier;
pub use builder::DiscoveryBuilder;
pub use error::{DiscoveryError, Step};

/// The keys of one issuer, refreshed in the background.
///
/// Verifiers built from it share the keys. Dropping it stops the refresh. Its verifiers then keep the last keys.
///
/// It needs a tokio runtime of any flavour for as long as it lives. It is safe to share between threads.
pub struct Discovery {
    keys: Arc<Refresher>,
    published: Arc<Published>,
    /// Dropping the set aborts the tasks.
    tasks: JoinSet<()>,
}

impl Discovery {
    /// Starts to configure an issuer. See [`DiscoveryBuilder`] for the defaults.
    ///
    /// `issuer` is the issuer's name exactly as in `iss`: an `https` URL without a query or fragment.
    pub fn builder(issuer: impl Into<String>) -> DiscoveryBuilder {
        DiscoveryBuilder::new(issuer.into())
    }

    fn new(keys: Refresher, published: Published) -> Self {
        let mut discovery =
            Self { keys: Arc::new(keys), published: Arc::new(published), tasks: JoinSet::new() };
        discovery.tasks.spawn(discovery.refreshing());
        discovery
    }

    /// The future that refreshes the keys. It never completes.
    fn refreshing(&self) -> impl Future<Output = ()> + Send + use<> {
        let published = Arc::clone(&self.published);
        Arc::clone(&self.keys).run(move || Arc::clone(&published).load_again())
    }

    /// Returns the keys and the future that refreshes them, for a program that runs the future in a task of its own.
    ///
    /// The future never completes. The keys are refreshed only while it runs.
    #[must_use = "the keys are refreshed only while the future runs"]
    pub fn into_refresher(self) -> (Arc<Refresher>, impl Future<Output = ()> + Send + 'static) {
        (Arc::clone(&self.keys), self.refreshing())
    }

    /// The issuer's name.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.keys.issuer()
    }

    /// The issuer to trust: its name and its current keys.
    ///
    /// It has no source of objects. Add one with [`TrustedIssuer::bound_objects`], or all tokens are accepted with
    /// [`Confirmed::NotChecked`](boundtoken::Confirmed::NotChecked).
    #[must_use]
    pub fn trusted_issuer(&self) -> TrustedIssuer {
        TrustedIssuer::new(self.issuer(), self.keys.store().clone())
    }

    /// Starts a verifier of the issuer's tokens. It does not check objects, and still needs an audience.
    pub fn verifier_builder(&self) -> VerifierBuilder {
        Verifier::builder().issuer(self.trusted_issuer())
    }

    /// Whether the keys are older than [`DiscoveryBuilder::max_key_age`] allows, which makes verifiers refuse tokens.
    /// Meant for `/readyz`.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.keys.store().is_stale()
    }

    /// What is known and how current it is. Meant for metrics.
    #[must_use]
    pub fn status(&self) -> DiscoveryStatus {
        DiscoveryStatus {
            issuer: self.issuer().to_owned(),
            key_ids: self.keys.ids(),
            keys_loaded_at: self.keys.loaded_at(),
            keys_failure: self.keys.failure(),
            keys_withdrawn: self.keys.has_withdrawn_all(),
            stale: self.is_stale(),
        }
    }
}

impl OnlineSource for Discovery {
    fn source(&self) -> Source {
        Source::new(Arc::clone(&self.keys))
    }
}

impl std::fmt::Debug for Discovery {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Discovery").field("status", &self.status()).finish_non_exhaustive()
    }
}

/// What a [`Discovery`] knows and how current it is. Serializes for logs and metrics.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DiscoveryStatus {
    /// The issuer's name.
    pub issuer: String,
    /// The kids of the keys in use.
    pub key_ids: Vec<String>,
    /// When the keys were last loaded. Serializes as a text by RFC 3339.
    #[serde(serialize_with = "rfc_3339")]
    pub keys_loaded_at: UnixSeconds,
    /// Why the last attempt to load the keys failed. `None` if it succeeded. After a failure the last good keys stay
    /// in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys_failure: Option<String>,
    /// Whether the issuer publishes no usable key. Until it publishes one, all its tokens are refused with
    /// [`Reason::KeyUnknown`](boundtoken::Reason::KeyUnknown).
    pub keys_withdrawn: bool,
    /// Whether the keys are older than [`DiscoveryBuilder::max_key_age`] allows, which makes verifiers refuse tokens.
    pub stale: bool,
}

fn rfc_3339<S: serde::Serializer>(time: &UnixSeconds, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}
