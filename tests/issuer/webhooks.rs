//! Tokens that are bound to webhook configurations (KEP-6060).

use std::collections::BTreeMap;

use boundtoken::{ObjectKind, ObjectReference, ObjectState, Verifier};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::*;

const GROUP: &str = "admissionregistration.k8s.io/v1";
const VALIDATING: &str = "ValidatingWebhookConfiguration";
const MUTATING: &str = "MutatingWebhookConfiguration";
const HOOK: &str = "https://hook.example.com/a";

fn to_webhook(kind: &str, name: &str, audience: &str, group: &str) -> TokenRequest {
    let mut request = request(&[audience], None, Some((kind, name)));
    request.spec.bound_object_ref.as_mut().unwrap().api_version = GROUP.to_owned();
    request.spec.attestations = attesting(&[("admissionReviewAPIGroups", &[group])]);
    request
}

fn attesting(attestations: &[(&str, &[&str])]) -> Option<BTreeMap<String, Vec<String>>> {
    let owned = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect();
    Some(attestations.iter().map(|(name, values)| ((*name).to_owned(), owned(values))).collect())
}

#[test]
fn the_claims_name_the_configuration_and_the_api_group_and_live_ten_minutes() {
    for (kind, claim, uid, audience, group) in [
        (VALIDATING, "validatingwebhookconfiguration", "uid-policy", HOOK, "apps"),
        (VALIDATING, "validatingwebhookconfiguration", "uid-policy", "https://hook.demo.svc:443/b", "policy"),
        // For all groups, with any audience.
        (VALIDATING, "validatingwebhookconfiguration", "uid-policy", "https://elsewhere", "*"),
        (MUTATING, "mutatingwebhookconfiguration", "uid-mutating", "https://hook.example.com/m", "apps"),
    ] {
        for seconds in [None, Some(600), Some(86_400)] {
            let mut request = to_webhook(kind, "policy", audience, group);
            request.spec.expiration_seconds = seconds;
            let issued = issue(&issuer(), request).unwrap();
            let claims = claims(&issued);
            let expected = json!({
                "attestations": {"admissionReviewAPIGroups": [group]},
                claim: {"name": "policy", "uid": uid},
                "namespace": "demo",
                "serviceaccount": {"name": "app", "uid": "uid-app"},
            });
            assert_eq!((&claims["kubernetes.io"], &claims["exp"]), (&expected, &(NOW.0 + 600).into()));
            assert_eq!(issued.response.spec.expiration_seconds, Some(600));
            assert_eq!(issued.warnings, [""; 0]);
        }
    }
}

