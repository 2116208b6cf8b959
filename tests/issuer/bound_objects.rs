//! The objects that tokens can be bound to.

use boundtoken::{ObjectReference, ObjectState};
use serde_json::json;

use super::*;

fn reference(kind: &str, api_version: &str, name: &str, uid: &str) -> TokenRequest {
    let mut request = request(&["vault"], None, Some((kind, name)));
    let reference = request.spec.bound_object_ref.as_mut().unwrap();
    reference.api_version = api_version.to_owned();
    reference.uid = uid.to_owned();
    request
}

#[test]
fn the_claims_name_the_object_and_a_pods_node() {
    let account = json!({"name": "app", "uid": "uid-app"});
    for (kind, name, expected) in [
        (
            "Pod",
            "app-0",
            json!({"namespace": "demo", "node": {"name": "node-1", "uid": "uid-node-1"},
                   "pod": {"name": "app-0", "uid": "uid-app-0"}, "serviceaccount": account}),
        ),
        (
            "Pod",
            "unscheduled",
            json!({"namespace": "demo", "pod": {"name": "unscheduled", "uid": "uid-unscheduled"}, "serviceaccount": account}),
        ),
        (
            // Its node is gone. The token names it without a uid.
            "Pod",
            "lost",
            json!({"namespace": "demo", "node": {"name": "gone"}, "pod": {"name": "lost", "uid": "uid-lost"},
                   "serviceaccount": account}),
        ),
        (
            "Pod",
            "ending",
            json!({"namespace": "demo", "pod": {"name": "ending", "uid": "uid-ending"}, "serviceaccount": account}),
        ),
        (
            "Secret",
            "secret",
            json!({"namespace": "demo", "secret": {"name": "secret", "uid": "uid-secret"}, "serviceaccount": account}),
        ),
        (
            "Node",
            "node-1",
            json!({"namespace": "demo", "node": {"name": "node-1", "uid": "uid-node-1"}, "serviceaccount": account}),
        ),
    ] {
        let issued = issue(&issuer(), request(&["vault"], None, Some((kind, name)))).unwrap();
        assert_eq!(claims(&issued)["kubernetes.io"], expected, "{kind} {name}");
        // The answer repeats the reference as in the request.
        assert_eq!(issued.response.spec.bound_object_ref.unwrap().uid, "");
    }
}

#[test]
fn the_version_does_not_matter_but_the_group_does() {
    for version in ["", "v1", "v2", "/v1", "a/b/c"] {
        assert!(issue(&issuer(), reference("Pod", version, "app-0", "")).is_ok(), "{version:?}");
    }
    for (version, kind, what) in [
        ("apps/v1", "Pod", "apps/v1, Kind=Pod"),
        ("core/v1", "Pod", "core/v1, Kind=Pod"),
        ("v1", "ConfigMap", "/v1, Kind=ConfigMap"),
        ("v1", "pod", "/v1, Kind=pod"),
        ("v1", "ServiceAccount", "/v1, Kind=ServiceAccount"),
        ("a/b/c", "Job", "/, Kind=Job"),
        ("", "", "/, Kind="),
    ] {
        let (code, reason, message) = refused(issue(&issuer(), reference(kind, version, "app-0", "")));
        assert_eq!((code, &*reason), (400, "BadRequest"));
        assert_eq!(message, format!("cannot bind token to object of type {what}"));
    }
}

#[test]
fn the_object_must_be_there_and_be_the_one_meant() {
    for (kind, name, uid, expected) in [
        ("Pod", "", "", (400, "Name parameter required.")),
        ("Pod", "a/b", "", (400, "Name parameter invalid: \"a/b\": may not contain '/'")),
        ("Pod", "..", "", (400, "Name parameter invalid: \"..\": may not be '..'")),
        ("Pod", "nope", "uid-app-0", (404, "pods \"nope\" not found")),
        ("Secret", "nope", "", (404, "secrets \"nope\" not found")),
        ("Node", "nope", "", (404, "nodes \"nope\" not found")),
        (
            "Secret",
            "secret",
            "zz",
            (
                409,
                "Operation cannot be fulfilled on Secret \"secret\": the UID in the bound object reference (zz) does not \
                 match the UID in record. The object might have been deleted and then recreated",
            ),
        ),
        (
            "Node",
            "node-1",
            "uid-node-2",
            (
                409,
                "Operation cannot be fulfilled on Node \"node-1\": the UID in the bound object reference (uid-node-2) does \
                 not match the UID in record. The object might have been deleted and then recreated",
            ),
        ),
    ] {
        let (code, _, message) = refused(issue(&issuer(), reference(kind, "v1", name, uid)));
        assert_eq!((code, &*message), expected);
    }
    for (kind, name, uid) in
        [("Pod", "app-0", "uid-app-0"), ("Secret", "secret", "uid-secret"), ("Node", "node-1", "uid-node-1")]
    {
        assert!(issue(&issuer(), reference(kind, "v1", name, uid)).is_ok(), "{kind}");
    }
}

#[test]
fn a_pod_must_run_as_the_account() {
    let answer = issuer().issue_at("demo", "other", request(&["vault"], None, Some(("Pod", "app-0"))), NOW);
    let (code, _, message) = refused(answer);
    assert_eq!(
        (code, &*message),
        (
            400,
            "cannot bind token for serviceaccount \"other\" to pod running with different serviceaccount name."
        )
    );
    // A node or a secret does not matter here.
    for bound_to in [("Node", "node-1"), ("Secret", "secret")] {
        assert!(issuer().issue_at("demo", "other", request(&["vault"], None, Some(bound_to)), NOW).is_ok());
    }
}

#[test]
fn a_pod_whose_spec_is_not_known_gets_no_token() {
    let (code, reason, message) = refused(issue(&issuer(), request(&["vault"], None, Some(("Pod", "bare")))));
    assert_eq!((code, &*reason), (500, "InternalError"));
    assert_eq!(message, "Internal error occurred: the spec of Pod demo/bare is not known");
}

#[test]
fn a_source_that_cannot_answer_is_an_internal_error() {
    let unavailable = |_: &ObjectReference<'_>| ObjectState::Unavailable;
    let issuer = builder().bound_objects(States(unavailable)).build().unwrap();
    let (code, reason, message) = refused(issue(&issuer, TokenRequest::default()));
    assert_eq!((code, &*reason), (500, "InternalError"));
    assert_eq!(message, "Internal error occurred: ServiceAccount demo/app cannot be looked up at the moment");
}
