//! Why the API server gave no answer, and what to do.

use std::fmt;
use std::time::Duration;

use boundtoken_refresh::with_causes;

/// The prefix of the name of a service account as a user.
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// Why it is not known whether a caller may do something. The `Display` text says what to do.
///
/// Answer such a request with 503, not with 403.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AccessReviewError {
    /// The HTTP status of the API server's answer. `None` if it did not answer.
    pub http_status: Option<u16>,
    message: String,
}

impl AccessReviewError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { http_status: None, message: message.into() }
    }

    pub(super) fn too_slow(limit: Duration) -> Self {
        Self::new(format!("no answer within {} seconds", limit.as_secs()))
    }

    pub(super) fn nothing_asked() -> Self {
        Self::new(
            "the program does not say what is asked; call `AccessReview::resource` or `path`, and `namespace` and \
             `name` only after `resource`",
        )
    }

    pub(super) fn of_kube(error: &kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => {
                Self { http_status: Some(status.code), message: status.message.clone() }
            }
            // Its own words add nothing to the cause.
            kube::Error::Service(cause) => Self::new(with_causes(&**cause)),
            error => Self::new(with_causes(error)),
        }
    }

    fn remedy(&self) -> Option<String> {
        match self.http_status? {
            401 => Some("the API server does not accept the credentials: renew them in the kubeconfig, or renew the pod's token".to_owned()),
            403 => Some(format!(
                "allow this identity to create subjectaccessreviews.authorization.k8s.io, as `kubectl create clusterrolebinding \
                 boundtoken-access-review --clusterrole=system:auth-delegator --serviceaccount={}` does",
                refused_account(&self.message).unwrap_or("NAMESPACE:NAME")
            )),
            404 => Some("the API server does not serve authorization.k8s.io/v1: check its address".to_owned()),
            _ => None,
        }
    }
}

/// The service account that the API server refused, as kubectl takes it: `NAMESPACE:NAME`.
fn refused_account(message: &str) -> Option<&str> {
    let (_, user) = message.split_once("User \"")?;
    let (user, _) = user.split_once('"')?;
    let account = user.strip_prefix(SERVICE_ACCOUNT)?;
    // It becomes a part of a command.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte);
    account.bytes().all(is_plain).then_some(account)
}

impl fmt::Display for AccessReviewError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "could not ask the API server what the caller may do: {}", self.message)?;
        match self.remedy() {
            Some(remedy) => write!(formatter, "; {remedy}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for AccessReviewError {}
