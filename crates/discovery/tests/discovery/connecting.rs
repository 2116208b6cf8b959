//! Finding an issuer's keys by its name.

use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

use tokio::io::AsyncReadExt as _;

use super::*;

#[tokio::test]
async fn an_issuers_keys_are_found_and_its_tokens_accepted() {
    let server = dev_server();
    let discovery = discovery(&server).connect().await.unwrap();
    assert_eq!(discovery.issuer(), server.url());
    let status = discovery.status();
    assert_eq!((status.issuer.as_str(), status.key_ids.len()), (server.url(), 1));
    assert_eq!(status.keys_failure, None);

    let token = token(server.issuer());
    let verifier = Arc::new(discovery.verifier_builder().audience(AUDIENCE).build().unwrap());
    assert_eq!(verdict(verifier.verify(&token)), Ok(Confirmed::NotChecked), "it knows of no objects");
    assert_eq!(verdict(online(&discovery, &verifier).verify(&token).await), Ok(Confirmed::NotChecked));

    let with_objects = discovery.trusted_issuer().bound_objects(server.bound_objects());
    let verifier = boundtoken::Verifier::builder().issuer(with_objects).audience(AUDIENCE).build();
    let verifier = Arc::new(verifier.unwrap());
    assert_eq!(verdict(online(&discovery, &verifier).verify(&token).await), Ok(Confirmed::Live));
}

#[tokio::test]
async fn each_document_is_requested_once_with_media_types_that_an_api_server_accepts() {
    let server = publishing("", |_, path| panic!("{path}")).await;
    server.discovery().connect().await.unwrap();
    assert_eq!(server.paths(), ["/.well-known/openid-configuration", "/keys"]);
    let requests = server.requests();
    assert!(requests[0].contains("accept: application/json\r\n"), "{}", requests[0]);
    let accept = "accept: application/jwk-set+json, application/json;q=0.9\r\n";
    assert!(requests[1].contains(accept), "{}", requests[1]);
    for request in requests {
        for header in ["cookie", "authorization", "accept-encoding", "referer"] {
            assert!(!request.contains(&format!("\r\n{header}:")), "{request}");
        }
    }
}

#[tokio::test]
async fn an_issuers_path_is_kept_and_a_final_slash_belongs_only_to_its_name() {
    for (suffix, path) in [
        ("/", "/.well-known/openid-configuration"),
        ("/id/1", "/id/1/.well-known/openid-configuration"),
        ("/id/1/", "/id/1/.well-known/openid-configuration"),
    ] {
        let server = publishing(suffix, |_, path| panic!("{path}")).await;
        let name = format!("{}{suffix}", server.url);
        let builder = Discovery::builder(name.as_str()).certificate_authority(&server.authority);
        assert_eq!(builder.connect().await.unwrap().issuer(), name);
        assert_eq!(server.paths()[0], path);
    }
}

#[tokio::test]
async fn with_a_given_jwks_uri_no_document_is_requested() {
    let server = Server::start(|url, path| match path {
        "/elsewhere?version=1" => Answer::ok(issuer(url).jwks()),
        _ => Answer::status("404 Not Found"),
    })
    .await;
    let name = "https://unreachable.example";
    let builder = Discovery::builder(name).certificate_authority(&server.authority);
    let discovery = builder.jwks_uri(format!("{}/elsewhere?version=1", server.url)).connect().await.unwrap();
    assert_eq!((discovery.issuer(), discovery.status().key_ids.len()), (name, 1));
    assert_eq!(server.paths(), ["/elsewhere?version=1"]);
}

