//! Requests that real API servers answered, sent again.

use boundtoken::dev_server::DevServer;
use serde_json::{Value, json};

use crate::Client;
use crate::common::requests::{self, Server};

/// What the requests were sent by.
const AGENT: (&str, &str) = ("user-agent", "Python-urllib/3.13");

fn start(server: &Server) -> Option<DevServer> {
    let mut items = Vec::new();
    for (resource, kind) in
        [("nodes", "Node"), ("serviceaccounts", "ServiceAccount"), ("pods", "Pod"), ("secrets", "Secret")]
    {
        for object in server.objects[resource].as_array().expect("objects") {
            let mut object = object.clone();
            object["apiVersion"] = "v1".into();
            object["kind"] = kind.into();
            items.push(object);
        }
    }
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    let builder = DevServer::builder()
        .plain_http()
        .objects(list.to_string())
        .signing_key(server.key()?)
        .issuer(server.issuer.as_str());
    let builder = server.api_audiences.iter().fold(builder, |builder, name| builder.audience(name.as_str()));
    Some(builder.start().expect("server"))
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
        for request in &server.requests {
            let path = format!(
                "/api/v1/namespaces/{}/serviceaccounts/{}/token",
                request.namespace, request.service_account
            );
            let headers = [AGENT, ("content-type", "application/json")];
            let reply = client.send("POST", &path, &headers, request.body.clone());
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
fn an_answer_in_yaml_is_the_servers_letter_by_letter_but_for_token_and_times() {
    for server in requests::servers() {
        let Some(dev_server) = start(&server) else { continue };
        let theirs = std::fs::read_to_string(server.directory.join("tokenrequest-pod-live.yaml"));
        let Ok(theirs) = theirs else { continue };
        let request = server.requests.iter().find(|request| request.name == "pod-live").expect("pod-live");
        let headers = [AGENT, ("content-type", "application/yaml"), ("accept", "application/yaml")];
        let path = "/api/v1/namespaces/demo/serviceaccounts/app/token";
        let reply = Client::admin(&dev_server).send("POST", path, &headers, request.body.clone());
        assert_eq!((reply.status, reply.header("content-type").as_str()), (201, "application/yaml"));

        let lasting = |yaml: &str| {
            let moments = ["creationTimestamp", "time", "expirationTimestamp", "token"];
            let lines = yaml.lines().map(|line| match line.split_once(": ") {
                Some((member, value)) if moments.contains(&member.trim_start()) => {
                    format!("{member}: {}", if value.starts_with('"') { "\"...\"" } else { "..." })
                }
                _ => line.to_owned(),
            });
            lines.collect::<Vec<_>>().join("\n")
        };
        assert_eq!(lasting(&reply.text()), lasting(&theirs));
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
