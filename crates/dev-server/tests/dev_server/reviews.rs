//! TokenReview and SelfSubjectReview.

use boundtoken_dev_server::DevServer;
use serde_json::{Value, json};

use crate::protobuf::{body, field};
use crate::{Client, SELF_SUBJECT_REVIEWS, TOKEN_REVIEWS, TOKENS, builder, protobuf, refusal, start, token};

fn review(client: &Client, token: &str, audiences: &[&str]) -> Value {
    let review = json!({"spec": {"token": token, "audiences": audiences}});
    let reply = client.post(TOKEN_REVIEWS, &review.to_string());
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["status"].clone()
}

fn invalid(why: &str) -> Value {
    json!({"user": {}, "error": format!("[invalid bearer token, {why}]")})
}

#[test]
fn a_good_token_is_reviewed_in_full() {
    let (_server, client) = start();
    let token = token(&client, &["vault", "api"]);
    let jti: Value = serde_json::from_str(&boundtoken_testing::requests::claims(&token)).unwrap();
    let jti = jti["jti"].as_str().unwrap();
    assert_eq!(
        review(&client, &token, &["c", "api", "vault", "api"]),
        json!({
            "authenticated": true,
            "user": {
                "username": "system:serviceaccount:demo:app",
                "uid": "uid-app",
                "groups": ["system:serviceaccounts", "system:serviceaccounts:demo", "system:authenticated"],
                "extra": {
                    "authentication.kubernetes.io/credential-id": [format!("JTI={jti}")],
                    "authentication.kubernetes.io/node-name": ["node-1"],
                    "authentication.kubernetes.io/node-uid": ["uid-node-1"],
                    "authentication.kubernetes.io/pod-name": ["app-0"],
                    "authentication.kubernetes.io/pod-uid": ["uid-app-0"]
                }
            },
            "audiences": ["api", "vault", "api"]
        })
    );
}

