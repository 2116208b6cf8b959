//! What a caller can read from an accepted token.

use boundtoken::{ObjectKind, ObjectReference, ObjectState, TrustedIssuer, UserInfo, Verifier};
use serde_json::{Value, json};

use crate::{MINT, verify};
use boundtoken_testing::mint::{self, AUDIENCE, ISSUER, NOW, claims_with};

fn user_of(patch: &Value) -> UserInfo {
    verify(&MINT.verifier(), MINT.token(&claims_with(patch))).expect("accepted").user_info()
}

#[test]
fn the_user_is_the_one_that_a_token_review_would_name() {
    let groups = json!(["system:serviceaccounts", "system:serviceaccounts:demo", "system:authenticated"]);
    let key = |name: &str| format!("authentication.kubernetes.io/{name}");
    let jti = "JTI=d40b199b-46cc-4389-93e8-d3ca3f9f4a66";
    for (patch, extra) in [
        (
            json!({}),
            json!({
                key("credential-id"): [jti],
                key("node-name"): ["node-1"], key("node-uid"): [mint::NODE_UID],
                key("pod-name"): ["live"], key("pod-uid"): [mint::POD_UID],
            }),
        ),
        (
            json!({"kubernetes.io": {"pod": null}}),
            json!({key("credential-id"): [jti], key("node-name"): ["node-1"], key("node-uid"): [mint::NODE_UID]}),
        ),
        (
            json!({"kubernetes.io": {"node": {"uid": null}}, "jti": null}),
            json!({key("node-name"): ["node-1"], key("pod-name"): ["live"], key("pod-uid"): [mint::POD_UID]}),
        ),
        (
            json!({"kubernetes.io": {"pod": null, "node": null, "secret": {"name": "s", "uid": "u"}}}),
            json!({key("credential-id"): [jti]}), // secrets are not shown
        ),
    ] {
        let expected = json!({
            "username": "system:serviceaccount:demo:app", "uid": mint::ACCOUNT_UID, "groups": groups, "extra": extra,
        });
        assert_eq!(serde_json::to_value(user_of(&patch)).unwrap(), expected, "{patch}");
    }
    let bare = user_of(&json!({"kubernetes.io": {"pod": null, "node": null}, "jti": ""}));
    assert!(bare.extra.is_empty());
    let text = serde_json::to_string(&bare).unwrap();
    assert!(!text.contains("extra"), "no member at all when nothing applies: {text}");
}

/// A verifier for which every object exists as the claims name it, or no object can be looked up.
fn verifier(available: bool) -> Verifier {
    let objects = move |reference: &ObjectReference<'_>| {
        if !available {
            return ObjectState::Unavailable;
        }
        let uid = match reference.kind {
            ObjectKind::ServiceAccount => mint::ACCOUNT_UID,
            ObjectKind::Pod => mint::POD_UID,
            _ => mint::NODE_UID,
        };
        ObjectState::Present { uid: uid.into(), deletion_timestamp: None }
    };
    let builder = Verifier::builder().issuer(TrustedIssuer::new(ISSUER, MINT.keys()).bound_objects(objects));
    builder
        .audience("api")
        .audience(AUDIENCE)
        .on_unavailable(boundtoken::OnUnavailable::Accept)
        .build()
        .unwrap()
}

#[test]
fn an_accepted_token_is_written_as_json_to_the_letter() {
    let claims = r#"{"aud":["vault","api"],"exp":1800003600,"extra":{"list":[1,-2.5,null,true,"ä\n"]},"iat":1800000000,"iss":"https://kubernetes.default.svc.cluster.local","kubernetes.io":{"namespace":"demo","node":{"name":"node-1","uid":"a463c21d-a851-4a26-a0d8-d14d13a269ea"},"serviceaccount":{"name":"app","uid":"31d77ff4-a560-4d3e-9466-d3c89e0b90d4"}},"sub":"system:serviceaccount:demo:app"}"#;
    assert_eq!(NOW, 1_800_000_000);
    let token = MINT.sign(MINT.header(), claims);
    let with = |confirmed: &str, audiences: &str| {
        [
            r#"{"user":{"username":"system:serviceaccount:demo:app","uid":"31d77ff4-a560-4d3e-9466-d3c89e0b90d4","#,
            r#""groups":["system:serviceaccounts","system:serviceaccounts:demo","system:authenticated"],"#,
            r#""extra":{"authentication.kubernetes.io/node-name":["node-1"],"#,
            r#""authentication.kubernetes.io/node-uid":["a463c21d-a851-4a26-a0d8-d14d13a269ea"]}},"#,
            r#""issuerLabel":"https://kubernetes.default.svc.cluster.local","#,
            &format!(r#""audiences":[{audiences}],"confirmed":"{confirmed}","boundObjects":["#),
            r#"{"kind":"ServiceAccount","namespace":"demo","name":"app","uid":"31d77ff4-a560-4d3e-9466-d3c89e0b90d4"},"#,
            r#"{"kind":"Node","name":"node-1","uid":"a463c21d-a851-4a26-a0d8-d14d13a269ea"}],"#,
            &format!(r#""claims":{claims}}}"#),
        ]
        .concat()
    };
    for (verifier, expected) in [
        (verifier(true), with("live", r#""api","vault""#)),
        (verifier(false), with("unavailable", r#""api","vault""#)),
        (MINT.verifier(), with("notChecked", r#""vault""#)),
    ] {
        let verified = verify(&verifier, &token).unwrap();
        assert_eq!(serde_json::to_string(&verified).unwrap(), expected);
        assert!(expected.contains(&format!(r#""confirmed":"{}""#, verified.confirmed().name())));
    }
}

#[test]
fn claims_are_given_as_they_were_signed_and_with_their_escapes_resolved() {
    let claims = claims_with(&json!({"jti": "x"}))
        .to_string()
        .replace(r#""jti":"x""#, r#""jti":"\u00e4\"\ud83d\ude00""#);
    let claims = format!(" {claims}\n");
    let verified = verify(&MINT.verifier(), MINT.sign(MINT.header(), &claims)).unwrap();
    let read = verified.claims();
    assert_eq!(read.payload(), claims);
    assert_eq!(read.jti(), Some("ä\"😀"));
    assert_eq!(read.subject(), "system:serviceaccount:demo:app");
    assert_eq!(read.service_account().uid, mint::ACCOUNT_UID);
    assert_eq!(read.pod().unwrap().reference.to_string(), "Pod demo/live");
    assert_eq!(read.node().unwrap().reference.to_string(), "Node node-1");
    assert_eq!(read.secret(), None);
    let copy = verified.clone();
    assert_eq!(copy.claims().payload(), claims, "copies share the claims");
}
