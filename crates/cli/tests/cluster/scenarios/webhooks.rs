//! Tokens that are bound to webhook configurations, like those that an API server of Kubernetes 1.37 sends to its webhooks.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use boundtoken::{Confirmed, Reason, UnixSeconds, Verifier};
use boundtoken_kubernetes::Cluster;
use serde_json::{Value, json};

use crate::harness::objects::Objects;
use crate::harness::program::{Run, boundtoken};
use crate::harness::proxy::Proxy;
use crate::harness::servers::{Servers, SigningKey};
use crate::harness::webhooks::{API_GROUP, Webhook};
use crate::harness::{WAIT_TIMEOUT, eventually, follower, online, start, until, verdict};

/// Starts servers that bind tokens to webhook configurations. None, with a loud note, if they are too old.
async fn start_with_webhooks(scenario: &str) -> Option<(Servers, Objects)> {
    let (servers, objects) = start(scenario).await?;
    if !servers.bind_tokens_to_webhooks() {
        return None;
    }
    objects.allow_attesting().await;
    Some((servers, objects))
}

fn verifier(cluster: &Cluster, webhook: Webhook) -> Arc<Verifier> {
    Arc::new(cluster.verifier_builder().audience(webhook.audience()).build().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhooks_token_lives_and_dies_with_its_configuration() {
    let Some((servers, objects)) = start_with_webhooks("tokens of webhooks").await else { return };
    let cluster = follower(&servers, servers.port).webhook_configurations(true).connect().await.unwrap();
    let without = follower(&servers, servers.port).connect().await.unwrap();
    for webhook in Webhook::BOTH {
        let (ours, theirs) = (verifier(&cluster, webhook), verifier(&without, webhook));
        objects.create_webhook(webhook, "policy", json!({})).await;
        let token = objects.webhook_token(webhook, "policy").await;
        until(&ours, &token, Ok(())).await;
        accepted_as_token_review_does(&ours, webhook, &token, &objects).await;

        let others = cluster.verifier_builder().audience("others").build().unwrap();
        assert_eq!(verdict(&others, &token), Err(Reason::AudienceMismatch));
        assert!(!objects.review(&token, "others").await.authenticated);

        // A follower without webhook configurations cannot know, and does not ask.
        assert_eq!(verdict(&theirs, &token), Err(Reason::BoundObjectNotFollowed));
        let refused = online(&without, &theirs).verify(token.as_bytes()).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::BoundObjectNotFollowed);

        objects.delete(&webhook.path("policy")).await;
        let delay = until(&ours, &token, Err(webhook.not_found())).await;
        let refused = online(&cluster, &ours).verify(token.as_bytes()).await.unwrap_err();
        assert_eq!(refused.reason(), webhook.not_found());
        println!("  {}: refused {:.2} ms after its deletion", webhook.kind(), delay.as_secs_f64() * 1e3);

        // Another configuration with the same name.
        objects.create_webhook(webhook, "policy", json!({})).await;
        let new = objects.webhook_token(webhook, "policy").await;
        until(&ours, &new, Ok(())).await;
        assert_eq!(verdict(&ours, &token), Err(webhook.uid_mismatch()));
        assert_eq!(verdict(&theirs, &token), Err(Reason::BoundObjectNotFollowed));
    }
    let asked = Webhook::BOTH.map(|webhook| servers.requests(&[&webhook.path("")]));
    assert_eq!(asked, [0; 2], "what is known to be gone, and what is not followed, is not asked for");
}

async fn accepted_as_token_review_does(
    verifier: &Verifier,
    webhook: Webhook,
    token: &str,
    objects: &Objects,
) {
    let verified = verifier.verify(token.as_bytes()).unwrap();
    assert_eq!(verified.confirmed(), Confirmed::Live);
    let claims = verified.claims();
    assert_eq!(claims.attested_api_groups().collect::<Vec<_>>(), [API_GROUP]);
    let bound = claims.bound_objects().last().unwrap();
    assert_eq!((bound.reference.kind, bound.reference.name), (webhook.kind(), "policy"));
    let review = objects.review(token, webhook.audience()).await;
    assert!(review.authenticated, "{webhook:?}: {review:?}");
    assert_eq!(verified.user_info(), review.user, "{webhook:?}");
    assert_eq!(verified.matched_audiences().collect::<Vec<_>>(), review.audiences, "{webhook:?}");
    println!("  {}: accepted with {:?}", webhook.kind(), verified.user_info().extra);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminating_configuration_counts_for_its_grace_and_no_longer() {
    let Some((servers, objects)) =
        start_with_webhooks("a webhook configuration that a finalizer holds").await
    else {
        return;
    };
    let cluster = follower(&servers, servers.port).webhook_configurations(true).connect().await.unwrap();
    for webhook in Webhook::BOTH {
        let verifier = verifier(&cluster, webhook);
        objects.create_webhook(webhook, "held", json!({"finalizers": ["example.com/hold"]})).await;
        let token = objects.webhook_token(webhook, "held").await;
        until(&verifier, &token, Ok(())).await;

        objects.delete(&webhook.path("held")).await;
        let deleted = UnixSeconds::now();
        let at = |seconds| {
            let verdict = verifier.verify_at(token.as_bytes(), UnixSeconds(deleted.0 + seconds));
            verdict.map(|_| ()).map_err(|rejection| rejection.reason())
        };
        // Once the follower knows the deletionTimestamp, the token is refused as of a later time.
        eventually("the end of the grace", || at(61) != Ok(())).await;
        assert_eq!(at(61), Err(webhook.deleted()));
        assert_eq!(at(0), Ok(()), "within the grace of a minute");
        assert!(objects.review(&token, webhook.audience()).await.authenticated);

        objects.patch(&webhook.path("held"), json!({"metadata": {"finalizers": null}})).await;
        until(&verifier, &token, Err(webhook.not_found())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_configurations_token_is_never_refused() {
    let Some((servers, objects)) = start_with_webhooks("tokens of new webhook configurations").await else {
        return;
    };
    // Through the slow line, the event about the configuration arrives later than its token.
    let slow = Proxy::start(servers.port, Duration::from_millis(30)).await;
    let cluster = follower(&servers, slow.port).webhook_configurations(true).connect().await.unwrap();
    let mut pending = 0;
    for webhook in Webhook::BOTH {
        let verifier = verifier(&cluster, webhook);
        for number in 0..20 {
            let name = format!("policy-{number}");
            objects.create_webhook(webhook, &name, json!({})).await;
            let token = objects.webhook_token(webhook, &name).await;
            match verdict(&verifier, &token) {
                Ok(()) => {}
                Err(Reason::BoundObjectPending) => pending += 1,
                Err(reason) => panic!("{webhook:?} {name}: {reason:?}"),
            }
            let verified = online(&cluster, &verifier).verify(token.as_bytes()).await;
            assert!(verified.is_ok(), "{webhook:?} {name}: {verified:?}");
        }
    }
    let asked: usize =
        Webhook::BOTH.iter().map(|webhook| servers.requests(&[&webhook.path("policy-")])).sum();
    println!("  40 configurations, 0 refused; {pending} pending, {asked} asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_agrees_with_token_review() {
    let Some((servers, objects)) = start_with_webhooks("the program, and tokens of webhooks").await else {
        return;
    };
    let program = Program { kubeconfig: servers.kubeconfig("admin", servers.port) };
    for webhook in Webhook::BOTH {
        objects.create_webhook(webhook, "policy", json!({})).await;
        let token = objects.webhook_token(webhook, "policy").await;
        let verdict = program.run(&["verify", "--cluster", "-o", "json"], webhook, &token);
        assert_eq!((verdict.status, &verdict.json()["verdict"]), (0, &json!("accepted")));
        let both = program.run(&["compare", "-o", "json"], webhook, &token);
        assert_eq!((both.status, &both.json()["same"]), (0, &json!(true)), "{}", both.stdout);
        assert_eq!(both.json()["boundtoken"]["verdict"], "accepted");

        for (flag, last) in [
            (&["--webhook-configurations"][..], json!("accepted")),
            (&[], json!("bound_object_not_followed")),
        ] {
            let lines = program.run(&[&["watch", "-o", "json"], flag].concat(), webhook, &token).stdout;
            let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            let is_followed =
                |line: &Value| line["event"] == "watch" && line["kind"] == webhook.kind().name();
            assert_eq!(lines.iter().any(is_followed), !flag.is_empty(), "{lines:?}");
            assert!(lines.last().unwrap().to_string().contains(last.as_str().unwrap()), "{lines:?}");
        }

        objects.delete(&webhook.path("policy")).await;
        let verdict = program.run(&["verify", "--cluster", "-o", "json"], webhook, &token);
        assert_eq!(
            (verdict.status, &verdict.json()["reason"]["name"]),
            (1, &json!(webhook.not_found().name()))
        );
        // The API server caches its verdict for 10 seconds.
        let start = Instant::now();
        while objects.review(&token, webhook.audience()).await.authenticated {
            assert!(start.elapsed() < WAIT_TIMEOUT, "TokenReview still accepts the token");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let both = program.run(&["compare", "-o", "json"], webhook, &token);
        assert_eq!((both.status, &both.json()["same"]), (0, &json!(true)), "{}", both.stdout);
        assert_eq!(both.json()["boundtoken"]["reason"]["name"], webhook.not_found().name());
        println!("  {}: verify, watch and compare agree with TokenReview", webhook.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_server_with_the_feature_gate_off_refuses_and_compare_says_why() {
    let Some((mut servers, objects)) = start_with_webhooks("the feature gate is switched off").await else {
        return;
    };
    let program = Program { kubeconfig: servers.kubeconfig("admin", servers.port) };
    objects.create_webhook(Webhook::Validating, "policy", json!({})).await;
    let token = objects.webhook_token(Webhook::Validating, "policy").await;
    servers.stop_api_server();
    servers.webhook_tokens = false;
    servers.start_api_server(&[SigningKey::Rs256]).await;
    let both = program.run(&["compare", "-o", "json"], Webhook::Validating, &token);
    assert_eq!(
        (both.status, &both.json()["boundtoken"]["verdict"]),
        (1, &json!("accepted")),
        "{}",
        both.stdout
    );
    let explanation = both.json()["explanation"].as_str().unwrap().to_owned();
    assert!(
        explanation.contains("APIServerWebhookAuthenticationToken of this API server is off"),
        "{explanation}"
    );
    println!("  {explanation}");
}

struct Program {
    kubeconfig: PathBuf,
}

impl Program {
    /// Runs a command that takes an audience, with a token on its standard input.
    fn run(&self, command: &[&str], webhook: Webhook, token: &str) -> Run {
        let arguments = [command, &["--audience", webhook.audience()]].concat();
        let run = boundtoken(&self.kubeconfig, &arguments, token);
        assert!(!run.stdout.contains(token), "no token is printed");
        run
    }
}