#[tokio::test]
async fn a_few_redirects_are_followed_and_no_more() {
    for (redirects, is_followed) in [(1, true), (3, true), (4, false)] {
        let server = publishing("", move |url, path| match path.strip_prefix("/hop/").unwrap().parse() {
            Ok(0) => Answer::redirect(format!("{url}/keys")),
            Ok(hop) => Answer::redirect(format!("{url}/hop/{}", hop - 1)),
            Err(error) => panic!("{path}: {error}"),
        })
        .await;
        let first = format!("{}/hop/{}", server.url, redirects - 1);
        let outcome = server.discovery().jwks_uri(first.as_str()).connect().await;
        match is_followed {
            true => assert_eq!(outcome.unwrap().status().key_ids.len(), 1, "{redirects}"),
            false => {
                let error = outcome.unwrap_err();
                assert_eq!(error.step, Step::Keys { url: first });
                assert!(error.to_string().contains("more than 3 redirects"), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn an_issuer_that_fails_now_and_then_is_asked_again() {
    let address = free_address();
    let builder = DevServer::builder().address(address).issuer(format!("https://{address}"));
    let server = builder.fault(Fault::ErrorRate(0.5)).start().unwrap();
    discovery(&server).connect().await.unwrap();
}

#[tokio::test]
async fn an_issuer_that_only_fails_is_given_up_at_the_deadline() {
    let server = dev_server();
    server.set_faults([Fault::ErrorRate(1.0)]);
    let error = failure(discovery(&server).deadline(Duration::from_secs(1))).await;
    assert!(matches!(error.http_status, Some(500 | 503)), "{error}");
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_asked_to_pass_tls_through() {
    let proxy = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    // Environment variables belong to the whole process, so run another one. Any test that connects will do.
    let mut other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "misbehaving::nobody_listens"])
        .env("HTTPS_PROXY", format!("http://{}", proxy.local_addr().unwrap()))
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let asked = async {
        let mut request = [0; 18];
        proxy.accept().await.unwrap().0.read_exact(&mut request).await.unwrap();
        request
    };
    let request = tokio::time::timeout(Duration::from_secs(20), asked).await.expect("a request");
    assert_eq!(&request, b"CONNECT 127.0.0.1:");
    other.kill().unwrap();
    other.wait().unwrap();
}

#[tokio::test]
async fn an_invalid_configuration_is_refused_without_a_request() {
    let authority = "-----BEGIN CERTIFICATE-----\n";
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let builder = || Discovery::builder("https://issuer.example");
    for (builder, words) in [
        (Discovery::builder("http://127.0.0.1"), "the issuer is not an https URL"),
        (Discovery::builder("https://issuer.example?a=b"), "the issuer has a query or a fragment"),
        (builder().jwks_uri("http://127.0.0.1/keys"), "the URL of the keys is not an https URL"),
        (builder().certificate_authority(""), "the certificate authority has no CERTIFICATE block"),
        (builder().certificate_authority(authority), "the certificate authority"),
        (builder().certificate_authority(garbage), "a certificate authority cannot be used"),
    ] {
        let error = failure(builder).await;
        assert_eq!((&error.step, error.http_status), (&Step::Configuration, None));
        let text = error.to_string();
        assert!(text.starts_with(&format!("could not use the configuration: {words}")), "{text}");
    }
}

/// A server that publishes an issuer with this path. `answer` answers all other requests.
async fn publishing(
    suffix: &'static str,
    other: impl Fn(&str, &str) -> Answer + Send + Sync + 'static,
) -> Server {
    let issuer_of = move |url: &str| {
        let key = SigningKey::generate(Algorithm::ES256).unwrap();
        Issuer::builder(format!("{url}{suffix}"), key).jwks_uri(format!("{url}/keys")).build().unwrap()
    };
    let known = OnceLock::<Arc<Issuer>>::new();
    Server::start(move |url, path| {
        let issuer = known.get_or_init(|| Arc::new(issuer_of(url)));
        match path {
            "/keys" => Answer::ok(issuer.jwks()),
            path if path.ends_with("/.well-known/openid-configuration") => {
                Answer::ok(issuer.openid_configuration().unwrap())
            }
            path => other(url, path),
        }
    })
    .await
}
