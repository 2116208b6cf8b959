//! The resources that tokens have to do with.

use boundtoken::ObjectKind;

/// A resource, of version v1 of its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Resource {
    Namespaces,
    ServiceAccounts,
    Pods,
    Secrets,
    Nodes,
    ValidatingWebhookConfigurations,
    MutatingWebhookConfigurations,
}

impl Resource {
    pub(crate) const ALL: [Self; 7] = [
        Self::Namespaces,
        Self::ServiceAccounts,
        Self::Pods,
        Self::Secrets,
        Self::Nodes,
        Self::ValidatingWebhookConfigurations,
        Self::MutatingWebhookConfigurations,
    ];

    /// The API group; empty for the core group.
    pub(crate) fn group(self) -> &'static str {
        if self.is_webhook_configuration() { "admissionregistration.k8s.io" } else { "" }
    }

    /// Group and version, as objects have them.
    pub(crate) fn api_version(self) -> &'static str {
        if self.is_webhook_configuration() { "admissionregistration.k8s.io/v1" } else { "v1" }
    }

    /// What the paths of its group begin with.
    pub(crate) fn root(self) -> &'static str {
        if self.is_webhook_configuration() { "/apis/admissionregistration.k8s.io/v1" } else { "/api/v1" }
    }

    /// As it stands in a URL.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::ServiceAccounts => "serviceaccounts",
            Self::Pods => "pods",
            Self::Secrets => "secrets",
            Self::Nodes => "nodes",
            Self::ValidatingWebhookConfigurations => "validatingwebhookconfigurations",
            Self::MutatingWebhookConfigurations => "mutatingwebhookconfigurations",
        }
    }

    pub(crate) fn singular(self) -> &'static str {
        match self {
            Self::Namespaces => "namespace",
            Self::ServiceAccounts => "serviceaccount",
            Self::Pods => "pod",
            Self::Secrets => "secret",
            Self::Nodes => "node",
            Self::ValidatingWebhookConfigurations => "validatingwebhookconfiguration",
            Self::MutatingWebhookConfigurations => "mutatingwebhookconfiguration",
        }
    }

    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Namespaces => "Namespace",
            Self::ServiceAccounts => "ServiceAccount",
            Self::Pods => "Pod",
            Self::Secrets => "Secret",
            Self::Nodes => "Node",
            Self::ValidatingWebhookConfigurations => "ValidatingWebhookConfiguration",
            Self::MutatingWebhookConfigurations => "MutatingWebhookConfiguration",
        }
    }

    pub(crate) fn short_names(self) -> &'static [&'static str] {
        match self {
            Self::Namespaces => &["ns"],
            Self::ServiceAccounts => &["sa"],
            Self::Pods => &["po"],
            Self::Secrets | Self::ValidatingWebhookConfigurations | Self::MutatingWebhookConfigurations => {
                &[]
            }
            Self::Nodes => &["no"],
        }
    }

    pub(crate) fn is_namespaced(self) -> bool {
        matches!(self, Self::ServiceAccounts | Self::Pods | Self::Secrets)
    }

    pub(crate) fn is_webhook_configuration(self) -> bool {
        matches!(self, Self::ValidatingWebhookConfigurations | Self::MutatingWebhookConfigurations)
    }

    /// The member of its objects whose changes `metadata.generation` counts.
    pub(crate) fn counted_member(self) -> Option<&'static str> {
        match self {
            Self::Pods => Some("spec"),
            Self::ValidatingWebhookConfigurations | Self::MutatingWebhookConfigurations => Some("webhooks"),
            _ => None,
        }
    }

    /// Whether its objects have a `status` of their own, and with it the subresource.
    pub(crate) fn has_status(self) -> bool {
        matches!(self, Self::Namespaces | Self::Pods | Self::Nodes)
    }

    /// The resource of a kind that tokens are bound to.
    pub(crate) fn of(kind: ObjectKind) -> Option<Self> {
        Self::ALL.into_iter().find(|resource| resource.kind() == kind.name())
    }

    pub(crate) fn from_kind(api_version: &str, kind: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|resource| (resource.api_version(), resource.kind()) == (api_version, kind))
    }
}
