//! Webhook configurations, and the tokens that are bound to them.

use boundtoken_dev_server::DevServer;
use serde_json::{Value, json};

use crate::{Client, OBJECTS, TOKEN_REVIEWS, TOKENS, builder, refusal, start};

const GROUP: &str = "/apis/admissionregistration.k8s.io/v1";
const VALIDATING: &str = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
const MUTATING: &str = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
const HOOK: &str = "https://hook.example.com/check";
const OFF: &str =
    "feature gate \"APIServerWebhookAuthenticationToken\" is disabled, but token is webhook bound";

fn configuration(name: &str) -> Value {
    json!({"metadata": {"name": name}, "webhooks": [{
        "name": "check.example.com",
        "clientConfig": {"url": HOOK},
        "rules": [{"operations": ["*"], "apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["*"]}],
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }]})
}

fn create(client: &Client, path: &str, configuration: &Value) -> Value {
    let reply = client.post(path, &configuration.to_string());
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()
}

fn request(kind: &str, name: &str, group: &str) -> String {
    json!({"spec": {
        "audiences": [HOOK],
        "boundObjectRef": {"kind": kind, "apiVersion": "admissionregistration.k8s.io/v1", "name": name},
        "attestations": {"admissionReviewAPIGroups": [group]},
    }})
    .to_string()
}

fn token(client: &Client, kind: &str, name: &str) -> String {
    let reply = client.post(TOKENS, &request(kind, name, "apps"));
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["status"]["token"].as_str().expect("token").to_owned()
}

fn review(client: &Client, token: &str) -> Value {
    let review = json!({"spec": {"token": token, "audiences": [HOOK]}});
    client.post(TOKEN_REVIEWS, &review.to_string()).json()["status"].clone()
}

fn refused(why: &str) -> Value {
    json!({"user": {}, "error": format!("[invalid bearer token, {why}]")})
}

#[test]
fn a_configuration_is_created_with_the_servers_defaults_shown_changed_and_deleted() {
    let (_server, client) = start();
    for (path, kind) in
        [(VALIDATING, "ValidatingWebhookConfiguration"), (MUTATING, "MutatingWebhookConfiguration")]
    {
        let created = create(&client, path, &configuration("policy"));
        let metadata = &created["metadata"];
        assert_eq!(
            (&created["apiVersion"], &created["kind"]),
            (&"admissionregistration.k8s.io/v1".into(), &kind.into())
        );
        assert_eq!((&metadata["generation"], metadata["uid"].as_str().map(str::len)), (&1.into(), Some(36)));
        let webhook = &created["webhooks"][0];
        assert_eq!(webhook["rules"][0]["scope"], "*");
        assert_eq!((&webhook["failurePolicy"], &webhook["timeoutSeconds"]), (&"Fail".into(), &10.into()));
        assert_eq!(webhook.get("reinvocationPolicy").is_some(), path == MUTATING);

        let one = format!("{path}/policy");
        assert_eq!(client.get(&one).json(), created);
        let list = client.get(path).json();
        assert_eq!((&list["kind"], &list["items"][0]["metadata"]), (&format!("{kind}List").into(), metadata));
        assert_eq!(list["apiVersion"], "admissionregistration.k8s.io/v1");
        let accept = [("accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")];
        let partial = client.send("GET", path, &accept, "").json();
        assert_eq!(
            (&partial["kind"], &partial["items"][0]["webhooks"]),
            (&"PartialObjectMetadataList".into(), &Value::Null)
        );

        // A patch of kubectl names the webhook that it is about.
        let patch = r#"{"webhooks":[{"name":"check.example.com","timeoutSeconds":5}]}"#;
        let strategic = [("content-type", "application/strategic-merge-patch+json")];
        let patched = client.send("PATCH", &one, &strategic, patch).json();
        assert_eq!(
            (&patched["webhooks"][0]["timeoutSeconds"], &patched["metadata"]["generation"]),
            (&5.into(), &2.into())
        );
        assert_eq!(patched["webhooks"][0]["clientConfig"]["url"], HOOK);

        let again = client.post(path, &configuration("policy").to_string());
        let plural = path.rsplit('/').next().unwrap();
        assert_eq!(
            refusal(&again, 409, "AlreadyExists"),
            format!("{plural}.admissionregistration.k8s.io \"policy\" already exists")
        );
        let deleted = client.delete(&one).json();
        assert_eq!(
            (&deleted["status"], &deleted["details"]["group"]),
            (&"Success".into(), &"admissionregistration.k8s.io".into())
        );
        let missing = client.get(&one);
        assert_eq!(
            refusal(&missing, 404, "NotFound"),
            format!("{plural}.admissionregistration.k8s.io \"policy\" not found")
        );
        assert_eq!(missing.json()["details"]["kind"], plural);
    }
}

#[test]
fn a_configuration_without_what_it_needs_is_refused() {
    let (_server, client) = start();
    let mut bad = configuration("policy");
    bad["webhooks"] = json!([{"name": "check", "clientConfig": {}}]);
    assert_eq!(
        refusal(&client.post(VALIDATING, &bad.to_string()), 422, "Invalid"),
        "ValidatingWebhookConfiguration.admissionregistration.k8s.io \"policy\" is invalid: [webhooks[0].name: Invalid value: \
         \"check\": should be a domain with at least three segments separated by dots, webhooks[0].sideEffects: Required value: \
         must specify one of None, NoneOnDryRun, webhooks[0].clientConfig: Required value: exactly one of url or service is \
         required, webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1]"
    );
    let wrong = r#"{"webhooks":[{"clientConfig":{"service":{"port":"https"}}}]}"#;
    assert_eq!(
        refusal(&client.post(MUTATING, wrong), 400, "BadRequest"),
        "MutatingWebhookConfiguration in version \"v1\" cannot be handled as a MutatingWebhookConfiguration: json: cannot \
         unmarshal string into Go struct field ServiceReference.webhooks[0].clientConfig.service.port of type int64"
    );
    let pod = r#"{"kind":"Pod","apiVersion":"v1"}"#;
    assert_eq!(
        refusal(&client.post(VALIDATING, pod), 400, "BadRequest"),
        "Pod in version \"v1\" cannot be handled as a ValidatingWebhookConfiguration: converting (v1.Pod) to \
         (admissionregistration.ValidatingWebhookConfiguration): unknown conversion"
    );
}

#[test]
fn a_watch_follows_configurations() {
    let (_server, client) = start();
    let from = client.get(VALIDATING).json()["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    create(&client, VALIDATING, &configuration("one"));
    create(&client, MUTATING, &configuration("other-kind"));
    client.delete(&format!("{VALIDATING}/one"));
    let watch = client.get(&format!("{VALIDATING}?watch=true&resourceVersion={from}&timeoutSeconds=1"));
    let text = watch.text();
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seen: Vec<_> =
        events.iter().map(|event| (&event["type"], &event["object"]["metadata"]["name"])).collect();
    assert_eq!(seen, [(&"ADDED".into(), &"one".into()), (&"DELETED".into(), &"one".into())]);
    assert_eq!(events[0]["object"]["apiVersion"], "admissionregistration.k8s.io/v1");
}

#[test]
fn discovery_knows_the_group() {
    let (_server, client) = start();
    let groups = client.get("/apis").json()["groups"].clone();
    let group = client.get("/apis/admissionregistration.k8s.io").json();
    assert!(groups.as_array().unwrap().iter().any(|other| other["name"] == group["name"]));
    assert_eq!(group["preferredVersion"]["groupVersion"], "admissionregistration.k8s.io/v1");
    let resources = client.get(GROUP).json()["resources"].clone();
    let names: Vec<_> = resources.as_array().unwrap().iter().map(|resource| &resource["name"]).collect();
    assert_eq!(names, ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"]);
    assert!(resources.as_array().unwrap().iter().all(|resource| resource["namespaced"] == false));
    let document = client.get("/openapi/v3/apis/admissionregistration.k8s.io/v1").json();
    assert!(document["paths"][format!("{VALIDATING}/{{name}}")]["patch"].is_object());
    let bogus = client.get(&format!("{GROUP}/bogus"));
    assert_eq!(refusal(&bogus, 404, "NotFound"), "the server could not find the requested resource");
}

#[test]
fn a_token_is_good_until_its_configuration_is_deleted() {
    let (_server, client) = start();
    for (path, kind) in
        [(VALIDATING, "ValidatingWebhookConfiguration"), (MUTATING, "MutatingWebhookConfiguration")]
    {
        let mut held = configuration("policy");
        held["metadata"]["finalizers"] = json!(["example.com/held"]);
        let uid = create(&client, path, &held)["metadata"]["uid"].as_str().unwrap().to_owned();
        let token = token(&client, kind, "policy");
        let status = review(&client, &token);
        let prefix = format!("authentication.kubernetes.io/{}", kind.to_lowercase());
        assert_eq!(status["authenticated"], true, "{status}");
        assert_eq!(status["user"]["extra"][format!("{prefix}-name")], json!(["policy"]));
        assert_eq!(status["user"]["extra"][format!("{prefix}-uid")], json!([uid]));
        let attested = "attestation.authentication.kubernetes.io/admissionReviewAPIGroups";
        assert_eq!(status["user"]["extra"][attested], json!(["apps"]));

        // While it is being deleted, its tokens are good for a minute, but there are no new ones.
        let one = format!("{path}/policy");
        let deleted = client.delete(&one).json();
        assert!(deleted["metadata"]["deletionTimestamp"].is_string(), "{deleted}");
        assert_eq!(review(&client, &token)["authenticated"], true);
        let reply = client.post(TOKENS, &request(kind, "policy", "apps"));
        assert_eq!(
            refusal(&reply, 403, "Forbidden"),
            "serviceaccounts/token \"app\" is forbidden: token request denied"
        );
        let merge = [("content-type", "application/merge-patch+json")];
        client.send("PATCH", &one, &merge, r#"{"metadata":{"finalizers":null}}"#);
        assert_eq!(review(&client, &token), refused("service account token has been invalidated"));

        let another = create(&client, path, &configuration("policy"))["metadata"]["uid"].clone();
        let why = format!(
            "{kind} UID ({}) does not match service account validating ref claim ({uid})",
            another.as_str().unwrap()
        );
        assert_eq!(review(&client, &token), refused(&why));
    }
}

#[test]
fn manifests_may_hold_configurations() {
    let yaml = "
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: policy, uid: uid-policy}
webhooks:
- name: check.example.com
  clientConfig: {service: {name: hook, namespace: demo, path: /check}}
  rules: [{operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*']}]
  sideEffects: None
  admissionReviewVersions: [v1]
";
    let server = builder().objects(yaml).start().unwrap();
    let client = Client::admin(&server);
    let found = client.get(&format!("{VALIDATING}/policy")).json();
    assert_eq!(
        (&found["metadata"]["uid"], &found["webhooks"][0]["clientConfig"]["service"]["port"]),
        (&"uid-policy".into(), &443.into())
    );
    let body = request("ValidatingWebhookConfiguration", "policy", "batch")
        .replace(HOOK, "https://hook.demo.svc:443/check");
    assert_eq!(client.post(TOKENS, &body).status, 201);

    let old = yaml.replace("admissionregistration.k8s.io/v1", "admissionregistration.k8s.io/v1beta1");
    let error = builder().objects(old).start().unwrap_err().to_string();
    assert!(error.contains("is not served here"), "{error}");
}

fn with_configuration(server: &DevServer) -> Client {
    let client = Client::admin(server);
    create(&client, VALIDATING, &configuration("policy"));
    client
}

#[test]
fn an_account_attests_only_what_it_may() {
    let server =
        builder().may_attest(|account, group| (account.name, group) == ("app", "apps")).start().unwrap();
    let client = with_configuration(&server);
    let kind = "ValidatingWebhookConfiguration";
    assert_eq!(client.post(TOKENS, &request(kind, "policy", "apps")).status, 201);
    let reply = client.post(&TOKENS.replace("/app/", "/other/"), &request(kind, "policy", "apps"));
    assert_eq!(
        refusal(&reply, 403, "Forbidden"),
        "admissionReviewAPIGroups.authentication.k8s.io \"apps\" is forbidden: User \"system:serviceaccount:demo:other\" cannot \
         attest resource \"admissionReviewAPIGroups\" in API group \"authentication.k8s.io\" at the cluster scope"
    );
    let reply = client.post(TOKENS, &request(kind, "policy", "*"));
    assert!(refusal(&reply, 403, "Forbidden").contains("cannot attest"));
}

#[test]
fn with_the_gate_off_there_are_no_such_tokens_and_none_is_accepted() {
    // The token is from a server with the same key, before the gate was turned off.
    let pem = include_bytes!("../../../../tests/vectors/apiserver-rs256/signing-key.pem");
    let start = |on: bool| {
        let key = boundtoken::SigningKey::from_pem(pem).unwrap();
        let objects = json!({"apiVersion": "v1", "kind": "List", "items": [{
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "policy", "uid": "uid-policy"},
            "webhooks": configuration("policy")["webhooks"],
        }]});
        let builder = DevServer::builder().plain_http().objects(OBJECTS).objects(objects.to_string());
        builder.signing_key(key).audience("api").webhook_tokens(on).start().unwrap()
    };
    let [on, off] = [true, false].map(start);
    let [on_client, off_client] = [&on, &off].map(Client::admin);
    let kind = "ValidatingWebhookConfiguration";
    let token = token(&on_client, kind, "policy");
    assert_eq!(review(&on_client, &token)["authenticated"], true);

    assert_eq!(review(&off_client, &token), refused(OFF));
    let reply = off_client.post(TOKENS, &request(kind, "policy", "apps"));
    assert_eq!(
        refusal(&reply, 400, "BadRequest"),
        "cannot bind token to object of type admissionregistration.k8s.io/v1, Kind=ValidatingWebhookConfiguration (feature gate \
         APIServerWebhookAuthenticationToken is disabled)"
    );
    // That there is no such configuration would come later, and that the account is gone comes before.
    off_client.delete(&format!("{VALIDATING}/policy"));
    assert_eq!(review(&off_client, &token), refused(OFF));
    off_client.delete("/api/v1/namespaces/demo/serviceaccounts/app");
    assert_eq!(review(&off_client, &token), refused("serviceaccounts \"app\" not found"));
}
