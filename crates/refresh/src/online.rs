//! Verifies tokens, and asks clusters and issuers when their latest changes may not have arrived yet.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use boundtoken::{BoundObjects, CheckedToken, KeyStore, Reason, Rejection, VerifiedToken, Verifier};
use tokio::task::JoinSet;

use crate::Refresher;

/// A verifier that asks clusters and issuers when their latest changes may not have arrived yet.
///
/// It asks in two cases: for keys when a token names an unknown key, and for an object when a token is less than a
/// minute old and the object has not been seen yet. One `OnlineVerifier` serves any number of clusters and issuers.
/// It asks about objects only the cluster that the token belongs to.
///
/// A bad token cannot cause unbounded work:
///
/// - A token causes a question about objects only if its signature, audience and times are good.
/// - Keys are requested at most once every ten seconds from each issuer, however many tokens name unknown keys. Few
///   calls wait for them, and each waits for a fraction of a second (`unknown_key_wait` of the cluster or issuer).
/// - Few requests for objects run at a time. That an object does not exist is remembered for some seconds.
///
/// It needs a tokio runtime and is safe to share between threads. [`Verifier::verify`] of the same verifier asks
/// nobody.
///
/// ```no_run
/// # use boundtoken_refresh::OnlineSource;
/// # async fn serve(blue: impl OnlineSource, green: impl OnlineSource, verifier: boundtoken::Verifier)
/// # -> Result<(), Box<dyn std::error::Error>> {
/// use boundtoken_refresh::OnlineVerifier;
///
/// // `blue` and `green` are clusters. The verifier was built with the trusted issuer of each.
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
///
/// ```
/// use std::sync::Arc;
///
/// use boundtoken_refresh::{OnlineSource, Refresher, Source};
///
/// /// An issuer whose keys come from somewhere else.
/// struct MyIssuer {
///     keys: Arc<Refresher>,
/// }
///
/// impl OnlineSource for MyIssuer {
///     fn source(&self) -> Source {
///         Source::new(Arc::clone(&self.keys))
///     }
/// }
/// ```
pub trait OnlineSource {
    /// The part that answers questions. It owns everything it needs, but does not keep the cluster or issuer
    /// connected.
    fn source(&self) -> Source;
}

/// The part of a cluster or issuer that answers an [`OnlineVerifier`]. Clones share it.
#[derive(Clone)]
pub struct Source {
    keys: Arc<Refresher>,
    objects: Option<Arc<dyn AskObjects>>,
}

/// The future of [`AskObjects::ask`].
pub type Answers = Pin<Box<dyn Future<Output = Box<dyn BoundObjects>> + Send>>;

/// Asks a cluster about objects. Any number of threads may ask at once.
pub trait AskObjects: Send + Sync {
    /// Asks about those objects of the token that are not known yet.
    ///
    /// The future returns a source that knows the state of every object of the token. It has no error: the state of
    /// an object that could not be asked about is [`ObjectState::Unavailable`](boundtoken::ObjectState::Unavailable).
    /// It must complete within some seconds, because a caller waits for it.
    ///
    /// The future must own everything it needs, because another thread may run it.
    fn ask(&self, token: &CheckedToken) -> Answers;
}

impl Source {
    /// A source of keys alone.
    #[must_use]
    pub fn new(keys: Arc<Refresher>) -> Self {
        Self { keys, objects: None }
    }

    /// Adds a source of objects.
    #[must_use]
    pub fn objects(mut self, objects: Arc<dyn AskObjects>) -> Self {
        self.objects = Some(objects);
        self
    }

    /// The keys of this source.
    #[must_use]
    pub fn keys(&self) -> &Arc<Refresher> {
        &self.keys
    }

    /// Whether this is the key store of this source. A token verified with a key of the store then belongs to this
    /// source.
    #[must_use]
    pub fn has(&self, keys: &KeyStore) -> bool {
        self.keys.store().is_same(keys)
    }

    /// Asks about the objects of a token that belongs to this source. `None` if it is a source of keys alone.
    #[must_use]
    pub fn ask(&self, token: &CheckedToken) -> Option<Answers> {
        Some(self.objects.as_ref()?.ask(token))
    }
}

impl OnlineVerifier {
    /// An online verifier that asks nobody yet. Add every cluster and issuer of the verifier with
    /// [`asking`](Self::asking).
    pub fn new(verifier: impl Into<Arc<Verifier>>) -> Self {
        Self { verifier: verifier.into(), sources: Vec::new() }
    }

    /// Asks this cluster or issuer about its own tokens.
    ///
    /// This does not keep the cluster or issuer connected. Once it is dropped, it no longer loads keys.
    #[must_use]
    pub fn asking(mut self, source: &impl OnlineSource) -> Self {
        self.sources.push(source.source());
        self
    }

    /// The verifier behind this one.
    #[must_use]
    pub fn verifier(&self) -> &Arc<Verifier> {
        &self.verifier
    }

