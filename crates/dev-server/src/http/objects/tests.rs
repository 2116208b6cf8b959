//! Tests of the routes, over HTTP.

mod requests;
mod watches;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::DevServer;

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const MERGE: &str = "application/merge-patch+json";

fn server() -> DevServer {
    DevServer::builder().plain_http().start().unwrap()
}

/// Sends a request; the response is read up to its body.
fn send(server: &DevServer, request: &str, headers: &str, body: &str) -> (u16, String, BufReader<TcpStream>) {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let (token, length) = (server.admin_token(), body.len());
    // HTTP/1.0, so that the body needs no decoding: it ends with the connection.
    let head = format!(
        "{request} HTTP/1.0\r\nAuthorization: Bearer {token}\r\nContent-Length: {length}\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "the response ends in its head: {head}");
    }
    let code = head.split(' ').nth(1).unwrap().parse().unwrap();
    (code, head.to_ascii_lowercase(), reader)
}

fn call(server: &DevServer, request: &str, headers: &str, body: &str) -> (u16, Value) {
    let (code, _, mut reader) = send(server, request, headers, body);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    (code, serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}")))
}

fn create(server: &DevServer, name: &str) -> Value {
    let body = json!({"metadata": {"name": name}}).to_string();
    let (code, object) = call(server, &format!("POST {SECRETS}"), "", &body);
    assert_eq!(code, 201, "{object}");
    object
}

fn message(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["message"].as_str().unwrap())
}

fn patch(media_type: &str) -> String {
    format!("Content-Type: {media_type}\r\n")
}

fn event(reader: &mut BufReader<TcpStream>) -> Value {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|_| panic!("not an event: {line:?}"))
}

/// Type and name of an event.
fn short(event: &Value) -> (&str, &str) {
    (event["type"].as_str().unwrap(), event["object"]["metadata"]["name"].as_str().unwrap_or_default())
}
