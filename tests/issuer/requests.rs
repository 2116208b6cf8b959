//! What a request may contain, and in which order it is checked.

use boundtoken::api::{ObjectMeta, TokenRequest};
use serde_json::json;

use super::*;

fn with_metadata(metadata: ObjectMeta) -> TokenRequest {
    TokenRequest { metadata, ..request(&["vault"], None, None) }
}

#[test]
fn an_empty_request_gets_an_hour_for_the_api_audiences() {
    let issued = issue(&issuer(), TokenRequest::default()).unwrap();
    let spec = &issued.response.spec;
    assert_eq!(spec.audiences, [ISSUER, "api"]);
    assert_eq!((spec.expiration_seconds, &spec.bound_object_ref), (Some(3_600), &None));
    let claims = claims(&issued);
    assert_eq!(claims["aud"], json!([ISSUER, "api"]));
    assert_eq!(claims["exp"], NOW.0 + 3_600);
    assert_eq!((&claims["iat"], &claims["nbf"]), (&json!(NOW.0), &json!(NOW.0)));
    assert_eq!(claims["jti"], issued.credential_id);
    assert!(issued.warnings.is_empty());
}

#[test]
fn the_response_is_the_completed_request() {
    let metadata = ObjectMeta {
        name: "app".into(),
        namespace: "demo".into(),
        uid: "uid-app".into(),
        labels: [("a".to_owned(), "b".to_owned())].into(),
        finalizers: vec!["example.com/f".into()],
        ..ObjectMeta::default()
    };
    let issued = issue(&issuer(), with_metadata(metadata)).unwrap().managed_by("kubectl");
    let response = serde_json::to_value(&issued.response).unwrap();
    assert_eq!(
        response["metadata"],
        json!({
            "name": "app", "namespace": "demo", "uid": "uid-app", "creationTimestamp": "2026-11-24T12:11:18Z",
            "labels": {"a": "b"}, "finalizers": ["example.com/f"],
            "managedFields": [{
                "manager": "kubectl", "operation": "Update", "apiVersion": "authentication.k8s.io/v1",
                "time": "2026-11-24T12:11:18Z", "fieldsType": "FieldsV1", "subresource": "token",
                "fieldsV1": {
                    "f:metadata": {
                        "f:finalizers": {".": {}, "v:\"example.com/f\"": {}},
                        "f:labels": {".": {}, "f:a": {}},
                    },
                    "f:spec": {"f:audiences": {}, "f:expirationSeconds": {}},
                },
            }],
        })
    );
    assert_eq!(response["status"]["expirationTimestamp"], "2026-11-24T13:11:18Z");
}

#[test]
fn any_text_is_an_audience() {
    let audiences = ["", "vault", "vault", "<a&b>\u{2028}\"\\\u{1}é"];
    let issued = issue(&issuer(), request(&audiences, None, None)).unwrap();
    assert_eq!(claims(&issued)["aud"], json!(audiences));
    let text = boundtoken_testing::requests::claims(issued.token());
    assert!(text.contains(r#""\u003ca\u0026b\u003e\u2028\"\\\u0001é""#), "{text}");
}

#[test]
fn what_the_metadata_says_must_be_the_account() {
    let metadata = |name: &str, namespace: &str, uid: &str| ObjectMeta {
        name: name.into(),
        namespace: namespace.into(),
        uid: uid.into(),
        ..ObjectMeta::default()
    };
    for (metadata, expected) in [
        (
            metadata("", "elsewhere", ""),
            (
                400,
                "BadRequest",
                "the namespace of the provided object does not match the namespace sent on the request",
            ),
        ),
        (
            metadata("other", "demo", ""),
            (
                422,
                "Invalid",
                "TokenRequest.authentication.k8s.io \"app\" is invalid: metadata.name: Invalid value: \"other\": \
                 must match the service account name if specified",
            ),
        ),
        (
            metadata("app", "demo", "zz"),
            (
                409,
                "Conflict",
                "Operation cannot be fulfilled on TokenRequest.authentication.k8s.io \"app\": the UID in the token \
                 request (zz) does not match the UID of the service account (uid-app)",
            ),
        ),
    ] {
        let (code, reason, message) = refused(issue(&issuer(), with_metadata(metadata)));
        assert_eq!((code, &*reason, &*message), expected);
    }
}

#[test]
fn of_several_mistakes_the_api_servers_first_is_reported() {
    let issuer = issuer();
    // The order: a missing account, a bad lifetime, a bad object. A bad account comes before a bad uid.
    let bad = || request(&["vault"], Some(1), Some(("ConfigMap", "")));
    let nobody = refused(issuer.issue_at("demo", "nobody", bad(), NOW));
    assert_eq!((nobody.0, &*nobody.2), (404, "serviceaccounts \"nobody\" not found"));
    assert_eq!(refused(issue(&issuer, bad())).0, 422);
    let mut wrong_twice = request(&["vault"], None, Some(("Pod", "app-0")));
    wrong_twice.spec.bound_object_ref.as_mut().unwrap().uid = "zz".into();
    assert_eq!(refused(issuer.issue_at("demo", "other", wrong_twice.clone(), NOW)).0, 400);
    assert_eq!(refused(issue(&issuer, wrong_twice)).0, 409);
}

#[test]
fn an_account_that_is_being_deleted_still_gets_tokens() {
    assert!(issuer().issue_at("demo", "ending", TokenRequest::default(), NOW).is_ok());
}

#[test]
fn a_refusal_never_holds_the_status_that_was_sent() {
    let mut bad = request(&["vault"], Some(1), None);
    bad.status =
        Some(boundtoken::api::TokenRequestStatus { token: "a secret".into(), expiration_timestamp: None });
    assert!(!format!("{:?}", issue(&issuer(), bad.clone()).unwrap_err()).contains("secret"));
    bad.spec.expiration_seconds = None;
    let issued = issue(&issuer(), bad).unwrap();
    assert_ne!(issued.token(), "a secret");
    assert!(!format!("{issued:?}").contains(issued.token()));
}

#[test]
fn what_no_object_can_be_called_is_not_there_whatever_the_source_says() {
    let anything = |_: &boundtoken::ObjectReference<'_>| boundtoken::ObjectState::Present {
        uid: "1".into(),
        deletion_timestamp: None,
    };
    let issuer = builder().bound_objects(States(anything)).build().unwrap();
    for (namespace, name) in [("demo", "App"), ("demo", "a:b"), ("de/mo", "app"), ("", "app"), ("demo", "")] {
        assert_eq!(refused(issuer.issue_at(namespace, name, TokenRequest::default(), NOW)).0, 404);
    }
    let bound = issue(&issuer, request(&["vault"], None, Some(("Secret", "Not-A-Name"))));
    assert_eq!(refused(bound).2, "secrets \"Not-A-Name\" not found");
}
