//! Kubernetes' own answer to what a caller may do.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use boundtoken::{UserInfo, VerifiedToken};
use k8s_openapi::api::authorization::v1::{
    NonResourceAttributes, ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec,
};
use kube::api::PostParams;
use kube::{Api, Client};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

mod error;
mod memory;

pub use error::AccessReviewError;

use memory::{Answer, Memory};

/// How many requests may be in flight at a time.
const MOST_REQUESTS: usize = 8;
/// How long one question may take, including the wait for its turn.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer is remembered by default.
const REMEMBERED: Duration = Duration::from_secs(10);
/// How many answers are remembered by default.
const MOST_REMEMBERED: usize = 1_024;

/// Asks Kubernetes whether a caller may do something: a `SubjectAccessReview` of authorization.k8s.io/v1.
///
/// The API server answers by its own rules, which are usually Roles and ClusterRoles. So permissions for a service are
/// granted like all others in the cluster. It is asked about the caller's [`UserInfo`].
///
/// This identity must be allowed to create `subjectaccessreviews.authorization.k8s.io`. The ClusterRole
/// `system:auth-delegator` allows it.
///
/// Answers are remembered for ten seconds: the ones that allow and the ones that do not, but no errors. The same question
/// at the same time is asked once. At most eight requests are in flight. Clones share all this, so a question can be
/// changed for each request:
///
/// ```no_run
/// use boundtoken::VerifiedToken;
/// use boundtoken_tower::{AccessReview, AccessReviewError};
///
/// # async fn connect() -> Result<(), kube::Error> {
/// let client = kube::Client::try_default().await?;
/// let review = AccessReview::new(client).resource("get", "apps", "deployments");
/// # Ok(())
/// # }
///
/// async fn may_see(
///     review: &AccessReview,
///     caller: &VerifiedToken,
///     namespace: &str,
/// ) -> Result<bool, AccessReviewError> {
///     review.clone().namespace(namespace).allows(caller).await
/// }
/// ```
///
/// It needs a tokio runtime of any flavour. It is safe to share between threads.
#[derive(Clone)]
pub struct AccessReview {
    asker: Arc<Asker>,
    resource: Option<ResourceAttributes>,
    path: Option<NonResourceAttributes>,
    remembered: Duration,
    most_remembered: usize,
}

struct Asker {
    client: Client,
    permits: Semaphore,
    memory: Memory,
}

impl AccessReview {
    /// Starts with a client for the API server. The next thing is to say what is asked: [`resource`](Self::resource)
    /// or [`path`](Self::path).
    #[must_use]
    pub fn new(client: Client) -> Self {
        let asker = Asker { client, permits: Semaphore::new(MOST_REQUESTS), memory: Memory::default() };
        Self {
            asker: Arc::new(asker),
            resource: None,
            path: None,
            remembered: REMEMBERED,
            most_remembered: MOST_REMEMBERED,
        }
    }

    /// Asks about a resource: a verb, an API group (`""` for the core group), and a resource. As in Roles, a
    /// subresource follows a slash: `pods/log`.
    ///
    /// Without [`namespace`](Self::namespace) it asks about all namespaces, and without [`name`](Self::name) about all
    /// objects. The resource need not exist in the cluster.
    ///
    /// ```no_run
    /// # use boundtoken_tower::AccessReview;
    /// # fn ask(client: kube::Client) {
    /// let review = AccessReview::new(client).resource("get", "", "pods/log").namespace("demo");
    /// # }
    /// ```
    #[must_use]
    pub fn resource(self, verb: &str, group: &str, resource: &str) -> Self {
        let (resource, subresource) = match resource.split_once('/') {
            Some((resource, subresource)) => (resource, Some(subresource.to_owned())),
            None => (resource, None),
        };
        let resource = ResourceAttributes {
            verb: Some(verb.to_owned()),
            group: Some(group.to_owned()),
            resource: Some(resource.to_owned()),
            subresource,
            ..ResourceAttributes::default()
        };
        Self { resource: Some(resource), path: None, ..self }
    }

