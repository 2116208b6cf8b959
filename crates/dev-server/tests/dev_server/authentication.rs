//! Who may do what.

use boundtoken_dev_server::DevServer;

use crate::{Client, TOKEN_REVIEWS, TOKENS, builder, refusal, start, token};

fn with_header(server: &DevServer, header: &str, path: &str) -> crate::Reply {
    Client::nobody(server).send("GET", path, &[("authorization", header)], "")
}

#[test]
fn without_credentials_only_what_is_no_secret_is_served() {
    let server = builder().start().unwrap();
    let nobody = Client::nobody(&server);
    for path in
        ["/healthz", "/livez", "/readyz", "/version", "/openid/v1/jwks", "/.well-known/openid-configuration"]
    {
        assert_eq!(nobody.get(path).status, 200, "{path}");
    }
    for path in ["/", "/api", "/api/v1/pods", "/apis", "/openapi/v3", "/nonexistent", "/healthz/x", TOKENS] {
        assert_eq!(refusal(&nobody.get(path), 401, "Unauthorized"), "Unauthorized", "{path}");
    }
    for path in [TOKENS, TOKEN_REVIEWS, "/api/v1/namespaces"] {
        assert_eq!(refusal(&nobody.post(path, "{}"), 401, "Unauthorized"), "Unauthorized");
    }
}

#[test]
fn wrong_credentials_are_refused_everywhere() {
    let server = builder().start().unwrap();
    let half = &server.admin_token()[..32];
    for token in ["wrong", half, "a.b.c", "ey.ey.ey", "\u{e9}"] {
        for path in ["/healthz", "/version", "/api", "/nonexistent", "/openid/v1/jwks"] {
            let reply = with_header(&server, &format!("Bearer {token}"), path);
            assert_eq!(refusal(&reply, 401, "Unauthorized"), "Unauthorized", "{token} {path}");
        }
    }
}

#[test]
fn the_header_is_read_as_the_server_reads_it() {
    let server = builder().start().unwrap();
    let admin = server.admin_token();
    for header in [format!("bearer {admin}"), format!("BEARER {admin}"), format!("Bearer {admin} junk")] {
        assert_eq!(with_header(&server, &header, "/api").status, 200);
    }
    for header in [format!("Basic {admin}"), admin.to_owned(), "Bearer".to_owned()] {
        assert_eq!(with_header(&server, &header, "/api").status, 401);
        assert_eq!(with_header(&server, &header, "/healthz").status, 200);
    }
    assert_eq!(with_header(&server, &format!("Bearer  {admin}"), "/api").status, 401);
}

#[test]
fn service_accounts_may_do_everything_by_tokens_for_the_server_alone() {
    let (server, client) = start();
    let account = Client::with(&server, &token(&client, &[server.issuer().name(), "vault"]));
    assert_eq!(account.get("/api/v1/pods").status, 200);
    let other = Client::with(&server, &token(&client, &["vault"]));
    assert_eq!(other.get("/api/v1/pods").status, 401);

    assert_eq!(account.delete("/api/v1/namespaces/demo/pods/app-0?gracePeriodSeconds=0").status, 200);
    assert_eq!(account.get("/api/v1/pods").status, 401, "the pod is gone, and the token with it");
}

#[test]
fn the_audiences_of_the_server_can_be_set() {
    let server = builder().audience("one").audience("two").start().unwrap();
    let client = Client::admin(&server);
    assert_eq!(server.issuer().api_audiences(), ["one", "two"]);
    for (audience, status) in [("one", 200), ("two", 200), ("three", 401), (server.issuer().name(), 401)] {
        let account = Client::with(&server, &token(&client, &[audience]));
        assert_eq!(account.get("/api").status, status, "{audience}");
    }
}

#[test]
fn nobody_acts_in_another_name() {
    let (_server, client) = start();
    let reply = client.send("GET", "/api", &[("impersonate-user", "jane")], "");
    assert_eq!(
        refusal(&reply, 403, "Forbidden"),
        "users \"jane\" is forbidden: User \"boundtoken-admin\" cannot impersonate resource \"users\" in API group \
         \"\" at the cluster scope"
    );
}
