//! When several things are wrong, the reason is the first in the API server's order.

use boundtoken::{ObjectKind, ObjectReference, ObjectState, Reason, TrustedIssuer, UnixSeconds, Verifier};
use serde_json::{Value, json};

use crate::{MINT, verdict, verdict_with};
use boundtoken_testing::mint::{self, AUDIENCE, ISSUER, NOW, claims_with, merged};

/// The objects that [`mint::claims`] names exist, and so does a secret.
fn verifier() -> Verifier {
    let objects = |reference: &ObjectReference<'_>| {
        let uid = match (reference.kind, reference.namespace, reference.name) {
            (ObjectKind::ServiceAccount, "demo", "app") => mint::ACCOUNT_UID,
            (ObjectKind::Secret, "demo", "certificate") => mint::SECRET_UID,
            (ObjectKind::Pod, "demo", "live") => mint::POD_UID,
            (ObjectKind::Node, "", "node-1") => mint::NODE_UID,
            _ => return ObjectState::Absent,
        };
        ObjectState::Present { uid: uid.into(), deletion_timestamp: None }
    };
    let issuer = TrustedIssuer::new(ISSUER, MINT.keys()).bound_objects(objects);
    Verifier::builder().issuer(issuer).audience(AUDIENCE).build().unwrap()
}

/// What can be wrong in the claims, in the order in which it is reported.
fn mistakes() -> Vec<(Reason, Value)> {
    let absent = json!({"name": "gone", "uid": "gone"});
    let claim = |name: &str| json!({"kubernetes.io": {name: absent}});
    vec![
        (Reason::ClaimsWrongType, json!({"jti": 5})),
        (Reason::IssuerMismatch, json!({"iss": "https://other.example.com"})),
        (Reason::AudienceMismatch, json!({"aud": ["other"]})),
        (Reason::NotYetValid, json!({"nbf": NOW + 1000})),
        (Reason::Expired, json!({"exp": NOW - 1000})),
        (Reason::IssuedInFuture, json!({"iat": NOW + 1000})),
        (Reason::SubjectMismatch, json!({"sub": "system:serviceaccount:demo:other"})),
        (Reason::ReferenceInvalid, json!({"kubernetes.io": {"secret": {"name": "a/b", "uid": "x"}}})),
        (
            Reason::ServiceAccountNotFound,
            json!({
                "kubernetes.io": {"serviceaccount": absent}, "sub": "system:serviceaccount:demo:gone"
            }),
        ),
        (Reason::SecretNotFound, claim("secret")),
        (Reason::PodNotFound, claim("pod")),
    ]
}

#[test]
fn the_first_mistake_in_the_order_of_the_api_server_is_reported() {
    let verifier = verifier();
    let mistakes = mistakes();
    for first in 0..mistakes.len() {
        // Later mistakes are made first. If two change the same member, the earlier one wins.
        let all = mistakes[first..].iter().rev().fold(json!({}), |all, (_, mistake)| merged(&all, mistake));
        let token = MINT.token(&claims_with(&all));
        assert_eq!(verdict(&verifier, &token), Err(mistakes[first].0), "{all}");
        let (signed, _) = token.rsplit_once('.').unwrap();
        let unsigned = format!("{signed}.{}", "A".repeat(86));
        assert_eq!(verdict(&verifier, unsigned), Err(Reason::SignatureInvalid), "{all}");
    }
    assert_eq!(verdict(&verifier, MINT.token(&claims_with(&json!({})))), Ok(()));
}

#[test]
fn a_secret_is_judged_before_a_node() {
    let verifier = verifier();
    let without_pod = |node: Value, secret: Value| {
        MINT.token(&claims_with(&json!({"kubernetes.io": {"pod": null, "node": node, "secret": secret}})))
    };
    let good_secret = json!({"name": "certificate", "uid": mint::SECRET_UID});
    let good_node = json!({"name": "node-1", "uid": mint::NODE_UID});
    let bad = json!({"name": "gone", "uid": "x"});
    for (node, secret, expected) in [
        (&bad, &bad, Err(Reason::SecretNotFound)),
        (&bad, &good_secret, Err(Reason::NodeNotFound)),
        (&good_node, &bad, Err(Reason::SecretNotFound)),
        (&good_node, &good_secret, Ok(())),
    ] {
        assert_eq!(verdict(&verifier, without_pod(node.clone(), secret.clone())), expected);
    }
}

