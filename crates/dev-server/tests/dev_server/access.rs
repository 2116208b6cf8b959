//! Access reviews.

use serde_json::{Value, json};

use crate::protobuf::{MEDIA_TYPE, body_of, field};
use crate::{Client, refusal, start, token};

const ROOT: &str = "/apis/authorization.k8s.io/v1";

#[test]
fn everything_is_allowed_and_the_reason_says_why() {
    let (server, client) = start();
    let account = Client::with(&server, &token(&client, &[server.issuer().name()]));
    let attributes = json!({"namespace": "demo", "verb": "create", "resource": "pods"});
    for client in [&client, &account] {
        for (resource, spec) in [
            ("selfsubjectaccessreviews", json!({"resourceAttributes": attributes})),
            ("selfsubjectaccessreviews", json!({"nonResourceAttributes": {"path": "/", "verb": "get"}})),
            ("subjectaccessreviews", json!({"resourceAttributes": attributes, "user": "somebody"})),
        ] {
            let reply = client.post(&format!("{ROOT}/{resource}"), &json!({ "spec": spec }).to_string());
            let review = reply.json();
            assert_eq!((reply.status, &review["spec"]), (201, &spec));
            assert_eq!(
                review["status"],
                json!({
                    "allowed": true,
                    "reason": "this development server has no authorization: every user may do everything",
                })
            );
        }
    }
}

#[test]
fn the_rules_of_a_user_are_one_for_everything() {
    let (_server, client) = start();
    let rules = |body: &str| client.post(&format!("{ROOT}/selfsubjectrulesreviews"), body);
    let review = rules(r#"{"spec": {"namespace": "demo"}}"#).json();
    assert_eq!(
        review["status"]["resourceRules"],
        json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}])
    );
    assert_eq!(review["status"]["nonResourceRules"], json!([{"verbs": ["*"], "nonResourceURLs": ["*"]}]));
    assert_eq!(review["status"]["incomplete"], false);
    assert_eq!(refusal(&rules("{}"), 400, "BadRequest"), "no namespace on request");
}

#[test]
fn a_review_that_asks_nothing_or_of_nobody_is_refused() {
    let (_server, client) = start();
    let ask = |resource: &str, spec: Value| {
        client.post(&format!("{ROOT}/{resource}"), &json!({ "spec": spec }).to_string())
    };
    let both = json!({"resourceAttributes": {"verb": "get"}, "nonResourceAttributes": {"path": "/"}});
    for spec in [json!({}), both] {
        let message = refusal(&ask("selfsubjectaccessreviews", spec), 422, "Invalid");
        assert!(message.contains("exactly one of nonResourceAttributes or resourceAttributes"), "{message}");
    }
    let nobody = json!({"resourceAttributes": {"verb": "get"}});
    let message = refusal(&ask("subjectaccessreviews", nobody), 422, "Invalid");
    assert!(message.contains("spec.user") && message.contains("at least one of user or group"), "{message}");
}

#[test]
fn a_review_may_come_as_protobuf() {
    let (_server, client) = start();
    let attributes = [field(1, b"demo"), field(2, b"create"), field(5, b"pods")].concat();
    let review = field(2, &field(1, &attributes));
    let body = body_of("authorization.k8s.io/v1", "SelfSubjectAccessReview", &review);
    let headers = [("content-type", MEDIA_TYPE)];
    let reply = client.send("POST", &format!("{ROOT}/selfsubjectaccessreviews"), &headers, body);
    assert_eq!(reply.status, 201, "{}", reply.text());
    assert_eq!(reply.json()["spec"]["resourceAttributes"]["resource"], "pods");

    // kubectl sends an empty status.
    let review = [field(2, &field(1, b"demo")), field(3, b"")].concat();
    let body = body_of("authorization.k8s.io/v1", "SelfSubjectRulesReview", &review);
    let reply = client.send("POST", &format!("{ROOT}/selfsubjectrulesreviews"), &headers, body);
    assert_eq!(reply.status, 201, "{}", reply.text());
}
