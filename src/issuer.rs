//! The counterpart of verification: issues tokens like an API server.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use crate::api::{Status, Time, TokenRequest, TokenRequestStatus};
use crate::keys::{KeySet, KeyStore, SigningKey};
use crate::objects::{ObjectKind, ObjectReference, ObjectSource, Uid};
use crate::time::UnixSeconds;
use crate::verifier::TrustedIssuer;

mod attestations;
mod binding;
mod builder;
mod claims;
mod discovery;
mod managed_fields;
mod objects;
mod refusals;
mod validation;
mod webhooks;

use binding::ServiceAccount;
use claims::{Claims, Lifetime};
use webhooks::WebhookTokens;

pub use builder::{IssuerBuilder, IssuerError};
pub use objects::IssuerObjects;

/// Answers TokenRequests like an API server, and publishes the keys that verify its tokens.
///
/// An issuer is for tests, for development, and for clusters that you build yourself. Whoever holds the signing key
/// can make verifiers believe anything. Safe to share between threads.
///
/// ```
/// use boundtoken::api::{BoundObjectReference, TokenRequest, TokenRequestSpec};
/// use boundtoken::{Algorithm, Issuer, ObjectStore, SigningKey, Verifier};
///
/// let objects = ObjectStore::from_json(
///     br#"{
///         "serviceaccounts": [{"metadata": {"namespace": "demo", "name": "app", "uid": "5f0e2a1c"}}],
///         "pods": [{"metadata": {"namespace": "demo", "name": "app-0", "uid": "c81d5b7e"},
///                   "spec": {"serviceAccountName": "app"}}]
///     }"#,
/// )?;
/// let issuer = Issuer::builder("https://issuer.example.com", SigningKey::generate(Algorithm::ES256)?)
///     .bound_objects(objects)
///     .build()?;
///
/// let request = TokenRequest {
///     spec: TokenRequestSpec {
///         audiences: vec!["vault".into()],
///         bound_object_ref: Some(BoundObjectReference {
///             kind: "Pod".into(),
///             name: "app-0".into(),
///             ..Default::default()
///         }),
///         ..Default::default()
///     },
///     ..Default::default()
/// };
/// let issued = issuer.issue("demo", "app", request)?;
///
/// let verifier = Verifier::builder().issuer(issuer.trusted()).audience("vault").build()?;
/// let caller = verifier.verify(issued.token().as_bytes())?;
/// assert_eq!(caller.user_info().username, "system:serviceaccount:demo:app");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Issuer {
    /// The name that is written into tokens.
    name: String,
    /// Further names whose tokens verifiers accept.
    other_names: Vec<String>,
    api_audiences: Vec<String>,
    /// The longest lifetime granted, in seconds.
    max_expiration: Option<i64>,
    extends_expiration: bool,
    jwks_uri: String,
    objects: Box<dyn IssuerObjects>,
    /// The source of the objects' states.
    source: ObjectSource,
    webhook_tokens: WebhookTokens,
    signing_key: ArcSwap<SigningKey>,
    keys: KeyStore,
    /// Held while keys change, so that a key is published before it signs.
    rotation: Mutex<()>,
}

impl Issuer {
    /// Starts to build an issuer that writes `name` into `iss` and signs with this key. In a cluster, the name is a
    /// URL.
    pub fn builder(name: impl Into<String>, signing_key: SigningKey) -> IssuerBuilder {
        IssuerBuilder::new(name.into(), signing_key)
    }

    /// Answers a request for a token of a service account, by the system's clock.
    ///
    /// The answer is that of `POST /api/v1/namespaces/NAMESPACE/serviceaccounts/NAME/token`. The issuer looks up the
    /// account, and the object that the token is to be bound to. It fills in what the request leaves out, and ignores
    /// its `status`.
    ///
    /// # Errors
    /// The API server's refusal, word for word. `code` is the HTTP status:
    ///
    /// - 400 if tokens cannot be bound to such an object
    /// - 403 if the account gets no token for this webhook configuration
    /// - 404 if any other object does not exist
    /// - 409 if the uid is not that of the object
    /// - 422 if the lifetime is out of bounds or the attestations do not fit
    /// - 500 if the objects cannot be looked up, signing fails, or the token would expire after the year 9999
    pub fn issue(
        &self,
        namespace: &str,
        service_account: &str,
        request: TokenRequest,
    ) -> Result<IssuedToken, Status> {
        self.issue_at(namespace, service_account, request, UnixSeconds::now())
    }

