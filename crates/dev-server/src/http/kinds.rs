//! The kinds of objects that a request may bring.

use super::shape::Struct;
use super::shapes;

/// A kind of objects.
pub(crate) struct Kind {
    /// Empty for the core group.
    pub group: &'static str,
    pub version: &'static str,
    pub name: &'static str,
    /// Whether an object of it may hold a token, so that messages must not quote it.
    pub is_secret: bool,
    pub(super) shape: &'static Struct,
}

pub(crate) static NAMESPACE: Kind = core("Namespace", &shapes::NAMESPACE);
pub(crate) static SERVICE_ACCOUNT: Kind = core("ServiceAccount", &shapes::SERVICE_ACCOUNT);
pub(crate) static POD: Kind = core("Pod", &shapes::POD);
pub(crate) static SECRET: Kind = Kind { is_secret: true, ..core("Secret", &shapes::SECRET) };
pub(crate) static NODE: Kind = core("Node", &shapes::NODE);
pub(crate) static VALIDATING_WEBHOOK_CONFIGURATION: Kind =
    admission("ValidatingWebhookConfiguration", &shapes::VALIDATING_WEBHOOK_CONFIGURATION);
pub(crate) static MUTATING_WEBHOOK_CONFIGURATION: Kind =
    admission("MutatingWebhookConfiguration", &shapes::MUTATING_WEBHOOK_CONFIGURATION);
pub(crate) static DELETE_OPTIONS: Kind = core("DeleteOptions", &shapes::DELETE_OPTIONS);
pub(crate) static TOKEN_REQUEST: Kind = authentication("TokenRequest", &shapes::TOKEN_REQUEST);
pub(crate) static TOKEN_REVIEW: Kind =
    Kind { is_secret: true, ..authentication("TokenReview", &shapes::TOKEN_REVIEW) };
pub(crate) static SELF_SUBJECT_REVIEW: Kind =
    authentication("SelfSubjectReview", &shapes::SELF_SUBJECT_REVIEW);

const fn core(name: &'static str, shape: &'static Struct) -> Kind {
    Kind { group: "", version: "v1", name, is_secret: false, shape }
}

const fn admission(name: &'static str, shape: &'static Struct) -> Kind {
    Kind { group: "admissionregistration.k8s.io", version: "v1", name, is_secret: false, shape }
}

const fn authentication(name: &'static str, shape: &'static Struct) -> Kind {
    Kind { group: "authentication.k8s.io", version: "v1", name, is_secret: false, shape }
}

impl Kind {
    /// `v1` or `authentication.k8s.io/v1`.
    pub(crate) fn api_version(&self) -> String {
        group_version(self.group, self.version)
    }

    /// The server's name of the Go package with the group's types: `core`, `authentication`.
    pub(super) fn package(&self) -> &'static str {
        package(self.group)
    }
}

pub(super) fn group_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

fn package(group: &'static str) -> &'static str {
    if group.is_empty() { "core" } else { group.split('.').next().unwrap_or(group) }
}

/// Whether the server knows the kind, so that it says why it is the wrong one here. Of the kinds that are not served, those
/// that are likely to be sent by mistake.
pub(super) fn is_known(group: &str, version: &str, name: &str) -> bool {
    let names: &[&str] = match (group, version) {
        ("", "v1") => &[
            "Binding",
            "ConfigMap",
            "DeleteOptions",
            "Endpoints",
            "Event",
            "LimitRange",
            "Namespace",
            "Node",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "Pod",
            "PodTemplate",
            "ReplicationController",
            "ResourceQuota",
            "Secret",
            "Service",
            "ServiceAccount",
            "Status",
        ],
        ("authentication.k8s.io", "v1") => &["SelfSubjectReview", "TokenRequest", "TokenReview"],
        ("authentication.k8s.io", "v1beta1") => &["SelfSubjectReview", "TokenReview"],
        ("admissionregistration.k8s.io", "v1") => {
            &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]
        }
        ("apps", "v1") => &["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"],
        ("batch", "v1") => &["CronJob", "Job"],
        _ => &[],
    };
    // Every kind that is stored has a list.
    names.contains(&name) || names.contains(&name.strip_suffix("List").unwrap_or_default())
}