    /// Verifies a token. Asks a cluster or issuer if that can change the verdict.
    ///
    /// Most calls ask nobody and are as fast as [`Verifier::verify`]. The future may be dropped at any time.
    ///
    /// # Errors
    /// The errors of [`Verifier::verify`], and [`Reason::BoundObjectUnavailable`] if the API server does not answer.
    pub async fn verify(&self, token: &[u8]) -> Result<VerifiedToken, Rejection> {
        self.judge(|verifier| verifier.verify(token), |verifier| verifier.check(token)).await
    }

    /// Verifies a token for one of these audiences, like [`Verifier::verify_for`]. Asks a cluster or issuer if that
    /// can change the verdict.
    ///
    /// # Errors
    /// The errors of [`verify`](Self::verify).
    pub async fn verify_for(
        &self,
        token: &[u8],
        audiences: &[impl AsRef<str> + Sync],
    ) -> Result<VerifiedToken, Rejection> {
        let verify = |verifier: &Verifier| verifier.verify_for(token, audiences);
        self.judge(verify, |verifier| verifier.check_for(token, audiences)).await
    }

    /// Whether a cluster or issuer could change this verdict of the [verifier](Self::verifier).
    ///
    /// [`verify_further`](Self::verify_further) then asks. A program that verifies with the verifier itself first needs a
    /// future only for these few tokens.
    #[must_use]
    pub fn could_change(&self, verdict: &Result<VerifiedToken, Rejection>) -> bool {
        !self.sources.is_empty() && (lacks_keys(verdict) || is_pending(verdict))
    }

    /// Goes on where the [verifier](Self::verifier) came to this verdict of the same token a moment ago. Does the rest of what
    /// [`verify`](Self::verify) does.
    ///
    /// # Errors
    /// The errors of [`verify`](Self::verify).
    pub async fn verify_further(
        &self,
        token: &[u8],
        verdict: Result<VerifiedToken, Rejection>,
    ) -> Result<VerifiedToken, Rejection> {
        self.ask_about(verdict, |verifier| verifier.verify(token), |verifier| verifier.check(token)).await
    }

    /// Goes on where [`Verifier::verify_for`] came to this verdict of the same token and audiences a moment ago, like
    /// [`verify_further`](Self::verify_further).
    ///
    /// # Errors
    /// The errors of [`verify`](Self::verify).
    pub async fn verify_further_for(
        &self,
        token: &[u8],
        audiences: &[impl AsRef<str> + Sync],
        verdict: Result<VerifiedToken, Rejection>,
    ) -> Result<VerifiedToken, Rejection> {
        let verify = |verifier: &Verifier| verifier.verify_for(token, audiences);
        self.ask_about(verdict, verify, |verifier| verifier.check_for(token, audiences)).await
    }

    async fn judge(
        &self,
        verify: impl Fn(&Verifier) -> Result<VerifiedToken, Rejection>,
        check: impl Fn(&Verifier) -> Result<CheckedToken, Rejection>,
    ) -> Result<VerifiedToken, Rejection> {
        self.ask_about(verify(&self.verifier), verify, check).await
    }

    async fn ask_about(
        &self,
        mut verdict: Result<VerifiedToken, Rejection>,
        verify: impl Fn(&Verifier) -> Result<VerifiedToken, Rejection>,
        check: impl Fn(&Verifier) -> Result<CheckedToken, Rejection>,
    ) -> Result<VerifiedToken, Rejection> {
        if lacks_keys(&verdict) {
            // The token does not say whose key it is, so all sources are asked.
            self.refresh_keys().await;
            verdict = verify(&self.verifier);
        }
        if is_pending(&verdict) {
            return self.ask(check(&self.verifier)?, verdict).await;
        }
        verdict
    }

    /// Makes all sources load their keys, unless they have just done so.
    async fn refresh_keys(&self) {
        let mut refreshing = JoinSet::new();
        for source in &self.sources {
            let keys = Arc::clone(&source.keys);
            refreshing.spawn(async move { keys.refresh().await });
        }
        while refreshing.join_next().await.is_some() {}
    }

    /// Asks the cluster that the token belongs to, and judges the token by its answer.
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

impl From<Verifier> for OnlineVerifier {
    /// An online verifier that asks nobody.
    fn from(verifier: Verifier) -> Self {
        Self::new(verifier)
    }
}

impl From<Arc<Verifier>> for OnlineVerifier {
    /// An online verifier that asks nobody.
    fn from(verifier: Arc<Verifier>) -> Self {
        Self::new(verifier)
    }
}

/// Whether a token was refused for a reason that newer keys may remove.
///
/// [`OnlineVerifier`] does this for you. It is public for programs that run the questions on threads of their own.
#[must_use]
pub fn lacks_keys(verdict: &Result<VerifiedToken, Rejection>) -> bool {
    matches!(verdict, Err(rejection) if matches!(rejection.reason(), Reason::KeyUnknown | Reason::KeysStale))
}

/// Whether a token was refused because its objects may be too new to be known.
///
/// [`OnlineVerifier`] does this for you. It is public for programs that run the questions on threads of their own.
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
