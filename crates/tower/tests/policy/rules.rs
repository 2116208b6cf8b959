//! What each rule allows, and what it does not.

use std::collections::BTreeMap;

use boundtoken::{Confirmed, KeySet, ObjectStore};
use boundtoken_tower::{Policy, SharedPolicy};

use super::*;

/// Checks whom a policy allows.
#[track_caller]
fn assert_allows(policy: &Policy, allowed: &[VerifiedToken], refused: &[VerifiedToken]) {
    for (callers, expected) in [(allowed, true), (refused, false)] {
        for caller in callers {
            assert_eq!(policy.allows(caller), expected, "{policy:?} {caller:?}");
            assert_eq!((!policy.clone()).allows(caller), !expected, "!{policy:?} {caller:?}");
        }
    }
}

fn app() -> VerifiedToken {
    caller(&json!({}))
}

#[test]
fn everyone_and_nobody() {
    assert_allows(&Policy::everyone(), &[app()], &[]);
    assert_allows(&Policy::nobody(), &[], &[app()]);
}

#[test]
fn a_namespace_and_a_service_account_are_matched_whole() {
    let others = [account("demo2", "app"), account("dem", "app"), account("app", "demo")];
    assert_allows(&Policy::namespace("demo"), &[app(), account("demo", "other")], &others);
    assert_allows(&Policy::namespace(""), &[], &[app()]);

    let others = [account("demo", "app2"), account("demo2", "app"), account("app", "demo")];
    assert_allows(&Policy::service_account("demo", "app"), &[app()], &others);
    // The colon of a subject joins nothing else to the same text.
    assert_allows(&Policy::service_account("demo:a", "pp"), &[], &[app()]);
}

#[test]
fn an_audience_counts_only_if_the_verifier_accepts_it() {
    let both = caller(&json!({"aud": ["other", "vault"]}));
    assert_allows(&Policy::audience("vault"), &[app(), both.clone()], &[caller(&json!({"aud": ["other"]}))]);
    assert_allows(&Policy::audience("other"), &[both], &[app()]);
    // The token names it, and nobody accepts it.
    assert!(app().claims().audiences().any(|audience| audience == "api"));
    assert_allows(&Policy::audience("api"), &[], &[app()]);
}

#[test]
fn a_node_counts_as_that_of_the_token_and_as_that_of_its_pod() {
    let of_node = caller(&json!({"kubernetes.io": {"pod": null}}));
    let without = caller(&json!({"kubernetes.io": {"node": null}}));
    let elsewhere = caller(&json!({"kubernetes.io": {"node": {"name": "node-2"}}}));
    assert_allows(&Policy::node("node-1"), &[app(), of_node], &[without, elsewhere]);
}

#[test]
fn an_issuer_is_known_by_its_label() {
    assert_allows(&Policy::issuer("blue"), &[app()], &[]);
    assert_allows(&Policy::issuer(ISSUER), &[], &[app()]);
    let unlabelled =
        MINT.verifier().verify_at(MINT.token(&claims_with(&json!({}))).as_bytes(), UnixSeconds(NOW));
    assert_allows(&Policy::issuer(ISSUER), &[unlabelled.unwrap()], &[]);
}

#[test]
fn an_attested_star_stands_for_all_api_groups() {
    let attesting = |groups: &[&str]| {
        caller(&json!({"kubernetes.io": {
            "pod": null, "node": null, "attestations": {"admissionReviewAPIGroups": groups},
            "validatingwebhookconfiguration": {"name": "v", "uid": mint::VALIDATING_UID},
        }}))
    };
    let (apps, batch, star) = (attesting(&["apps"]), attesting(&["batch"]), attesting(&["*"]));
    let both = attesting(&["batch", "apps"]);
    assert_allows(&Policy::api_group("apps"), &[apps.clone(), star.clone(), both], &[batch, app()]);
    // The star of a policy is no wildcard.
    assert_allows(&Policy::api_group("*"), &[star], &[apps, app()]);
}

#[test]
fn only_the_answer_live_is_confirmed_live() {
    let folder = boundtoken_testing::folder("apiserver-1.37-rs256");
    let now = UnixSeconds(1_796_004_700);
    let keys = KeySet::from_jwks(folder.jwks.as_bytes()).unwrap();
    let issuer = TrustedIssuer::new(folder.issuers[0].as_str(), keys);
    let objects = ObjectStore::from_json(folder.objects[0].as_bytes()).unwrap();
    let judged: BTreeMap<&str, VerifiedToken> =
        [("live", issuer.clone().bound_objects(objects)), ("not checked", issuer)]
            .into_iter()
            .map(|(name, issuer)| {
                let verifier = Verifier::builder().issuer(issuer).audience("vault").build().unwrap();
                (name, verifier.verify_at(folder.tokens["pod-live"].as_bytes(), now).unwrap())
            })
            .collect();
    assert_eq!(judged["live"].confirmed(), Confirmed::Live);
    assert_allows(&Policy::confirmed_live(), &[judged["live"].clone()], &[judged["not checked"].clone()]);
}

#[test]
fn any_takes_one_and_all_takes_each() {
    let (namespace, node) = (|| Policy::namespace("demo"), || Policy::node("node-1"));
    let other_node = || caller(&json!({"kubernetes.io": {"node": {"name": "node-2"}}}));
    let other_namespace = || account("demo2", "app");
    let neither = || {
        caller(&json!({
            "kubernetes.io": {"namespace": "demo2", "node": null},
            "sub": "system:serviceaccount:demo2:app",
        }))
    };
    let any = Policy::any([namespace(), node()]);
    assert_allows(&any, &[app(), other_node(), other_namespace()], &[neither()]);
    let all = Policy::all([namespace(), node()]);
    assert_allows(&all, &[app()], &[other_node(), other_namespace(), neither()]);
}

#[test]
fn an_empty_list_allows_nobody() {
    assert_allows(&Policy::any([]), &[], &[app()]);
    assert_allows(&Policy::all([]), &[], &[app()]);
}

#[test]
fn a_predicate_sees_the_token() {
    let policy = Policy::when(|token| token.claims().pod().is_some_and(|pod| pod.reference.name == "live"));
    assert_allows(&policy, &[app()], &[caller(&json!({"kubernetes.io": {"pod": {"name": "other"}}}))]);
}

#[test]
fn a_policy_shows_its_rules() {
    let policy = Policy::any([
        Policy::service_account("demo", "app"),
        Policy::all([Policy::confirmed_live(), !Policy::node("node-1"), Policy::audience("vault")]),
        Policy::when(|_| true),
    ]);
    assert_eq!(
        format!("{:?}", SharedPolicy::from(policy)),
        r#"SharedPolicy(any([service_account("demo", "app"), all([confirmed_live, not(node("node-1")), audience("vault")]), when(..)]))"#
    );
}

#[test]
fn a_shared_policy_is_replaced_for_all_who_hold_it() {
    let shared = SharedPolicy::from(Policy::nobody());
    let held = shared.clone();
    let before = held.load();
    assert!(!held.allows(&app()));
    shared.replace(Policy::namespace("demo"));
    assert!(held.allows(&app()));
    assert!(!before.allows(&app()), "a loaded policy stays what it was");
}

#[test]
fn policies_are_shared_between_threads() {
    fn is_shared<T: Clone + Send + Sync + 'static>() {}
    is_shared::<Policy>();
    is_shared::<SharedPolicy>();
}
