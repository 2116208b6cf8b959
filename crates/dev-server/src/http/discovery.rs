//! What the server is and has: health, version, and the discovery that clients such as kubectl begin with.
//!
//! Aggregated discovery is not served: clients that ask for it take the plain one. Of OpenAPI there is only what kubectl
//! looks for before it writes: whether `fieldValidation` is there. Schemas are not, so `kubectl explain` finds nothing.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use serde_json::{Map, Value, json};

use super::{Answer, Context, ContextRef, answer, kinds, not_found};
use crate::store::Resource;

/// The version that clients see: its minor number decides what they do.
const GIT_VERSION: &str = "v1.37.0+boundtoken";
const GROUP: &str = "authentication.k8s.io";
const ADMISSION_GROUP: &str = "admissionregistration.k8s.io";
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
        .route("/openapi/v3", get(openapi_index))
        .route("/openapi/v3/{*group_version}", get(openapi))
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
    let groups = [GROUP, ADMISSION_GROUP].map(group);
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

async fn authentication_resources() -> Response {
    let review = |singular: &str, kind: &str| {
        json!({
            "name": format!("{singular}s"),
            "singularName": singular,
            "namespaced": false,
            "kind": kind,
            "verbs": ["create"],
        })
    };
    let resources =
        vec![review("selfsubjectreview", "SelfSubjectReview"), review("tokenreview", "TokenReview")];
    answer::object(StatusCode::OK, &resource_list(GROUP, resources))
}

fn resource_list(group: &str, resources: Vec<Value>) -> Value {
    json!({
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": kinds::group_version(group, "v1"),
        "resources": resources,
    })
}

async fn openapi_index() -> Response {
    let paths = json!({
        "api/v1": {"serverRelativeURL": "/openapi/v3/api/v1"},
        "apis/admissionregistration.k8s.io/v1":
            {"serverRelativeURL": "/openapi/v3/apis/admissionregistration.k8s.io/v1"},
        "apis/authentication.k8s.io/v1": {"serverRelativeURL": "/openapi/v3/apis/authentication.k8s.io/v1"},
    });
    answer::object(StatusCode::OK, &json!({ "paths": paths }))
}

/// What kubectl looks for before it sends objects of a kind: that the server validates them.
fn patch(path: &str, group: &str, kind: &str) -> (String, Value) {
    let parameter =
        |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}});
    let parameters = ["dryRun", "fieldManager", "fieldValidation"].map(parameter);
    let patch = json!({
        "x-kubernetes-action": "patch",
        "x-kubernetes-group-version-kind": {"group": group, "version": "v1", "kind": kind},
        "parameters": parameters,
        "responses": {"200": {"description": "OK"}},
    });
    (format!("{path}/{{name}}"), json!({ "patch": patch }))
}

fn patches_of(group: &str) -> Map<String, Value> {
    let of_group = Resource::ALL.into_iter().filter(|resource| resource.group() == group);
    let patches = of_group.map(|resource| {
        let place = if resource.is_namespaced() { "namespaces/{namespace}/" } else { "" };
        patch(&format!("{}/{place}{}", resource.root(), resource.plural()), group, resource.kind())
    });
    patches.collect()
}

async fn openapi(Path(group_version): Path<String>) -> Answer {
    let paths: Map<String, Value> = match group_version.as_str() {
        "api/v1" => patches_of(""),
        "apis/admissionregistration.k8s.io/v1" => patches_of(ADMISSION_GROUP),
        // No API server patches these, but without a word on them kubectl wants schemas to validate against.
        "apis/authentication.k8s.io/v1" => {
            let patch = |(plural, kind)| patch(&format!("/apis/{GROUP}/v1/{plural}"), GROUP, kind);
            [("selfsubjectreviews", "SelfSubjectReview"), ("tokenreviews", "TokenReview")]
                .map(patch)
                .into_iter()
                .collect()
        }
        _ => return Err(not_found().into()),
    };
    let document = json!({
        "openapi": "3.0.0",
        "info": {"title": "boundtoken development server", "version": GIT_VERSION},
        "paths": paths,
        "components": {"schemas": {}},
    });
    Ok(answer::object(StatusCode::OK, &document))
}
