//! Issuers that misbehave: no keys are accepted, and each has its own error.

use boundtoken::KeySet;

use super::*;

const DOCUMENT: &str = "/.well-known/openid-configuration";

/// The error after this answer to the request for the discovery document.
async fn with_document(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> DiscoveryError {
    let server = Server::start(move |url, path| match path {
        DOCUMENT => answer(url),
        path => panic!("nobody may be sent to {path}"),
    })
    .await;
    let error = failure(server.discovery().deadline(Duration::from_secs(30))).await;
    assert_eq!(error.step, Step::Document { url: format!("{}{DOCUMENT}", server.url) }, "{error}");
    error
}

/// The error after this answer to the request for keys.
async fn with_keys(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> DiscoveryError {
    let server = Server::start(move |url, path| match path {
        "/keys" => answer(url),
        _ => Answer::ok(issuer(url).openid_configuration().unwrap()),
    })
    .await;
    let error = failure(server.discovery().deadline(Duration::from_secs(30))).await;
    assert_eq!(error.step, Step::Keys { url: format!("{}/keys", server.url) }, "{error}");
    error
}

fn assert_says(error: &DiscoveryError, words: &str) {
    assert!(error.to_string().contains(words), "{words:?} is not in: {error}");
}

#[tokio::test]
async fn the_document_of_another_issuer() {
    let error =
        with_document(|_| Answer::ok(issuer("https://other.example").openid_configuration().unwrap())).await;
    assert_says(&error, r#"it belongs to the issuer "https://other.example", not to "https://127.0.0.1:"#);
    let error = with_document(|url| Answer::ok(issuer(&format!("{url}/")).openid_configuration().unwrap()));
    assert_says(&error.await, "it belongs to the issuer");
}

#[tokio::test]
async fn a_jwks_uri_without_tls() {
    let document = |url: &str| format!(r#"{{"issuer": "{url}", "jwks_uri": "http://127.0.0.1/keys"}}"#);
    let error = with_document(move |url| Answer::ok(document(url))).await;
    assert_says(&error, "its `jwks_uri` is not an https URL");
    assert_eq!(error.http_status, None);
}

#[tokio::test]
async fn answers_that_are_no_document_and_no_key_set() {
    for text in ["", "garbage", "<html></html>", "[]", "{}"] {
        assert_says(&with_document(move |_| Answer::ok(text)).await, "it must be a JSON object");
        assert_says(&with_keys(move |_| Answer::ok(text)).await, "not a JSON Web Key Set");
    }
    assert_says(&with_keys(|_| Answer::ok(r#"{"keys": []}"#)).await, "no usable key");
}

#[tokio::test]
async fn answers_with_an_error_status() {
    for (status, code, advice) in [
        ("401 Unauthorized", 401, "; it must be readable without credentials"),
        ("403 Forbidden", 403, "; it must be readable without credentials"),
        ("404 Not Found", 404, "; check the issuer's name, or say where its keys are with `jwks_uri`"),
        ("406 Not Acceptable", 406, "the answer is 406 Not Acceptable"),
        ("304 Not Modified", 304, "the answer is 304 Not Modified"),
    ] {
        let error = with_document(move |_| Answer::status(status)).await;
        assert_eq!(error.http_status, Some(code));
        assert_says(&error, advice);
        assert_eq!(with_keys(move |_| Answer::status(status)).await.http_status, Some(code));
    }
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_not_read_to_its_end() {
    let most = KeySet::MAX_DOCUMENT_BYTES;
    let too_long = format!("the answer is longer than {most} bytes");
    let piece = || "x".repeat(1 << 16);
    let at_once = Duration::ZERO;

    let whole = with_keys(move |_| Answer::ok(" ".repeat(most + 1))).await;
    assert_says(&whole, &too_long);
    // Its length is announced, but it never completes.
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 1_u64 << 40);
    let error = with_document(move |_| Answer::Endless(head.clone(), piece(), at_once)).await;
    assert_says(&error, &too_long);
    // Its length is not announced, and it never ends.
    let error = with_keys(move |_| Answer::Endless("HTTP/1.1 200 OK\r\n\r\n".into(), piece(), at_once)).await;
    assert_says(&error, &too_long);
    // An answer of the largest allowed size is read.
    let error = with_keys(move |_| Answer::ok(" ".repeat(most))).await;
    assert_says(&error, "not a JSON Web Key Set");
}

#[tokio::test]
async fn headers_without_end() {
    let header = || format!("X-More: {}\r\n", "x".repeat(1 << 12));
    let begun = "HTTP/1.1 200 OK\r\n";
    let error = with_document(move |_| Answer::Endless(begun.into(), header(), Duration::ZERO)).await;
    assert_eq!(error.http_status, None);
}

#[tokio::test]
async fn an_answer_that_is_too_slow() {
    let slow = Duration::from_millis(20);
    for (begun, piece) in [
        ("", ""),
        ("HTTP/1.1 200 OK\r\nX-Slow: ", "x"),
        ("HTTP/1.1 200 OK\r\n\r\n", " "),
        ("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", " "),
    ] {
        let server = Server::start(move |_, _| Answer::Endless(begun.into(), piece.into(), slow)).await;
        let error = failure(server.discovery().deadline(Duration::from_millis(500))).await;
        assert_says(&error, "no complete answer within");
        assert_says(&error, "check that the address can be reached from here");
    }
}

#[tokio::test]
async fn a_redirect_out_of_tls() {
    let plain = DevServer::builder().plain_http().start().unwrap();
    let location = format!("{}/openid/v1/jwks", plain.url());
    let error = with_keys(move |_| Answer::redirect(&location)).await;
    assert_says(&error, "a redirect to a URL that is not an https URL");
}

#[tokio::test]
async fn a_redirect_with_credentials() {
    let error = with_keys(|url| Answer::redirect(url.replace("https://", "https://user:hunter2@"))).await;
    assert_says(&error, "a redirect to a URL that has a user or a password");
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[tokio::test]
async fn a_redirect_that_leads_back_to_itself() {
    let error = with_keys(|url| Answer::redirect(format!("{url}/keys"))).await;
    assert_says(&error, "more than 3 redirects");
}

#[tokio::test]
async fn an_answer_that_is_not_http() {
    assert_eq!(with_document(|_| Answer::Bytes("SSH-2.0-server\r\n".into())).await.http_status, None);
    assert_eq!(with_keys(|_| Answer::Bytes(String::new())).await.http_status, None);
    let cut_off = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"keys\":[]}";
    assert_says(&with_keys(move |_| Answer::Bytes(cut_off.into())).await, "check that the address");
}

#[tokio::test]
async fn a_certificate_by_another_authority() {
    let (server, other) = (dev_server(), dev_server());
    let builder = Discovery::builder(server.url()).certificate_authority(other.ca_certificate().unwrap());
    let error = failure(builder).await;
    assert_says(&error, "certificate");
    assert_says(&error, "name the authority that issued it with `certificate_authority`");
    // By default only the system's authorities are trusted.
    assert!(!failure(Discovery::builder(server.url())).await.to_string().is_empty());
    // Several authorities may be given.
    let both = [other.ca_certificate().unwrap(), server.ca_certificate().unwrap()];
    let builder = both.iter().fold(Discovery::builder(server.url()), |builder, authority| {
        builder.certificate_authority(authority.trim_end())
    });
    builder.connect().await.unwrap();
}

#[tokio::test]
async fn a_certificate_for_another_name() {
    let server = dev_server();
    let elsewhere = server.url().replace("127.0.0.1", "127.0.0.2");
    let builder = Discovery::builder(elsewhere).certificate_authority(server.ca_certificate().unwrap());
    assert!(matches!(failure(builder).await.step, Step::Document { .. }));
}

#[tokio::test]
async fn nobody_listens() {
    let error = failure(Discovery::builder(format!("https://{}", free_address()))).await;
    assert_says(&error, "Connection refused");
    assert_says(&error, "check that the address can be reached from here");
}
