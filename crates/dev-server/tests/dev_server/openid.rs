//! The issuer's two documents.

use boundtoken::KeySet;

use crate::{Client, builder, refusal};

#[test]
fn documents_come_with_their_types_and_may_be_kept_for_an_hour() {
    let server = builder().start().unwrap();
    let client = Client::nobody(&server);
    for (path, media_type) in [
        ("/.well-known/openid-configuration", "application/json"),
        ("/openid/v1/jwks", "application/jwk-set+json"),
    ] {
        for accept in
            ["*/*", media_type, "application/json;q=0.1, application/jwk-set+json;q=0.2", "text/html, */*"]
        {
            let reply = client.send("GET", path, &[("accept", accept)], "");
            assert_eq!(reply.status, 200, "{path} {accept}");
            assert_eq!(reply.header("content-type"), media_type);
            assert_eq!(reply.header("cache-control"), "public, max-age=3600");
        }
        for accept in ["text/html", "application/*", "application/vnd.kubernetes.protobuf"] {
            let reply = client.send("GET", path, &[("accept", accept)], "");
            let message = refusal(&reply, 406, "NotAcceptable");
            assert_eq!(message, format!("406: Not Acceptable\n\nAvailable representations: {media_type}"));
        }
        assert_eq!(client.get(&format!("{path}/?x=y")).status, 200);
        assert_eq!(client.send("POST", path, &[], "{}").status, 405);
    }
    let reply = client.send("GET", "/openid/v1/jwks", &[("accept", "application/json")], "");
    assert_eq!(reply.status, 406, "as in the server");
}

#[test]
fn the_documents_lead_to_the_keys() {
    let server = builder().start().unwrap();
    let client = Client::nobody(&server);
    let configuration = client.get("/.well-known/openid-configuration").json();
    assert_eq!(configuration["issuer"], "https://kubernetes.default.svc.cluster.local");
    let uri = configuration["jwks_uri"].as_str().unwrap();
    let path = uri.strip_prefix(server.url()).unwrap();
    assert_eq!(KeySet::from_jwks(&client.get(path).body).unwrap().len(), 1);

    let server = builder().jwks_uri("https://elsewhere.example.com/jwks").start().unwrap();
    let configuration = Client::nobody(&server).get("/.well-known/openid-configuration").json();
    assert_eq!(configuration["jwks_uri"], "https://elsewhere.example.com/jwks");
}

#[test]
fn an_issuer_that_is_no_https_url_publishes_nothing() {
    for issuer in ["http://issuer.example.com", "issuer", "https://issuer.example.com/?a=b"] {
        let server = builder().issuer(issuer).start().unwrap();
        for path in ["/.well-known/openid-configuration", "/openid/v1/jwks"] {
            assert_eq!(Client::nobody(&server).get(path).status, 404, "{issuer} {path}");
        }
    }
}
