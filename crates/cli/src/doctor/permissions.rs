//! The permissions of this identity, as the API server reports them.

use boundtoken::ObjectKind;
use kube::Client;
use serde::Deserialize;
use serde_json::json;

use super::Check;
use crate::cluster;
use crate::failure::Failure;

const VERBS: [&str; 3] = ["get", "list", "watch"];
/// The name of each check, and the kinds that it covers.
const FOLLOWED: [(&str, &[ObjectKind]); 5] = [
    ("serviceaccounts", &[ObjectKind::ServiceAccount]),
    ("pods", &[ObjectKind::Pod]),
    (NODES, &[ObjectKind::Node]),
    (SECRETS, &[ObjectKind::Secret]),
    (WEBHOOKS, &[ObjectKind::ValidatingWebhookConfiguration, ObjectKind::MutatingWebhookConfiguration]),
];
const NODES: &str = "nodes";
const SECRETS: &str = "secrets";
const WEBHOOKS: &str = "webhooks";

#[derive(Deserialize)]
struct AccessReview {
    status: AccessReviewStatus,
}

#[derive(Deserialize)]
struct AccessReviewStatus {
    allowed: bool,
}

/// One line for each resource. The two resources of webhook configurations share a line.
pub async fn check(client: &Client, namespaces: &[String]) -> Vec<Check> {
    let mut found = Vec::new();
    for (name, kinds) in FOLLOWED {
        match missing(client, kinds, namespaces).await {
            Ok(Some(missing)) => found.push(judge(name, &missing)),
            Ok(None) => {
                let remedy = "try `boundtoken verify --cluster`, which names a missing permission";
                let finding = "unknown: this API server does not answer SelfSubjectAccessReview";
                return vec![Check::warn("permissions", finding, remedy)];
            }
            Err(failure) => {
                return vec![Check::warn("permissions", failure.sentence(), "see the API server's log")];
            }
        }
    }
    found
}

fn judge(name: &'static str, missing: &[String]) -> Check {
    if missing.is_empty() {
        return Check::ok(name, format!("{} are allowed", VERBS.join(", ")));
    }
    let finding = format!("not allowed: {}", missing.join("; "));
    match name {
        SECRETS => Check::information(
            name,
            format!("{finding}; only tokens that are bound to secrets need it, and no pod has such a token"),
        ),
        WEBHOOKS => Check::information(
            name,
            format!(
                "{finding}; only admission webhooks need it, for the tokens that the API server sends them: \
                 `kubectl apply -f deploy/rbac-webhooks.yaml`"
            ),
        ),
        NODES => Check::warn(
            name,
            format!("{finding}; only tokens that are bound to nodes need it"),
            "`kubectl apply -f deploy/rbac-cluster.yaml`, or do not follow nodes",
        ),
        _ => Check::fail(
            name,
            finding,
            "`kubectl apply -f deploy/rbac-cluster.yaml`, or rbac-namespace.yaml and --namespace",
        ),
    }
}

/// The missing permissions. None if the API server does not tell.
async fn missing(
    client: &Client,
    kinds: &[ObjectKind],
    namespaces: &[String],
) -> Result<Option<Vec<String>>, Failure> {
    let everywhere = [String::new()];
    let mut missing = Vec::new();
    for kind in kinds {
        let namespaces =
            if namespaces.is_empty() || !kind.is_namespaced() { &everywhere } else { namespaces };
        // The line's name tells the resource, unless the line covers several.
        let resource = if kinds.len() > 1 { format!(" on {}", kind.resource()) } else { String::new() };
        for namespace in namespaces {
            let Some(verbs) = missing_verbs(client, *kind, namespace).await? else { return Ok(None) };
            if !verbs.is_empty() {
                let place = match namespace.as_str() {
                    "" => "the whole cluster".to_owned(),
                    name => format!("namespace {name}"),
                };
                missing.push(format!("{}{resource} in {place}", verbs.join(", ")));
            }
        }
    }
    Ok(Some(missing))
}

async fn missing_verbs(
    client: &Client,
    kind: ObjectKind,
    namespace: &str,
) -> Result<Option<Vec<&'static str>>, Failure> {
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let mut verbs = Vec::new();
    for verb in VERBS {
        let (group, resource) = (kind.api_group(), kind.resource());
        let attributes = json!({"namespace": namespace, "verb": verb, "group": group, "resource": resource});
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        });
        match cluster::post(client, path, &review).await?.object::<AccessReview>()? {
            Ok(review) if review.status.allowed => {}
            Ok(_) => verbs.push(verb),
            Err(_) => return Ok(None),
        }
    }
    Ok(Some(verbs))
}
