//! What the API types accept and refuse, and what they write if members are empty or all set.
#![allow(clippy::restriction)]

use boundtoken::api::{
    BoundObjectReference, ManagedFieldsEntry, ObjectMeta, Status, TokenRequest, TokenRequestSpec,
    TokenRequestStatus, TokenReview, TokenReviewSpec, TokenReviewStatus,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Removes all white space. The strings must not contain any.
fn compact(json: &str) -> String {
    json.split_whitespace().collect()
}

/// Reads JSON and writes it again.
fn rewritten<T: Serialize + DeserializeOwned>(json: &str) -> String {
    serde_json::to_string(&serde_json::from_str::<T>(json).unwrap()).unwrap()
}

#[test]
fn members_are_written_in_the_order_of_kubernetes() {
    let metadata = compact(
        r#"{
            "name": "n", "generateName": "g", "namespace": "ns", "uid": "u", "resourceVersion": "7",
            "generation": 2, "creationTimestamp": "2026-11-24T12:11:18Z",
            "deletionTimestamp": "2026-11-24T12:11:48Z", "deletionGracePeriodSeconds": 0,
            "labels": {"a": "b"}, "annotations": {"c": "d"}, "finalizers": ["f"],
            "managedFields": [{
                "manager": "m", "operation": "Update", "apiVersion": "v1", "time": "2026-11-24T12:11:18Z",
                "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {}}, "subresource": "token"
            }]
        }"#,
    );
    assert_eq!(rewritten::<ObjectMeta>(&metadata), metadata);

    let request = compact(
        r#"{
            "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "metadata": {"name": "n"},
            "spec": {
                "audiences": ["a"], "expirationSeconds": 600,
                "boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "n", "uid": "u"}
            },
            "status": {"token": "t", "expirationTimestamp": "2026-11-24T12:21:18Z"}
        }"#,
    );
    assert_eq!(rewritten::<TokenRequest>(&request), request);

    let review = compact(
        r#"{
            "kind": "TokenReview", "apiVersion": "authentication.k8s.io/v1", "metadata": {"name": "n"},
            "spec": {"token": "t", "audiences": ["a"]},
            "status": {
                "authenticated": true,
                "user": {"username": "n", "uid": "u", "groups": ["g"], "extra": {"k": ["v"]}},
                "audiences": ["a"], "error": "e"
            }
        }"#,
    );
    assert_eq!(rewritten::<TokenReview>(&review), review);

    let status = compact(
        r#"{
            "kind": "Status", "apiVersion": "v1", "metadata": {"resourceVersion": "7"},
            "status": "Failure", "message": "m", "reason": "Invalid",
            "details": {
                "name": "n", "group": "g", "kind": "k", "uid": "u",
                "causes": [{"reason": "r", "message": "m", "field": "f"}], "retryAfterSeconds": 3
            },
            "code": 422
        }"#,
    );
    assert_eq!(rewritten::<Status>(&status), status);
}

