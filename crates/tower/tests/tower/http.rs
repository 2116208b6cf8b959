//! What the layer answers, in process.

use std::time::Duration;

use boundtoken::{OnUnavailable, Reason, TrustedIssuer, UnixSeconds, Verifier};
use boundtoken_tower::{AuthLayer, Authenticator, Policy, Refusal, SharedPolicy, require};
use http::{HeaderName, Method, Request};
use tower::util::BoxCloneSyncService;
use tower::{Layer as _, ServiceExt as _};

use crate::setup::{Answer, Setup, answer, bearer, behind, headers, request};

const CALLER: &str = "system:serviceaccount:demo:app;";

#[tokio::test]
async fn a_good_token_passes_and_stays_outside() {
    let setup = Setup::new();
    let token = setup.pod("live");
    let service = behind(&setup.layer());
    let passed = answer(&service, bearer(&token)).await;
    assert_eq!((passed.status, passed.body.as_str()), (200, CALLER));
    let kept = answer(&behind(&setup.layer().keep_token()), bearer(&token)).await;
    assert_eq!(kept.body, format!("{CALLER} authorization"), "it is marked as sensitive");
}

#[tokio::test]
async fn a_bad_token_is_answered_with_a_challenge_and_no_body() {
    let setup = Setup::new();
    let service = behind(&setup.layer());
    setup.pod("gone");
    let of_gone = setup.token_at(Some("gone"), UnixSeconds::now());
    setup.delete_pod("gone");
    let expired = setup.token_at(None, UnixSeconds(UnixSeconds::now().0 - 7_200));
    for (token, reason) in [
        ("a.b", Reason::TokenPartCount),
        (of_gone.as_str(), Reason::PodNotFound),
        (&expired, Reason::Expired),
    ] {
        let challenge =
            format!(r#"Bearer error="invalid_token", error_description="{}""#, reason.description());
        let expected =
            Answer { status: 401, challenge: Some(challenge), retry_after: None, body: String::new() };
        assert_eq!(answer(&service, bearer(token)).await, expected);
    }
}

#[tokio::test]
async fn without_a_token_the_challenge_has_no_error_code() {
    let service = behind(&Setup::new().layer());
    for headers in [&[][..], &[("authorization", "Basic eDp5")], &[("authorization", "")]] {
        let refused = answer(&service, request(headers)).await;
        assert_eq!((refused.status, refused.challenge.as_deref()), (401, Some("Bearer")));
    }
}

#[tokio::test]
async fn a_header_that_two_readers_could_read_differently_is_a_bad_request() {
    let setup = Setup::new();
    let token = setup.pod("live");
    let bearer = format!("Bearer {token}");
    let service = behind(&setup.layer());
    for headers in [
        &[("authorization", bearer.as_str()), ("authorization", &bearer)][..],
        &[("authorization", "Basic eDp5"), ("authorization", &bearer)],
        &[("authorization", "Bearer")],
        &[("authorization", &format!("{bearer} {token}"))],
    ] {
        let refused = answer(&service, request(headers)).await;
        assert_eq!(refused.status, 400);
        let challenge = refused.challenge.unwrap();
        assert!(
            challenge.starts_with(r#"Bearer error="invalid_request", error_description=""#),
            "{challenge}"
        );
        assert!(!challenge.contains(&token));
    }
}

#[tokio::test]
async fn optional_tokens_may_be_missing_but_not_bad() {
    let setup = Setup::new();
    let service = behind(&setup.layer().optional());
    assert_eq!(answer(&service, request(&[])).await.body, "anonymous;");
    assert_eq!(answer(&service, bearer(&setup.pod("live"))).await.body, CALLER);
    assert_eq!(answer(&service, bearer("a.b.c")).await.status, 401);
    assert_eq!(answer(&service, request(&[("authorization", "Bearer")])).await.status, 400);
}

#[tokio::test]
async fn a_header_of_ones_choice_takes_the_place_of_authorization() {
    let setup = Setup::new();
    let token = setup.pod("live");
    let service = behind(&setup.layer().header(HeaderName::from_static("x-caller-token")));
    for value in [token.clone(), format!("Bearer {token}")] {
        let passed = answer(&service, request(&[("x-caller-token", &value)])).await;
        assert_eq!((passed.status, passed.body.as_str()), (200, CALLER));
    }
    assert_eq!(answer(&service, bearer(&token)).await.status, 401);
}

#[tokio::test]
async fn only_a_whole_preflight_passes_without_a_token() {
    let setup = Setup::new();
    let service = behind(&setup.layer());
    let preflight = [("origin", "https://example.com"), ("access-control-request-method", "PUT")];
    for (method, headers, status) in [
        (Method::OPTIONS, &preflight[..], 200),
        (Method::OPTIONS, &preflight[..1], 401),
        (Method::OPTIONS, &preflight[1..], 401),
        (Method::GET, &preflight[..], 401),
    ] {
        let mut request = request(headers);
        *request.method_mut() = method.clone();
        assert_eq!(answer(&service, request).await.status, status, "{method}");
    }
}

#[tokio::test]
async fn a_caller_that_the_policy_does_not_allow_is_forbidden_until_the_policy_changes() {
    let setup = Setup::new();
    let token = setup.pod("live");
    let policy = SharedPolicy::from(Policy::namespace("other"));
    let service = behind(&setup.layer().policy(policy.clone()));
    let forbidden = answer(&service, bearer(&token)).await;
    assert_eq!(forbidden.status, 403);
    assert_eq!(forbidden.challenge.as_deref(), Some(r#"Bearer error="insufficient_scope""#));
    policy.replace(Policy::namespace("demo"));
    assert_eq!(answer(&service, bearer(&token)).await.status, 200);
}

#[tokio::test]
async fn a_route_can_require_more_than_the_layer() {
    let setup = Setup::new();
    let token = setup.pod("live");
    for (policy, status) in [(Policy::service_account("demo", "app"), 200), (Policy::namespace("other"), 403)]
    {
        let inner = require(policy).layer(behind(&setup.layer().optional()));
        let service = BoxCloneSyncService::new(setup.layer().optional().layer(inner));
        assert_eq!(answer(&service, bearer(&token)).await.status, status);
        assert_eq!(answer(&service, request(&[])).await.status, 401, "no caller, no policy");
    }
}

#[tokio::test]
async fn what_nobody_can_decide_is_unavailable_and_may_be_tried_again() {
    let setup = Setup::new();
    let token = setup.pod("live");
    let unavailable = |_: &boundtoken::ObjectReference<'_>| boundtoken::ObjectState::Unavailable;
    for (on_unavailable, status) in [(OnUnavailable::Refuse, 503), (OnUnavailable::Accept, 200)] {
        let issuer =
            TrustedIssuer::new("https://issuer.example.com", setup.issuer.keys()).bound_objects(unavailable);
        let verifier = Verifier::builder().issuer(issuer).audience("vault").on_unavailable(on_unavailable);
        let service = behind(&AuthLayer::new(verifier.build().unwrap()));
        let answered = answer(&service, bearer(&token)).await;
        assert_eq!(answered.status, status);
        if status == 503 {
            assert_eq!((answered.challenge, answered.retry_after.as_deref()), (None, Some("1")));
        }
    }
}

#[tokio::test]
async fn the_answer_carries_the_refusal_for_layers_that_write_another_body() {
    let setup = Setup::new();
    let response = behind(&setup.layer()).oneshot(Request::new(String::new())).await.unwrap();
    assert_eq!(response.extensions().get::<Refusal>(), Some(&Refusal::Unauthenticated));
}

#[tokio::test]
async fn frameworks_without_tower_authenticate_in_the_same_way() {
    let setup = Setup::new();
    let token = setup.pod("live");
    let authenticator = Authenticator::new(setup.verifier.clone()).time_limit(Duration::from_secs(1));
    let of = |method: Method, pairs: Vec<(&'static str, String)>| {
        let authenticator = authenticator.clone();
        async move {
            let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
            authenticator.authenticate(&method, &headers(&pairs)).await
        }
    };
    let caller = of(Method::GET, vec![("authorization", format!("Bearer {token}"))]).await.unwrap().unwrap();
    assert_eq!(caller.claims().pod().map(|pod| pod.reference.name), Some("live"));
    assert!(!format!("{caller:?}").contains(&token));
    assert_eq!(of(Method::GET, Vec::new()).await.unwrap_err(), Refusal::Unauthenticated);
    let refused = of(Method::GET, vec![("authorization", "Bearer x".to_owned())]).await.unwrap_err();
    assert!(matches!(refused, Refusal::Rejected(rejection) if rejection.reason() == Reason::TokenPartCount));
}
