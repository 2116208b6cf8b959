//! Building an issuer. Mistakes show here, not at the first request.

use std::fmt;
use std::sync::Mutex;

use arc_swap::ArcSwap;

use super::validation::LONGEST_EXPIRATION;
use super::webhooks::WebhookTokens;
use super::{Issuer, IssuerObjects};
use crate::keys::{KeySet, KeyStore, SigningKey};
use crate::objects::{ObjectReference, ObjectStore};

/// The smallest value for the longest lifetime, in seconds.
const LEAST_MAX_EXPIRATION: u64 = 3_600;

/// Builds an [`Issuer`]. Made by [`Issuer::builder`].
#[must_use = "a builder does nothing until `build`"]
pub struct IssuerBuilder {
    name: String,
    other_names: Vec<String>,
    signing_key: SigningKey,
    published: KeySet,
    api_audiences: Vec<String>,
    max_expiration: Option<u64>,
    extends_expiration: bool,
    jwks_uri: Option<String>,
    objects: Box<dyn IssuerObjects>,
    webhook_tokens: WebhookTokens,
}

impl IssuerBuilder {
    pub(super) fn new(name: String, signing_key: SigningKey) -> Self {
        Self {
            name,
            other_names: Vec::new(),
            signing_key,
            published: KeySet::default(),
            api_audiences: Vec::new(),
            max_expiration: None,
            extends_expiration: true,
            jwks_uri: None,
            objects: Box::new(ObjectStore::new()),
            webhook_tokens: WebhookTokens::default(),
        }
    }

    /// Accepts tokens with another name too, like a second `--service-account-issuer`. This helps to rename an
    /// issuer.
    pub fn also_named(mut self, name: impl Into<String>) -> Self {
        self.other_names.push(name.into());
        self
    }

    /// Publishes these keys after the signing key, like further `--service-account-key-file`s. They are keys that
    /// signed before, or will sign later.
    pub fn publish(mut self, keys: KeySet) -> Self {
        self.published = self.published.merge(keys);
        self
    }

    /// Adds an audience of the API server itself (`--api-audiences`). The default audiences are the issuer's names.
    pub fn api_audience(mut self, audience: impl Into<String>) -> Self {
        self.api_audiences.push(audience.into());
        self
    }

    /// Sets the longest lifetime that is granted, in seconds: 3,600 to 4,294,967,296
    /// (`--service-account-max-token-expiration`). Longer requests are shortened. By default, every valid request is
    /// granted.
    pub fn max_expiration(mut self, seconds: u64) -> Self {
        self.max_expiration = Some(seconds);
        self
    }

    /// Sets whether certain tokens live for a year (`--service-account-extend-token-expiration`). On by default.
    ///
    /// These are tokens bound to a pod, for the API server alone, that are requested for 3,607 seconds. `warnafter`
    /// names the end of the requested lifetime.
    pub fn extend_expiration(mut self, extend: bool) -> Self {
        self.extends_expiration = extend;
        self
    }

    /// Sets the address of the key set in the discovery document. The default is `/openid/v1/jwks` of the issuer.
    pub fn jwks_uri(mut self, uri: impl Into<String>) -> Self {
        self.jwks_uri = Some(uri.into());
        self
    }

    /// Sets where service accounts, and the objects that tokens are bound to, are looked up. Pods need
    /// [`IssuerObjects::pod_spec`], and webhook configurations need [`IssuerObjects::webhooks`]. By default there are
    /// no objects.
    pub fn bound_objects(mut self, objects: impl IssuerObjects + 'static) -> Self {
        self.objects = Box::new(objects);
        self
    }

