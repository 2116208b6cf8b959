//! Finds an issuer's keys by its name.

use std::time::Duration;

use boundtoken_refresh::{Refresher, persist};
use tokio::time::Instant;

use crate::Discovery;
use crate::error::{DiscoveryError, Step};
use crate::https::Https;
use crate::published::Published;

const DEFAULT_DEADLINE: Duration = Duration::from_secs(30);
const LONGEST_DEADLINE: Duration = Duration::from_secs(24 * 3_600);

/// Configures an issuer and how to reach it. Made by [`Discovery::builder`].
#[derive(Debug)]
#[must_use = "a builder does nothing until `connect`"]
pub struct DiscoveryBuilder {
    issuer: String,
    /// PEM.
    authorities: Option<Vec<u8>>,
    jwks_uri: Option<String>,
    deadline: Duration,
    unknown_key_wait: Option<Duration>,
    max_key_age: Option<Duration>,
}

impl DiscoveryBuilder {
    pub(super) fn new(issuer: String) -> Self {
        Self {
            issuer,
            authorities: None,
            jwks_uri: None,
            deadline: DEFAULT_DEADLINE,
            unknown_key_wait: None,
            max_key_age: None,
        }
    }

    /// Trusts servers by these certificate authorities, in PEM, **instead of** the authorities that the system
    /// trusts.
    ///
    /// If you name the authority of an issuer, no other authority should vouch for it. Call this more than once to
    /// trust several.
    pub fn certificate_authority(mut self, pem: impl AsRef<[u8]>) -> Self {
        let authorities = self.authorities.get_or_insert_default();
        authorities.extend_from_slice(pem.as_ref());
        authorities.push(b'\n');
        self
    }

    /// Loads the keys from this `https` URL instead of looking up the URL in the issuer's discovery document.
    ///
    /// The document is not requested, so it need not be reachable or even exist. The caller vouches that the keys at
    /// this URL are the issuer's.
    pub fn jwks_uri(mut self, url: impl Into<String>) -> Self {
        self.jwks_uri = Some(url.into());
        self
    }

    /// How long [`connect`](Self::connect) may take. Default: 30 seconds. At most one day.
    ///
    /// An issuer that fails or is busy is asked again until then.
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
    /// use boundtoken_discovery::Discovery;
    ///
    /// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    /// let builder = Discovery::builder("https://oidc.example.com/id/1");
    /// let discovery = builder.max_key_age(Duration::from_secs(3_600)).connect().await?;
    /// assert!(!discovery.is_stale());
    /// # Ok(())
    /// # }
    /// ```
    pub fn max_key_age(mut self, age: Duration) -> Self {
        self.max_key_age = Some(age);
        self
    }

    /// Finds the keys. Returns once they are loaded.
    ///
    /// ```
    /// use boundtoken_discovery::{Discovery, Step};
    ///
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    /// # runtime.block_on(async {
    /// let error = Discovery::builder("http://issuer.example").connect().await.unwrap_err();
    /// assert_eq!(error.step, Step::Configuration);
    /// assert_eq!(error.to_string(), "could not use the configuration: the issuer is not an https URL");
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`DiscoveryError`] says which step failed and what to do.
    pub async fn connect(self) -> Result<Discovery, DiscoveryError> {
        let until = Instant::now() + self.deadline;
        let https = Https::new(self.authorities.as_deref())?;
        let published = Published::new(https, &self.issuer, self.jwks_uri.as_deref())
            .map_err(|problem| DiscoveryError::wrong(Step::Configuration, problem))?;
        let first = persist(until, DiscoveryError::is_transient, || published.load_first(until)).await?;
        let keys = Refresher::new(self.issuer, first);
        keys.limit(self.unknown_key_wait, self.max_key_age);
        Ok(Discovery::new(keys, published))
    }
}