#[test]
fn a_token_that_is_no_service_account_token_is_told_so() {
    for (patch, reason) in [
        (json!({"kubernetes.io": null}), Reason::KubernetesClaimMissing),
        (json!({"kubernetes.io": {"namespace": null}}), Reason::KubernetesClaimMissing),
        (json!({"kubernetes.io": {"namespace": ""}}), Reason::KubernetesClaimMissing),
        (json!({"kubernetes.io": {"serviceaccount": null}}), Reason::KubernetesClaimMissing),
        (json!({"sub": null}), Reason::SubjectMismatch),
        (json!({"sub": ""}), Reason::SubjectMismatch),
        (json!({"sub": "system:serviceaccount:demo"}), Reason::SubjectMismatch),
        (json!({"sub": "system:serviceaccount:demo:app:more"}), Reason::SubjectMismatch),
        (json!({"sub": "system:serviceaccount:other:app"}), Reason::SubjectMismatch),
        (json!({"sub": "system:ServiceAccount:demo:app"}), Reason::SubjectMismatch),
        (json!({"sub": "system:admin"}), Reason::SubjectMismatch),
    ] {
        assert_eq!(verdict_with(&patch), Err(reason), "{patch}");
    }
}

#[test]
fn references_have_names_that_kubernetes_could_have_given_and_uids() {
    let long = "a".repeat(253);
    for name in ["a", "a.b-c.0", "0", &long] {
        let patch = json!({"kubernetes.io": {"pod": {"name": name}}});
        assert_eq!(verdict_with(&patch), Ok(()), "{name}");
    }
    let too_long = "a".repeat(254);
    for name in [
        "", "A", "a_b", "a/b", "../a", "a%2fb", "a:b", "-a", "a-", ".", ".a", "a.", "a b", "ä", "a\0",
        &too_long,
    ] {
        for kind in ["serviceaccount", "secret", "pod", "node"] {
            let subject =
                format!("system:serviceaccount:demo:{}", if kind == "serviceaccount" { name } else { "app" });
            let patch = json!({"kubernetes.io": {kind: {"name": name, "uid": "x"}}, "sub": subject});
            assert_eq!(verdict_with(&patch), Err(Reason::ReferenceInvalid), "{patch}");
        }
        if !name.is_empty() {
            let subject = format!("system:serviceaccount:{name}:app");
            let patch = json!({"kubernetes.io": {"namespace": name}, "sub": subject});
            assert_eq!(verdict_with(&patch), Err(Reason::ReferenceInvalid), "{patch}");
        }
    }
    for kind in ["serviceaccount", "secret", "pod"] {
        for reference in
            [json!({"name": "app"}), json!({"name": "app", "uid": ""}), json!({"uid": "x"}), json!({})]
        {
            // Any object is a reference, even an empty one.
            let text = claims_with(&json!({"kubernetes.io": {kind: "PLACE"}})).to_string();
            let claims = text.replace("\"PLACE\"", &reference.to_string());
            let verdict = verdict(&MINT.verifier(), MINT.sign(MINT.header(), claims));
            assert_eq!(verdict, Err(Reason::ReferenceInvalid), "{kind} {reference}");
        }
    }
}

#[test]
fn a_node_needs_a_uid_only_where_it_decides() {
    let node = json!({"kubernetes.io": {"node": {"uid": ""}}});
    assert_eq!(verdict_with(&node), Ok(()), "beside a pod it may not have been registered yet");
    let alone = json!({"kubernetes.io": {"pod": null, "node": {"uid": ""}}});
    assert_eq!(verdict_with(&alone), Err(Reason::ReferenceInvalid));
}

#[test]
fn null_references_are_absent_ones() {
    let text = claims_with(&json!({"kubernetes.io": {"pod": 1, "node": 2, "secret": 3}})).to_string();
    let text = text.replace("\"pod\":1", "\"pod\":null").replace("\"node\":2", "\"node\":null");
    let text = text.replace("\"secret\":3", "\"secret\":null");
    let checked =
        MINT.verifier().check_at(MINT.sign(MINT.header(), text).as_bytes(), UnixSeconds(NOW)).unwrap();
    assert_eq!(checked.bound_objects().count(), 1, "the service account alone");
}
