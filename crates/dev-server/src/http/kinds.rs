//! The kinds of objects that a request may bring.

use super::shapes::{self, Struct};

/// A kind of objects.
pub(crate) struct Kind {
    /// Empty for the core group.
    pub group: &'static str,
    pub version: &'static str,
    pub name: &'static str,
    /// Whether an object of it may hold a token, so that messages must not quote it.
    pub is_secret: bool,
    /// Whether the fields of its shape have numbers.
    pub is_read_in_protobuf: bool,
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
pub(crate) static SELF_SUBJECT_ACCESS_REVIEW: Kind =
    authorization("SelfSubjectAccessReview", &shapes::SELF_SUBJECT_ACCESS_REVIEW);
pub(crate) static SUBJECT_ACCESS_REVIEW: Kind =
    authorization("SubjectAccessReview", &shapes::SUBJECT_ACCESS_REVIEW);
pub(crate) static SELF_SUBJECT_RULES_REVIEW: Kind =
    authorization("SelfSubjectRulesReview", &shapes::SELF_SUBJECT_RULES_REVIEW);

const fn core(name: &'static str, shape: &'static Struct) -> Kind {
    Kind { group: "", version: "v1", name, is_secret: false, is_read_in_protobuf: true, shape }
}

const fn admission(name: &'static str, shape: &'static Struct) -> Kind {
    Kind { group: "admissionregistration.k8s.io", is_read_in_protobuf: false, ..core(name, shape) }
}

const fn authentication(name: &'static str, shape: &'static Struct) -> Kind {
    Kind { group: "authentication.k8s.io", ..core(name, shape) }
}

const fn authorization(name: &'static str, shape: &'static Struct) -> Kind {
    Kind { group: "authorization.k8s.io", ..core(name, shape) }
}

impl Kind {
    /// `v1` or `authentication.k8s.io/v1`.
    pub(crate) fn api_version(&self) -> String {
        group_version(self.group, self.version)
    }

    /// The name of the Go package with the group's types: `core`, `authentication`.
    pub(super) fn package(&self) -> &'static str {
        match self.group.split_once('.') {
            Some((package, _)) => package,
            None => "core",
        }
    }
}

pub(super) fn group_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}
