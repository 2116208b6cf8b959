//! Errors of connecting to a cluster: which step failed, and what is missing.

use std::fmt;
use std::time::Duration;

use boundtoken::ObjectKind;
use boundtoken_refresh::with_causes;

/// A step of connecting to a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Finding the configuration, a kubeconfig or a pod's own, and checking it and the names of namespaces.
    Configuration,
    /// Reading the issuer's name from `/.well-known/openid-configuration`.
    Discovery,
    /// Loading the key set from `/openid/v1/jwks`.
    Keys,
    /// Listing and watching the objects of one kind, in one namespace or in the whole cluster.
    Watch {
        /// The kind of the objects.
        kind: ObjectKind,
        /// The namespace, or `None` for the whole cluster.
        namespace: Option<String>,
    },
}

/// Why connecting to a cluster failed. The `Display` text says which step failed and what to do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClusterError {
    /// The step that failed.
    pub step: Step,
    /// The HTTP status of the API server's answer. `None` if it did not answer.
    pub http_status: Option<u16>,
    message: String,
}

impl ClusterError {
    pub(super) fn new(step: Step, message: impl Into<String>) -> Self {
        Self { step, http_status: None, message: message.into() }
    }

    pub(super) fn answered(step: Step, http_status: u16, message: impl Into<String>) -> Self {
        Self { step, http_status: Some(http_status), message: message.into() }
    }

    pub(super) fn of_kube(step: Step, error: &kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::answered(step, status.code, status.message.clone()),
            // Its own words add nothing to the cause.
            kube::Error::Service(cause) => Self::new(step, with_causes(&**cause)),
            error => Self::new(step, with_causes(error)),
        }
    }

    pub(super) fn too_slow(step: Step, deadline: Duration, last: Option<Self>) -> Self {
        let so_far = last.map_or_else(|| "no answer yet".to_owned(), |error| error.message);
        Self::new(step, format!("not done within {} seconds: {so_far}", deadline.as_secs_f32()))
    }

    /// Whether a retry is useless until somebody changes credentials or permissions.
    pub(super) fn is_final(&self) -> bool {
        matches!(self.http_status, Some(401 | 403))
    }

    /// Whether a retry may help soon: the API server is busy, or restarting.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self.http_status, Some(429 | 500..))
    }

    /// What to do when the API server refused or did not answer.
    fn remedy(&self) -> Option<String> {
        let Some(http_status) = self.http_status else {
            let advice = "check the API server's address, its certificate authority, and that it can be reached from here";
            return (self.step == Step::Discovery).then(|| advice.to_owned());
        };
        match (http_status, &self.step) {
            (401, _) => Some("the API server does not accept the credentials: renew them in the kubeconfig, or renew the pod's token".to_owned()),
            (403, Step::Discovery | Step::Keys) => Some(
                "bind the ClusterRole system:service-account-issuer-discovery to this identity, which may then get \
                 /.well-known/openid-configuration and /openid/v1/jwks; `kubectl apply -f deploy/rbac-cluster.yaml` does \
                 so"
                    .to_owned(),
            ),
            (403, Step::Watch { kind, namespace }) => {
                let place = match namespace {
                    Some(name) => format!("the namespace {name}"),
                    None if kind.is_namespaced() => "the whole cluster (or choose namespaces)".to_owned(),
                    None => "the whole cluster (or do not follow them)".to_owned(),
                };
                let file = match (kind, namespace) {
                    (kind, _) if kind.is_webhook_configuration() => "rbac-webhooks",
                    (_, Some(_)) => "rbac-namespace",
                    (_, None) => "rbac-cluster",
                };
                Some(format!(
                    "allow this identity to get, list and watch {} in {place}, as deploy/{file}.yaml does",
                    resource(*kind)
                ))
            }
            (404, Step::Discovery | Step::Keys) => {
                Some("the API server publishes no keys: its --service-account-issuer must be an https URL".to_owned())
            }
            _ => None,
        }
    }
}

/// The kind as RBAC rules name it: the plural, followed by the API group if it has one.
fn resource(kind: ObjectKind) -> String {
    match kind.api_group() {
        "" => kind.resource().to_owned(),
        group => format!("{}.{group}", kind.resource()),
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration => formatter.write_str("use the configuration"),
            Self::Discovery => formatter.write_str("read /.well-known/openid-configuration"),
            Self::Keys => formatter.write_str("load the key set /openid/v1/jwks"),
            Self::Watch { kind, namespace: Some(namespace) } => {
                write!(formatter, "watch objects of kind {kind} in namespace {namespace}")
            }
            Self::Watch { kind, namespace: None } => write!(formatter, "watch objects of kind {kind}"),
        }
    }
}

impl fmt::Display for ClusterError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "could not {}: {}", self.step, self.message)?;
        match self.remedy() {
            Some(remedy) => write!(formatter, "; {remedy}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ClusterError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_permission_is_named_as_roles_name_it() {
        for (kind, namespace, words) in [
            (
                ObjectKind::Pod,
                None,
                "get, list and watch pods in the whole cluster (or choose namespaces), as deploy/rbac-cluster.yaml does",
            ),
            (
                ObjectKind::Pod,
                Some("demo"),
                "get, list and watch pods in the namespace demo, as deploy/rbac-namespace.yaml does",
            ),
            (
                ObjectKind::Node,
                None,
                "get, list and watch nodes in the whole cluster (or do not follow them), as deploy/rbac-cluster.yaml does",
            ),
            (
                ObjectKind::MutatingWebhookConfiguration,
                None,
                "mutatingwebhookconfigurations.admissionregistration.k8s.io in the whole cluster (or do not",
            ),
        ] {
            let step = Step::Watch { kind, namespace: namespace.map(str::to_owned) };
            let text = ClusterError::answered(step, 403, "forbidden").to_string();
            assert!(text.contains(words), "{text}");
        }
    }
}
