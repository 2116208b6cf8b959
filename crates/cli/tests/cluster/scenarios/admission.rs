//! An API server that calls a webhook with a token, and the layer that lets nobody else pass.
//!
//! The API server requests no such token by itself yet. The test does, and hands it over by
//! `--admission-control-config-file`.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use boundtoken_tower::{AdmissionLayer, WebhookAddress};
use serde_json::{Value, json};

use crate::harness::hook::{Call, Hook, Place};
use crate::harness::objects::{Objects, in_namespace};
use crate::harness::servers::{Servers, SigningKey};
use crate::harness::{WAIT_TIMEOUT, follower, start};

const CONFIGURATIONS: &str = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";

/// Answers refusals with their status.
const PLAIN: &str = "/validate";
/// Answers refusals in reviews.
const IN_REVIEW: &str = "/deny";

struct Setup {
    /// They stop when they are dropped.
    _servers: Servers,
    objects: Objects,
    hook: Hook,
    token_file: PathBuf,
    urls: [String; 2],
}

/// What became of an object.
struct Attempt {
    /// The status and the message of a refusal.
    refused: Option<(u16, String)>,
    calls: Vec<Call>,
}

impl Setup {
    /// None, with a loud note, if the servers are too old.
    async fn new(scenario: &str) -> Option<Self> {
        let (mut servers, objects) = start(scenario).await?;
        if !servers.bind_tokens_to_webhooks() {
            return None;
        }
        let place = Place::new().await;
        let token_file = servers.folder().join("webhook-token");
        fs::write(&token_file, "none").unwrap();
        servers.stop_api_server();
        servers.admission_config = Some(place.write_config(servers.folder(), &token_file));
        servers.start_api_server(&[SigningKey::Rs256]).await;
        objects.allow_attesting_of(&["apps", "*"]).await;

        let cluster = follower(&servers, servers.port).webhook_configurations(true).connect().await.unwrap();
        let urls = [PLAIN, IN_REVIEW].map(|path| place.url(path));
        let plain = AdmissionLayer::of_cluster(cluster, WebhookAddress::url(urls[0].as_str())).unwrap();
        let in_review = plain.clone().address(WebhookAddress::url(urls[1].as_str())).deny_in_review();
        let hook = place.serve(vec![(PLAIN, plain), (IN_REVIEW, in_review)]);
        Some(Self { _servers: servers, objects, hook, token_file, urls })
    }

