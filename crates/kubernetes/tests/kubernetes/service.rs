//! The example of a service, as a process of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::*;

/// A running service. Killed when it is dropped.
struct Service {
    process: Child,
    address: String,
}

impl Service {
    fn start(server: &DevServer) -> Self {
        let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let target = temporary.parent().unwrap();
        let program = boundtoken_testing::tools::example(target, "boundtoken-kubernetes", "service", "");
        let kubeconfig = temporary.join("service.kubeconfig");
        server.write_kubeconfig(&kubeconfig).unwrap();
        let mut process = Command::new(program)
            .args([AUDIENCE, "127.0.0.1:0"])
            .env("KUBECONFIG", kubeconfig)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").expect("its address").to_owned();
        Self { process, address }
    }

    /// Sends a request. Returns the status, the head and the body of the answer.
    fn get(&self, path: &str, authorization: Option<&str>) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let authorization =
            authorization.map(|value| format!("Authorization: {value}\r\n")).unwrap_or_default();
        let host = &self.address;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n{authorization}Connection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_owned(), body.to_owned())
    }

    fn status(&self, token: &str) -> u16 {
        self.get("/", Some(&format!("Bearer {token}"))).0
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[cfg(unix)]
async fn the_example_of_a_service_knows_its_callers_while_their_pods_exist() {
    let setup = Setup::new().await;
    let token = setup.pod("caller").await;
    let mut service = Service::start(&setup.server);

    assert_eq!(service.get("/readyz", None).0, 200);
    let (status, _, caller) = service.get("/", Some(&format!("Bearer {token}")));
    assert_eq!((status, caller.as_str()), (200, "system:serviceaccount:default:default\n"));
    assert_eq!(service.get("/", Some(&format!("bearer {token}"))).0, 200, "the scheme has no case");
    let (status, head, _) = service.get("/", None);
    assert_eq!(status, 401);
    assert!(head.lines().any(|line| line == "www-authenticate: Bearer"), "{head}");
    assert_eq!(service.get("/", Some("Basic eDp5")).0, 401);

    setup.delete_pod("caller").await;
    eventually("401", || service.status(&token) == 401).await;
    let (_, head, body) = service.get("/", Some(&format!("Bearer {token}")));
    let challenge = "www-authenticate: Bearer error=\"invalid_token\", error_description=\"";
    assert!(head.lines().any(|line| line.starts_with(challenge)), "{head}");
    assert!(!head.contains(&token) && body.is_empty(), "{head} {body}");

    let stopped = Command::new("kill").args(["-TERM", &service.process.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert_eq!(service.process.wait().unwrap().code(), Some(0));
}
