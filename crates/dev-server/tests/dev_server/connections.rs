//! Clients that are many, slow, or strange.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use boundtoken_dev_server::DevServer;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::Value;

use crate::client::Connection;
use crate::{Client, TOKENS, builder, start, token};

const WATCHES: usize = 200;

/// Reads frames until an event of this type.
async fn event(body: &mut Incoming, kind: &str) -> Value {
    let mut text = String::new();
    loop {
        let frame = body.frame().await.expect("an event").expect("a frame");
        text.push_str(&String::from_utf8_lossy(frame.data_ref().expect("data")));
        let found = text
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .find(|event| event["type"] == kind);
        if let Some(event) = found {
            return event;
        }
    }
}

fn watch_together(server: &DevServer, client: &Client, connections: usize) {
    let path = "/api/v1/namespaces/demo/serviceaccounts?watch=true";
    client.block(async {
        let mut open: Vec<Connection> = Vec::new();
        for _ in 0..connections {
            open.push(client.connect().await);
        }
        let mut bodies = Vec::new();
        for number in 0..WATCHES {
            let connection = &mut open[number % connections];
            let response = connection.send(client.request("GET", path, &[], "")).await.expect("watch");
            assert_eq!(response.status(), 200);
            bodies.push(response.into_body());
        }
        // Others are served meanwhile, and everybody sees what they do.
        let name = format!("new-{connections}");
        let request = client.request(
            "POST",
            "/api/v1/namespaces/demo/serviceaccounts",
            &[("content-type", "application/json")],
            serde_json::json!({"metadata": {"name": name}}).to_string(),
        );
        assert_eq!(client.connect().await.send(request).await.expect("answer").status(), 201);
        for body in &mut bodies {
            loop {
                let event = event(body, "ADDED").await;
                if event["object"]["metadata"]["name"] == name.as_str() {
                    break;
                }
            }
        }
    });
    assert_eq!(Client::nobody(server).get("/healthz").status, 200);
}

#[test]
fn two_hundred_watches_run_on_as_many_connections() {
    let (server, client) = start();
    watch_together(&server, &client, WATCHES);
}

#[test]
fn two_hundred_watches_run_on_one_connection() {
    let server = DevServer::builder().objects(crate::OBJECTS).start().unwrap();
    let client = Client::admin(&server).over_http2();
    watch_together(&server, &client, 1);
}

/// What a server says to these bytes, to the end.
fn say(server: &DevServer, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    // Some of these are answered before they are read to the end, some by closing the connection, some by patience.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn what_is_no_http_is_answered_briefly_and_harms_nobody() {
    let server = builder().start().unwrap();
    let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(200_000));
    let headers = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "a: b\r\n".repeat(10_000));
    for garbage in [
        "\r\n\r\n\r\n",
        "GARBAGE\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\u{0}",
        "GET / HTTP/9.9\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnot a frame at all",
        long.as_str(),
        headers.as_str(),
    ] {
        let answer = say(&server, garbage.as_bytes());
        assert!(
            !answer.starts_with("HTTP/1.1 2") && !answer.starts_with("HTTP/1.1 5"),
            "{garbage:.40}: {answer}"
        );
    }
    assert_eq!(Client::nobody(&server).get("/healthz").status, 200);
}

#[test]
fn a_body_that_breaks_off_harms_nobody() {
    let (server, client) = start();
    let token = server.admin_token();
    for _ in 0..50 {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        write!(
            stream,
            "POST {TOKENS} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nContent-Length: 100\r\n\r\n{{"
        )
        .unwrap();
    }
    assert_eq!(client.get("/api").status, 200);
}

#[test]
fn clients_that_send_slowly_do_not_keep_others_waiting() {
    let (server, client) = start();
    let token = server.admin_token();
    let head = format!(
        "POST {TOKENS} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
    );
    let slow: Vec<_> = (0..100)
        .map(|number| {
            let mut stream = TcpStream::connect(server.address()).unwrap();
            // Some have sent nothing, some half of the head, some half of the body.
            let sent = match number % 3 {
                0 => String::new(),
                1 => head.clone(),
                _ => format!("{head}Content-Length: 2\r\n\r\n{{"),
            };
            stream.write_all(sent.as_bytes()).unwrap();
            (stream, number % 3)
        })
        .collect();
    for _ in 0..20 {
        assert_eq!(client.post(TOKENS, "{}").status, 201);
    }
    // They are served when they come to an end.
    for (mut stream, sent) in slow {
        let rest = match sent {
            0 => format!("{head}Content-Length: 2\r\n\r\n{{}}"),
            1 => "Content-Length: 2\r\n\r\n{}".to_owned(),
            _ => "}".to_owned(),
        };
        stream.write_all(rest.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    }
}

#[test]
fn many_clients_at_once_are_all_served() {
    let (server, client) = start();
    let own = token(&client, &[server.issuer().name()]);
    std::thread::scope(|scope| {
        for number in 0..8 {
            let (server, own) = (&server, &own);
            scope.spawn(move || {
                let client = Client::with(server, own);
                for round in 0..20 {
                    let name = format!("pod-{number}-{round}");
                    let pod = serde_json::json!({"metadata": {"name": name}, "spec": {"serviceAccountName": "app",
                        "containers": [{"name": "c", "image": "i"}]}});
                    assert_eq!(client.post("/api/v1/namespaces/demo/pods", &pod.to_string()).status, 201);
                    let request = serde_json::json!({"spec": {"boundObjectRef": {"kind": "Pod", "name": name}}});
                    assert_eq!(client.post(TOKENS, &request.to_string()).status, 201);
                    let path = format!("/api/v1/namespaces/demo/pods/{name}?gracePeriodSeconds=0");
                    assert_eq!(client.delete(&path).status, 200);
                    assert_eq!(client.post(TOKENS, &request.to_string()).status, 404);
                }
            });
        }
    });
}
