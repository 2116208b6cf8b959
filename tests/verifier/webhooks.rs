//! Tokens of Kubernetes 1.37: bound to webhook configurations, with attestations, or bound to unknown kinds.

use boundtoken::{
    Confirmed, ObjectKind, ObjectReference, ObjectState, Reason, TrustedIssuer, VerifiedToken, Verifier,
};
use serde_json::json;

use crate::{MINT, verdict, verify};
use boundtoken_testing::mint::{self, AUDIENCE, ISSUER, claims_with};

/// A token with this text as the members of the claim `kubernetes.io`.
fn token(members: &str) -> String {
    let claims = claims_with(&json!({"kubernetes.io": {"pod": null, "node": null}})).to_string();
    let claims = claims.replacen(r#""kubernetes.io":{"#, &format!(r#""kubernetes.io":{{{members},"#), 1);
    MINT.sign(MINT.header(), claims)
}

fn judged(members: &str) -> Result<VerifiedToken, Reason> {
    verify(&MINT.verifier(), token(members))
}

const VALIDATING: &str = r#""validatingwebhookconfiguration":{"name":"checks","uid":"v"}"#;
const MUTATING: &str = r#""mutatingwebhookconfiguration":{"name":"changes","uid":"m"}"#;

#[test]
fn a_token_bound_to_a_webhook_configuration_must_attest_an_api_group() {
    for (attestations, expected) in [
        (r#"{"admissionReviewAPIGroups":["apps"]}"#, Ok(())),
        (r#"{"x":["y"],"admissionReviewAPIGroups":["apps"]}"#, Ok(())),
        (r#"{"admissionReviewAPIGroups":["apps","batch"]}"#, Ok(())),
        (r#"{"admissionReviewAPIGroups":["*"]}"#, Ok(())),
        (r#"{"admissionReviewAPIGroups":[""]}"#, Ok(())),
        (r#"{"admissionReviewAPIGroups":[null]}"#, Ok(())),
        (r#"{"admissionReviewAPIGroups":[]}"#, Err(Reason::AttestationMissing)),
        (r#"{"admissionReviewAPIGroups":null}"#, Err(Reason::AttestationMissing)),
        (r#"{"admissionreviewapigroups":["apps"]}"#, Err(Reason::AttestationMissing)),
        (r#"{"x":["apps"]}"#, Err(Reason::AttestationMissing)),
        ("{}", Err(Reason::AttestationMissing)),
        ("null", Err(Reason::AttestationMissing)),
    ] {
        for binding in [VALIDATING, MUTATING] {
            let members = format!(r#"{binding},"attestations":{attestations}"#);
            assert_eq!(judged(&members).map(drop), expected, "{members}");
        }
        let unbound = format!(r#""attestations":{attestations}"#);
        assert_eq!(judged(&unbound).map(drop), Ok(()), "{unbound}");
    }
}

#[test]
fn types_are_checked_also_where_nothing_is_bound_to_a_webhook() {
    for wrong in [
        r#""attestations":"x""#,
        r#""attestations":["x"]"#,
        r#""attestations":5"#,
        r#""attestations":{"x":"y"}"#,
        r#""attestations":{"x":{}}"#,
        r#""attestations":{"x":[5]}"#,
        r#""attestations":{"x":[["y"]]}"#,
        r#""attestations":{"x":true}"#,
        r#""validatingwebhookconfiguration":"x""#,
        r#""validatingwebhookconfiguration":[]"#,
        r#""mutatingwebhookconfiguration":{"name":5}"#,
        r#""mutatingwebhookconfiguration":{"uid":[]}"#,
    ] {
        assert_eq!(judged(wrong).map(drop), Err(Reason::ClaimsWrongType), "{wrong}");
    }
    for twice in [
        r#""attestations":{"x":[],"x":[]}"#,
        r#""attestations":{"x":[],"\u0078":[]}"#,
        r#""attestations":{},"attestations":{}"#,
    ] {
        assert_eq!(judged(twice).map(drop), Err(Reason::ClaimsDuplicateMember), "{twice}");
    }
    for absent in [
        r#""validatingwebhookconfiguration":null"#,
        r#""mutatingwebhookconfiguration":null,"attestations":null"#,
    ] {
        assert_eq!(
            judged(absent).map(|verified| verified.claims().bound_objects().count()),
            Ok(1),
            "{absent}"
        );
    }
}

#[test]
fn a_reference_to_a_webhook_configuration_is_complete_or_refused() {
    let attested = r#""attestations":{"admissionReviewAPIGroups":["apps"]}"#;
    for kind in ["validatingwebhookconfiguration", "mutatingwebhookconfiguration"] {
        for reference in [
            r#"{}"#,
            r#"{"name":"x"}"#,
            r#"{"uid":"x"}"#,
            r#"{"name":"","uid":"x"}"#,
            r#"{"name":"a/b","uid":"x"}"#,
            r#"{"name":"A","uid":"x"}"#,
            r#"{"name":"x","uid":""}"#,
            r#"{"name":null,"uid":"x"}"#,
        ] {
            let members = format!(r#""{kind}":{reference},{attested}"#);
            assert_eq!(judged(&members).map(drop), Err(Reason::ReferenceInvalid), "{members}");
        }
    }
}

#[test]
fn a_binding_to_a_kind_that_is_not_known_is_refused_and_other_members_are_not_read() {
    for binding in [
        r#""apiservice":{"name":"x","uid":"y"}"#,
        r#""apiservice":{"name":"x"}"#,
        r#""apiservice":{"uid":"y"}"#,
        r#""apiservice":{"name":"","uid":""}"#,
        r#""apiservice":{"name":5,"uid":"y"}"#,
        r#""apiservice":{"a":[{}],"name":"x","z":1}"#,
        r#""apiservice":{"n\u0061me":"x"}"#,
        r#""Pod":{"name":"x","uid":"y"}"#,
        r#""":{"name":"x"}"#,
    ] {
        assert_eq!(judged(binding).map(drop), Err(Reason::BindingUnknown), "{binding}");
    }
    for other in [
        r#""apiservice":null"#,
        r#""apiservice":{}"#,
        r#""apiservice":"name""#,
        r#""apiservice":5"#,
        r#""apiservice":["name","uid"]"#,
        r#""apiservice":[{"name":"x","uid":"y"}]"#,
        r#""apiservice":{"name":null,"uid":5}"#,
        r#""apiservice":{"Name":"x","UID":"y"}"#,
        r#""apiservice":{"ref":{"name":"x","uid":"y"}}"#,
    ] {
        assert_eq!(judged(other).map(drop), Ok(()), "{other}");
    }
    // Mistakes inside are still found.
    for (wrong, reason) in [
        (r#""x":{"name":"x","name":"y"}"#, Reason::ClaimsDuplicateMember),
        (r#""x":{"a":{"b":1,"b":1}}"#, Reason::ClaimsDuplicateMember),
        (r#""x":{"name":"x",}"#, Reason::ClaimsMalformed),
    ] {
        assert_eq!(judged(wrong).map(drop), Err(reason), "{wrong}");
    }
}

#[test]
fn the_refusal_names_the_unknown_binding_and_a_hostile_name_cannot_forge_a_log_line() {
    let refusal = |members: &str| {
        let verifier = MINT.verifier();
        let token = token(members);
        verifier.verify_at(token.as_bytes(), boundtoken::UnixSeconds(mint::NOW)).unwrap_err().to_string()
    };
    let shown = refusal(r#""apiservice":{"name":"x"},"lease":{"name":"x"}"#);
    assert!(shown.contains(r#"("apiservice")"#), "the first of them: {shown}");
    let shown = refusal(&format!(r#""a\nb{}":{{"name":"x"}}"#, "x".repeat(1_000)));
    assert!(!shown.contains('\n') && shown.len() < 400, "{shown}");
}

#[test]
fn everything_else_is_wrong_before_a_binding_is_unknown() {
    let unknown = json!({"kubernetes.io": {"apiservice": {"name": "x"}}});
    for (patch, reason) in [
        (json!({"aud": "other"}), Reason::AudienceMismatch),
        (json!({"exp": 1}), Reason::Expired),
        (json!({"sub": "x"}), Reason::SubjectMismatch),
        (json!({"kubernetes.io": {"pod": {"name": "a/b"}}}), Reason::ReferenceInvalid),
    ] {
        let token = MINT.token(&claims_with(&mint::merged(&unknown, &patch)));
        assert_eq!(verdict(&MINT.verifier(), token), Err(reason), "{patch}");
    }
}

#[test]
fn the_attestation_is_judged_between_nodes_and_webhook_configurations() {
    let members = format!(r#"{VALIDATING},"node":{{"name":"node-1","uid":"n"}}"#);
    let token = token(&members);
    let verdict_without = |absent: &[ObjectKind]| {
        let absent = absent.to_vec();
        let objects = move |reference: &ObjectReference<'_>| match reference.kind {
            kind if absent.contains(&kind) => ObjectState::Absent,
            ObjectKind::Node => ObjectState::Present { uid: "n".into(), deletion_timestamp: None },
            ObjectKind::ServiceAccount => {
                ObjectState::Present { uid: mint::ACCOUNT_UID.into(), deletion_timestamp: None }
            }
            _ => ObjectState::Present { uid: "v".into(), deletion_timestamp: None },
        };
        let issuer = TrustedIssuer::new(ISSUER, MINT.keys()).bound_objects(objects);
        verdict(&Verifier::builder().issuer(issuer).audience(AUDIENCE).build().unwrap(), &token)
    };
    assert_eq!(verdict_without(&[ObjectKind::Node]), Err(Reason::NodeNotFound));
    assert_eq!(verdict_without(&[]), Err(Reason::AttestationMissing));
    let webhook = ObjectKind::ValidatingWebhookConfiguration;
    assert_eq!(verdict_without(&[webhook]), Err(Reason::AttestationMissing));
}

#[test]
fn the_claims_and_the_user_say_what_is_attested() {
    let verified = judged(&format!(
        r#"{VALIDATING},{MUTATING},"attestations":{{"admissionReviewAPIGroups":["apps","b\u0061tch",null],"x":["y"],"z":[]}}"#
    ))
    .unwrap();
    let claims = verified.claims();
    assert_eq!(verified.confirmed(), Confirmed::NotChecked);
    let attested: Vec<(&str, Vec<&str>)> = claims
        .attestations()
        .map(|attestation| (attestation.name(), attestation.values().collect()))
        .collect();
    let groups = vec!["apps", "batch", ""];
    assert_eq!(attested, [("admissionReviewAPIGroups", groups.clone()), ("x", vec!["y"]), ("z", vec![])]);
    assert_eq!(claims.attested_api_groups().collect::<Vec<_>>(), groups);
    assert_eq!(
        claims.validating_webhook_configuration().unwrap().reference.to_string(),
        "ValidatingWebhookConfiguration checks"
    );
    assert_eq!(claims.mutating_webhook_configuration().unwrap().uid, "m");
    assert_eq!(
        serde_json::to_value(verified.user_info().extra).unwrap(),
        json!({
            "attestation.authentication.kubernetes.io/admissionReviewAPIGroups": ["apps", "batch", ""],
            "authentication.kubernetes.io/credential-id": ["JTI=d40b199b-46cc-4389-93e8-d3ca3f9f4a66"],
            "authentication.kubernetes.io/mutatingwebhookconfiguration-name": ["changes"],
            "authentication.kubernetes.io/mutatingwebhookconfiguration-uid": ["m"],
            "authentication.kubernetes.io/validatingwebhookconfiguration-name": ["checks"],
            "authentication.kubernetes.io/validatingwebhookconfiguration-uid": ["v"],
        })
    );
    let json = serde_json::to_value(&verified).unwrap();
    let bound = json["boundObjects"].as_array().unwrap();
    assert_eq!(bound[1], json!({"kind": "ValidatingWebhookConfiguration", "name": "checks", "uid": "v"}));

    // Without a webhook configuration, nothing vouches for the attestation.
    let unbound = judged(r#""attestations":{"admissionReviewAPIGroups":["apps"]}"#).unwrap();
    assert_eq!(unbound.claims().attested_api_groups().collect::<Vec<_>>(), ["apps"]);
    let keys: Vec<String> = unbound.user_info().extra.into_keys().collect();
    assert_eq!(keys, ["authentication.kubernetes.io/credential-id"]);
}
