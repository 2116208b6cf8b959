//! The log: one event a request, and no secret in any.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::{Client, TOKEN_REVIEWS, TOKENS, builder, token};

/// Keeps everything that anything says, as text.
#[derive(Clone, Default)]
struct Everything(Arc<Mutex<String>>);

struct Text<'a>(&'a mut String);

impl Visit for Text<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Everything {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Text(&mut self.0.lock().unwrap()));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Text(&mut self.0.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = self.0.lock().unwrap();
        text.push_str(event.metadata().target());
        event.record(&mut Text(&mut text));
        text.push('\n');
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The subscriber is for the whole process, as the server has threads of its own: this is the only test that sets one.
#[test]
fn each_request_is_one_line_and_none_holds_a_secret() {
    let log = Everything::default();
    tracing::subscriber::set_global_default(log.clone()).unwrap();
    let server = builder().start().unwrap();
    let client = Client::admin(&server);
    // Other tests may just have made the first such event, when nobody listened, and tracing may have taken that for good.
    client.get("/api");
    tracing::callsite::rebuild_interest_cache();
    let secret = token(&client, &["vault"]);
    let own = token(&client, &[server.issuer().name()]);

    let review = serde_json::json!({"spec": {"token": secret}}).to_string();
    client.post(TOKEN_REVIEWS, &review);
    client.post(TOKEN_REVIEWS, &review[..review.len() - 5]);
    client.get(&format!("/api?token={secret}"));
    client.post(&format!("{TOKENS}?fieldManager={secret}"), "{");
    Client::with(&server, &own).get("/api/v1/pods");
    Client::with(&server, &secret).get("/unauthorized");
    Client::with(&server, &secret[..secret.len() - 1]).get("/unauthorized");
    Client::nobody(&server).get("/nobody");
    Client::with(&server, builder().start().unwrap().admin_token()).get("/earlier");
    for name in ["missing", &secret, server.admin_token()] {
        client.post(&format!("/api/v1/namespaces/demo/serviceaccounts/{name}/token"), "{}");
    }
    let long = format!("/api/v1/namespaces/demo/pods/{}", "x".repeat(2_000));
    client.get(&long);
    let own_id = "6f1a4f52-8a1f-4d8f-9a55-0d9a5e0c9d5b";
    let reply = client.send("GET", "/api", &[("audit-id", own_id)], "");
    assert_eq!(reply.header("audit-id"), own_id);
    let named = client.get("/api").header("audit-id");
    let admin = server.admin_token().to_owned();
    drop(server);

    let log = log.0.lock().unwrap();
    let line = |parts: &[&str]| log.lines().any(|line| parts.iter().all(|part| line.contains(part)));
    assert!(
        line(&["request", "method=POST", TOKENS, "status=201", "user=\"boundtoken-admin\"", "milliseconds="]),
        "{log}"
    );
    assert!(
        line(&["method=GET", "/api/v1/pods", "status=200", "user=\"system:serviceaccount:demo:app\""]),
        "{log}"
    );
    assert!(line(&["method=GET", "/unauthorized", "status=401", "user=\"\""]), "{log}");
    assert!(line(&["method=GET", "/pods/xxx", "status=404", "user=\"boundtoken-admin\""]), "{log}");
    assert!(
        line(&["/api", &format!("audit_id={own_id:?}")]) && line(&[&format!("audit_id={named:?}")]),
        "{log}"
    );
    // Why a token is refused: of a request, and in a review, which is answered with 201.
    let mismatch =
        ["reason=\"audience_mismatch\"", "number=412", "refusal=\"the token is meant for another audience"];
    assert!(line(&[&["/unauthorized", "status=401"], &mismatch[..]].concat()), "{log}");
    assert!(line(&[&[TOKEN_REVIEWS, "status=201"], &mismatch[..]].concat()), "{log}");
    assert!(line(&["/unauthorized", "status=401", "reason=\"token_not_base64url\"", "number=104"]), "{log}");
    assert!(line(&["/nobody", "status=401", "reason=\"token_empty\"", "has no bearer token"]), "{log}");
    assert!(line(&["/earlier", "status=401", "administrator's token of an earlier run"]), "{log}");
    assert!(log.lines().all(|line| line.contains("reason=") || !line.contains("number=")), "{log}");
    // Why a TokenRequest is refused.
    assert!(
        line(&["/missing/token", "status=404", r#"refusal="serviceaccounts \"missing\" not found""#]),
        "{log}"
    );
    assert!(
        line(&["/(not shown)/token", "status=404", r#"serviceaccounts \"(not shown)\" not found"#]),
        "{log}"
    );
    assert!(line(&["status=200"]) && !line(&["status=200", "refusal="]), "{log}");
    assert!(log.lines().all(|line| line.len() < 1_000), "{log}");
    assert!(!log.contains(&admin), "{log}");
    for secret in [&secret, &own] {
        for part in secret.split('.').skip(1) {
            assert!(!log.contains(&part[..20]), "{log}");
        }
    }
    assert!(!log.contains("Bearer"), "{log}");
}