    fn configuration(&self, url: &str, failure_policy: &str) -> Value {
        // The API server reads the token file when it first calls a webhook, then once a minute. To the same webhook with
        // another bundle it is new.
        static BUNDLES: AtomicUsize = AtomicUsize::new(1);
        let bundle = self.hook.authority.repeat(BUNDLES.fetch_add(1, Ordering::Relaxed));
        json!({
            "metadata": {"name": "policy"},
            "webhooks": [{
                "name": "policy.example.com",
                "clientConfig": {"url": url, "caBundle": STANDARD.encode(bundle)},
                "rules": [{
                    "apiGroups": ["apps", ""],
                    "apiVersions": ["v1"],
                    "operations": ["CREATE"],
                    "resources": ["deployments", "configmaps"],
                }],
                "failurePolicy": failure_policy,
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "demo"}},
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
            }],
        })
    }

    async fn create(&self, configuration: &Value) {
        self.objects.create(CONFIGURATIONS, configuration.clone()).await;
    }

    async fn delete(&self) {
        self.objects.delete(&format!("{CONFIGURATIONS}/policy")).await;
    }

    /// Requests a token for the webhook of this URL, which attests this group, and hands it to the API server.
    async fn hand_over_token(&self, url: &str, group: &str) {
        let token =
            self.objects.token_of_webhook("ValidatingWebhookConfiguration", "policy", url, group).await;
        fs::write(&self.token_file, token).unwrap();
    }

    async fn attempt(&self, path: &str, mut object: Value) -> Attempt {
        object["metadata"]["generateName"] = json!("web-");
        self.hook.calls();
        let refused = self.objects.try_create(path, &object).await.err();
        Attempt { refused, calls: self.hook.calls() }
    }

    async fn create_deployment(&self, labels: Value) -> Attempt {
        let pod = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "none"}]}});
        let spec = json!({"selector": {"matchLabels": {"app": "web"}}, "template": pod});
        let deployment = json!({"metadata": {"labels": labels}, "spec": spec});
        self.attempt("/apis/apps/v1/namespaces/demo/deployments", deployment).await
    }

    async fn create_config_map(&self) -> Attempt {
        self.attempt(&in_namespace("configmaps"), json!({"metadata": {"labels": {"owner": "ada"}}})).await
    }

    /// Creates deployments with an owner until what becomes of one is as expected: the API server learns of a new
    /// configuration with a delay.
    async fn until(&self, what: &str, expected: impl Fn(&Attempt) -> bool) -> Attempt {
        let start = Instant::now();
        loop {
            let attempt = self.create_deployment(json!({"owner": "ada"})).await;
            if expected(&attempt) {
                println!("  {what}: {}", attempt.told());
                return attempt;
            }
            assert!(start.elapsed() < WAIT_TIMEOUT, "{what}: {}", attempt.told());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Attempt {
    fn told(&self) -> String {
        let calls: Vec<String> =
            self.calls.iter().map(|call| format!("{} {}", call.path, call.status)).collect();
        let end = self.refused.as_ref().map_or("created".to_owned(), |(code, text)| format!("{code} {text}"));
        format!("{calls:?}, {end}")
    }

    fn was(&self, path: &str, status: u16, reviewed: bool) -> bool {
        self.calls == [Call { path: path.to_owned(), status, reviewed }]
    }

    fn refused_with(&self, code: u16, text: &str) -> bool {
        self.refused.as_ref().is_some_and(|(status, message)| *status == code && message.contains(text))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_server_reviews_with_its_token_until_the_configuration_is_made_again() {
    let Some(setup) = Setup::new("admission: an API server calls a webhook with a token").await else {
        return;
    };
    let url = setup.urls[0].clone();
    let configuration = setup.configuration(&url, "Fail");
    setup.create(&configuration).await;
    setup.hand_over_token(&url, "apps").await;
    setup.until("with its token", |attempt| attempt.refused.is_none() && attempt.was(PLAIN, 200, true)).await;
    let denied = setup.create_deployment(json!({})).await;
    assert!(
        denied.was(PLAIN, 200, true) && denied.refused_with(400, "nobody owns this"),
        "{}",
        denied.told()
    );

    // The token attests no more than the group `apps`. The group of ConfigMaps has no name.
    let other_group = setup.create_config_map().await;
    println!("  a ConfigMap: {}", other_group.told());
    assert!(other_group.was(PLAIN, 403, false), "{}", other_group.told());
    assert!(other_group.refused_with(500, "failed calling webhook"), "{}", other_group.told());

    // Another configuration of the same name and content.
    setup.delete().await;
    setup.create(&configuration).await;
    let old = setup.until("with the old token", |attempt| attempt.was(PLAIN, 401, false)).await;
    assert!(old.refused_with(500, "failed calling webhook"), "{}", old.told());
    tokio::time::sleep(Duration::from_secs(1)).await;
    let old = setup.create_deployment(json!({"owner": "ada"})).await;
    assert!(old.was(PLAIN, 401, false) && old.refused.is_some(), "{}", old.told());

    // The new token is for all groups.
    setup.delete().await;
    setup.create(&setup.configuration(&url, "Fail")).await;
    setup.hand_over_token(&url, "*").await;
    setup
        .until("with a new token", |attempt| attempt.refused.is_none() && attempt.was(PLAIN, 200, true))
        .await;
    let core_group = setup.create_config_map().await;
    println!("  a ConfigMap, with a token for all groups: {}", core_group.told());
    assert!(core_group.was(PLAIN, 200, true) && core_group.refused.is_none(), "{}", core_group.told());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_policy_of_ignore_lets_everything_in_unless_refusals_are_reviews() {
    let Some(setup) = Setup::new("admission: failurePolicy Ignore").await else { return };
    let [plain, in_review] = setup.urls.clone();
    // The file has no token yet.
    setup.create(&setup.configuration(&plain, "Ignore")).await;
    let ignored = setup.until("plain refusals", |attempt| attempt.was(PLAIN, 401, false)).await;
    assert_eq!(ignored.refused, None, "nobody has reviewed it");
    let ignored = setup.create_deployment(json!({})).await;
    assert!(ignored.was(PLAIN, 401, false) && ignored.refused.is_none(), "{}", ignored.told());

    // The token of another webhook is as good as none.
    setup.hand_over_token(&plain, "apps").await;
    setup.delete().await;
    setup.create(&setup.configuration(&in_review, "Ignore")).await;
    let denied = setup.until("refusals in reviews", |attempt| attempt.was(IN_REVIEW, 200, false)).await;
    let text = r#"admission webhook "policy.example.com" denied the request: the token"#;
    assert!(denied.refused_with(401, text), "{}", denied.told());

    setup.delete().await;
    setup.create(&setup.configuration(&in_review, "Ignore")).await;
    setup.hand_over_token(&in_review, "apps").await;
    let good = |attempt: &Attempt| attempt.refused.is_none() && attempt.was(IN_REVIEW, 200, true);
    setup.until("with its token", good).await;
    let other_group = setup.create_config_map().await;
    println!("  a ConfigMap: {}", other_group.told());
    let text = "denied the request: the token does not attest the API group of the review";
    assert!(
        other_group.was(IN_REVIEW, 200, false) && other_group.refused_with(403, text),
        "{}",
        other_group.told()
    );
}
