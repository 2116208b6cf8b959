//! What the server is and has: health, version, and the discovery that clients such as kubectl begin with.
//!
//! Aggregated discovery is not served: clients that ask for it take the plain one.

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use serde_json::{Value, json};

use super::{Context, ContextRef, answer, kinds};
use crate::store::Resource;

/// The version that clients see: its minor number decides what they do.
pub(super) const GIT_VERSION: &str = "v1.37.0+boundtoken";
pub(super) const GROUP: &str = "authentication.k8s.io";
pub(super) const ADMISSION_GROUP: &str = "admissionregistration.k8s.io";
pub(super) const AUTHORIZATION_GROUP: &str = "authorization.k8s.io";
const HEALTH_CHECKS: [&str; 3] = ["/healthz", "/livez", "/readyz"];

pub(super) fn routes() -> Router<ContextRef> {
    let mut routes = Router::new();
    for path in HEALTH_CHECKS {
        routes = routes.route(path, any(healthy));
    }
    routes
        .route("/version", get(version))
        .route("/api", get(core_versions))
        .route("/api/v1", get(core_resources))
        .route("/apis", get(groups))
        .route("/apis/admissionregistration.k8s.io", get(admission_group))
        .route("/apis/admissionregistration.k8s.io/v1", get(admission_resources))
        .route("/apis/authentication.k8s.io", get(authentication_group))
        .route("/apis/authentication.k8s.io/v1", get(authentication_resources))
        .route("/apis/authorization.k8s.io", get(authorization_group))
        .route("/apis/authorization.k8s.io/v1", get(authorization_resources))
}

/// Whether this path is one of the health checks.
pub(super) fn is_health_check(path: &str) -> bool {
    HEALTH_CHECKS.contains(&path)
}

async fn healthy() -> Response {
    let nosniff = HeaderName::from_static("x-content-type-options");
    ([(CONTENT_TYPE, "text/plain; charset=utf-8"), (nosniff, "nosniff")], "ok").into_response()
}

async fn version() -> Response {
    let version = json!({
        "major": "1",
        "minor": "37",
        "emulationMajor": "1",
        "emulationMinor": "37",
        "minCompatibilityMajor": "1",
        "minCompatibilityMinor": "36",
        "gitVersion": GIT_VERSION,
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "rustc",
        "platform": format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH),
    });
    answer::object(StatusCode::OK, &version)
}

async fn core_versions(State(context): Context) -> Response {
    let addresses = json!([{"clientCIDR": "0.0.0.0/0", "serverAddress": context.address}]);
    let versions =
        json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses});
    answer::object(StatusCode::OK, &versions)
}

async fn core_resources() -> Response {
    let list = json!({"kind": "APIResourceList", "groupVersion": "v1", "resources": resources_of("")});
    answer::object(StatusCode::OK, &list)
}

async fn admission_resources() -> Response {
    answer::object(StatusCode::OK, &resource_list(ADMISSION_GROUP, resources_of(ADMISSION_GROUP)))
}

/// The resources of a group that are stored.
fn resources_of(group: &str) -> Vec<Value> {
    Resource::ALL.into_iter().filter(|resource| resource.group() == group).flat_map(resource).collect()
}

/// A resource and its subresources.
fn resource(resource: Resource) -> Vec<Value> {
    let (plural, kind, namespaced) = (resource.plural(), resource.kind(), resource.is_namespaced());
    let mut verbs = vec!["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    verbs.retain(|verb| *verb != "deletecollection" || resource != Resource::Namespaces);
    let mut whole = json!({
        "name": plural,
        "singularName": resource.singular(),
        "namespaced": namespaced,
        "kind": kind,
        "verbs": verbs,
    });
    if let Some(whole) = whole.as_object_mut() {
        if !resource.short_names().is_empty() {
            whole.insert("shortNames".to_owned(), json!(resource.short_names()));
        }
        if resource == Resource::Pods {
            whole.insert("categories".to_owned(), json!(["all"]));
        }
        if resource.is_webhook_configuration() {
            whole.insert("categories".to_owned(), json!(["api-extensions"]));
        }
    }
    let part = |name: &str, verbs: &[&str]| {
        json!({
            "name": format!("{plural}/{name}"),
            "singularName": "",
            "namespaced": namespaced,
            "kind": kind,
            "verbs": verbs,
        })
    };
    let mut all = vec![whole];
    if resource.has_status() {
        all.push(part("status", &["get", "patch", "update"]));
    }
    if resource == Resource::ServiceAccounts {
        all.push(json!({
            "name": "serviceaccounts/token",
            "singularName": "",
            "namespaced": true,
            "group": GROUP,
            "version": "v1",
            "kind": "TokenRequest",
            "verbs": ["create"],
        }));
    }
    all
}

/// A group with its one version.
fn group(name: &str) -> Value {
    let version = json!({"groupVersion": kinds::group_version(name, "v1"), "version": "v1"});
    json!({"name": name, "versions": [version], "preferredVersion": version})
}

async fn groups() -> Response {
    let groups = [GROUP, AUTHORIZATION_GROUP, ADMISSION_GROUP].map(group);
    let list = json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups});
    answer::object(StatusCode::OK, &list)
}

async fn admission_group() -> Response {
    one_group(ADMISSION_GROUP)
}

async fn authentication_group() -> Response {
    one_group(GROUP)
}

fn one_group(name: &str) -> Response {
    let mut group = group(name);
    if let Some(group) = group.as_object_mut() {
        group.insert("kind".to_owned(), json!("APIGroup"));
        group.insert("apiVersion".to_owned(), json!("v1"));
    }
    answer::object(StatusCode::OK, &group)
}

async fn authorization_group() -> Response {
    one_group(AUTHORIZATION_GROUP)
}

async fn authentication_resources() -> Response {
    reviews(GROUP, &[kinds::SELF_SUBJECT_REVIEW.name, kinds::TOKEN_REVIEW.name])
}

async fn authorization_resources() -> Response {
    let kinds = [
        &kinds::SELF_SUBJECT_ACCESS_REVIEW,
        &kinds::SELF_SUBJECT_RULES_REVIEW,
        &kinds::SUBJECT_ACCESS_REVIEW,
    ];
    reviews(AUTHORIZATION_GROUP, &kinds.map(|kind| kind.name))
}

/// Resources that can only be created.
fn reviews(group: &str, kinds: &[&str]) -> Response {
    let review = |kind: &&str| {
        let singular = kind.to_ascii_lowercase();
        json!({
            "name": format!("{singular}s"),
            "singularName": singular,
            "namespaced": false,
            "kind": kind,
            "verbs": ["create"],
        })
    };
    answer::object(StatusCode::OK, &resource_list(group, kinds.iter().map(review).collect()))
}

fn resource_list(group: &str, resources: Vec<Value>) -> Value {
    json!({
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": kinds::group_version(group, "v1"),
        "resources": resources,
    })
}