#[test]
fn a_request_must_have_one_audience_and_attest_one_api_group() {
    let invalid = |value: &str, why: &str| format!("Invalid value: {value}: {why}");
    let (attestations, groups) = ("spec.attestations", "spec.attestations[admissionReviewAPIGroups]");
    let exactly_one = "webhook bound requests require exactly one admissionReviewAPIGroups attestation";
    for (given, field, message) in [
        (None, attestations, invalid("null", exactly_one)),
        (attesting(&[]), attestations, invalid("{}", exactly_one)),
        (
            attesting(&[("z", &["<"]), ("admissionReviewAPIGroups", &["apps"])]),
            attestations,
            invalid(r#"{"admissionReviewAPIGroups":["apps"],"z":["\u003c"]}"#, exactly_one),
        ),
        (
            attesting(&[("x", &["apps"])]),
            "spec.attestations[x]",
            r#"Unsupported value: "x": supported values: "admissionReviewAPIGroups""#.to_owned(),
        ),
        (
            attesting(&[("admissionReviewAPIGroups", &[])]),
            groups,
            invalid("[]", "must specify a single value"),
        ),
        (
            attesting(&[("admissionReviewAPIGroups", &["a", "b"])]),
            groups,
            invalid(r#"["a","b"]"#, "must specify a single value"),
        ),
        (
            attesting(&[("admissionReviewAPIGroups", &[""])]),
            "spec.attestations[admissionReviewAPIGroups][0]",
            invalid("\"\"", "may not be an empty string"),
        ),
    ] {
        let mut request = to_webhook(VALIDATING, "policy", HOOK, "apps");
        request.spec.attestations = given;
        let refusal = issue(&issuer(), request).unwrap_err();
        let causes = &refusal.details.as_ref().unwrap().causes;
        assert_eq!((refusal.code, &*causes[0].field, &*causes[0].message), (422, field, &*message));
        assert_eq!(causes.len(), 1);
    }
    let bad = to_webhook(VALIDATING, "policy", HOOK, "Apps!");
    let (_, _, message) = refused(issue(&issuer(), bad));
    let beginning = "TokenRequest.authentication.k8s.io \"\" is invalid: \
        spec.attestations[admissionReviewAPIGroups][0]: Invalid value: \"Apps!\": must specify a valid API Group: a lowercase RFC \
        1123 subdomain must consist of lower case";
    assert!(message.starts_with(beginning), "{message}");
}

#[test]
fn all_that_is_wrong_with_a_request_is_said_at_once() {
    let mut request = to_webhook(VALIDATING, "nope", HOOK, "apps");
    request.spec.audiences.clear();
    request.spec.expiration_seconds = Some(1);
    request.spec.attestations = None;
    let (code, _, message) = refused(issue(&issuer(), request.clone()));
    assert_eq!(code, 422);
    assert_eq!(
        message,
        "TokenRequest.authentication.k8s.io \"\" is invalid: [spec.expirationSeconds: Invalid value: 1: may not specify a \
         duration less than 10 minutes, spec.audiences: Invalid value: [\"https://issuer.example.com\",\"api\"]: must be \
         length 1 when bound to a webhook config, spec.attestations: Invalid value: null: webhook bound requests require \
         exactly one admissionReviewAPIGroups attestation]"
    );
    // If the token is not bound to a webhook, only the attestation is reported.
    for api_version in ["v1", "admissionregistration.k8s.io/v1beta1"] {
        request.spec.bound_object_ref.as_mut().unwrap().api_version = api_version.to_owned();
        request.spec.attestations = attesting(&[("x", &[])]);
        let (_, _, message) = refused(issue(&issuer(), request.clone()));
        assert_eq!(
            message,
            "TokenRequest.authentication.k8s.io \"\" is invalid: spec.attestations: Invalid value: {\"x\":[]}: attestations may \
             only be specified with a webhook bound object reference"
        );
    }
    request.spec.expiration_seconds = None;
    request.spec.attestations = None;
    let (code, _, message) = refused(issue(&issuer(), request));
    assert_eq!(code, 400);
    assert_eq!(
        message,
        "cannot bind token to object of type admissionregistration.k8s.io/v1beta1, Kind=ValidatingWebhookConfiguration"
    );
}

#[test]
fn checks_come_in_the_servers_order() {
    let off = builder().api_audience("api").webhook_tokens(false).build().unwrap();
    assert!(!off.has_webhook_tokens() && issuer().has_webhook_tokens());
    let strict = builder()
        .api_audience("api")
        .may_attest(|account, group| (account.name, group) == ("app", "batch") || group == "*")
        .build()
        .unwrap();
    let denied = "serviceaccounts/token \"app\" is forbidden: token request denied";
    for (issuer, audience, group, name, uid, expected) in [
        (
            &off,
            "api",
            "apps",
            "nope",
            "x",
            (
                400,
                "cannot bind token to object of type admissionregistration.k8s.io/v1, Kind=ValidatingWebhookConfiguration \
                 (feature gate APIServerWebhookAuthenticationToken is disabled)",
            ),
        ),
        (
            &strict,
            "api",
            "apps",
            "nope",
            "x",
            (400, "api server audiences are invalid for webhook token requests"),
        ),
        (
            &strict,
            HOOK,
            "apps",
            "nope",
            "x",
            (
                403,
                "admissionReviewAPIGroups.authentication.k8s.io \"apps\" is forbidden: User \"system:serviceaccount:demo:app\" \
                 cannot attest resource \"admissionReviewAPIGroups\" in API group \"authentication.k8s.io\" at the cluster scope",
            ),
        ),
        (&strict, HOOK, "batch", "nope", "x", (403, denied)),
        (&strict, HOOK, "*", "", "x", (403, denied)),
        (&strict, HOOK, "*", "a/b", "x", (403, denied)),
        (&strict, HOOK, "*", "ending", "x", (403, denied)),
        (&strict, HOOK, "batch", "policy", "x", (403, denied)),
        (
            &strict,
            "https://hook.demo.svc:443/b",
            "batch",
            "policy",
            "x",
            (
                409,
                "Operation cannot be fulfilled on ValidatingWebhookConfiguration.admissionregistration.k8s.io \"policy\": the UID in \
                 the bound object reference (x) does not match the UID in record. The object might have been deleted and then \
                 recreated",
            ),
        ),
    ] {
        let mut request = to_webhook(VALIDATING, name, audience, group);
        request.spec.bound_object_ref.as_mut().unwrap().uid = uid.to_owned();
        let (code, _, message) = refused(issue(issuer, request));
        assert_eq!((code, &*message), expected);
    }
}

#[test]
fn a_configuration_gets_no_token_from_the_second_of_its_deletion() {
    let before = UnixSeconds(NOW.0 - 1);
    for (now, good) in [(before, true), (NOW, false)] {
        let request = to_webhook(VALIDATING, "ending", HOOK, "apps");
        assert_eq!(issuer().issue_at("demo", "app", request, now).is_ok(), good);
    }
}

#[test]
fn a_source_that_does_not_know_the_webhooks_is_an_internal_error() {
    let bare = to_webhook(VALIDATING, "bare", HOOK, "apps");
    let (code, _, message) = refused(issue(&issuer(), bare));
    assert_eq!(
        (code, &*message),
        (500, "Internal error occurred: the webhooks of ValidatingWebhookConfiguration bare are not known")
    );
    let accounts_only = |reference: &ObjectReference<'_>| match reference.kind {
        ObjectKind::ServiceAccount => ObjectState::Present { uid: "1".into(), deletion_timestamp: None },
        _ => ObjectState::Unavailable,
    };
    let issuer = builder().bound_objects(States(accounts_only)).build().unwrap();
    let (code, _, message) = refused(issue(&issuer, to_webhook(VALIDATING, "policy", HOOK, "apps")));
    assert_eq!(code, 500);
    assert!(message.ends_with("ValidatingWebhookConfiguration policy cannot be looked up at the moment"));
}

proptest! {
    #[test]
    fn what_is_issued_is_accepted_and_attests_what_was_asked_for(
        kind in select(vec![VALIDATING, MUTATING, "Pod"]),
        name in select(vec!["policy", "ending", "bare", "app-0", "nope"]),
        audience in select(vec![HOOK, "https://hook.example.com/m", "https://hook.demo.svc:443/b", "api"]),
        group in prop_oneof![select(vec!["apps", "*", "", "Apps", "a..b"]).prop_map(str::to_owned), "\\PC{1,5}"],
        seconds in 500..4_000_i64,
    ) {
        let mut request = to_webhook(kind, name, audience, &group);
        request.spec.expiration_seconds = Some(seconds);
        let issuer = issuer();
        let Ok(issued) = issue(&issuer, request) else { return Ok(()) };
        prop_assert_ne!((audience, kind), ("api", "Pod"));
        let verifier = Verifier::builder().issuer(issuer.trusted()).audience(audience).build().unwrap();
        let verified = verifier.verify_at(issued.token().as_bytes(), NOW).unwrap();
        prop_assert_eq!(verified.claims().attested_api_groups().collect::<Vec<_>>(), [group.as_str()]);
        prop_assert_eq!(claims(&issued)["exp"].as_u64(), Some(NOW.0 + 600));
    }
}
