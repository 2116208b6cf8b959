//! Addresses of webhooks are the audiences that API servers issue tokens for.

use boundtoken_testing::repository;
use boundtoken_tower::{AdmissionLayer, WebhookAddress};
use serde_json::Value;

/// The address by the `clientConfig` of a webhook.
fn of_client_config(config: &Value) -> WebhookAddress {
    if let Some(url) = config["url"].as_str() {
        return WebhookAddress::url(url);
    }
    let service = &config["service"];
    let text = |member: &str| service[member].as_str().unwrap();
    let mut address = WebhookAddress::service(text("name"), text("namespace"));
    if let Some(port) = service["port"].as_u64() {
        address = address.port(u16::try_from(port).unwrap());
    }
    if let Some(path) = service["path"].as_str() {
        address = address.path(path);
    }
    address.into()
}

#[test]
fn a_real_api_server_issued_tokens_for_these_addresses_and_refused_another() {
    let vectors = repository().join("tests/vectors/apiserver-1.37-rs256");
    let read = |name: &str| -> Value {
        serde_json::from_slice(&std::fs::read(vectors.join(name)).unwrap()).unwrap()
    };
    let objects = read("objects.json");
    let mut judged = Vec::new();
    for name in [
        "webhook-v-live",
        "webhook-v-service",
        "webhook-v-terminating",
        "webhook-m-live",
        "webhook-bad-audience",
    ] {
        let exchange = read(&format!("tokenrequest-{name}.json"));
        let spec = &exchange["request"]["spec"];
        let resource = format!("{}s", spec["boundObjectRef"]["kind"].as_str().unwrap().to_lowercase());
        let configurations = objects["before"][&resource].as_array().unwrap();
        let bound_to = |object: &&Value| object["metadata"]["name"] == spec["boundObjectRef"]["name"];
        let configuration = configurations.iter().find(bound_to).unwrap();
        let address = of_client_config(&configuration["webhooks"][0]["clientConfig"]).to_string();
        let issued = exchange["status"] == 201;
        assert_eq!(spec["audiences"][0] == address.as_str(), issued, "{name}: {address}");
        judged.push((address, issued));
    }
    assert!(judged.iter().any(|(_, issued)| !issued));
    let issued: Vec<&str> =
        judged.iter().filter(|(_, issued)| *issued).map(|(address, _)| address.as_str()).collect();
    assert!(issued.contains(&"https://hook.demo.svc:443/"), "{issued:?}");
    assert!(issued.contains(&"https://hook.demo.svc:8443/mutate"), "{issued:?}");
}

/// The cases of the API server's own test (`TestValidateWebhookAudience` of Kubernetes 1.37.2).
#[test]
fn the_port_and_the_slash_are_always_there() {
    let service = || WebhookAddress::service("svc", "ns");
    for (address, expected) in [
        (service(), "https://svc.ns.svc:443/"),
        (service().path(""), "https://svc.ns.svc:443/"),
        (service().path("/"), "https://svc.ns.svc:443/"),
        (service().path("hooks"), "https://svc.ns.svc:443/hooks"),
        (service().port(8443).path("/validate"), "https://svc.ns.svc:8443/validate"),
        (service().path("/validate/"), "https://svc.ns.svc:443/validate/"),
    ] {
        assert_eq!(address.to_string(), expected);
        assert_eq!(WebhookAddress::from(address).to_string(), expected);
    }
    for verbatim in ["https://validate.example.com", "https://Validate.example.com:443/a/?b"] {
        assert_eq!(WebhookAddress::url(verbatim).to_string(), verbatim);
    }
}

#[tokio::test]
async fn an_empty_address_lets_nobody_pass() {
    let layer = AdmissionLayer::new(super::verifier(), WebhookAddress::url(""));
    let token = super::token(&serde_json::json!({"aud": [""]}));
    assert_eq!(super::send(&layer, super::sent(&token, &super::review("apps"))).await.status(), 401);
}
