//! The heart of every layer: from the headers of a request to its caller, or to a refusal.

use std::pin::Pin;
use std::slice;
use std::sync::Arc;
use std::time::Duration;

use boundtoken::{Rejection, VerifiedToken};
use boundtoken_refresh::OnlineVerifier;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, ORIGIN};
use http::{HeaderMap, HeaderName, Method, Request};
use tokio::time::timeout;

use crate::bearer::{Credentials, TokenHeader, header_of_refused};
use crate::observe::{Observer, Start};
use crate::{Caller, Refusal, SharedPolicy};

/// How long questions to clusters and issuers may take for one request.
const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(5);

/// Authenticates requests, without a web framework.
///
/// [`AuthLayer`](crate::AuthLayer) is built on it, and has the same settings. Use it directly for a framework that has no
/// tower layers.
///
/// ```
/// # use boundtoken::{KeySet, TrustedIssuer, Verifier};
/// use boundtoken_tower::{Authenticator, Refusal};
///
/// # async fn run(jwks: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
/// # let verifier = Verifier::builder()
/// #     .issuer(TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(jwks)?))
/// #     .audience("vault")
/// #     .build()?;
/// let authenticator = Authenticator::new(verifier);
/// let request = http::Request::get("/").body(())?;
/// let refusal = authenticator.authenticate(request.method(), request.headers()).await.unwrap_err();
/// assert_eq!(refusal, Refusal::Unauthenticated);
/// # Ok(())
/// # }
/// ```
///
/// Cheap to clone. Clones share everything.
#[derive(Clone, Debug)]
pub struct Authenticator(Arc<Settings>);

#[derive(Clone, Debug)]
struct Settings {
    verifier: OnlineVerifier,
    /// The only audience. `None` if those of the verifier count.
    audience: Option<Box<str>>,
    header: TokenHeader,
    is_optional: bool,
    keeps_token: bool,
    time_limit: Duration,
    policy: Option<SharedPolicy>,
    observer: Arc<Observer>,
    /// The clusters that must stay connected.
    #[cfg(feature = "kubernetes")]
    clusters: Vec<Arc<boundtoken_kubernetes::Cluster>>,
}

/// What can be said of a request without waiting.
pub(crate) enum Verdict {
    /// The request may pass, with this caller. `None` if it has no token and needs none.
    Pass(Option<Caller>),
    Refuse(Refusal),
    /// A cluster or an issuer must be asked first.
    Ask(Asking),
}

/// Completes once everybody who had to be asked has answered.
pub(crate) type Asking = Pin<Box<dyn Future<Output = Result<Caller, Refusal>> + Send>>;

impl Authenticator {
    /// Authenticates by this verifier: a [`Verifier`](boundtoken::Verifier), or an [`OnlineVerifier`] if clusters or issuers
    /// may be asked about what is new.
    #[must_use]
    pub fn new(verifier: impl Into<OnlineVerifier>) -> Self {
        let verifier = verifier.into();
        Self(Arc::new(Settings {
            observer: Arc::default(),
            verifier,
            audience: None,
            header: TokenHeader::new(AUTHORIZATION),
            is_optional: false,
            keeps_token: false,
            time_limit: DEFAULT_TIME_LIMIT,
            policy: None,
            #[cfg(feature = "kubernetes")]
            clusters: Vec::new(),
        }))
    }

    /// Takes the token from this header instead of `Authorization`.
    ///
    /// The scheme `Bearer` may be left out there. The caller must not be able to set the header if a proxy sets it.
    #[must_use]
    pub fn header(self, name: HeaderName) -> Self {
        self.with(|settings| settings.header = TokenHeader::new(name))
    }

    /// Lets requests without a token pass, without a [`Caller`]. A token that is there must still be good.
    #[must_use]
    pub fn optional(self) -> Self {
        self.with(|settings| settings.is_optional = true)
    }

    /// Leaves the token in the request, for services that forward it. It is marked as sensitive.
    ///
    /// By default the header is removed, like in the API server. What is behind cannot leak it then.
    #[must_use]
    pub fn keep_token(self) -> Self {
        self.with(|settings| settings.keeps_token = true)
    }

    /// How long questions to clusters and issuers may take for one request. Default: 5 seconds.
    ///
    /// After that the request is refused, with 503 if the answer could have helped.
    #[must_use]
    pub fn time_limit(self, limit: Duration) -> Self {
        self.with(|settings| settings.time_limit = limit)
    }

    /// Lets only those callers pass that this policy allows. Others are answered with 403.
    ///
    /// Give a clone of a [`SharedPolicy`] to be able to replace the policy later. Without a policy every caller with a good
    /// token passes.
    #[must_use]
    pub fn policy(self, policy: impl Into<SharedPolicy>) -> Self {
        self.with(|settings| settings.policy = Some(policy.into()))
    }

    /// Accepts tokens for this audience alone. The audiences of the verifier do not count.
    pub(crate) fn only_for(self, audience: Box<str>) -> Self {
        self.with(|settings| settings.audience = Some(audience))
    }