#[test]
fn what_is_empty_is_left_out_or_null_as_kubernetes_has_it() {
    fn write<T: Serialize>(object: &T) -> String {
        serde_json::to_string(object).unwrap()
    }
    assert_eq!(
        write(&TokenRequest::default()),
        compact(
            r#"{
                "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "metadata": {},
                "spec": {"audiences": null, "expirationSeconds": null, "boundObjectRef": null}
            }"#
        )
    );
    assert_eq!(
        write(&TokenReview::default()),
        r#"{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","metadata":{},"spec":{}}"#
    );
    assert_eq!(write(&Status::default()), r#"{"kind":"Status","apiVersion":"v1","metadata":{}}"#);
    assert_eq!(write(&TokenRequestStatus::default()), r#"{"token":"","expirationTimestamp":null}"#);
    assert_eq!(write(&TokenReviewStatus::default()), r#"{"user":{}}"#);
    assert_eq!(write(&BoundObjectReference::default()), "{}");
    assert_eq!(write(&ObjectMeta::default()), "{}");
    assert_eq!(write(&ManagedFieldsEntry::default()), "{}");
}

#[test]
fn null_is_absence_wherever_a_member_is_optional() {
    let nulls = |members: &[&str]| -> String {
        Value::from_iter(members.iter().map(|member| ((*member).to_owned(), Value::Null))).to_string()
    };
    let request = nulls(&["kind", "apiVersion", "metadata", "spec", "status"]);
    assert_eq!(serde_json::from_str::<TokenRequest>(&request).unwrap(), TokenRequest::default());
    assert_eq!(serde_json::from_str::<TokenReview>(&request).unwrap(), TokenReview::default());
    let spec = nulls(&["audiences", "expirationSeconds", "boundObjectRef"]);
    assert_eq!(serde_json::from_str::<TokenRequestSpec>(&spec).unwrap(), TokenRequestSpec::default());
    let status = nulls(&["token", "expirationTimestamp"]);
    assert_eq!(serde_json::from_str::<TokenRequestStatus>(&status).unwrap(), TokenRequestStatus::default());
    let reference = nulls(&["kind", "apiVersion", "name", "uid"]);
    assert_eq!(
        serde_json::from_str::<BoundObjectReference>(&reference).unwrap(),
        BoundObjectReference::default()
    );
    let spec = nulls(&["token", "audiences"]);
    assert_eq!(serde_json::from_str::<TokenReviewSpec>(&spec).unwrap(), TokenReviewSpec::default());
    let status = nulls(&["authenticated", "user", "audiences", "error"]);
    assert_eq!(serde_json::from_str::<TokenReviewStatus>(&status).unwrap(), TokenReviewStatus::default());
    let metadata = nulls(&["name", "uid", "generation", "creationTimestamp", "labels", "managedFields"]);
    assert_eq!(serde_json::from_str::<ObjectMeta>(&metadata).unwrap(), ObjectMeta::default());
    let status = nulls(&["metadata", "status", "message", "reason", "details", "code"]);
    assert_eq!(serde_json::from_str::<Status>(&status).unwrap(), Status::default());
}

#[test]
fn missing_or_empty_kind_and_api_version_get_their_values() {
    for json in ["{}", r#"{"kind":"","apiVersion":""}"#] {
        let request: TokenRequest = serde_json::from_str(json).unwrap();
        assert_eq!((&*request.kind, &*request.api_version), ("TokenRequest", "authentication.k8s.io/v1"));
        let review: TokenReview = serde_json::from_str(json).unwrap();
        assert_eq!((&*review.kind, &*review.api_version), ("TokenReview", "authentication.k8s.io/v1"));
        let status: Status = serde_json::from_str(json).unwrap();
        assert_eq!((&*status.kind, &*status.api_version), ("Status", "v1"));
    }
}

#[test]
fn unknown_members_are_skipped_and_names_are_case_sensitive() {
    let request: TokenRequest = serde_json::from_str(
        r#"{"Kind":1,"bogus":[{}],"metadata":{"selfLink":"/","ownerReferences":[{"uid":"u"}]},
            "spec":{"audiences":["a"],"Audiences":["b"],"expirationseconds":"x","bogus":{"deep":[1]}},
            "status":{"Token":1}}"#,
    )
    .unwrap();
    assert_eq!(request.spec, TokenRequestSpec { audiences: vec!["a".into()], ..Default::default() });
    assert_eq!(request.metadata, ObjectMeta::default());
    assert_eq!(request.status, Some(TokenRequestStatus::default()));
}

#[test]
fn a_token_request_that_the_api_server_could_not_read_is_refused() {
    for (json, reason) in [
        (r#"{"spec":{"expirationSeconds":3600.0}}"#, "invalid type: floating point `3600.0`, expected i64"),
        (r#"{"spec":{"expirationSeconds":3.6e3}}"#, "invalid type: floating point `3600.0`, expected i64"),
        (r#"{"spec":{"expirationSeconds":"3600"}}"#, "invalid type: string \"3600\", expected i64"),
        (
            r#"{"spec":{"expirationSeconds":9223372036854775808}}"#,
            "invalid value: integer `9223372036854775808`, expected i64",
        ),
        (r#"{"spec":{"expirationSeconds":-9223372036854775809}}"#, "invalid type: floating point"),
        (r#"{"spec":{"expirationSeconds":1e999}}"#, "number out of range"),
        (r#"{"spec":{"expirationSeconds":true}}"#, "invalid type: boolean `true`, expected i64"),
        (r#"{"spec":{"expirationSeconds":[3600]}}"#, "invalid type: sequence, expected i64"),
        (r#"{"spec":{"audiences":"vault"}}"#, "invalid type: string \"vault\", expected a sequence"),
        (r#"{"spec":{"audiences":[1]}}"#, "invalid type: integer `1`, expected a string"),
        (r#"{"spec":{"audiences":[null]}}"#, "invalid type: null, expected a string"),
        (r#"{"spec":{"boundObjectRef":"Pod"}}"#, "expected an object of type BoundObjectReference"),
        (r#"{"spec":{"boundObjectRef":["Pod","v1","live",""]}}"#, "expected an object of type Bound"),
        (r#"{"spec":{"boundObjectRef":{"uid":5}}}"#, "invalid type: integer `5`, expected a string"),
        (r#"{"spec":[["vault"],600,null]}"#, "expected an object of type TokenRequestSpec"),
        (r#"{"status":{"expirationTimestamp":"tomorrow"}}"#, "not a time of RFC 3339"),
        (r#"{"status":{"expirationTimestamp":""}}"#, "not a time of RFC 3339"),
        (
            r#"{"status":{"expirationTimestamp":1795525878}}"#,
            "invalid type: integer `1795525878`, expected a",
        ),
        (r#"{"metadata":{"creationTimestamp":"2026-11-24 12:11:18Z"}}"#, "not a time of RFC 3339"),
        (r#"{"metadata":{"labels":["a"]}}"#, "invalid type: sequence, expected a map"),
        (r#"{"metadata":{"managedFields":[["kubectl"]]}}"#, "expected an object of type ManagedFieldsEntry"),
        (r#"{"kind":"TokenReview"}"#, "string \"TokenReview\", expected TokenRequest as kind"),
        (r#"{"kind":"tokenrequest"}"#, "string \"tokenrequest\", expected TokenRequest as kind"),
        (r#"{"kind":7}"#, "invalid type: integer `7`, expected a string"),
        (
            r#"{"apiVersion":"authentication.k8s.io/v1beta1"}"#,
            "string \"authentication.k8s.io/v1beta1\", expected authentication.k8s.io/v1 as apiVersion",
        ),
        (r#"{"apiVersion":"v1"}"#, "string \"v1\", expected authentication.k8s.io/v1 as apiVersion"),
        (r#"{"spec":{},"spec":{}}"#, "duplicate field `spec`"),
        (r#"{"spec":null,"spec":{}}"#, "duplicate field `spec`"),
        (r#"{"spec":{"audiences":["a"],"audienc\u0065s":["b"]}}"#, "duplicate field `audiences`"),
        ("{}{}", "trailing characters"),
        ("[]", "invalid type: sequence, expected an object of type TokenRequest"),
        (r#"["TokenRequest","authentication.k8s.io/v1",{},{},null]"#, "expected an object of type TokenRe"),
        ("\"TokenRequest\"", "expected an object of type TokenRequest"),
        (r#"{"spec":"#, "EOF while parsing"),
        ("", "EOF while parsing"),
    ] {
        let error = serde_json::from_str::<TokenRequest>(json).unwrap_err().to_string();
        assert!(error.contains(reason), "{json}: {error}");
    }
}

#[test]
fn a_token_review_of_the_wrong_form_is_refused() {
    for (json, reason) in [
        (r#"{"kind":"TokenRequest"}"#, "string \"TokenRequest\", expected TokenReview as kind"),
        (
            r#"{"apiVersion":"authentication.k8s.io/v1beta1"}"#,
            "expected authentication.k8s.io/v1 as apiVersion",
        ),
        (r#"{"spec":{"token":5}}"#, "invalid type: integer `5`, expected a string"),
        (r#"{"status":{"authenticated":"true"}}"#, "invalid type: string \"true\", expected a boolean"),
        (r#"{"status":{"authenticated":1}}"#, "invalid type: integer `1`, expected a boolean"),
        (r#"{"status":{"authenticated":false,"authenticated":true}}"#, "duplicate field `authenticated`"),
        (r#"{"status":[true,{}]}"#, "expected an object of type TokenReviewStatus"),
    ] {
        let error = serde_json::from_str::<TokenReview>(json).unwrap_err().to_string();
        assert!(error.contains(reason), "{json}: {error}");
    }
}

#[test]
fn attestations_are_read_as_the_api_server_reads_them_and_written_unless_empty() {
    let read = |json: &str| serde_json::from_str::<TokenRequestSpec>(json);
    for (json, written) in [
        (r#"{}"#, ""),
        (r#"{"attestations":null}"#, ""),
        (r#"{"attestations":{}}"#, ""),
        (r#"{"attestations":{"b":["x",null,""],"a":null}}"#, r#","attestations":{"a":[],"b":["x","",""]}"#),
    ] {
        let spec = serde_json::to_string(&read(json).unwrap()).unwrap();
        let unset = r#"{"audiences":null,"expirationSeconds":null,"boundObjectRef":null"#;
        assert_eq!(spec, format!("{unset}{written}}}"), "{json}");
    }
    for (json, reason) in [
        (r#"{"attestations":["SECRET"]}"#, "expected a map of lists of strings"),
        (r#"{"attestations":"SECRET"}"#, "expected a map of lists of strings"),
        (r#"{"attestations":{"a":{}}}"#, "expected a sequence"),
        (r#"{"attestations":{"a":[1]}}"#, "expected a string"),
        (r#"{"attestations":{"a":[],"a":[]}}"#, "given twice"),
        (r#"{"attestations":{},"attestations":{}}"#, "duplicate field `attestations`"),
    ] {
        let error = read(json).unwrap_err().to_string();
        assert!(error.contains(reason) && !error.contains("SECRET"), "{json}: {error}");
    }
}

#[test]
fn a_token_request_in_yaml_is_read_as_strictly() {
    let good = "apiVersion: authentication.k8s.io/v1\nkind: TokenRequest\nspec:\n  audiences: [vault]\n  \
                expirationSeconds: 600\n  boundObjectRef:\nstatus:\n";
    let request: TokenRequest = yaml_serde::from_str(good).unwrap();
    assert_eq!(
        request.spec,
        TokenRequestSpec {
            audiences: vec!["vault".into()],
            expiration_seconds: Some(600),
            ..Default::default()
        }
    );
    assert_eq!(request.status, None);

    for (yaml, reason) in [
        ("spec: {expirationSeconds: 3600.0}", "floating point"),
        ("spec: {expirationSeconds: '3600'}", "string \"3600\""),
        ("spec: {expirationSeconds: 9223372036854775808}", "9223372036854775808"),
        ("spec: {audiences: vault}", "expected a sequence"),
        ("spec: [[vault], 600]", "expected an object of type TokenRequestSpec"),
        ("status: {expirationTimestamp: 2026-11-24}", "not a time of RFC 3339"),
        ("kind: Pod", "expected TokenRequest as kind"),
        ("{kind: TokenRequest, kind: TokenRequest}", "duplicate"),
    ] {
        let error = yaml_serde::from_str::<TokenRequest>(yaml).unwrap_err().to_string();
        assert!(error.contains(reason), "{yaml}: {error}");
    }
}

#[test]
fn a_token_in_the_place_of_an_object_is_not_quoted() {
    let token = format!("{}.{}.{}", "a".repeat(80), "b".repeat(80), "c".repeat(80));
    for json in [
        format!("\"{token}\""),
        format!("{{\"status\":\"{token}\"}}"),
        format!("{{\"spec\":\"{token}\"}}"),
        format!("{{\"metadata\":\"{token}\"}}"),
        format!("{{\"kind\":\"{token}\"}}"),
        format!("{{\"apiVersion\":\"{token}\"}}"),
    ] {
        let request = serde_json::from_str::<TokenRequest>(&json).unwrap_err().to_string();
        let review = serde_json::from_str::<TokenReview>(&json).unwrap_err().to_string();
        assert!(!request.contains("aaaa") && !review.contains("aaaa"), "{request} {review}");
    }
}
