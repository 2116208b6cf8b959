//! The kinds of objects.

use std::fmt;

/// A kind of object that a token can be bound to.
///
/// Later versions will add kinds, as Kubernetes does.
///
/// ```
/// use boundtoken::ObjectKind;
///
/// let kind = ObjectKind::ValidatingWebhookConfiguration;
/// assert_eq!(kind.name(), "ValidatingWebhookConfiguration");
/// assert_eq!((kind.api_group(), kind.resource()), ("admissionregistration.k8s.io", "validatingwebhookconfigurations"));
/// assert!(!kind.is_namespaced());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ObjectKind {
    /// A core/v1 ServiceAccount. Every token speaks for one.
    ServiceAccount,
    /// A core/v1 Secret.
    Secret,
    /// A core/v1 Pod.
    Pod,
    /// A core/v1 Node. It has no namespace.
    Node,
    /// An admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration. It has no namespace.
    ///
    /// From Kubernetes 1.37 on, the tokens that an API server sends to webhooks are bound to their configuration
    /// (KEP-6060).
    ValidatingWebhookConfiguration,
    /// An admissionregistration.k8s.io/v1 MutatingWebhookConfiguration, which is used in the same way.
    MutatingWebhookConfiguration,
}

impl ObjectKind {
    /// All kinds, in the order in which they are judged.
    pub const ALL: &'static [Self] = &[
        Self::ServiceAccount,
        Self::Secret,
        Self::Pod,
        Self::Node,
        Self::ValidatingWebhookConfiguration,
        Self::MutatingWebhookConfiguration,
    ];

    /// The kind as Kubernetes spells it: `ServiceAccount`, `Secret`, `Pod`, `Node`, `ValidatingWebhookConfiguration`,
    /// `MutatingWebhookConfiguration`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ServiceAccount => "ServiceAccount",
            Self::Secret => "Secret",
            Self::Pod => "Pod",
            Self::Node => "Node",
            Self::ValidatingWebhookConfiguration => "ValidatingWebhookConfiguration",
            Self::MutatingWebhookConfiguration => "MutatingWebhookConfiguration",
        }
    }

    /// The kind's number in the C ABI and in records. It never changes.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::ServiceAccount => 1,
            Self::Secret => 2,
            Self::Pod => 3,
            Self::Node => 4,
            Self::ValidatingWebhookConfiguration => 5,
            Self::MutatingWebhookConfiguration => 6,
        }
    }

    /// The kind's name in paths of the Kubernetes API: `serviceaccounts`, `pods` and so on.
    #[must_use]
    pub fn resource(self) -> &'static str {
        match self {
            Self::ServiceAccount => "serviceaccounts",
            Self::Secret => "secrets",
            Self::Pod => "pods",
            Self::Node => "nodes",
            Self::ValidatingWebhookConfiguration => "validatingwebhookconfigurations",
            Self::MutatingWebhookConfiguration => "mutatingwebhookconfigurations",
        }
    }

    /// The kind's API group. Empty for the core group.
    #[must_use]
    pub fn api_group(self) -> &'static str {
        if self.is_webhook_configuration() { "admissionregistration.k8s.io" } else { "" }
    }

    /// Whether objects of this kind have a namespace.
    #[must_use]
    pub fn is_namespaced(self) -> bool {
        match self {
            Self::ServiceAccount | Self::Secret | Self::Pod => true,
            Self::Node | Self::ValidatingWebhookConfiguration | Self::MutatingWebhookConfiguration => false,
        }
    }

    /// Whether this is a ValidatingWebhookConfiguration or a MutatingWebhookConfiguration.
    #[must_use]
    pub fn is_webhook_configuration(self) -> bool {
        matches!(self, Self::ValidatingWebhookConfiguration | Self::MutatingWebhookConfiguration)
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
