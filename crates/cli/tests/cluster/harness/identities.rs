//! The administrator, and followers with different permissions.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::objects::Objects;

pub const TOKENS: &str = "tokens.csv";
pub const AUDIT_POLICY: &str = "audit-policy.yaml";

/// Has every permission that following needs, including secrets and webhook configurations.
pub const FOLLOWER: &str = "follower";
/// May follow what is followed by default: no secrets and no webhook configurations.
pub const WITHOUT_SECRETS: &str = "without-secrets";
/// May read the keys, but no objects.
pub const KEYS_ONLY: &str = "keys-only";
/// Has no permissions.
pub const NOBODY: &str = "nobody";

pub fn write_files(folder: &Path) {
    let mut tokens = "admin-token,admin,admin,system:masters\n".to_owned();
    for name in [FOLLOWER, WITHOUT_SECRETS, KEYS_ONLY, NOBODY] {
        tokens += &format!("{name}-token,{name},{name}\n");
    }
    fs::write(folder.join(TOKENS), tokens).unwrap();
    let policy = json!({
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [{"level": "Metadata", "users": [FOLLOWER]}, {"level": "None"}],
    });
    fs::write(folder.join(AUDIT_POLICY), policy.to_string()).unwrap();
}

pub fn write_kubeconfig(folder: &Path, identity: &str, server: &str) -> PathBuf {
    write_kubeconfig_with(folder, identity, &format!("{identity}-token"), server)
}

pub fn write_kubeconfig_with(folder: &Path, identity: &str, token: &str, server: &str) -> PathBuf {
    let port = server.rsplit(':').next().unwrap();
    let file = folder.join(format!("{identity}-{port}.kubeconfig"));
    // The server creates this file, with its certificate and the certificate authority.
    let authority = folder.join("certificates/apiserver.crt");
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": {"server": server, "certificate-authority": authority}}],
        "users": [{"name": identity, "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": identity}}],
        "current-context": "test",
    });
    fs::write(&file, config.to_string()).unwrap();
    file
}

/// Creates the roles and binds them to the followers.
pub async fn grant(objects: &Objects) {
    let follow = |group: &str, resources: &[&str]| json!([{"apiGroups": [group], "resources": resources, "verbs": ["get", "list", "watch"]}]);
    let of_all = follow("", &["serviceaccounts", "pods", "nodes"]);
    role(objects, "follow-objects", of_all, &[FOLLOWER, WITHOUT_SECRETS]).await;
    role(objects, "follow-secrets", follow("", &["secrets"]), &[FOLLOWER]).await;
    let webhooks = ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"];
    role(objects, "follow-webhooks", follow("admissionregistration.k8s.io", &webhooks), &[FOLLOWER]).await;
    bind(objects, "system:service-account-issuer-discovery", &[FOLLOWER, WITHOUT_SECRETS, KEYS_ONLY]).await;
}

async fn role(objects: &Objects, name: &str, rules: Value, users: &[&str]) {
    objects
        .create(&format!("{RBAC}/clusterroles"), json!({"metadata": {"name": name}, "rules": rules}))
        .await;
    bind(objects, name, users).await;
}

pub async fn bind(objects: &Objects, role: &str, users: &[&str]) {
    let subject =
        |name: &&str| json!({"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": name});
    let binding = json!({
        "metadata": {"name": format!("test-{}", role.replace(':', "-"))},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": users.iter().map(subject).collect::<Vec<_>>(),
    });
    objects.create(&format!("{RBAC}/clusterrolebindings"), binding).await;
}

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
