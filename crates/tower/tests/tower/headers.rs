//! Requests as they come over a socket: odd headers, slow clients, two versions of HTTP, a server that stops.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use boundtoken_tower::{AuthLayer, Caller};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::setup::Setup;

const SOON: Duration = Duration::from_secs(10);

/// A service on a socket. It stops gracefully when it is told to.
struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

async fn serve(layer: AuthLayer) -> Server {
    let slow = get(|caller: Caller| async move {
        sleep(Duration::from_millis(300)).await;
        caller.claims().subject().to_owned()
    });
    let router = Router::new()
        .route("/", get(|caller: Caller| async move { caller.claims().subject().to_owned() }))
        .route("/maybe", get(|caller: Option<Caller>| async move { caller.is_some().to_string() }))
        .route("/slow", slow)
        .layer(layer);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(async move {
        let stopped = async {
            let _ = stopped.await;
        };
        axum::serve(listener, router).with_graceful_shutdown(stopped).await.unwrap();
    });
    Server { address, stop, ended }
}

/// Sends these bytes. Returns the status and the whole answer.
async fn send(address: SocketAddr, bytes: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    read(stream).await
}

async fn read(mut stream: TcpStream) -> (u16, String) {
    let mut answer = Vec::new();
    // A server that refuses early closes its side while this one still sends.
    let _ = timeout(SOON, stream.read_to_end(&mut answer)).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    (status, answer)
}

fn head(path: &str, headers: &[u8]) -> Vec<u8> {
    let mut head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n").into_bytes();
    head.extend(headers);
    head.extend(b"\r\n");
    head
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_headers_get_a_plain_answer_and_never_a_caller() {
    let setup = Setup::new();
    let token = setup.pod("live");
    let server = serve(setup.layer()).await;
    let bearer = format!("Authorization: Bearer {token}\r\n");
    let lines = |lines: &[&[u8]]| lines.concat();
    for (name, headers, status) in [
        ("good", bearer.clone().into_bytes(), 200),
        ("the scheme in other letters", format!("aUTHORIZATION: bEARER {token}\r\n").into_bytes(), 200),
        ("white space around", format!("Authorization: \t Bearer {token} \t\r\n").into_bytes(), 200),
        ("none", Vec::new(), 401),
        ("twice", bearer.repeat(2).into_bytes(), 400),
        (
            "twice, one of them another scheme",
            format!("Authorization: Basic eDp5\r\n{bearer}").into_bytes(),
            400,
        ),
        ("two in one", format!("Authorization: Bearer {token}, Bearer {token}\r\n").into_bytes(), 400),
        ("folded", format!("Authorization: Bearer\r\n {token}\r\n").into_bytes(), 400),
        ("not ASCII", lines(&[b"Authorization: Bearer ", "ä.ö.ü".as_bytes(), b"\r\n"]), 401),
        ("not UTF-8", lines(&[b"Authorization: Bearer \xff\xfe.\x80.a\r\n"]), 401),
        ("a NUL", lines(&[b"Authorization: Bearer a\0b\r\n"]), 400),
        (
            "more than the verifier reads",
            format!("Authorization: Bearer {}\r\n", "a".repeat(20_000)).into_bytes(),
            401,
        ),
        (
            "more than HTTP reads",
            format!("Authorization: Bearer {}\r\n", "a".repeat(2_000_000)).into_bytes(),
            431,
        ),
    ] {
        let (found, answer) = send(server.address, &head("/", &headers)).await;
        assert_eq!(found, status, "{name}: {answer:.200}");
        assert!(!answer.contains(&token), "{name}");
        let is_caller = answer.ends_with("system:serviceaccount:demo:app");
        assert_eq!(is_caller, status == 200, "{name}: {answer:.200}");
        if matches!(status, 401) {
            assert!(answer.contains("www-authenticate: Bearer"), "{name}: {answer:.200}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extractor_may_do_without_a_caller() {
    let setup = Setup::new();
    let token = setup.pod("live");
    let server = serve(setup.layer().optional()).await;
    let bearer = format!("Authorization: Bearer {token}\r\n").into_bytes();
    for (path, headers, status, body) in [
        ("/maybe", Vec::new(), 200, "false"),
        ("/maybe", bearer.clone(), 200, "true"),
        ("/", Vec::new(), 401, ""),
        ("/", bearer, 200, "system:serviceaccount:demo:app"),
    ] {
        let (found, answer) = send(server.address, &head(path, &headers)).await;
        assert_eq!(found, status, "{path}: {answer}");
        assert_eq!(answer.split("\r\n\r\n").nth(1), Some(body));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_client_waits_for_itself_alone() {
    let setup = Setup::new();
    let token = setup.pod("live");
    let server = serve(setup.layer()).await;
    let request = head("/", format!("Authorization: Bearer {token}\r\n").as_bytes());
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    let (first, rest) = request.split_at(request.len() / 2);
    for piece in first.chunks(50) {
        slow.write_all(piece).await.unwrap();
        slow.flush().await.unwrap();
        assert_eq!(send(server.address, &request).await.0, 200);
    }
    slow.write_all(rest).await.unwrap();
    assert_eq!(read(slow).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_speaks_both_versions_of_http() {
    let Some(curl) = boundtoken_testing::tools::tool("curl", "curl") else { return };
    let setup = Setup::new();
    let token = setup.pod("live");
    let server = serve(setup.layer()).await;
    let url = format!("http://{}/", server.address);
    for (version, protocol) in [("--http1.1", "1.1"), ("--http2-prior-knowledge", "2")] {
        for (authorization, expected) in [
            (
                format!("Authorization: Bearer {token}"),
                format!("system:serviceaccount:demo:app {protocol} 200 "),
            ),
            (
                "Authorization: Bearer x".to_owned(),
                format!(
                    " {protocol} 401 {}",
                    r#"Bearer error="invalid_token", error_description="the token does not have exactly three parts""#
                ),
            ),
            ("X: y".to_owned(), format!(" {protocol} 401 Bearer")),
        ] {
            let format = " %{http_version} %{http_code} %header{www-authenticate}";
            let arguments = [
                "--silent",
                "--show-error",
                version,
                "--write-out",
                format,
                "--header",
                &authorization,
                &url,
            ];
            let output = Command::new(curl).args(arguments).output().unwrap();
            let found = String::from_utf8(output.stdout).unwrap();
            assert_eq!(found, expected, "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_answers_what_it_has_begun() {
    let setup = Setup::new();
    let token = setup.pod("live");
    let server = serve(setup.layer()).await;
    let request = head("/slow", format!("Authorization: Bearer {token}\r\n").as_bytes());
    let running = tokio::spawn(async move { send(server.address, &request).await });
    sleep(Duration::from_millis(100)).await;
    server.stop.send(()).unwrap();
    assert_eq!(running.await.unwrap().0, 200);
    timeout(SOON, server.ended).await.unwrap().unwrap();
}
