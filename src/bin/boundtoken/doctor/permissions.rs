//! What this identity may do, by the API server's own word.

use kube::Client;
use serde::Deserialize;
use serde_json::json;

use super::Check;
use crate::cluster;
use crate::failure::Failure;

const VERBS: [&str; 3] = ["get", "list", "watch"];

#[derive(Deserialize)]
struct Review {
    status: Status,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    allowed: bool,
}

/// One line for each resource.
pub async fn check(client: &Client, namespaces: &[String]) -> Vec<Check> {
    let everywhere = [String::new()];
    let namespaces = if namespaces.is_empty() { &everywhere } else { namespaces };
    let mut found = Vec::new();
    for resource in ["serviceaccounts", "pods", "nodes", "secrets"] {
        let namespaces = if resource == "nodes" { &everywhere } else { namespaces };
        match missing(client, resource, namespaces).await {
            Ok(Some(missing)) => found.push(judge(resource, &missing)),
            Ok(None) => {
                let remedy = "try `boundtoken verify --cluster`: what is missing is said there";
                let finding = "not known: this API server does not answer SelfSubjectAccessReview";
                return vec![Check::warn("permissions", finding, remedy)];
            }
            Err(failure) => {
                return vec![Check::warn("permissions", failure.sentence(), "see the API server's log")];
            }
        }
    }
    found
}

fn judge(resource: &'static str, missing: &[String]) -> Check {
    if missing.is_empty() {
        return Check::ok(resource, format!("{} are allowed", VERBS.join(", ")));
    }
    let finding = format!("not allowed: {}", missing.join("; "));
    match resource {
        "secrets" => Check::information(
            resource,
            format!("{finding}; only tokens that are bound to secrets need it, and pods use none of them"),
        ),
        "nodes" => Check::warn(
            resource,
            format!("{finding}; only tokens that are bound to nodes need it"),
            "kubectl apply -f deploy/rbac-cluster.yaml, or follow no nodes",
        ),
        _ => Check::fail(
            resource,
            finding,
            "kubectl apply -f deploy/rbac-cluster.yaml, or rbac-namespace.yaml and --namespace",
        ),
    }
}

/// What is not allowed; none if the API server does not say.
async fn missing(
    client: &Client,
    resource: &str,
    namespaces: &[String],
) -> Result<Option<Vec<String>>, Failure> {
    let mut missing = Vec::new();
    for namespace in namespaces {
        let mut verbs = Vec::new();
        for verb in VERBS {
            let review = json!({
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SelfSubjectAccessReview",
                "spec": {"resourceAttributes": {"namespace": namespace, "verb": verb, "resource": resource}},
            });
            let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
            match cluster::post(client, path, &review).await?.object::<Review>()? {
                Ok(review) if review.status.allowed => {}
                Ok(_) => verbs.push(verb),
                Err(_) => return Ok(None),
            }
        }
        if !verbs.is_empty() {
            let place = match namespace.as_str() {
                "" => "the whole cluster".to_owned(),
                name => format!("namespace {name}"),
            };
            missing.push(format!("{} in {place}", verbs.join(", ")));
        }
    }
    Ok(Some(missing))
}