    /// Keeps a cluster connected for as long as a clone of this lives.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn keep_connected(self, cluster: Arc<boundtoken_kubernetes::Cluster>) -> Self {
        self.with(|settings| settings.clusters.push(cluster))
    }

    #[cfg(feature = "kubernetes")]
    pub(crate) fn clusters(&self) -> &[Arc<boundtoken_kubernetes::Cluster>] {
        &self.0.clusters
    }

    /// The verifier.
    #[must_use]
    pub fn verifier(&self) -> &OnlineVerifier {
        &self.0.verifier
    }

    /// Authenticates the caller of a request.
    ///
    /// Returns `None` if the request has no token and may pass without: because tokens are [optional](Self::optional), or
    /// because it is a CORS preflight, in which browsers send none. A policy is not asked then.
    ///
    /// # Errors
    /// The [`Refusal`] has the status and the headers of the answer. It has been logged and counted.
    pub async fn authenticate(
        &self,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<Option<Caller>, Refusal> {
        match self.begin(method, headers) {
            Verdict::Pass(caller) => Ok(caller),
            Verdict::Refuse(refusal) => Err(refusal),
            Verdict::Ask(asking) => asking.await.map(Some),
        }
    }

    /// Says of a request what can be said without waiting.
    pub(crate) fn begin(&self, method: &Method, headers: &HeaderMap) -> Verdict {
        let start = self.0.observer.start();
        let token = match self.0.header.credentials(headers) {
            Ok(Credentials::Token(token)) => token,
            Ok(Credentials::None) if self.0.is_optional || is_preflight(method, headers) => {
                self.0.observer.anonymous();
                return Verdict::Pass(None);
            }
            Ok(Credentials::None) => return Verdict::Refuse(self.refuse(Refusal::Unauthenticated)),
            Err(wrong) => return Verdict::Refuse(self.refuse(wrong.into())),
        };
        let verifier = self.0.verifier.verifier();
        let verdict = match &self.0.audience {
            None => verifier.verify(token),
            Some(audience) => verifier.verify_for(token, slice::from_ref(audience)),
        };
        if verdict.is_err()
            && let Err(wrong) = header_of_refused(token)
        {
            return Verdict::Refuse(self.refuse(wrong.into()));
        }
        if self.0.verifier.could_change(&verdict) {
            return Verdict::Ask(self.ask(token.into(), verdict, start));
        }
        match self.conclude(verdict, start) {
            Ok(caller) => Verdict::Pass(Some(caller)),
            Err(refusal) => Verdict::Refuse(refusal),
        }
    }

    /// Asks whoever could change the verdict.
    // On its own, so that other requests need only a small stack frame.
    #[inline(never)]
    fn ask(&self, token: Box<[u8]>, verdict: Result<VerifiedToken, Rejection>, start: Start) -> Asking {
        let this = self.clone();
        Box::pin(async move {
            let so_far = verdict.clone();
            let asked = timeout(this.0.time_limit, this.verify_further(&token, verdict));
            this.conclude(asked.await.unwrap_or(so_far), start)
        })
    }

    async fn verify_further(
        &self,
        token: &[u8],
        verdict: Result<VerifiedToken, Rejection>,
    ) -> Result<VerifiedToken, Rejection> {
        let verifier = &self.0.verifier;
        match &self.0.audience {
            None => verifier.verify_further(token, verdict).await,
            Some(audience) => verifier.verify_further_for(token, slice::from_ref(audience), verdict).await,
        }
    }

    /// Applies the policy to the caller, and tells the log and the metrics.
    fn conclude(&self, verdict: Result<VerifiedToken, Rejection>, start: Start) -> Result<Caller, Refusal> {
        match verdict {
            Ok(token) if self.0.policy.as_ref().is_some_and(|policy| !policy.allows(&token)) => {
                Err(self.refuse(Refusal::Forbidden))
            }
            Ok(token) => {
                self.0.observer.accepted(start);
                Ok(Caller::new(Arc::clone(self.0.verifier.verifier()), token))
            }
            Err(rejection) => Err(self.refuse(rejection.into())),
        }
    }

    /// Tells the log and the metrics of a refusal.
    pub(crate) fn refuse(&self, refusal: Refusal) -> Refusal {
        self.0.observer.refused(&refusal);
        refusal
    }

    /// Gives the request to what is behind: with the caller, and without the token.
    pub(crate) fn hand_over<B>(&self, request: &mut Request<B>, caller: Option<Caller>) {
        let header = self.0.header.name();
        if self.0.keeps_token {
            if let Some(token) = request.headers_mut().get_mut(header) {
                token.set_sensitive(true);
            }
        } else {
            request.headers_mut().remove(header);
        }
        if let Some(caller) = caller {
            request.extensions_mut().insert(caller);
        }
    }

    fn with(mut self, set: impl FnOnce(&mut Settings)) -> Self {
        set(Arc::make_mut(&mut self.0));
        self
    }
}

/// Whether this is a preflight request of a browser (Fetch standard, section 3.3.2).
fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}
