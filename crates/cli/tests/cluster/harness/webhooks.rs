//! Webhook configurations, and the tokens that an API server of Kubernetes 1.37 binds to them (KEP-6060).

use std::time::{Duration, Instant};

use boundtoken::{ObjectKind, Reason};
use serde_json::{Value, json};

use super::WAIT_TIMEOUT;
use super::objects::{ACCOUNT, NAMESPACE, Objects, in_namespace};

/// The API group whose admission reviews the webhooks receive. No object of this group is ever created, so nobody calls the
/// webhooks.
pub const API_GROUP: &str = "example.com";

const REGISTRATION: &str = "/apis/admissionregistration.k8s.io/v1";
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

/// A kind of webhook configuration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Webhook {
    Validating,
    Mutating,
}

impl Webhook {
    pub const BOTH: [Self; 2] = [Self::Validating, Self::Mutating];

    pub fn kind(self) -> ObjectKind {
        match self {
            Self::Validating => ObjectKind::ValidatingWebhookConfiguration,
            Self::Mutating => ObjectKind::MutatingWebhookConfiguration,
        }
    }

    pub fn not_found(self) -> Reason {
        match self {
            Self::Validating => Reason::ValidatingWebhookConfigurationNotFound,
            Self::Mutating => Reason::MutatingWebhookConfigurationNotFound,
        }
    }

    pub fn uid_mismatch(self) -> Reason {
        match self {
            Self::Validating => Reason::ValidatingWebhookConfigurationUidMismatch,
            Self::Mutating => Reason::MutatingWebhookConfigurationUidMismatch,
        }
    }

    pub fn deleted(self) -> Reason {
        match self {
            Self::Validating => Reason::ValidatingWebhookConfigurationDeleted,
            Self::Mutating => Reason::MutatingWebhookConfigurationDeleted,
        }
    }

    /// The audience of the tokens: the webhook's address. One webhook has a URL, the other is a service.
    pub fn audience(self) -> &'static str {
        match self {
            Self::Validating => "https://policy.example.com/validate",
            Self::Mutating => "https://policy.demo.svc:8443/mutate",
        }
    }

    fn client_config(self) -> Value {
        match self {
            Self::Validating => json!({"url": self.audience()}),
            Self::Mutating => {
                json!({"service": {"name": "policy", "namespace": "demo", "port": 8443, "path": "/mutate"}})
            }
        }
    }

    pub fn path(self, name: &str) -> String {
        format!("{REGISTRATION}/{}/{name}", self.kind().resource())
    }
}

impl Objects {
    /// Gives the service account the permission to `attest` the API group.
    pub async fn allow_attesting(&self) {
        self.allow_attesting_of(&[API_GROUP]).await;
    }

    /// Gives the service account the permission to `attest` these API groups.
    pub async fn allow_attesting_of(&self, groups: &[&str]) {
        let role = json!({
            "metadata": {"name": "attest"},
            "rules": [{
                "apiGroups": ["authentication.k8s.io"],
                "resources": ["admissionReviewAPIGroups"],
                "resourceNames": groups,
                "verbs": ["attest"],
            }],
        });
        let binding = json!({
            "metadata": {"name": "attest"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "attest"},
            "subjects": [{"kind": "ServiceAccount", "namespace": NAMESPACE, "name": ACCOUNT}],
        });
        self.create(&format!("{RBAC}/clusterroles"), role).await;
        self.create(&format!("{RBAC}/clusterrolebindings"), binding).await;
    }

    /// Creates a configuration with one webhook and additional metadata.
    pub async fn create_webhook(&self, webhook: Webhook, name: &str, metadata: Value) {
        let mut configuration = json!({
            "metadata": {"name": name},
            "webhooks": [{
                "name": "policy.example.com",
                "clientConfig": webhook.client_config(),
                "rules": [{
                    "apiGroups": [API_GROUP],
                    "apiVersions": ["*"],
                    "operations": ["*"],
                    "resources": ["*"],
                }],
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
            }],
        });
        configuration["metadata"].as_object_mut().unwrap().extend(metadata.as_object().unwrap().clone());
        self.create(&format!("{REGISTRATION}/{}", webhook.kind().resource()), configuration).await;
    }

    /// Requests a token that is bound to a configuration.
    pub async fn webhook_token(&self, webhook: Webhook, name: &str) -> String {
        self.token_of_webhook(webhook.kind().name(), name, webhook.audience(), API_GROUP).await
    }

    /// Requests a token that is bound to a configuration of this kind and name, and attests this group.
    pub async fn token_of_webhook(&self, kind: &str, name: &str, audience: &str, group: &str) -> String {
        let request = json!({"spec": {
            "audiences": [audience],
            "expirationSeconds": 600,
            "boundObjectRef": {
                "apiVersion": "admissionregistration.k8s.io/v1",
                "kind": kind,
                "name": name,
            },
            "attestations": {"admissionReviewAPIGroups": [group]},
        }});
        let path = in_namespace(&format!("serviceaccounts/{ACCOUNT}/token"));
        let start = Instant::now();
        loop {
            // The API server learns of a new permission or configuration with a delay.
            if let Some(answer) = self.create_if_allowed(&path, &request).await {
                return answer["status"]["token"].as_str().unwrap().to_owned();
            }
            assert!(start.elapsed() < WAIT_TIMEOUT, "{kind}: a token is still forbidden");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
