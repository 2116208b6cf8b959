//! Verifying with a question to clusters and issuers, where the news may still be on its way.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use boundtoken::{BoundObjects, CheckedToken, KeyStore, Reason, Rejection, VerifiedToken, Verifier};
use tokio::task::JoinSet;

use crate::Refresher;

/// A verifier that asks where the news may still be on its way: for new keys when a key is unknown, and for each object of
/// a token of the last minute that was not seen yet.
///
/// One call serves any number of clusters and issuers. A question about a token's objects goes to the one cluster that the
/// token belongs to. No token reaches the network whose signature, audience or times do not hold. What is asked is bounded:
///
/// - Keys are requested at most once in ten seconds for each issuer, however many tokens name unknown keys. Few calls wait
///   for them, each for a fraction of a second at most (`unknown_key_wait` of cluster and issuer).
/// - Objects are asked for by a few requests at a time. What does not exist is remembered for some seconds.
///
/// Safe to share between threads. [`Verifier::verify`] of the same verifier asks nobody.
///
/// ```no_run
/// # use boundtoken_refresh::OnlineSource;
/// # async fn serve(blue: impl OnlineSource, green: impl OnlineSource, verifier: boundtoken::Verifier)
/// # -> Result<(), Box<dyn std::error::Error>> {
/// use boundtoken_refresh::OnlineVerifier;
///
/// // `blue` and `green` are clusters, and the verifier was built with the trusted issuer of each.
/// let verifier = OnlineVerifier::new(verifier).asking(&blue).asking(&green);
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

/// A cluster or an issuer that an [`OnlineVerifier`] can ask.
pub trait OnlineSource {
    /// What is asked. It owns all that it needs, but does not keep the cluster or issuer alive.
    fn source(&self) -> Source;
}

/// What an [`OnlineVerifier`] asks of one cluster or issuer.
#[derive(Clone)]
pub struct Source {
    keys: Arc<Refresher>,
    objects: Option<Arc<dyn AskObjects>>,
}

/// The future of [`AskObjects::ask`].
pub type Answers = Pin<Box<dyn Future<Output = Box<dyn BoundObjects>> + Send>>;

/// Asks a cluster about objects.
pub trait AskObjects: Send + Sync {
    /// Asks about the objects of a token that are not known yet. The answer knows the states of all of the token's objects.
    ///
    /// The future owns all that it needs, so that another thread can run it.
    fn ask(&self, token: &CheckedToken) -> Answers;
}

impl Source {
    /// An issuer that is asked for keys alone.
    #[must_use]
    pub fn new(keys: Arc<Refresher>) -> Self {
        Self { keys, objects: None }
    }

    /// A cluster, which is asked about objects too.
    #[must_use]
    pub fn objects(mut self, objects: Arc<dyn AskObjects>) -> Self {
        self.objects = Some(objects);
        self
    }

    /// The keys, which can be asked for anew.
    #[must_use]
    pub fn keys(&self) -> &Arc<Refresher> {
        &self.keys
    }

    /// Whether tokens by the keys of this store are this source's.
    #[must_use]
    pub fn has(&self, keys: &KeyStore) -> bool {
        self.keys.store().is_same(keys)
    }

    /// Asks about the objects of a token that belongs to this source. `None` if it knows no objects.
    #[must_use]
    pub fn ask(&self, token: &CheckedToken) -> Option<Answers> {
        Some(self.objects.as_ref()?.ask(token))
    }
}

impl OnlineVerifier {
    /// Asks nobody yet: name the clusters and issuers that the verifier was built with.
    pub fn new(verifier: impl Into<Arc<Verifier>>) -> Self {
        Self { verifier: verifier.into(), sources: Vec::new() }
    }

    /// Asks this cluster or issuer about its own tokens. It is followed only as long as it lives itself. After that nobody
    /// answers, and the verdicts are those of the verifier alone.
    #[must_use]
    pub fn asking(mut self, source: &impl OnlineSource) -> Self {
        self.sources.push(source.source());
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
        if is_pending(&verdict) {
            return self.ask(check(&self.verifier)?, verdict).await;
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
    async fn ask(
        &self,
        checked: CheckedToken,
        verdict: Result<VerifiedToken, Rejection>,
    ) -> Result<VerifiedToken, Rejection> {
        let keys = self.verifier.keys_of(&checked);
        let own = self.sources.iter().find(|source| keys.is_some_and(|keys| source.has(keys)));
        match own.and_then(|source| source.ask(&checked)) {
            Some(answers) => self.verifier.confirm(checked, &*answers.await),
            None => verdict,
        }
    }
}

/// Whether a token was refused for a reason that newer keys may undo.
#[must_use]
pub fn lacks_keys(verdict: &Result<VerifiedToken, Rejection>) -> bool {
    matches!(verdict, Err(rejection) if matches!(rejection.reason(), Reason::KeyUnknown | Reason::KeysStale))
}

/// Whether a token was refused because the news of its objects may still be on its way.
#[must_use]
pub fn is_pending(verdict: &Result<VerifiedToken, Rejection>) -> bool {
    matches!(verdict, Err(rejection) if rejection.reason() == Reason::BoundObjectPending)
}

impl fmt::Debug for OnlineVerifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asked: Vec<&str> = self.sources.iter().map(|source| source.keys.issuer()).collect();
        formatter
            .debug_struct("OnlineVerifier")
            .field("verifier", &self.verifier)
            .field("asked", &asked)
            .finish()
    }
}
