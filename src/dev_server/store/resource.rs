//! The five resources that tokens have to do with.

use crate::bound_object::ObjectKind;

/// A resource of the core group, version v1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Resource {
    Namespaces,
    ServiceAccounts,
    Pods,
    Secrets,
    Nodes,
}

impl Resource {
    pub(crate) const ALL: [Self; 5] =
        [Self::Namespaces, Self::ServiceAccounts, Self::Pods, Self::Secrets, Self::Nodes];

    /// As it stands in a URL.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::ServiceAccounts => "serviceaccounts",
            Self::Pods => "pods",
            Self::Secrets => "secrets",
            Self::Nodes => "nodes",
        }
    }

    pub(crate) fn singular(self) -> &'static str {
        match self {
            Self::Namespaces => "namespace",
            Self::ServiceAccounts => "serviceaccount",
            Self::Pods => "pod",
            Self::Secrets => "secret",
            Self::Nodes => "node",
        }
    }

    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Namespaces => "Namespace",
            Self::ServiceAccounts => "ServiceAccount",
            Self::Pods => "Pod",
            Self::Secrets => "Secret",
            Self::Nodes => "Node",
        }
    }

    pub(crate) fn short_names(self) -> &'static [&'static str] {
        match self {
            Self::Namespaces => &["ns"],
            Self::ServiceAccounts => &["sa"],
            Self::Pods => &["po"],
            Self::Secrets => &[],
            Self::Nodes => &["no"],
        }
    }

    pub(crate) fn is_namespaced(self) -> bool {
        !matches!(self, Self::Namespaces | Self::Nodes)
    }

    /// Whether its objects have a `status` of their own, and with it the subresource.
    pub(crate) fn has_status(self) -> bool {
        matches!(self, Self::Namespaces | Self::Pods | Self::Nodes)
    }

    pub(crate) fn from_kind(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resource| resource.kind() == kind)
    }
}

impl From<ObjectKind> for Resource {
    fn from(kind: ObjectKind) -> Self {
        match kind {
            ObjectKind::ServiceAccount => Self::ServiceAccounts,
            ObjectKind::Secret => Self::Secrets,
            ObjectKind::Pod => Self::Pods,
            ObjectKind::Node => Self::Nodes,
        }
    }
}
