//! Requests that real API servers answered, sent again.

use boundtoken::{ObjectKind, UnixSeconds};
use boundtoken_dev_server::DevServer;
use serde_json::{Value, json};

use crate::{Client, TOKEN_REVIEWS, protobuf};
use boundtoken_testing::requests::{self, Request, Server};

/// What the requests were sent by.
const AGENT: (&str, &str) = ("user-agent", "Python-urllib/3.13");

fn start(server: &Server) -> Option<DevServer> {
    start_with(server, &server.objects)
}

/// A server like theirs, with these objects.
fn start_with(server: &Server, objects: &Value) -> Option<DevServer> {
    let published = server.published()?;
    let mut items = Vec::new();
    for kind in ObjectKind::ALL {
        let group = kind.api_group();
        for object in objects[kind.resource()].as_array().into_iter().flatten() {
            let mut object = object.clone();
            object["apiVersion"] = if group.is_empty() { "v1".into() } else { format!("{group}/v1").into() };
            object["kind"] = kind.name().into();
            items.push(object);
        }
    }
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    let builder = DevServer::builder()
        .plain_http()
        .objects(list.to_string())
        .signing_key(server.key()?)
        .may_attest(requests::may_attest)
        .issuer(server.issuer.as_str());
    let builder = server.api_audiences.iter().fold(builder, |builder, name| builder.audience(name.as_str()));
    let started = builder.start().expect("server");
    started.issuer().keys().replace(published);
    Some(started)
}

fn path(request: &Request) -> String {
    let Request { namespace, service_account, .. } = request;
    format!("/api/v1/namespaces/{namespace}/serviceaccounts/{service_account}/token")
}

/// Replaces times and tokens, which differ, and nothing else.
fn without_moments(mut response: Value) -> Value {
    for place in [
        "/metadata/creationTimestamp",
        "/metadata/managedFields/0/time",
        "/status/token",
        "/status/expirationTimestamp",
    ] {
        if let Some(value) = response.pointer_mut(place) {
            *value = place.into();
        }
    }
    response
}

#[test]
fn every_request_is_answered_as_the_server_answered_it() {
    for server in requests::servers() {
        let Some(dev_server) = start(&server) else { continue };
        let client = Client::admin(&dev_server);
        for request in server.understood() {
            let headers = [AGENT, ("content-type", "application/json")];
            let reply = client.send("POST", &path(request), &headers, request.body.clone());
            let response = reply.json();
            let name = format!("{}: {}", server.name, request.name);
            assert_eq!(reply.status, request.status, "{name}: {response}");
            assert_eq!(
                without_moments(response.clone()),
                without_moments(request.response.clone()),
                "{name}"
            );
            assert_eq!(reply.header("cache-control"), "no-cache, private", "{name}");
            if request.status == 201 {
                let parts = |response: &Value| {
                    let token = response["status"]["token"].as_str().expect("token");
                    let claims = requests::claims_without_moments(&requests::claims(token));
                    (token.split('.').next().map(str::to_owned), claims)
                };
                assert_eq!(parts(&response), parts(&request.response), "{name}");
            }
        }
    }
}

#[test]
fn in_protobuf_every_request_is_answered_likewise() {
    for server in requests::servers() {
        let Some(dev_server) = start(&server) else { continue };
        let client = Client::admin(&dev_server);
        for request in server.understood().filter(|request| request.is_typed()) {
            let body: Value = serde_json::from_slice(&request.body).expect("JSON");
            let body = protobuf::token_request(&body["spec"]);
            let headers = [AGENT, ("content-type", protobuf::MEDIA_TYPE)];
            let response = client.send("POST", &path(request), &headers, body).json();
            let name = format!("{}: {}", server.name, request.name);
            if request.status == 201 {
                assert_eq!(response["spec"], request.response["spec"], "{name}: {response}");
            } else {
                // An empty map is none in protobuf.
                let theirs = request.response.to_string().replace("Invalid value: {}", "Invalid value: null");
                assert_eq!(response.to_string(), theirs, "{name}");
            }
        }
    }
}

#[test]
fn every_review_is_answered_as_the_server_answered_it() {
    for server in requests::servers() {
        let Some(before) = start(&server) else { continue };
        let after = start_with(&server, &server.objects_after()).expect("server");
        let clients = [&before, &after].map(Client::admin);
        // The one that a pod is left over from was made again.
        let names = |objects: &Value| -> Vec<(String, String)> {
            let accounts = objects["serviceaccounts"].as_array().expect("accounts").iter();
            let text =
                |account: &Value, member: &str| account["metadata"][member].as_str().unwrap().to_owned();
            accounts.map(|account| (text(account, "namespace"), text(account, "name"))).collect()
        };
        let kept = names(&server.objects_after());
        for (namespace, name) in names(&server.objects).iter().filter(|account| !kept.contains(account)) {
            clients[1].delete(&format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}"));
        }

        let requested: Vec<_> = server.understood().collect();
        let mut compared = 0;
        for round in server.reviews() {
            let client = if round.name == "before" { &clients[0] } else { &clients[1] };
            for (name, audiences, theirs) in &round.reviews {
                let Some(request) = requested.iter().find(|request| request.name == *name) else { continue };
                // What is being deleted counts for a while, which has passed in the last round alone.
                let is_over = round.name == "after-90s" && UnixSeconds::now() > round.now;
                if name.ends_with("terminating") && round.name != "before" && !is_over {
                    continue;
                }
                let issued = clients[0].post(&path(request), std::str::from_utf8(&request.body).unwrap());
                let token = issued.json()["status"]["token"].as_str().expect("token").to_owned();
                let review = json!({"spec": {"token": token, "audiences": audiences}});
                let mut ours = client.post(TOKEN_REVIEWS, &review.to_string()).json()["status"].clone();
                let mut theirs = theirs.clone();
                for status in [&mut ours, &mut theirs] {
                    let credential = "/user/extra/authentication.kubernetes.io~1credential-id";
                    if let Some(credential) = status.pointer_mut(credential) {
                        *credential = "JTI".into();
                    }
                }
                assert_eq!(ours, theirs, "{}: {}: {name} for {audiences:?}", server.name, round.name);
                compared += 1;
            }
        }
        assert!(compared > 200, "{}: {compared}", server.name);
    }
}

#[test]
fn keys_and_discovery_are_the_servers() {
    for server in requests::servers() {
        let Some(dev_server) = start(&server) else { continue };
        let client = Client::nobody(&dev_server);
        let read = |name: &str| std::fs::read(server.directory.join(name)).expect("vectors");
        assert_eq!(client.get("/openid/v1/jwks").body, read("jwks.json"));

        let theirs: Value = serde_json::from_slice(&read("openid-configuration.json")).expect("JSON");
        let uri = theirs["jwks_uri"].as_str().expect("jwks_uri");
        let expected = String::from_utf8(read("openid-configuration.json"))
            .expect("UTF-8")
            .replace(uri, &format!("{}/openid/v1/jwks", dev_server.url()));
        assert_eq!(client.get("/.well-known/openid-configuration").text(), expected);
    }
}
