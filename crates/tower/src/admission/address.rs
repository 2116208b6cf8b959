//! The address of a webhook, which is the audience of the tokens that it is sent.

use std::fmt;

/// The port of a service unless its webhook configuration names another.
const DEFAULT_PORT: u16 = 443;

/// The address by which a webhook configuration names one webhook: its `clientConfig`.
///
/// A token for a webhook has this text as its audience, letter by letter:
///
/// ```
/// use boundtoken_tower::WebhookAddress;
///
/// // clientConfig: {service: {name: policy, namespace: demo}}
/// let service = WebhookAddress::service("policy", "demo");
/// assert_eq!(service.to_string(), "https://policy.demo.svc:443/");
///
/// // clientConfig: {service: {name: policy, namespace: demo, port: 8443, path: /validate}}
/// let endpoint = WebhookAddress::service("policy", "demo").port(8443).path("/validate");
/// assert_eq!(endpoint.to_string(), "https://policy.demo.svc:8443/validate");
///
/// // clientConfig: {url: "https://policy.example.com/validate"}
/// let url = WebhookAddress::url("https://policy.example.com/validate");
/// assert_eq!(url.to_string(), "https://policy.example.com/validate");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookAddress(Box<str>);

/// The address of a webhook that is a service. Made by [`WebhookAddress::service`].
///
/// ```
/// use boundtoken_tower::WebhookAddress;
///
/// let address: WebhookAddress = WebhookAddress::service("policy", "demo").path("/validate").into();
/// assert_eq!(address, WebhookAddress::url("https://policy.demo.svc:443/validate"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAddress {
    name: Box<str>,
    namespace: Box<str>,
    port: u16,
    path: Box<str>,
}

impl WebhookAddress {
    /// The address of a service: first its name, then its namespace, as in `policy.demo.svc`.
    ///
    /// The port is 443 and the path is `/`, unless they are set. Give what the webhook configuration says. What the pod
    /// listens on does not matter.
    #[must_use]
    pub fn service(name: impl Into<Box<str>>, namespace: impl Into<Box<str>>) -> ServiceAddress {
        ServiceAddress {
            name: name.into(),
            namespace: namespace.into(),
            port: DEFAULT_PORT,
            path: Box::default(),
        }
    }

    /// The address by a URL, exactly as the webhook configuration has it.
    #[must_use]
    pub fn url(url: impl Into<Box<str>>) -> Self {
        Self(url.into())
    }

    pub(super) fn into_text(self) -> Box<str> {
        self.0
    }
}

impl ServiceAddress {
    /// Sets the port of the service.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sets the path. The API server puts `/` in front if it is not there.
    #[must_use]
    pub fn path(mut self, path: impl Into<Box<str>>) -> Self {
        self.path = path.into();
        self
    }
}

impl fmt::Display for ServiceAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, namespace, port, path } = self;
        let slash = if path.starts_with('/') { "" } else { "/" };
        write!(formatter, "https://{name}.{namespace}.svc:{port}{slash}{path}")
    }
}

impl fmt::Display for WebhookAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<ServiceAddress> for WebhookAddress {
    fn from(address: ServiceAddress) -> Self {
        Self(address.to_string().into())
    }
}
