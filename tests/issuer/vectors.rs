//! Every TokenRequest that a real API server answered.

use boundtoken::api::TokenRequest;
use boundtoken::{UnixSeconds, Verifier};

use boundtoken_testing::requests::{claims, claims_without_moments, servers, without_moments};

#[test]
fn every_request_is_answered_as_the_api_server_answered_it() {
    for server in servers() {
        let Some(issuer) = server.issuer() else { continue };
        let mut answered = 0;
        for request in server.understood().filter(|request| request.is_typed()) {
            let body: TokenRequest = serde_json::from_slice(&request.body).unwrap();
            let context = format!("{}/{}", server.name, request.name);
            match issuer.issue(&request.namespace, &request.service_account, body) {
                Ok(issued) => {
                    assert_eq!(request.status, 201, "{context}");
                    let ours = serde_json::to_value(issued.clone().managed_by("test").response).unwrap();
                    assert_eq!(without_moments(ours), without_moments(request.response.clone()), "{context}");
                    assert_eq!(
                        claims_without_moments(&claims(issued.token())),
                        claims_without_moments(&claims(
                            request.response["status"]["token"].as_str().unwrap()
                        )),
                        "{context}"
                    );
                }
                Err(refusal) => {
                    assert_eq!(serde_json::to_value(&refusal).unwrap(), request.response, "{context}");
                    assert_eq!(refusal.code, i32::from(request.status), "{context}");
                }
            }
            answered += 1;
        }
        println!(
            "{}: {answered} of {} requests; the others are not JSON of a TokenRequest",
            server.name,
            server.requests.len()
        );
        assert!(answered > 20);
    }
}

#[test]
fn the_header_is_the_api_servers_byte_for_byte() {
    for server in servers() {
        let Some(issuer) = server.issuer() else { continue };
        for request in server.understood().filter(|request| request.status == 201) {
            let body: TokenRequest = serde_json::from_slice(&request.body).unwrap();
            let issued = issuer.issue(&request.namespace, &request.service_account, body).unwrap();
            let theirs = request.response["status"]["token"].as_str().unwrap();
            assert_eq!(issued.token().split('.').next(), theirs.split('.').next());
        }
    }
}

#[test]
fn our_token_and_theirs_are_accepted_by_one_verifier() {
    for server in servers() {
        let Some(issuer) = server.issuer() else { continue };
        for request in server.understood().filter(|request| request.status == 201) {
            let body: TokenRequest = serde_json::from_slice(&request.body).unwrap();
            let their_token = request.response["status"]["token"].as_str().unwrap();
            let theirs: serde_json::Value = serde_json::from_str(&claims(their_token)).unwrap();
            let audience = theirs["aud"][0].as_str().unwrap();
            if audience.is_empty() {
                continue; // a verifier is not built for the empty audience
            }
            let now = UnixSeconds(theirs["iat"].as_u64().unwrap());
            let issued = issuer.issue_at(&request.namespace, &request.service_account, body, now).unwrap();
            let verifier = Verifier::builder().issuer(issuer.trusted()).audience(audience).build().unwrap();
            let [ours, theirs] = [issued.token(), their_token]
                .map(|token| verifier.verify_at(token.as_bytes(), now).unwrap().user_info());
            assert_eq!((ours.username, ours.uid, ours.groups), (theirs.username, theirs.uid, theirs.groups));
        }
    }
}

#[test]
fn what_is_published_is_the_api_servers_byte_for_byte() {
    for server in servers() {
        let Some(issuer) = server.issuer() else { continue };
        let file = |name: &str| std::fs::read_to_string(server.directory.join(name)).unwrap();
        assert_eq!(issuer.jwks(), file("jwks.json"));
        assert_eq!(issuer.openid_configuration().unwrap(), file("openid-configuration.json"));
    }
}