#[test]
fn a_refused_token_is_told_why_in_the_servers_words() {
    let (server, client) = start();
    let vault = token(&client, &["vault", "a\"b"]);
    assert_eq!(
        review(&client, &vault, &["db", "x"]),
        invalid(r#"token audiences ["vault" "a\"b"] is invalid for the target audiences ["db" "x"]"#)
    );
    assert_eq!(
        review(&client, &vault, &[]),
        invalid(&format!(
            r#"token audiences ["vault" "a\"b"] is invalid for the target audiences ["{}"]"#,
            server.issuer().name()
        ))
    );
    let cut = &vault[..vault.len() - 4];
    for (garbage, error) in [
        ("garbage".to_owned(), "invalid bearer token".to_owned()),
        (
            format!("{cut}AAAA"),
            "[invalid bearer token, go-jose/go-jose: error in cryptographic primitive]".to_owned(),
        ),
    ] {
        assert_eq!(review(&client, &garbage, &["vault"]), json!({"user": {}, "error": error}));
    }

    let replace = |uid: &str| {
        let pod = json!({"metadata": {"name": "app-0", "uid": uid}, "spec": {"serviceAccountName": "app",
            "containers": [{"name": "c", "image": "i"}]}});
        assert_eq!(client.post("/api/v1/namespaces/demo/pods", &pod.to_string()).status, 201);
        let pod = client.get("/api/v1/namespaces/demo/pods/app-0").json();
        pod["metadata"]["uid"].as_str().unwrap().to_owned()
    };
    client.delete("/api/v1/namespaces/demo/pods/app-0?gracePeriodSeconds=0");
    assert_eq!(review(&client, &vault, &["vault"]), invalid("service account token has been invalidated"));
    let uid = replace("new");
    assert_eq!(
        review(&client, &vault, &["vault"]),
        invalid(&format!("pod UID ({uid}) does not match service account pod ref claim (uid-app-0)"))
    );
    client.delete("/api/v1/namespaces/demo/serviceaccounts/app");
    assert_eq!(review(&client, &vault, &["vault"]), invalid("serviceaccounts \"app\" not found"));
    let account =
        client.post("/api/v1/namespaces/demo/serviceaccounts", r#"{"metadata":{"name":"app"}}"#).json();
    let uid = account["metadata"]["uid"].as_str().unwrap();
    assert_eq!(
        review(&client, &vault, &["vault"]),
        invalid(&format!("service account UID ({uid}) does not match claim (uid-app)"))
    );
}

#[test]
fn tokens_of_other_issuers_and_keys_get_no_details() {
    let (_server, client) = start();
    let stranger = builder().issuer("https://elsewhere.example.com").start().unwrap();
    let foreign = token(&Client::admin(&stranger), &["vault"]);
    assert_eq!(review(&client, &foreign, &["vault"]), json!({"user": {}, "error": "invalid bearer token"}));

    let namesake = builder().start().unwrap();
    let forged = token(&Client::admin(&namesake), &["vault"]);
    assert_eq!(review(&client, &forged, &["vault"]), invalid("invalid signature, no keys found"));
}

#[test]
fn a_token_that_begins_with_a_space_is_refused_where_the_server_says_anonymous() {
    let (_server, client) = start();
    let good = token(&client, &["vault"]);
    for bad in [" ".to_owned(), "\n".to_owned(), "\t \n".to_owned(), format!(" {good}")] {
        let status = review(&client, &bad, &["vault"]);
        assert_eq!(status, json!({"user": {}, "error": "invalid bearer token"}), "{bad:?}");
    }
    // What follows the token is not part of it.
    assert_eq!(review(&client, &format!("{good} junk"), &["vault"])["authenticated"], true);
}

#[test]
fn a_review_without_a_token_is_a_bad_request() {
    let (_server, client) = start();
    for body in ["{}", "null", r#"{"spec":{"token":""}}"#, r#"{"spec":{"token":null,"audiences":["a"]}}"#] {
        let reply = client.post(TOKEN_REVIEWS, body);
        assert_eq!(refusal(&reply, 400, "BadRequest"), "token is required for TokenReview in authentication");
    }
}

#[test]
fn the_admin_token_is_reviewed_as_one_for_the_server_itself() {
    let (server, client) = start();
    let admin = server.admin_token();
    let status = review(&client, admin, &["x", server.issuer().name()]);
    assert_eq!(status["user"]["username"], "boundtoken-admin");
    assert_eq!(status["user"]["groups"], json!(["system:masters", "system:authenticated"]));
    assert_eq!(status["audiences"], json!([server.issuer().name()]));
    assert_eq!(review(&client, admin, &["x"]), json!({"user": {}, "error": "invalid bearer token"}));
}

#[test]
fn labels_and_status_of_a_review_are_given_back() {
    let (_server, client) = start();
    let body = r#"{"metadata": {"name": "n", "namespace": "x", "labels": {"a": "b"}, "uid": "u"},
        "spec": {"token": "garbage"}, "status": {"authenticated": true, "user": {"username": "evil"}}}"#;
    let response = client.post(TOKEN_REVIEWS, body).json();
    assert_eq!(response["status"], json!({"user": {"username": "evil"}, "error": "invalid bearer token"}));
    assert_eq!(response["metadata"], json!({"name": "n", "labels": {"a": "b"}}));
}

#[test]
fn other_versions_kinds_and_places_of_a_review_are_refused() {
    let (_server, client) = start();
    let reply = client.post(
        TOKEN_REVIEWS,
        r#"{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1beta1","spec":{"token":"x"}}"#,
    );
    assert_eq!(
        refusal(&reply, 400, "BadRequest"),
        "TokenReview in version \"v1beta1\" cannot be handled as a TokenReview: converting (v1beta1.TokenReview) to \
         (authentication.TokenReview): unknown conversion"
    );
    let reply =
        client.post(TOKEN_REVIEWS, r#"{"kind":"TokenRequest","apiVersion":"authentication.k8s.io/v1"}"#);
    assert_eq!(
        refusal(&reply, 400, "BadRequest"),
        "TokenRequest in version \"v1\" cannot be handled as a TokenReview: converting (v1.TokenRequest) to \
         (authentication.TokenReview): unknown conversion"
    );
    for path in ["/apis/authentication.k8s.io/v1beta1/tokenreviews", &format!("{TOKEN_REVIEWS}/x")] {
        let message = refusal(&client.post(path, "{}"), 404, "NotFound");
        assert_eq!(message, "the server could not find the requested resource");
    }
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        let reply = client.send(method, TOKEN_REVIEWS, &[], "");
        let message = refusal(&reply, 405, "MethodNotAllowed");
        assert_eq!(message, "the server does not allow this method on the requested resource");
    }
}

#[test]
fn everybody_can_ask_who_they_are() {
    let (server, client) = start();
    let ask = |client: &Client| {
        let reply = client.post(SELF_SUBJECT_REVIEWS, "{}");
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json()["status"]["userInfo"].clone()
    };
    assert_eq!(ask(&client)["username"], "boundtoken-admin");
    let account = Client::with(&server, &token(&client, &[server.issuer().name()]));
    let user = ask(&account);
    assert_eq!(user["username"], "system:serviceaccount:demo:app");
    assert_eq!(user["extra"]["authentication.kubernetes.io/pod-name"], json!(["app-0"]));
}

#[test]
fn the_reviews_of_kubectl_in_protobuf_are_read() {
    let (_server, client) = start();
    let headers = [
        ("content-type", protobuf::MEDIA_TYPE),
        ("accept", "application/vnd.kubernetes.protobuf,application/json"),
    ];

    let request = protobuf::token_request(&json!({"audiences": ["vault"], "expirationSeconds": 600}));
    let reply = client.send("POST", TOKENS, &headers, request);
    assert_eq!((reply.status, reply.header("content-type").as_str()), (201, "application/json"));
    let response = reply.json();
    assert_eq!(response["spec"]["expirationSeconds"], 600);
    let token = response["status"]["token"].as_str().unwrap();

    let spec = [field(1, token.as_bytes()), field(2, b"vault")].concat();
    let reply = client.send("POST", TOKEN_REVIEWS, &headers, body("TokenReview", &field(2, &spec)));
    assert_eq!(reply.json()["status"]["authenticated"], true, "{}", reply.text());
    let reply = client.send("POST", SELF_SUBJECT_REVIEWS, &headers, body("SelfSubjectReview", b""));
    assert_eq!(reply.json()["status"]["userInfo"]["username"], "boundtoken-admin");

    let reply = client.send("POST", TOKENS, &headers, &b"k8s\0\x0a\xff"[..]);
    assert!(refusal(&reply, 400, "BadRequest").starts_with("the object provided is unrecognized"));
    let reply = client.send("POST", TOKENS, &[("accept", protobuf::MEDIA_TYPE)], "{}");
    assert_eq!(
        refusal(&reply, 406, "NotAcceptable"),
        "406: Not Acceptable\n\nAvailable representations: application/json"
    );
}

/// The same server, whatever tokens it is shown.
#[test]
fn hostile_tokens_are_refused_and_never_shown() {
    let server: DevServer = builder().start().unwrap();
    let client = Client::admin(&server);
    let long = "a".repeat(1_000_000);
    for hostile in ["..", "a.b.c", "\u{0}", "\u{fffd}", "{\"payload\":\"x\"}", long.as_str()] {
        let status = review(&client, hostile, &["vault"]);
        assert_eq!(status, json!({"user": {}, "error": "invalid bearer token"}));
    }
    // A token in the wrong place is not repeated.
    let reply = client.post(TOKEN_REVIEWS, "{\"spec\":{\"token\":\"SECRET\"");
    let message = refusal(&reply, 400, "BadRequest");
    assert!(
        message.ends_with("unexpected end of JSON input (not shown)") && !message.contains("SECRET"),
        "{message}"
    );
    let reply = client.post(TOKEN_REVIEWS, r#"{"metadata":{"creationTimestamp":"SECRET"}}"#);
    let message = refusal(&reply, 400, "BadRequest");
    assert!(message.contains("parsing time") && !message.contains("SECRET"), "{message}");
}
