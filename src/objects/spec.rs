//! The parts of pods and webhook configurations that an issuer needs.

use serde::Deserialize;
use serde_json::Value;

/// The part of a core/v1 PodSpec that matters for tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodSpec {
    /// The name of the service account that the pod runs as.
    pub service_account_name: String,
    /// The node that the pod runs on. Empty until the pod is scheduled.
    pub node_name: String,
}

/// The part of a webhook that matters for tokens. The webhook belongs to a ValidatingWebhookConfiguration or
/// MutatingWebhookConfiguration.
///
/// A token that is bound to the configuration is for one of its webhooks, and attests an API group that this webhook
/// is called for (KEP-6060, Kubernetes 1.37).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// The audience of its tokens: `clientConfig.url` unchanged, or the [URL](Self::service_url) of
    /// `clientConfig.service`.
    pub audience: String,
    /// The API groups that its rules name. `*` stands for all groups, and the empty text for the core group.
    pub api_groups: Vec<String>,
}

impl Webhook {
    /// Returns the audience of a webhook that is a service of the cluster. The default port is 443, and the default
    /// path is `/`.
    ///
    /// ```
    /// use boundtoken::Webhook;
    ///
    /// assert_eq!(Webhook::service_url("hook", "demo", None, None), "https://hook.demo.svc:443/");
    /// assert_eq!(
    ///     Webhook::service_url("hook", "demo", Some(8443), Some("mutate")),
    ///     "https://hook.demo.svc:8443/mutate"
    /// );
    /// ```
    #[must_use]
    pub fn service_url(name: &str, namespace: &str, port: Option<i32>, path: Option<&str>) -> String {
        let (port, path) = (port.unwrap_or(443), path.unwrap_or_default());
        format!("https://{name}.{namespace}.svc:{port}/{}", path.strip_prefix('/').unwrap_or(path))
    }

    /// Returns whether a token for this audience may attest this API group.
    pub(crate) fn takes(&self, audience: &str, api_group: &str) -> bool {
        self.audience == audience && self.api_groups.iter().any(|group| group == "*" || group == api_group)
    }

    /// Reads the member `webhooks` of a configuration. Leaves out a webhook that has neither URL nor service: no
    /// token is for it.
    ///
    /// ```
    /// let webhooks = serde_json::json!([{"clientConfig": {"url": "https://a"}, "rules": [{"apiGroups": ["apps"]}]}]);
    /// let webhooks = boundtoken::Webhook::read_all(&webhooks)?;
    /// assert_eq!(webhooks[0].audience, "https://a");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ///
    /// # Errors
    /// If a member has the wrong type.
    pub fn read_all(webhooks: &Value) -> serde_json::Result<Vec<Self>> {
        let written: Option<Vec<Written>> = Deserialize::deserialize(webhooks)?;
        Ok(written.into_iter().flatten().filter_map(Written::read).collect())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    client_config: Option<ClientConfig>,
    rules: Option<Vec<Rule>>,
}

#[derive(Deserialize)]
struct ClientConfig {
    url: Option<String>,
    service: Option<Service>,
}

#[derive(Deserialize)]
struct Service {
    name: Option<String>,
    namespace: Option<String>,
    path: Option<String>,
    port: Option<i32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    api_groups: Option<Vec<String>>,
}

impl Written {
    fn read(self) -> Option<Webhook> {
        let audience = match self.client_config? {
            ClientConfig { url: Some(url), .. } => url,
            ClientConfig { service, .. } => {
                let Service { name, namespace, path, port } = service?;
                let [name, namespace] = [name, namespace].map(Option::unwrap_or_default);
                Webhook::service_url(&name, &namespace, port, path.as_deref())
            }
        };
        let rules = self.rules.into_iter().flatten();
        let api_groups = rules.flat_map(|rule| rule.api_groups.unwrap_or_default()).collect();
        Some(Webhook { audience, api_groups })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_webhook_takes_tokens_for_its_url_and_the_groups_of_its_rules() {
        let webhooks = Webhook::read_all(&json!([
            {"clientConfig": {"url": "https://a/b"}, "rules": [{"apiGroups": ["apps"]}, {"apiGroups": ["", "batch"]}]},
            {"clientConfig": {"service": {"name": "s", "namespace": "n", "port": 1}}, "rules": [{"apiGroups": ["*"]}]},
            {"clientConfig": {"url": "https://c"}},
            {"name": "no client"},
            {"clientConfig": {}},
        ]))
        .unwrap();
        assert_eq!(webhooks.len(), 3);
        for (webhook, audience, group, takes) in [
            (0, "https://a/b", "apps", true),
            (0, "https://a/b", "batch", true),
            (0, "https://a/b", "policy", false),
            (0, "https://a/b", "*", false),
            (0, "https://a/b/", "apps", false),
            (1, "https://s.n.svc:1/", "policy", true),
            (2, "https://c", "apps", false),
        ] {
            assert_eq!(webhooks[webhook].takes(audience, group), takes, "{audience} {group}");
        }
        assert_eq!(Webhook::read_all(&Value::Null).unwrap(), []);
        assert!(Webhook::read_all(&json!([{"rules": 1}])).is_err());
    }

    #[test]
    fn the_path_of_a_service_begins_with_one_slash() {
        for (path, expected) in [
            (None, "/"),
            (Some(""), "/"),
            (Some("/"), "/"),
            (Some("a"), "/a"),
            (Some("/a/"), "/a/"),
            (Some("//a"), "//a"),
        ] {
            let url = Webhook::service_url("s", "n", Some(80), path);
            assert_eq!(url, format!("https://s.n.svc:80{expected}"));
        }
    }
}
