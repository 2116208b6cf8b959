//! The permissions that following a cluster takes.

use super::identity::OwnIdentity;

/// Returns the manifest that gives a service account the permissions. If nobody knows which account it is, its place is marked.
pub(super) fn manifest(identity: Option<&OwnIdentity>) -> String {
    let (namespace, name) = identity.map_or(("NAMESPACE", "SERVICE_ACCOUNT"), |identity| {
        (identity.namespace.as_str(), identity.service_account.as_str())
    });
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
---
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
