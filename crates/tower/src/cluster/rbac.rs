//! The permissions that following a cluster takes.

use super::Follow;
use super::identity::OwnIdentity;

const WEBHOOK_CONFIGURATIONS: &str = "  - apiGroups: [admissionregistration.k8s.io]
    resources: [validatingwebhookconfigurations, mutatingwebhookconfigurations]
    verbs: [get, list, watch]
";

/// Returns the manifest that gives a service account the permissions. If nobody knows which account it is, its place is marked.
pub(super) fn manifest(identity: Option<&OwnIdentity>, follow: Follow) -> String {
    let (namespace, name) = identity.map_or(("NAMESPACE", "SERVICE_ACCOUNT"), |identity| {
        (identity.namespace.as_str(), identity.service_account.as_str())
    });
    let webhooks = match follow {
        Follow::Callers => "",
        Follow::ApiServers => WEBHOOK_CONFIGURATIONS,
    };
    // Names are DNS labels or subdomains, which YAML takes without quotes unless they look like numbers.
    format!(
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: boundtoken-verifier
rules:
  - apiGroups: [""]
    resources: [serviceaccounts, pods, nodes]
    verbs: [get, list, watch]
{webhooks}---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: boundtoken-verifier:{namespace}:{name}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: boundtoken-verifier
subjects:
  - kind: ServiceAccount
    name: "{name}"
    namespace: "{namespace}"
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: boundtoken-verifier-keys:{namespace}:{name}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:service-account-issuer-discovery
subjects:
  - kind: ServiceAccount
    name: "{name}"
    namespace: "{namespace}"
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_is_called_by_api_servers_may_follow_webhook_configurations() {
        let rules = |follow| {
            let manifest = manifest(None, follow);
            let first = manifest.split("---\n").next().unwrap().to_owned();
            yaml_serde::from_str::<serde_json::Value>(&first).unwrap()["rules"].clone()
        };
        let callers = rules(Follow::Callers);
        let api_servers = rules(Follow::ApiServers);
        assert_eq!(callers.as_array().unwrap().len(), 1);
        assert_eq!(api_servers[0], callers[0]);
        let deployed = boundtoken_testing::repository().join("deploy/rbac-webhooks.yaml");
        let deployed = std::fs::read_to_string(deployed).unwrap();
        let deployed: serde_json::Value =
            yaml_serde::from_str(deployed.split("---\n").next().unwrap()).unwrap();
        assert_eq!(api_servers[1], deployed["rules"][0]);
    }
}
