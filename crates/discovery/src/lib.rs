//! Keys that follow any OpenID Connect issuer, over HTTPS and without a cluster.
//!
//! A [`Discovery`] reads where an issuer publishes its keys (OpenID Connect Discovery 1.0 section 4), loads them, and keeps
//! them in step in the background. It knows keys and nothing of objects: unless the [`TrustedIssuer`] is given a source
//! of those, tokens are accepted with [`Confirmed::NotChecked`](boundtoken::Confirmed::NotChecked), and a token outlives its
//! pod until it expires. Where an API server can be reached, `boundtoken_kubernetes::Cluster` does better.
//!
//! ```no_run
//! use boundtoken_discovery::{Discovery, OnlineVerifier};
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let discovery = Discovery::builder("https://oidc.example.com/id/1").connect().await?;
//! let verifier = discovery.verifier_builder().audience("vault").build()?;
//! let verifier = OnlineVerifier::new(verifier).asking(&discovery);
//!
//! // For every request; the issuer is asked only, and rarely, when it signs with a key that is not known yet:
//! let caller = verifier.verify(b"token").await?;
//! // The same, without any I/O:
//! let caller = verifier.verifier().verify(b"token");
//! # Ok(())
//! # }
//! ```
//!
//! # How keys are kept in step
//!
//! They are loaded again within five minutes, at random moments, or sooner if the issuer's `Cache-Control` says so; and
//! at once when a token names an unknown key, but never twice in ten seconds, however many such tokens come. When that
//! fails, the last good keys stay, an hour or a week: [`DiscoveryStatus::keys_failure`] tells, and
//! [`DiscoveryBuilder::max_key_age`] sets a limit. A key set without a usable key is no failure: the issuer has withdrawn
//! all its keys, so all its tokens are refused at once ([`DiscoveryStatus::keys_withdrawn`]).
//!
//! # What is asked, and whom
//!
//! - Only HTTPS, also where the issuer's document or a redirect leads; three redirects at most. They may lead to another
//!   host, as the document itself may: the host that says so was authenticated, and the document that is found must
//!   still name the issuer.
//! - The server's certificate must be signed by an authority that the system trusts, or, if
//!   [`certificate_authority`](DiscoveryBuilder::certificate_authority) is given, by one of those and no other.
//! - The environment variables `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` are honoured, as by curl; a proxy must speak
//!   HTTP. It passes TLS through, so it can hold keys back, but not change them.
//! - No answer is read beyond [`KeySet::MAX_DOCUMENT_BYTES`](boundtoken::KeySet::MAX_DOCUMENT_BYTES), and none takes longer
//!   than ten seconds. No cookies, no compression, no credentials.
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

/// An issuer's keys, kept in step in the background.
///
/// Verifiers that were built from it share them. When it is dropped the following ends, and they go on with the last
/// keys. Needs a tokio runtime, of any flavour, for as long as it lives. Safe to share between threads.
pub struct Discovery {
    keys: Arc<Refresher>,
    published: Arc<Published>,
    /// Aborted when dropped.
    tasks: JoinSet<()>,
}

impl Discovery {
    /// Starts with the issuer's name, as it stands in `iss`: an `https` URL without query and fragment. See
    /// [`DiscoveryBuilder`].
    pub fn builder(issuer: impl Into<String>) -> DiscoveryBuilder {
        DiscoveryBuilder::new(issuer.into())
    }

    fn new(keys: Refresher, published: Published) -> Self {
        let mut discovery =
            Self { keys: Arc::new(keys), published: Arc::new(published), tasks: JoinSet::new() };
        discovery.tasks.spawn(discovery.following());
        discovery
    }

    /// What keeps the keys in step.
    fn following(&self) -> impl Future<Output = ()> + Send + use<> {
        let published = Arc::clone(&self.published);
        Arc::clone(&self.keys).run(move || Arc::clone(&published).load_again())
    }

    /// Hands over the keys, and the work that keeps them in step, to a program that runs it in a task of its own.
    #[must_use = "the keys are only kept in step while the future runs"]
    pub fn into_refresher(self) -> (Arc<Refresher>, impl Future<Output = ()> + Send + 'static) {
        (Arc::clone(&self.keys), self.following())
    }

    /// The issuer's name.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.keys.issuer()
    }

    /// What verifies the issuer's tokens: its name, and its keys as they change. It has no source of objects: add one by
    /// [`TrustedIssuer::bound_objects`], or all tokens are accepted with
    /// [`Confirmed::NotChecked`](boundtoken::Confirmed::NotChecked).
    #[must_use]
    pub fn trusted_issuer(&self) -> TrustedIssuer {
        TrustedIssuer::new(self.issuer(), self.keys.store().clone())
    }

    /// A verifier of the issuer's tokens that does not check objects; what it lacks is an audience.
    pub fn verifier_builder(&self) -> VerifierBuilder {
        Verifier::builder().issuer(self.trusted_issuer())
    }

    /// Whether the keys are older than [`DiscoveryBuilder::max_key_age`] allows, so that verifiers refuse: for `/readyz`.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.keys.store().is_stale()
    }

    /// What is known, and how well: for metrics and for `/readyz`.
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

/// What a [`Discovery`] knows, and how well. Serializes for logs and metrics.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DiscoveryStatus {
    /// The issuer's name.
    pub issuer: String,
    /// The kids of the keys in use.
    pub key_ids: Vec<String>,
    /// When the keys were last loaded.
    pub keys_loaded_at: UnixSeconds,
    /// Why the keys could not be loaded again, if the last attempt failed. The last good keys are in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys_failure: Option<String>,
    /// Whether the issuer has withdrawn all its keys: it publishes none that can be used. All its tokens are refused, as
    /// [`Reason::KeyUnknown`](boundtoken::Reason::KeyUnknown), until it publishes one.
    pub keys_withdrawn: bool,
    /// Whether the keys are older than [`DiscoveryBuilder::max_key_age`] allows, so that verifiers refuse.
    pub stale: bool,
}
