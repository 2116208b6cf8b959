//! TokenRequest.

use boundtoken::Verifier;
use serde_json::json;

use crate::{Client, TOKENS, builder, refusal, start, token};

#[test]
fn a_token_is_good_until_its_pod_is_deleted() {
    let (server, client) = start();
    let token = token(&client, &["vault"]);
    let verifier = Verifier::builder().issuer(server.issuer().trusted()).audience("vault").build().unwrap();
    let caller = verifier.verify(token.as_bytes()).unwrap();
    assert_eq!(caller.user_info().username, "system:serviceaccount:demo:app");
    assert_eq!(caller.claims().node().unwrap().uid, "uid-node-1");

    assert_eq!(client.delete("/api/v1/namespaces/demo/pods/app-0?gracePeriodSeconds=0").status, 200);
    let rejection = verifier.verify(token.as_bytes()).unwrap_err();
    assert_eq!(rejection.reason(), boundtoken::Reason::PodNotFound);
    // The live objects can be given to any verifier.
    let trusted = boundtoken::TrustedIssuer::new(server.issuer().name(), server.issuer().keys());
    let verifier =
        Verifier::builder().issuer(trusted.bound_objects(server.bound_objects())).audience("vault").build();
    assert_eq!(verifier.unwrap().verify(token.as_bytes()).unwrap_err().reason(), rejection.reason());
}

#[test]
fn the_bodies_null_and_empty_object_ask_for_the_defaults() {
    let (server, client) = start();
    for body in ["{}", "null", r#"{"spec":null,"metadata":null,"status":null}"#] {
        let response = client.post(TOKENS, body).json();
        assert_eq!(response["spec"]["audiences"], json!([server.issuer().name()]), "{body}");
        assert_eq!(response["spec"]["expirationSeconds"], 3600, "{body}");
        assert_eq!(response["metadata"]["uid"], "uid-app", "{body}");
    }
}

#[test]
fn labels_are_given_back_and_the_clients_name_is_noted() {
    let (_server, client) = start();
    let body = r#"{"metadata": {"labels": {"a": "b"}, "creationTimestamp": "2001-01-01T00:00:00Z"}}"#;
    let agent = [("user-agent", "tester/1.0 (linux)"), ("content-type", "application/json")];
    let metadata = client.send("POST", TOKENS, &agent, body).json()["metadata"].clone();
    assert_eq!(metadata["labels"], json!({"a": "b"}));
    assert_ne!(metadata["creationTimestamp"], "2001-01-01T00:00:00Z");
    assert_eq!(metadata["managedFields"][0]["manager"], "tester");

    let named = client.post(&format!("{TOKENS}?fieldManager=me"), "{}").json();
    assert_eq!(named["metadata"]["managedFields"][0]["manager"], "me");
}

#[test]
fn checks_come_in_the_servers_order() {
    let (_server, client) = start();
    let at =
        |namespace: &str, name: &str| format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token");
    // Each request has the faults of those below it as well.
    let bad_name =
        r#"{"metadata":{"namespace":"NAMESPACE","name":"zz","uid":"zz"},"spec":{"expirationSeconds":1}}"#;

    let reply = client.post(&at("none", "nobody"), &bad_name.replace("NAMESPACE", "other"));
    assert_eq!(
        refusal(&reply, 400, "BadRequest"),
        "the namespace of the provided object does not match the namespace sent on the request"
    );
    let reply = client.post(&at("none", "nobody"), &bad_name.replace("NAMESPACE", "none"));
    assert_eq!(refusal(&reply, 404, "NotFound"), "namespaces \"none\" not found");
    let reply = client.post(&at("demo", "nobody"), &bad_name.replace("NAMESPACE", "demo"));
    assert!(refusal(&reply, 422, "Invalid").ends_with("must match the service account name if specified"));
    let reply =
        client.post(&at("demo", "nobody"), r#"{"metadata":{"uid":"zz"},"spec":{"expirationSeconds":1}}"#);
    assert_eq!(refusal(&reply, 404, "NotFound"), "serviceaccounts \"nobody\" not found");
    let reply = client.post(TOKENS, r#"{"metadata":{"uid":"zz"},"spec":{"expirationSeconds":1}}"#);
    assert!(refusal(&reply, 409, "Conflict").contains("(zz) does not match the UID of the service account"));
    let reply = client.post(TOKENS, r#"{"spec":{"expirationSeconds":1,"boundObjectRef":{}}}"#);
    assert!(refusal(&reply, 422, "Invalid").ends_with("may not specify a duration less than 10 minutes"));
    let reply = client.post(TOKENS, r#"{"spec":{"boundObjectRef":{}}}"#);
    assert_eq!(refusal(&reply, 400, "BadRequest"), "cannot bind token to object of type /, Kind=");
}

#[test]
fn a_namespace_that_ends_gives_no_tokens() {
    let (_server, client) = start();
    let pod = r#"{"metadata":{"name":"held","finalizers":["example.com/held"]},
        "spec":{"serviceAccountName":"app","containers":[{"name":"c","image":"i"}]}}"#;
    assert_eq!(client.post("/api/v1/namespaces/demo/pods", pod).status, 201);
    assert_eq!(client.delete("/api/v1/namespaces/demo").status, 200);
    let reply = client.post(TOKENS, "{}");
    assert_eq!(
        refusal(&reply, 403, "Forbidden"),
        "serviceaccounts \"app\" is forbidden: unable to create new content in namespace demo because it is being \
         terminated"
    );
    assert_eq!(reply.json()["details"]["causes"][0]["reason"], "NamespaceTerminating");
}

#[test]
fn a_dry_run_gives_a_real_token_as_in_the_server() {
    let (_server, client) = start();
    let token = client.post(&format!("{TOKENS}?dryRun=All"), "{}").json();
    assert!(token["status"]["token"].as_str().unwrap().len() > 100);
    let reply = client.post(&format!("{TOKENS}?dryRun=Some"), "{}");
    assert!(refusal(&reply, 422, "Invalid").contains("dryRun: Unsupported value: [\"Some\"]"));
}

#[test]
fn the_metadata_alone_can_be_asked_for() {
    let (_server, client) = start();
    let accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    let reply = client.send("POST", TOKENS, &[("accept", accept)], "{}");
    assert_eq!((reply.status, &reply.json()["kind"]), (201, &"PartialObjectMetadata".into()));
    assert!(!reply.text().contains("token\":\"ey"));

    let accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    let reply = client.send("POST", TOKENS, &[("accept", accept)], "{}");
    assert!(refusal(&reply, 406, "NotAcceptable").ends_with("is not a list"));
}

#[test]
fn keys_rotate_under_a_running_server() {
    let server = builder().start().unwrap();
    let client = Client::admin(&server);
    let old = token(&client, &[server.issuer().name()]);
    let key = boundtoken::SigningKey::generate(boundtoken::Algorithm::ES384).unwrap();
    let kid = server.issuer().keys().load().keys()[0].kid().unwrap().to_owned();
    server.issuer().rotate(key);
    let new = token(&client, &[server.issuer().name()]);
    assert_eq!(client.get("/openid/v1/jwks").json()["keys"].as_array().unwrap().len(), 2);
    for token in [&old, &new] {
        assert_eq!(Client::with(&server, token).get("/api").status, 200);
    }
    assert!(server.issuer().withdraw(&kid));
    assert_eq!(Client::with(&server, &old).get("/api").status, 401);
    assert_eq!(Client::with(&server, &new).get("/api").status, 200);
}
