//! Who passes, and who does not.

use boundtoken_testing::mint::MUTATING_UID;
use boundtoken_tower::{Policy, WebhookAddress};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};

use super::*;

#[tokio::test]
async fn the_api_server_passes_with_its_review_and_without_its_token() {
    let review = review("apps");
    let outcome = send(&layer(), sent(&token(&json!({})), &review)).await;
    assert_eq!((outcome.status(), &outcome.response.body()[..]), (StatusCode::OK, &b"reviewed"[..]));
    let caller = caller(&outcome).unwrap();
    assert_eq!(caller.matched_audiences().collect::<Vec<_>>(), [ADDRESS]);
    assert_eq!(caller.claims().attested_api_groups().collect::<Vec<_>>(), ["apps"]);
    let reached = outcome.reached.as_ref().unwrap();
    assert_eq!(reached.body(), review.to_string().as_bytes());
    assert!(!reached.headers().contains_key(AUTHORIZATION));
    assert!(reached.headers().contains_key("host"));
}

#[tokio::test]
async fn a_mutating_webhook_is_called_with_the_token_of_its_own_configuration() {
    let mutating = json!({"name": "policy", "uid": MUTATING_UID});
    let members = json!({"validatingwebhookconfiguration": null, "mutatingwebhookconfiguration": mutating});
    let token = token(&json!({"kubernetes.io": members}));
    assert_eq!(send(&layer(), sent(&token, &review("apps"))).await.status(), 200);
}

#[tokio::test]
async fn the_attested_group_is_that_of_the_reviewed_resource() {
    for (attested, reviewed, status) in [
        ("apps", "apps", 200),
        ("apps", "batch", 403),
        ("apps", "Apps", 403),
        ("apps", "apps.example.com", 403),
        ("apps", "", 403),
        ("apps", "*", 403),
        ("*", "apps", 200),
        ("*", "rbac.authorization.k8s.io", 200),
        ("*", "", 200),
    ] {
        let outcome = send(&layer(), sent(&token_for(attested), &review(reviewed))).await;
        assert_eq!(outcome.status(), status, "{attested:?} for {reviewed:?}");
        assert_eq!(outcome.reached.is_some(), status == 200, "{attested:?} for {reviewed:?}");
        if status == 403 {
            let challenge = &outcome.response.headers()[WWW_AUTHENTICATE];
            assert_eq!(challenge, r#"Bearer error="insufficient_scope""#);
            assert!(outcome.response.body().is_empty());
        }
    }
}

#[tokio::test]
async fn no_other_group_of_the_review_counts() {
    let mut review = review("batch");
    review["request"]["kind"]["group"] = json!("apps");
    review["request"]["requestResource"] =
        json!({"group": "apps", "version": "v1", "resource": "deployments"});
    review["request"]["requestKind"] = json!({"group": "apps", "version": "v1", "kind": "Deployment"});
    review["request"]["object"]["resource"] = json!({"group": "apps"});
    review["resource"] = json!({"group": "apps"});
    assert_eq!(send(&layer(), sent(&token_for("apps"), &review)).await.status(), 403);
    assert_eq!(send(&layer(), sent(&token_for("batch"), &review)).await.status(), 200);
}

#[tokio::test]
async fn who_has_no_good_token_for_this_webhook_is_refused() {
    let with = |patch: Value| Some(token(&patch));
    let bound_to = |name: &str, uid: &str| {
        with(json!({"kubernetes.io": {"validatingwebhookconfiguration": {"name": name, "uid": uid}}}))
    };
    let pod = json!({
        "validatingwebhookconfiguration": null,
        "attestations": null,
        "pod": {"name": "live", "uid": POD_UID},
    });
    let pod_that_attests = mint::merged(&pod, &json!({"attestations": {"admissionReviewAPIGroups": ["*"]}}));
    let now = UnixSeconds::now().0;
    for (what, token, status) in [
        ("no token", None, 401),
        ("no JWT", Some("x".to_owned()), 401),
        (
            "the address of another webhook",
            with(json!({"aud": ["https://policy.demo.svc:8443/mutate"]})),
            401,
        ),
        ("the audience of the verifier", with(json!({"aud": ["vault"]})), 401),
        ("the address by Host", with(json!({"aud": ["https://attacker.example.com/validate"]})), 401),
        ("the address without its port", with(json!({"aud": ["https://policy.demo.svc/validate"]})), 401),
        ("an expired token", with(json!({"exp": now - 100, "iat": now - 700, "nbf": now - 700})), 401),
        ("a deleted configuration", bound_to("gone", VALIDATING_UID), 401),
        ("a configuration made again", bound_to("policy", MUTATING_UID), 401),
        ("no attestation", with(json!({"kubernetes.io": {"attestations": null}})), 401),
        ("the token of a pod", with(json!({"kubernetes.io": pod})), 403),
        ("the token of a pod that attests", with(json!({"kubernetes.io": pod_that_attests})), 403),
    ] {
        let request = request(token.as_deref(), Full::<Bytes>::from(review("apps").to_string()));
        let outcome = send(&layer(), request).await;
        assert_eq!(outcome.status(), status, "{what}");
        assert!(outcome.reached.is_none() && outcome.response.body().is_empty(), "{what}");
        assert!(outcome.response.headers().contains_key(WWW_AUTHENTICATE), "{what}");
    }
}

#[tokio::test]
async fn each_webhook_of_a_verifier_accepts_only_its_own_tokens() {
    let validating = layer();
    let mutating = validating.clone().address(WebhookAddress::service("policy", "demo").path("/mutate"));
    let own = [ADDRESS, "https://policy.demo.svc:443/mutate"];
    for (layer, address) in [&validating, &mutating].into_iter().zip(own) {
        for audience in own {
            let token = token(&json!({"aud": [audience]}));
            // The second time the verifier remembers the token.
            for _ in 0..2 {
                let status = send(layer, sent(&token, &review("apps"))).await.status();
                assert_eq!(status == 200, audience == address, "{audience} at {address}: {status}");
            }
        }
    }
}

#[tokio::test]
async fn a_policy_says_which_api_server_may_call() {
    let token = token(&json!({}));
    for (policy, status) in [
        (Policy::service_account("demo", "app"), 200),
        (Policy::service_account("kube-system", "kube-apiserver"), 403),
    ] {
        let layer = layer().policy(policy);
        assert_eq!(send(&layer, sent(&token, &review("apps"))).await.status(), status);
    }
}

#[tokio::test]
async fn a_preflight_of_a_browser_does_not_pass() {
    let preflight = Request::options("/validate")
        .header("Origin", "https://example.com")
        .header("Access-Control-Request-Method", "POST")
        .body(Full::<Bytes>::from(review("apps").to_string()))
        .unwrap();
    let outcome = send(&layer(), preflight).await;
    assert_eq!(outcome.status(), 401);
    assert!(outcome.reached.is_none());
}