    /// Sets the call-back that decides which service account may attest which API group to webhooks.
    ///
    /// It gets the account and the group. The group `*` means all groups, and is a permission of its own. By default,
    /// every account may attest every group.
    ///
    /// In a cluster, this is the permission to `attest` the resource `admissionReviewAPIGroups` of
    /// `authentication.k8s.io`, by the name of the group (KEP-6060, Kubernetes 1.37).
    ///
    /// ```
    /// use boundtoken::{Algorithm, Issuer, SigningKey};
    ///
    /// let key = SigningKey::generate(Algorithm::ES256)?;
    /// let issuer = Issuer::builder("https://issuer.example.com", key)
    ///     .may_attest(|account, api_group| account.namespace == "policy" && api_group == "apps")
    ///     .build();
    /// assert!(issuer.is_ok());
    /// # Ok::<(), boundtoken::KeyError>(())
    /// ```
    pub fn may_attest(
        mut self,
        allows: impl Fn(&ObjectReference<'_>, &str) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.webhook_tokens.may_attest = Box::new(allows);
        self
    }

    /// Sets whether tokens can be bound to webhook configurations: the feature gate
    /// `APIServerWebhookAuthenticationToken`.
    ///
    /// In Kubernetes 1.37 the gate is alpha and off by default. Here it is on by default, so that you can try such
    /// tokens.
    pub fn webhook_tokens(mut self, enabled: bool) -> Self {
        self.webhook_tokens.enabled = enabled;
        self
    }

    /// Builds the issuer.
    ///
    /// ```
    /// use boundtoken::{Algorithm, Issuer, IssuerError, SigningKey};
    ///
    /// let key = SigningKey::generate(Algorithm::ES256)?;
    /// let built = Issuer::builder("https://issuer.example.com", key).max_expiration(60).build();
    /// assert_eq!(built.unwrap_err(), IssuerError::MaxExpirationOutOfRange(60));
    /// # Ok::<(), boundtoken::KeyError>(())
    /// ```
    ///
    /// # Errors
    /// The [`IssuerError`] says what is wrong.
    pub fn build(self) -> Result<Issuer, IssuerError> {
        let names = || [&self.name].into_iter().chain(&self.other_names);
        for (place, name) in names().enumerate() {
            if name.is_empty() {
                return Err(IssuerError::EmptyName);
            }
            if let Some((scheme, rest)) = name.split_once(':')
                && !may_be_url(scheme, rest)
            {
                return Err(IssuerError::NotAUrl(name.clone()));
            }
            if names().take(place).any(|earlier| earlier == name) {
                return Err(IssuerError::DuplicateName(name.clone()));
            }
        }
        let max_expiration = match self.max_expiration {
            None => None,
            Some(seconds) => match i64::try_from(seconds) {
                Ok(longest) if seconds >= LEAST_MAX_EXPIRATION && longest <= LONGEST_EXPIRATION => {
                    Some(longest)
                }
                _ => return Err(IssuerError::MaxExpirationOutOfRange(seconds)),
            },
        };
        let api_audiences =
            if self.api_audiences.is_empty() { names().cloned().collect() } else { self.api_audiences };
        let jwks_uri =
            self.jwks_uri.unwrap_or_else(|| format!("{}/openid/v1/jwks", self.name.trim_end_matches('/')));
        let keys = KeySet::from_iter([self.signing_key.public_key().clone()]).merge(self.published);
        Ok(Issuer {
            name: self.name,
            other_names: self.other_names,
            api_audiences,
            max_expiration,
            extends_expiration: self.extends_expiration,
            jwks_uri,
            source: self.objects.source(),
            objects: self.objects,
            webhook_tokens: self.webhook_tokens,
            signing_key: ArcSwap::from_pointee(self.signing_key),
            keys: KeyStore::new(keys),
            rotation: Mutex::new(()),
        })
    }
}

/// Returns whether `scheme` is one (RFC 3986 section 3.1), and `rest` has only characters that a URL can have.
fn may_be_url(scheme: &str, rest: &str) -> bool {
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        && !rest.contains(|character: char| character.is_ascii_control() || character == ' ')
}

impl fmt::Debug for IssuerBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("IssuerBuilder")
            .field("name", &self.name)
            .field("other_names", &self.other_names)
            .field("signing_key", &self.signing_key)
            .finish_non_exhaustive()
    }
}

/// Why an issuer could not be built.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IssuerError {
    /// A name of the issuer is empty.
    EmptyName,
    /// A name of the issuer has a colon, like a URL, but is not a URL.
    NotAUrl(String),
    /// A name of the issuer is given twice.
    DuplicateName(String),
    /// The longest lifetime, in seconds, is less than an hour or more than 2^32 seconds.
    MaxExpirationOutOfRange(u64),
}

impl fmt::Display for IssuerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyName => formatter
                .write_str("the issuer has an empty name: give a URL such as https://issuer.example.com"),
            Self::NotAUrl(name) => write!(
                formatter,
                "the issuer {name:?} has a colon but is not a URL: give one such as https://issuer.example.com"
            ),
            Self::DuplicateName(name) => write!(formatter, "the issuer {name:?} is given twice"),
            Self::MaxExpirationOutOfRange(seconds) => write!(
                formatter,
                "the longest lifetime of {seconds} seconds is out of range: give {LEAST_MAX_EXPIRATION} to {LONGEST_EXPIRATION}"
            ),
        }
    }
}

impl std::error::Error for IssuerError {}