    /// Issues a token at a given time, like [`issue`](Self::issue).
    ///
    /// # Errors
    /// As [`issue`](Self::issue).
    pub fn issue_at(
        &self,
        namespace: &str,
        service_account: &str,
        mut request: TokenRequest,
        now: UnixSeconds,
    ) -> Result<IssuedToken, Status> {
        validation::metadata_names(&request.metadata, namespace, service_account)?;
        let reference =
            ObjectReference { kind: ObjectKind::ServiceAccount, namespace, name: service_account };
        let account = ServiceAccount { reference, uid: binding::uid_of(&self.source, &reference)? };
        validation::metadata_uid(&request.metadata, &account)?;

        let seconds = validation::fill_in(&mut request.spec, &self.api_audiences)?;
        let binding = match &request.spec.bound_object_ref {
            Some(wanted) => match webhooks::kind_of(wanted) {
                Some(kind) => self.bind_to_webhooks(wanted, kind, &request.spec, &account, now)?,
                None => binding::bind(wanted, &account, &*self.objects, &self.source)?,
            },
            None => binding::Binding::default(),
        };
        let seconds =
            if binding.is_to_webhooks() { seconds.min(webhooks::LONGEST_EXPIRATION) } else { seconds };
        let mut warnings = Vec::new();
        let granted = self.max_expiration.map_or(seconds, |longest| seconds.min(longest));
        if granted < seconds {
            let shortened =
                format!("requested expiration of {seconds} seconds shortened to {granted} seconds");
            warnings.push(shortened);
        }
        request.spec.expiration_seconds = Some(granted);

        let creation = Time::try_from(now).map_err(refusals::cannot_write)?;
        let expiration = Time::try_from(UnixSeconds(now.0.saturating_add(granted.unsigned_abs())))
            .map_err(refusals::cannot_write)?;
        let lifetime = Lifetime::new(now, granted, self.extends(granted, &binding, &request.spec.audiences));
        let credential_id = Uid::random().map_err(refusals::cannot_sign)?.to_string();
        let claims = Claims {
            issuer: self.name(),
            audiences: &request.spec.audiences,
            credential_id: &credential_id,
            account: &account,
            binding: &binding,
            attestations: request.spec.attestations.as_ref(),
            lifetime,
        };
        let token = claims
            .to_json()
            .and_then(|json| self.signing_key.load().sign(&json))
            .map_err(refusals::cannot_sign)?;

        request.status = Some(TokenRequestStatus { token, expiration_timestamp: Some(expiration) });
        request.metadata.name = service_account.to_owned();
        request.metadata.namespace = namespace.to_owned();
        request.metadata.uid = account.uid.to_string();
        request.metadata.creation_timestamp = Some(creation);
        Ok(IssuedToken { response: request, warnings, credential_id })
    }

    /// Returns whether the token lives for a year, although the answer says otherwise.
    ///
    /// The API server does this for clients that never read their token again. Only the kubelet asks for this odd
    /// lifetime, for the volume that every pod has.
    fn extends(&self, granted: i64, binding: &binding::Binding<'_>, audiences: &[String]) -> bool {
        self.extends_expiration
            && granted == claims::WARN_AFTER
            && binding.pod.is_some()
            && audiences.iter().all(|audience| self.api_audiences.contains(audience))
    }

    /// The name that is written into tokens.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The audiences of the API server itself. A token gets them if its request names none.
    #[must_use]
    pub fn api_audiences(&self) -> &[String] {
        &self.api_audiences
    }

    /// Returns what a verifier needs: this issuer's names, its keys as they change, and its objects.
    #[must_use]
    pub fn trusted(&self) -> TrustedIssuer {
        let trusted = TrustedIssuer::new(self.name(), self.keys.clone()).bound_objects(self.source.clone());
        self.other_names.iter().fold(trusted, |trusted, name| trusted.also_named(name.as_str()))
    }

    /// Returns the published keys. The handle follows every change.
    #[must_use]
    pub fn keys(&self) -> KeyStore {
        self.keys.clone()
    }

    /// Signs with this key from now on, and publishes it before all others.
    ///
    /// The others stay published, so their tokens remain good until [`withdraw`](Self::withdraw).
    pub fn rotate(&self, signing_key: SigningKey) {
        let _alone = self.rotation.lock().unwrap_or_else(PoisonError::into_inner);
        let public_key = signing_key.public_key().clone();
        let published = self.keys.load();
        let others = match public_key.kid() {
            Some(kid) => published.without_kid(kid),
            None => published.clone(),
        };
        self.keys.replace(KeySet::from_iter([public_key]).merge(others));
        self.signing_key.store(Arc::new(signing_key));
    }

    /// Stops publishing the keys with this kid. The tokens that they signed are void.
    ///
    /// Returns whether there was such a key. The signing key cannot be withdrawn.
    pub fn withdraw(&self, kid: &str) -> bool {
        let _alone = self.rotation.lock().unwrap_or_else(PoisonError::into_inner);
        let published = self.keys.load();
        let signs = self.signing_key.load().public_key().kid() == Some(kid);
        if signs || published.with_kid(kid).is_empty() {
            return false;
        }
        self.keys.replace(published.without_kid(kid));
        true
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Issuer")
            .field("name", &self.name)
            .field("other_names", &self.other_names)
            .field("api_audiences", &self.api_audiences)
            .field("signing_key", &**self.signing_key.load())
            .finish_non_exhaustive()
    }
}

/// The answer to a [`TokenRequest`]. `Debug` does not show the token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct IssuedToken {
    /// The completed request: `spec` says what was granted, and `status` holds the token.
    pub response: TokenRequest,
    /// The texts that the API server sends in `Warning` headers.
    pub warnings: Vec<String>,
    /// The token's `jti`, for audit logs. A TokenReview shows it as `JTI=…` in
    /// `authentication.kubernetes.io/credential-id`.
    pub credential_id: String,
}

impl IssuedToken {
    /// The token, which is a secret. Empty if you have removed `status` from the response.
    #[must_use]
    pub fn token(&self) -> &str {
        self.response.status.as_ref().map_or("", |status| &status.token)
    }
}
