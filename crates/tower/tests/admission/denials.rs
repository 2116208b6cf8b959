//! Refusals that are reviews.

use boundtoken::{ObjectReference, ObjectState};
use http::header::CONTENT_TYPE;

use super::*;

const UID: &str = "705ab4f5-6393-11e8-b7cc-42010a800002";

#[tokio::test]
async fn the_review_denies_with_the_status_of_the_refusal() {
    let pod = json!({"validatingwebhookconfiguration": null, "attestations": null, "pod": {"name": "live", "uid": POD_UID}});
    for (token, code, message) in [
        (None, 401, "the request has no token"),
        (Some("a.b".to_owned()), 401, "the token does not have exactly three parts"),
        (Some(token(&json!({"aud": ["vault"]}))), 401, "the token is meant for another audience"),
        (Some(String::new()), 400, "no token follows the scheme Bearer"),
        (Some(token(&json!({"kubernetes.io": pod}))), 403, "the token is bound to no webhook configuration"),
        (Some(token_for("batch")), 403, "the token does not attest the API group of the review"),
    ] {
        let request = request(token.as_deref(), Full::<Bytes>::from(review("apps").to_string()));
        let outcome = send(&layer().deny_in_review(), request).await;
        assert!(outcome.reached.is_none());
        assert_eq!(outcome.status(), 200, "{message}");
        assert_eq!(outcome.response.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(outcome.response.headers().len(), 1);
        let denial = json!({
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "response": {
                "uid": UID,
                "allowed": false,
                "status": {"status": "Failure", "code": code, "message": message},
            },
        });
        assert_eq!(outcome.json(), denial);
        read_by_kube(outcome.response.body());
    }
}

/// A client with Kubernetes' types reads the denial.
fn read_by_kube(body: &[u8]) {
    let review: kube::core::admission::AdmissionReview<kube::core::DynamicObject> =
        serde_json::from_slice(body).unwrap();
    let response = review.response.unwrap();
    assert_eq!((response.uid.as_str(), response.allowed), (UID, false));
}

#[tokio::test]
async fn nobody_can_decide_is_a_denial_too() {
    let nobody_knows = |_: &ObjectReference<'_>| ObjectState::Unavailable;
    let issuer = TrustedIssuer::new(ISSUER, MINT.keys()).bound_objects(nobody_knows);
    let verifier = Verifier::builder().issuer(issuer).audience("vault").build().unwrap();
    let layer = AdmissionLayer::new(verifier, address());
    let plain = send(&layer, sent(&token_for("apps"), &review("apps"))).await;
    assert_eq!(
        (plain.status(), &plain.response.headers()["retry-after"]),
        (StatusCode::SERVICE_UNAVAILABLE, &"1".parse().unwrap())
    );
    let denied = send(&layer.deny_in_review(), sent(&token_for("apps"), &review("apps"))).await;
    assert_eq!(
        (denied.status(), &denied.json()["response"]["status"]["code"]),
        (StatusCode::OK, &json!(503))
    );
}

#[tokio::test]
async fn without_a_uid_the_answer_stays_as_it_is() {
    let with = |patch: Value| mint::merged(&review("apps"), &patch).to_string();
    let long = "x".repeat(129);
    for (what, body) in [
        ("nothing", String::new()),
        ("no JSON", "deployment".to_owned()),
        ("no request", with(json!({"request": null}))),
        ("no uid", with(json!({"request": {"uid": null}}))),
        ("a long uid", with(json!({"request": {"uid": long}}))),
        ("another uid", json!({"uid": UID, "response": {"uid": UID}}).to_string()),
        ("a uid far behind", format!(r#"{{"request":{{"object":"{}","uid":"{UID}"}}}}"#, "x".repeat(70_000))),
    ] {
        let outcome = send(&layer().deny_in_review(), request(None, Full::<Bytes>::from(body))).await;
        assert_eq!(outcome.status(), 401, "{what}");
        assert_eq!(outcome.response.headers()["www-authenticate"], "Bearer", "{what}");
        assert!(outcome.response.body().is_empty(), "{what}");
    }
}

#[tokio::test]
async fn nothing_but_the_uid_of_somebody_unknown_is_read() {
    let beginning = format!(r#"{{"request":{{"uid":"{UID}","object":"#);
    let mut review = review("apps");
    review["apiVersion"] = json!("admission.k8s.io/v1beta1");
    review["request"]["object"] = json!({"password": "hunter2"});
    for body in [beginning, review.to_string()] {
        let outcome = send(&layer().deny_in_review(), request(None, Full::<Bytes>::from(body))).await;
        assert_eq!((outcome.status(), &outcome.json()["response"]["uid"]), (StatusCode::OK, &json!(UID)));
        assert!(!outcome.response.body().windows(7).any(|text| text == b"hunter2"));
    }
}

#[tokio::test]
async fn a_good_request_is_answered_by_the_service() {
    let outcome = send(&layer().deny_in_review(), sent(&token_for("apps"), &review("apps"))).await;
    assert_eq!((outcome.status(), &outcome.response.body()[..]), (StatusCode::OK, &b"reviewed"[..]));
}
