//! What the server says of itself, and paths and methods that it does not have.

use crate::{Client, builder, refusal, start};

#[test]
fn health_checks_answer_to_any_method() {
    let server = builder().start().unwrap();
    let client = Client::nobody(&server);
    for path in ["/healthz", "/livez", "/readyz"] {
        for method in ["GET", "POST", "DELETE"] {
            let reply = client.send(method, path, &[], "");
            assert_eq!((reply.status, reply.text().as_str()), (200, "ok"), "{method} {path}");
            assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
        }
        let reply = client.send("HEAD", path, &[], "");
        assert_eq!((reply.status, reply.text().as_str()), (200, ""));
    }
}

#[test]
fn the_version_is_one_that_clients_know() {
    let server = builder().start().unwrap();
    let client = Client::nobody(&server);
    let version = client.get("/version").json();
    assert_eq!((&version["major"], &version["minor"]), (&"1".into(), &"37".into()));
    assert_eq!(version["gitVersion"], "v1.37.0+boundtoken");
}

#[test]
fn resources_are_listed_with_what_can_be_done_to_them() {
    let (server, client) = start();
    assert_eq!(client.get("/api").json()["versions"], serde_json::json!(["v1"]));
    let address = server.address().to_string();
    assert_eq!(client.get("/api/").json()["serverAddressByClientCIDRs"][0]["serverAddress"], address);
    assert_eq!(client.get("/apis").json()["groups"][0]["name"], "authentication.k8s.io");

    let resources = client.get("/api/v1").json()["resources"].clone();
    let named = |name: &str| {
        resources
            .as_array()
            .unwrap()
            .iter()
            .find(|resource| resource["name"] == name)
            .cloned()
            .unwrap_or_default()
    };
    for (name, kind, short) in [
        ("namespaces", "Namespace", "ns"),
        ("serviceaccounts", "ServiceAccount", "sa"),
        ("pods", "Pod", "po"),
        ("nodes", "Node", "no"),
    ] {
        let resource = named(name);
        assert_eq!((&resource["kind"], &resource["shortNames"][0]), (&kind.into(), &short.into()));
        let verbs = resource["verbs"].as_array().unwrap();
        assert!(
            ["create", "delete", "get", "list", "patch", "update", "watch"]
                .iter()
                .all(|verb| verbs.contains(&(*verb).into()))
        );
        // What is listed is there.
        let path = format!("/api/v1/{name}");
        assert_eq!(client.get(&path).status, 200, "{path}");
    }
    assert_eq!(named("serviceaccounts/token")["kind"], "TokenRequest");
    assert_eq!(named("secrets")["kind"], "Secret");
    assert_eq!(named("validatingwebhookconfigurations")["kind"], serde_json::Value::Null);
}

#[test]
fn openapi_says_that_fields_can_be_validated() {
    let (_server, client) = start();
    let index = client.get("/openapi/v3").json();
    let path = index["paths"]["api/v1"]["serverRelativeURL"].as_str().unwrap().to_owned();
    let document = client.get(&path).json();
    let patch = &document["paths"]["/api/v1/namespaces/{namespace}/pods/{name}"]["patch"];
    assert_eq!(patch["x-kubernetes-group-version-kind"]["kind"], "Pod");
    let parameters = patch["parameters"].as_array().unwrap();
    assert!(parameters.iter().any(|parameter| parameter["name"] == "fieldValidation"));
    assert_eq!(client.get("/openapi/v3/apis/apps/v1").status, 404);
    for path in ["apis/authentication.k8s.io/v1", "apis/authorization.k8s.io/v1"] {
        let path = index["paths"][path]["serverRelativeURL"].as_str().unwrap().to_owned();
        assert_eq!(client.get(&path).status, 200, "{path}");
    }
}

#[test]
fn openapi_version_2_is_there_in_protobuf_and_json_and_names_no_kind() {
    let (_server, client) = start();
    let accept = [("accept", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf")];
    let reply = client.send("GET", "/openapi/v2?timeout=32s", &accept, "");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
    // Field 1, a text of 3 bytes.
    assert!(reply.body.starts_with(b"\x0a\x032.0"), "{:?}", reply.body);
    let document = client.get("/openapi/v2").json();
    assert_eq!((&document["swagger"], &document["paths"]), (&"2.0".into(), &serde_json::json!({})));
}

#[test]
fn access_reviews_are_listed() {
    let (_server, client) = start();
    let resources = client.get("/apis/authorization.k8s.io/v1").json()["resources"].clone();
    let kinds: Vec<_> = resources.as_array().unwrap().iter().map(|resource| &resource["kind"]).collect();
    assert_eq!(kinds, ["SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"]);
    assert_eq!(resources[0]["name"], "selfsubjectaccessreviews");
    assert_eq!(client.get("/apis/authorization.k8s.io").json()["kind"], "APIGroup");
}

#[test]
fn paths_that_there_are_not_are_404() {
    let (_server, client) = start();
    for path in [
        "/nonexistent",
        "/apis/nope/v1",
        "/healthz/x",
        "//api",
        "/api/v2",
        "/api/v1/widgets",
        "/api/v1/namespaces/demo/pods/app-0/bogus",
        "/api/v1/namespaces/demo//pods",
        "/apis/authentication.k8s.io/v1/bogus",
    ] {
        let message = refusal(&client.get(path), 404, "NotFound");
        assert_eq!(message, "the server could not find the requested resource", "{path}");
    }
}

#[test]
fn methods_that_there_are_not_are_405() {
    let (_server, client) = start();
    for path in ["/api", "/version", "/openid/v1/jwks", crate::TOKENS, "/api/v1/namespaces/demo/pods"] {
        for method in ["FOO", "OPTIONS", "TRACE"] {
            let reply = client.send(method, path, &[], "");
            let message = refusal(&reply, 405, "MethodNotAllowed");
            assert_eq!(message, "the server does not allow this method on the requested resource");
        }
    }
    assert_eq!(client.get(crate::TOKENS).status, 405);
}