    /// Asks about a resource in this namespace only. Call [`resource`](Self::resource) before.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.resource.get_or_insert_default().namespace = Some(namespace.into());
        self
    }

    /// Asks about the object of this name only. Call [`resource`](Self::resource) before.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.resource.get_or_insert_default().name = Some(name.into());
        self
    }

    /// Asks about a path that is no resource (`nonResourceURLs` in ClusterRoles): a verb in lower case, and a path.
    ///
    /// ```no_run
    /// # use boundtoken_tower::AccessReview;
    /// # fn ask(client: kube::Client) {
    /// let review = AccessReview::new(client).path("get", "/metrics");
    /// # }
    /// ```
    #[must_use]
    pub fn path(self, verb: &str, path: &str) -> Self {
        let path = NonResourceAttributes { verb: Some(verb.to_owned()), path: Some(path.to_owned()) };
        Self { resource: None, path: Some(path), ..self }
    }

    /// Sets how long an answer is remembered. The default is ten seconds. A permission that was withdrawn counts for as
    /// long. Zero asks each time.
    #[must_use]
    pub fn remember_for(self, duration: Duration) -> Self {
        Self { remembered: duration, ..self }
    }

    /// Sets how many answers are remembered, at least two. The default is 1,024. Each takes some kilobytes at most.
    #[must_use]
    pub fn remember_most(self, answers: usize) -> Self {
        Self { most_remembered: answers, ..self }
    }

    /// Whether the caller may do it.
    ///
    /// An API server that could not evaluate all rules says so. Without a rule that allows it, the answer is no, and a
    /// warning is logged. The future may be dropped at any time.
    ///
    /// # Errors
    /// The API server refuses to answer, does not answer within five seconds, or its answer makes no sense. Or nothing
    /// was asked. The `Display` text says what to do.
    pub async fn allows(&self, token: &VerifiedToken) -> Result<bool, AccessReviewError> {
        let spec = self.spec(token.user_info())?;
        let key = serde_json::to_vec(&spec).map_err(|error| AccessReviewError::new(error.to_string()))?;
        let entry = self.asker.memory.entry(key, self.remembered, self.most_remembered);
        let answer = timeout(QUESTION_TIMEOUT, entry.get_or_try_init(|| self.asker.ask(spec))).await;
        answer.map_err(|_| AccessReviewError::too_slow(QUESTION_TIMEOUT))?.map(|answer| answer.allowed)
    }

    /// The whole question.
    fn spec(&self, user: UserInfo) -> Result<SubjectAccessReviewSpec, AccessReviewError> {
        match (&self.resource, &self.path) {
            (Some(ResourceAttributes { verb: Some(_), .. }), None) | (None, Some(_)) => {}
            _ => return Err(AccessReviewError::nothing_asked()),
        }
        Ok(SubjectAccessReviewSpec {
            user: Some(user.username),
            uid: Some(user.uid),
            groups: Some(user.groups),
            extra: Some(user.extra),
            resource_attributes: self.resource.clone(),
            non_resource_attributes: self.path.clone(),
        })
    }
}

impl Asker {
    async fn ask(&self, spec: SubjectAccessReviewSpec) -> Result<Answer, AccessReviewError> {
        let _permit =
            self.permits.acquire().await.map_err(|error| AccessReviewError::new(error.to_string()))?;
        let asked = Instant::now();
        let review = SubjectAccessReview { spec, ..SubjectAccessReview::default() };
        let api = Api::<SubjectAccessReview>::all(self.client.clone());
        let answer = api.create(&PostParams::default(), &review).await;
        let status = answer.map_err(|error| AccessReviewError::of_kube(&error))?.status;
        let status = status.ok_or_else(|| AccessReviewError::new("the answer has no status"))?;
        let allowed = status.allowed && status.denied != Some(true);
        if let (false, Some(error)) = (allowed, status.evaluation_error) {
            let user = review.spec.user;
            tracing::warn!(
                user,
                error,
                "the API server could not evaluate all rules, and does not allow the access"
            );
        }
        Ok(Answer { allowed, asked })
    }
}

impl fmt::Debug for AccessReview {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("AccessReview");
        match (&self.resource, &self.path) {
            (Some(resource), _) => shown.field("resource", resource),
            (None, path) => shown.field("path", path),
        };
        shown.field("remembered", &self.remembered).finish_non_exhaustive()
    }
}
