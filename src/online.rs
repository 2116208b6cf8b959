//! Verifying with a question to the clusters and issuers, where the news may still be on its way.

use std::sync::Arc;

use tokio::task::JoinSet;

#[cfg(feature = "discovery")]
use crate::discovery::Discovery;
#[cfg(feature = "kubernetes")]
use crate::keys::KeyStore;
#[cfg(feature = "kubernetes")]
use crate::kubernetes::{Cluster, Inquiry};
use crate::refresh::Refresher;
use crate::rejection::{Reason, Rejection};
use crate::verified::VerifiedToken;
use crate::verifier::{CheckedToken, Verifier};

/// A verifier that asks where the news may still be on its way: for new keys when a key is unknown, and for each object of
/// a token of the last minute that was not seen yet.
///
/// One call serves any number of clusters and issuers. A question about a token's objects goes to the one cluster that the
/// token belongs to. No token reaches the network whose signature, audience or times do not hold, and what is asked is
/// bounded: keys are requested at most once in ten seconds for each issuer, however many tokens name unknown keys, and few
/// calls wait for them, each for a fraction of a second at most (`unknown_key_wait` of cluster and issuer); objects are asked for by a few requests at a time, and what does
/// not exist is remembered for some seconds.
///
/// Safe to share between threads. [`Verifier::verify`] of the same verifier asks nobody.
///
/// ```no_run
/// # #[cfg(feature = "kubernetes")]
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// use boundtoken::kubernetes::Cluster;
/// use boundtoken::{OnlineVerifier, Verifier};
///
/// let blue = Cluster::builder().context("blue").connect().await?;
/// let green = Cluster::builder().context("green").connect().await?;
/// let verifier = Verifier::builder()
///     .issuer(blue.trusted_issuer().label("blue"))
///     .issuer(green.trusted_issuer().label("green"))
///     .audience("vault")
///     .build()?;
/// let verifier = OnlineVerifier::new(verifier).cluster(&blue).cluster(&green);
///
/// let caller = verifier.verify(b"token").await?;
/// println!("{} of the cluster {}", caller.claims().subject(), caller.issuer_label());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct OnlineVerifier {
    verifier: Arc<Verifier>,
    sources: Vec<Source>,
}

/// One cluster or issuer that can be asked.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) keys: Arc<Refresher>,
    /// None for an issuer that is no cluster.
    #[cfg(feature = "kubernetes")]
    pub(crate) objects: Option<Inquiry>,
}

#[cfg(feature = "kubernetes")]
impl Source {
    /// Whether tokens by these keys are this source's.
    pub(crate) fn has(&self, keys: &KeyStore) -> bool {
        self.keys.store().is_same(keys)
    }
}

impl OnlineVerifier {
    /// Asks nobody yet: name the clusters and issuers that the verifier was built with.
    pub fn new(verifier: impl Into<Arc<Verifier>>) -> Self {
        Self { verifier: verifier.into(), sources: Vec::new() }
    }

    /// Asks this cluster about its own tokens. The cluster goes on to be followed only as long as it lives itself; after
    /// that nobody answers, and verdicts are those of the verifier alone.
    #[cfg(feature = "kubernetes")]
    #[must_use]
    pub fn cluster(mut self, cluster: &Cluster) -> Self {
        self.sources.push(cluster.source());
        self
    }

    /// Asks this issuer for new keys.
    #[cfg(feature = "discovery")]
    #[must_use]
    pub fn discovery(mut self, discovery: &Discovery) -> Self {
        self.sources.push(discovery.source());
        self
    }

    /// The verifier that decides.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Verifies a token, and asks where it helps. Most calls ask nobody, and are as quick as [`Verifier::verify`].
    ///
    /// # Errors
    /// As [`Verifier::verify`]; [`Reason::BoundObjectUnavailable`] if the API server could not be asked.
    pub async fn verify(&self, token: &[u8]) -> Result<VerifiedToken, Rejection> {
        self.judge(|verifier| verifier.verify(token), |verifier| verifier.check(token)).await
    }

    /// Verifies a token that must be meant for one of these audiences, as [`Verifier::verify_for`] does, and asks where it
    /// helps.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub async fn verify_for(
        &self,
        token: &[u8],
        audiences: &[impl AsRef<str> + Sync],
    ) -> Result<VerifiedToken, Rejection> {
        let verify = |verifier: &Verifier| verifier.verify_for(token, audiences);
        self.judge(verify, |verifier| verifier.check_for(token, audiences)).await
    }

    async fn judge(
        &self,
        verify: impl Fn(&Verifier) -> Result<VerifiedToken, Rejection>,
        check: impl Fn(&Verifier) -> Result<CheckedToken, Rejection>,
    ) -> Result<VerifiedToken, Rejection> {
        let mut verdict = verify(&self.verifier);
        if lacks_keys(&verdict) {
            // Nothing in the token says whose key it is.
            self.refresh_keys().await;
            verdict = verify(&self.verifier);
        }
        if is_refused(&verdict, Reason::BoundObjectPending) {
            #[cfg(feature = "kubernetes")]
            return self.ask(check(&self.verifier)?, verdict).await;
            #[cfg(not(feature = "kubernetes"))]
            let _ = check;
        }
        verdict
    }

    /// Has all sources load their keys, if they have not done so a moment ago.
    async fn refresh_keys(&self) {
        let mut refreshing = JoinSet::new();
        for source in &self.sources {
            let keys = Arc::clone(&source.keys);
            refreshing.spawn(async move { keys.refresh().await });
        }
        while refreshing.join_next().await.is_some() {}
    }

    /// Asks the cluster that the token belongs to, and judges what it says.
    #[cfg(feature = "kubernetes")]
    async fn ask(
        &self,
        checked: CheckedToken,
        verdict: Result<VerifiedToken, Rejection>,
    ) -> Result<VerifiedToken, Rejection> {
        let keys = self.verifier.keys_of(&checked);
        let own = self.sources.iter().find(|source| keys.is_some_and(|keys| source.has(keys)));
        let Some(inquiry) = own.and_then(|source| source.objects.as_ref()) else { return verdict };
        let answers = inquiry.ask_about(&checked).await;
        self.verifier.confirm(checked, &answers)
    }
}

/// Whether newer keys may undo the refusal.
pub(crate) fn lacks_keys(verdict: &Result<VerifiedToken, Rejection>) -> bool {
    is_refused(verdict, Reason::KeyUnknown) || is_refused(verdict, Reason::KeysStale)
}

/// Whether the token is refused for this reason, which more news may undo.
pub(crate) fn is_refused(verdict: &Result<VerifiedToken, Rejection>, reason: Reason) -> bool {
    verdict.as_ref().is_err_and(|rejection| rejection.reason() == reason)
}

impl std::fmt::Debug for OnlineVerifier {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let asked: Vec<&str> = self.sources.iter().map(|source| source.keys.issuer()).collect();
        formatter
            .debug_struct("OnlineVerifier")
            .field("verifier", &self.verifier)
            .field("asked", &asked)
            .finish()
    }
}
