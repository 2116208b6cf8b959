//! `boundtoken dev-server`: its start, its output and its end.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Child;
use std::time::{Duration, Instant};

use super::*;

/// A running server. It is killed on drop.
struct Served {
    child: Child,
    started: Value,
    kubeconfig: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a server on a free port, with a kubeconfig of this name.
#[track_caller]
fn serve(name: &str, more: &[&str]) -> Served {
    let kubeconfig = missing_file(name);
    let known = ["dev-server", "-o", "json", "--port", "0", "--kubeconfig", &kubeconfig];
    let mut child = command([&known[..], more].concat())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let started = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    Served { child, started, kubeconfig }
}

/// Starts a server without TLS on a free port, whose log is for people.
#[track_caller]
fn serve_people(name: &str, environment: &[(&str, &str)]) -> Served {
    let kubeconfig = missing_file(name);
    let mut child = command(["dev-server", "--http", "--port", "0", "--kubeconfig", &kubeconfig])
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines().map(Result::unwrap);
    assert!(lines.into_iter().any(|line| line.contains("Press Ctrl-C to stop")));
    let config: Value = yaml_serde::from_str(&std::fs::read_to_string(&kubeconfig).unwrap()).unwrap();
    let started = serde_json::json!({"url": config["clusters"][0]["cluster"]["server"]});
    Served { child, started, kubeconfig }
}

fn missing_file(name: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.kubeconfig"));
    if path.exists() {
        std::fs::remove_file(&path).unwrap();
    }
    path.to_str().unwrap().to_owned()
}

impl Served {
    fn admin_token(&self) -> String {
        let config: Value =
            yaml_serde::from_str(&std::fs::read_to_string(&self.kubeconfig).unwrap()).unwrap();
        config["users"][0]["user"]["token"].as_str().unwrap().to_owned()
    }

    /// Sends a request to a server without TLS. Returns the status and the body.
    #[track_caller]
    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.ask_with(&self.admin_token(), method, path, body)
    }

    /// The same with this token.
    #[track_caller]
    fn ask_with(&self, token: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let address = self.started["url"].as_str().unwrap().strip_prefix("http://").expect("no TLS");
        let mut stream = TcpStream::connect(address).unwrap();
        let body = body.to_string();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect(&answer);
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    /// Sends a signal to the server. Returns its exit status and its standard error.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        let mut rest = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "one line, and no more");
        (self.child.wait().unwrap().code(), log)
    }
}

#[test]
fn it_tells_where_it_is_in_one_line_and_ends_well_when_told_to() {
    for signal in ["TERM", "INT"] {
        let served = serve(&format!("start-{signal}"), &[]);
        let url = served.started["url"].as_str().unwrap();
        assert!(url.starts_with("https://127.0.0.1:") && !url.ends_with(":0"), "{url}");
        assert_eq!(served.started["kubeconfig"], served.kubeconfig.as_str());
        assert_eq!(served.started["issuer"], ISSUER);
        TcpStream::connect(url.strip_prefix("https://").unwrap()).unwrap();
        let mode = std::fs::metadata(&served.kubeconfig).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        let (status, log) = served.end(signal);
        assert_eq!(status, Some(0), "{log}");
    }
}

#[test]
fn a_person_is_told_what_to_try_next() {
    let kubeconfig = missing_file("text");
    let mut child = command(["dev-server", "--port", "0", "--kubeconfig", &kubeconfig, "--quiet"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut text = String::new();
    for line in lines.by_ref() {
        text.push_str(&format!("{line}\n"));
        if line.contains("Press Ctrl-C to stop") {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for words in
        ["https://127.0.0.1:", &kubeconfig, "export KUBECONFIG=", "kubectl create token", "No authorization"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    let own = text.lines().filter(|line| !line.contains(&kubeconfig));
    assert!(own.into_iter().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn a_kubeconfig_of_another_cluster_is_not_overwritten_and_one_of_its_own_is() {
    let foreign = file("foreign.kubeconfig", "current-context: production\n");
    let run = boundtoken(["dev-server", "--port", "0", "--kubeconfig", &foreign]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("foreign.kubeconfig") && run.stderr.contains("--kubeconfig"), "{run:?}");
    assert_eq!(std::fs::read_to_string(&foreign).unwrap(), "current-context: production\n");

    for path in [env!("CARGO_TARGET_TMPDIR"), "/nowhere/kubeconfig"] {
        let run = boundtoken(["dev-server", "--port", "0", "--kubeconfig", path]);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""));
        assert!(run.stderr.contains("name another file with --kubeconfig"), "{run:?}");
    }

    let damaged = "current-context: boundtoken-dev\nclusters: 1\n";
    let path = file("damaged.kubeconfig", damaged);
    let run = boundtoken(["dev-server", "--port", "0", "--kubeconfig", &path]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("damaged.kubeconfig") && run.stderr.contains("is damaged"), "{run:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), damaged);

    let first = serve("own", &[]);
    let token = first.admin_token();
    let path = first.kubeconfig.clone();
    first.end("TERM");
    started_again_with(&path);
    let content = std::fs::read_to_string(&path).unwrap();
    assert!(!content.contains(&token) && content.contains("boundtoken-dev"), "another token at each start");
}

/// Starts a server with this kubeconfig, and kills it after its first line. Returns the line.
#[track_caller]
fn started_again_with(kubeconfig: &str) -> String {
    let mut again = command(["dev-server", "-o", "json", "--port", "0", "--kubeconfig", kubeconfig])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(again.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    again.kill().unwrap();
    again.wait().unwrap();
    line
}

/// Checks that a second server with the kubeconfig of the first does not start and does not overwrite the file.
#[track_caller]
fn assert_kept(first: &Served) {
    let content = std::fs::read_to_string(&first.kubeconfig).unwrap();
    let mut second = command(["dev-server", "-o", "json", "--port", "0", "--kubeconfig", &first.kubeconfig])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // If the server started against expectation, it would print a line and keep running.
    let mut line = String::new();
    BufReader::new(second.stdout.take().unwrap()).read_line(&mut line).unwrap();
    if !line.is_empty() {
        second.kill().unwrap();
    }
    let output = second.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), line.as_str()), (Some(2), ""), "{said}");
    let url = first.started["url"].as_str().unwrap();
    for words in ["still runs at", url, "--kubeconfig"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(std::fs::read_to_string(&first.kubeconfig).unwrap(), content);
}

#[test]
fn the_kubeconfig_of_a_server_that_runs_is_not_overwritten() {
    for (name, more) in [
        ("running", &[][..]),
        ("running-http", &["--http"]),
        ("running-slow", &["--fault", "latency=1m", "--fault", "error-rate=1"]),
    ] {
        assert_kept(&serve(name, more));
    }
    let stopped = serve("stopped", &[]);
    let signal = |signal: &str| {
        let id = stopped.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
    };
    signal("STOP");
    assert_kept(&stopped);
    signal("CONT");
}

#[test]
fn the_kubeconfig_of_a_run_that_was_killed_is_replaced_even_if_another_server_has_its_port() {
    for more in [&[][..], &["--http"]] {
        let mut first = serve("killed", more);
        let path = first.kubeconfig.clone();
        let url = first.started["url"].as_str().unwrap().to_owned();
        first.child.kill().unwrap();
        first.child.wait().unwrap();
        let other = serve("killed-other", more);
        // Pretends that the other server has the same port.
        let content = std::fs::read_to_string(&path).unwrap();
        let content = content.replace(&url, other.started["url"].as_str().unwrap());
        std::fs::write(&path, &content).unwrap();

        let line = started_again_with(&path);
        assert!(line.contains("\"kubeconfig\""), "{line}");
        assert_ne!(std::fs::read_to_string(&path).unwrap(), content);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn the_text_of_the_signing_key_is_wiped_once_it_is_read() {
    use std::os::unix::fs::FileExt as _;

    let path = vector("signing-key.pem");
    let pem = std::fs::read_to_string(&path).unwrap();
    let served = serve("wiped", &["--signing-key", &path]);
    let process = format!("/proc/{}", served.child.id());
    let memory = std::fs::File::open(format!("{process}/mem")).unwrap();
    let mut read = 0;
    for line in std::fs::read_to_string(format!("{process}/maps")).unwrap().lines() {
        let mut fields = line.split_ascii_whitespace();
        let (range, access) = (fields.next().unwrap(), fields.next().unwrap());
        if !access.starts_with("rw") {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let [start, end] = [start, end].map(|address| u64::from_str_radix(address, 16).unwrap());
        // Most pages of reserved address space do not exist.
        let mut bytes = vec![0; usize::try_from((end - start).min(64 << 20)).unwrap()];
        let length = memory.read_at(&mut bytes, start).unwrap_or(0);
        read += length;
        for text in pem.lines().filter(|line| line.len() >= 40) {
            let found = bytes[..length].windows(text.len()).any(|part| part == text.as_bytes());
            assert!(!found, "a line of the key in {line}");
        }
    }
    assert!(read > 1 << 20, "{read} bytes were read");
}

#[test]
fn it_serves_the_objects_key_issuer_and_audience_it_was_given() {
    let objects = file(
        "dev-server-objects.yaml",
        "
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: demo, uid: 0b1c3f3e-8a3f-4d5e-9f10-000000000001}
spec: {serviceAccountName: app, containers: [{name: web, image: registry.example.com/web}]}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: app, namespace: demo}}
",
    );
    let key = vector("signing-key.pem");
    let served = serve(
        "objects",
        &[
            "--http",
            "--objects",
            &objects,
            "--signing-key",
            &key,
            "--issuer",
            "https://issuer.example.com",
            "--audience",
            "api",
        ],
    );
    let (status, pod) = served.ask("GET", "/api/v1/namespaces/demo/pods/web", &Value::Null);
    assert_eq!(
        (status, &pod["metadata"]["uid"]),
        (200, &Value::from("0b1c3f3e-8a3f-4d5e-9f10-000000000001"))
    );

    let wanted =
        serde_json::json!({"spec": {"boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "web"}}});
    let (status, issued) = served.ask("POST", "/api/v1/namespaces/demo/serviceaccounts/app/token", &wanted);
    assert_eq!(status, 201, "{issued}");
    let token = issued["status"]["token"].as_str().unwrap();
    // The vectors' key set has the public half of this signing key.
    let known = ["--issuer", "https://issuer.example.com", "--audience", "api", "-o", "json"];
    let jwks = vector("jwks.json");
    let run = with_input([&["verify", "--jwks", &jwks], &known[..]].concat(), token.as_bytes());
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(run.json()["claims"]["kubernetes.io"]["pod"]["name"], "web");
}

#[test]
fn the_log_tells_of_every_request_and_of_no_token() {
    let served = serve("log", &["--http"]);
    let path = "/api/v1/namespaces/default/serviceaccounts/default/token";
    let (_, issued) = served.ask("POST", path, &serde_json::json!({"spec": {"audiences": ["vault"]}}));
    let token = issued["status"]["token"].as_str().unwrap().to_owned();
    let review = serde_json::json!({"spec": {"token": token, "audiences": ["vault"]}});
    let (status, verdict) = served.ask("POST", "/apis/authentication.k8s.io/v1/tokenreviews", &review);
    assert_eq!((status, &verdict["status"]["authenticated"]), (201, &Value::Bool(true)));
    // Tokens in places where they should not be.
    served.ask("GET", &format!("/version?access_token={token}"), &Value::Null);
    served.ask("POST", path, &Value::from(token.as_str()));
    let admin = served.admin_token();

    let (status, log) = served.end("TERM");
    assert_eq!(status, Some(0));
    assert!(log.lines().filter(|line| line.contains(path) && line.contains("201")).count() == 1, "{log}");
    assert!(log.contains("/tokenreviews") && log.contains("/version"), "{log}");
    let parts = token.split('.').chain([admin.as_str()]);
    assert!(parts.map(|part| &part[..20]).all(|part| !log.contains(part)), "{log}");

    // For programs, each request is a line of JSON.
    let documents: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let issued = &documents[0];
    assert_eq!(
        (&issued["method"], &issued["path"], &issued["status"]),
        (&"POST".into(), &path.into(), &201.into())
    );
    assert_eq!((&issued["user"], issued.get("reason")), (&"boundtoken-admin".into(), None));
    assert!(
        issued["time"].is_string() && issued["milliseconds"].is_f64() && issued["auditId"].is_string(),
        "{issued}"
    );

    let quiet = serve("quiet", &["--http", "--quiet"]);
    quiet.ask("GET", "/version", &Value::Null);
    assert_eq!(quiet.end("TERM"), (Some(0), String::new()));
}

#[test]
fn the_log_says_why_a_token_is_refused() {
    let path = "/api/v1/namespaces/default/serviceaccounts/default/token";
    let ask = |served: &Served| -> String {
        let (_, issued) = served.ask("POST", path, &serde_json::json!({"spec": {"audiences": ["vault"]}}));
        let token = issued["status"]["token"].as_str().unwrap().to_owned();
        // A request with a token for another audience, a review of it for yet another, and a refused TokenRequest.
        assert_eq!(served.ask_with(&token, "GET", "/api/v1/pods", &Value::Null).0, 401);
        let review = serde_json::json!({"spec": {"token": token, "audiences": ["db"]}});
        assert_eq!(served.ask("POST", "/apis/authentication.k8s.io/v1/tokenreviews", &review).0, 201);
        let (status, _) =
            served.ask("POST", &path.replace("accounts/default", "accounts/missing"), &serde_json::json!({}));
        assert_eq!(status, 404);
        token
    };

    let served = serve_people("refusals", &[]);
    let token = ask(&served);
    let (_, log) = served.end("TERM");
    let lines: Vec<_> = log.lines().collect();
    assert_eq!(lines.len(), 7, "{log}");
    let reason = "          audience_mismatch (412): the token is meant for another audience";
    for (line, beginning, end) in [
        (0, format!("201 POST {path}"), " ms"),
        (1, "401 GET /api/v1/pods".to_owned(), " ms"),
        (3, "201 POST /apis/authentication.k8s.io/v1/tokenreviews".to_owned(), " ms"),
        (5, "404 POST /api/v1/namespaces/default/serviceaccounts/missing/token".to_owned(), " ms"),
    ] {
        // The time is 12:30:05Z and a space.
        assert!(lines[line][10..].starts_with(&beginning) && lines[line].ends_with(end), "{log}");
    }
    assert!(lines[2].starts_with(reason) && lines[4].starts_with(reason), "{log}");
    assert_eq!(lines[6], "          serviceaccounts \"missing\" not found");
    assert!(token.split('.').all(|part| !log.contains(&part[..20])), "{log}");

    let served = serve("refusals-json", &["--http"]);
    ask(&served);
    let (_, log) = served.end("TERM");
    let entries: Vec<Value> =
        log.lines().map(|line| serde_json::from_str::<Value>(line).expect(line)).collect();
    for entry in &entries {
        super::schemas::assert_valid("dev-server-log", entry);
    }
    assert_eq!((entries[0].get("reason"), entries[0].get("message")), (None, None));
    for entry in &entries[1..3] {
        assert_eq!(entry["reason"], serde_json::json!({"number": 412, "name": "audience_mismatch"}), "{log}");
        assert!(entry["message"].as_str().unwrap().starts_with("the token is meant"), "{log}");
    }
    assert_eq!(entries[3]["message"], "serviceaccounts \"missing\" not found");
    assert_eq!(entries[3].get("reason"), None);
}

#[test]
fn the_log_has_colour_where_that_is_wanted_and_nothing_but_requests() {
    for (environment, has_colour) in
        [(&[][..], false), (&[("CLICOLOR_FORCE", "1")], true), (&[("NO_COLOR", "1")], false)]
    {
        let served = serve_people("colour", environment);
        served.ask("GET", "/version", &Value::Null);
        let (_, log) = served.end("TERM");
        assert_eq!(log.lines().count(), 1, "{log:?}");
        assert_eq!(log.contains("\u{1b}["), has_colour, "{environment:?}: {log:?}");
        assert!(log.contains("GET /version"), "{log:?}");
    }
}

#[test]
fn faults_are_made_as_asked_for() {
    let served = serve("faults", &["--http", "--fault", "error-rate=1", "--fault", "latency=50ms"]);
    let start = Instant::now();
    let (status, answer) = served.ask("GET", "/version", &Value::Null);
    assert!(status == 500 || status == 503, "{status} {answer}");
    assert!(start.elapsed() >= Duration::from_millis(50));
    assert_eq!(served.ask("GET", "/healthz", &Value::Null).0, 200, "health checks are spared");
}

#[test]
fn what_does_not_do_ends_with_2_and_what_would() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let broken = file("broken.yaml", "{");
    let strange = file("strange.yaml", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}}");
    let nowhere = missing_file("refused");
    for (arguments, words) in [
        (&["--port", &port][..], &["is in use", "another port with --port", "--port 0 takes a free one"][..]),
        (
            &["--port", "0", "--address", "0.0.0.0"],
            &["other computers can reach 0.0.0.0", "with --allow-remote"],
        ),
        (
            &["--port", "0", "--address", "192.0.2.1", "--allow-remote"],
            &["does not have the address", "--address"],
        ),
        (&["--port", "0", "--hostname", "https://a"], &["--hostname https://a", "DNS name"]),
        (&["--port", "0", "--fault", "latency"], &["latency=200ms", "error-rate=0.1", "watch-disconnect=5s"]),
        (&["--port", "0", "--fault", "error-rate=2"], &["from 0 to 1"]),
        (&["--port", "0", "--objects", &broken], &["--objects", "broken.yaml", "document 1", "YAML or JSON"]),
        (
            &["--port", "0", "--objects", &strange],
            &["--objects", "strange.yaml", "Deployment", "kinds that are: Namespace"],
        ),
        (&["--port", "0", "--objects", "/nowhere.yaml"], &["/nowhere.yaml"]),
        (&["--port", "0", "--signing-key", &broken], &["broken.yaml", "private key"]),
        (&["--port", "0", "--issuer", "1:2"], &["is no URL", "--issuer"]),
        (&["--port", "0", "--audience", ""], &["--audience"]),
        (&["--port", "65536"], &["65536"]),
        (&["--may-attest", "app"], &["NAMESPACE/NAME=GROUP", "demo/app=apps"]),
        (&["--may-attest", "demo/app", "--no-webhook-tokens"], &["--no-webhook-tokens"]),
    ] {
        let run = boundtoken([&["dev-server", "--kubeconfig", &nowhere], arguments].concat());
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{arguments:?}: {run:?}");
        for words in words {
            assert!(run.stderr.contains(words), "{words}: {run:?}");
        }
        assert!(!Path::new(&nowhere).exists(), "nothing is written: {arguments:?}");
    }
}

#[test]
fn who_may_attest_and_whether_there_are_tokens_for_webhooks_can_be_said() {
    let objects = file(
        "webhooks.yaml",
        "{apiVersion: v1, kind: ServiceAccount, metadata: {namespace: demo, name: app}}\n---\n\
         {apiVersion: v1, kind: ServiceAccount, metadata: {namespace: demo, name: other}}\n",
    );
    let request = serde_json::json!({"spec": {
        "audiences": ["https://hook.example.com"],
        "boundObjectRef": {
            "kind": "ValidatingWebhookConfiguration", "apiVersion": "admissionregistration.k8s.io/v1", "name": "none",
        },
        "attestations": {"admissionReviewAPIGroups": ["apps"]},
    }});
    // Every request is refused, because the configuration does not exist. The message tells how far it came.
    for (more, account, code, words) in [
        (&[][..], "other", 403, "token request denied"),
        (&["--may-attest", "demo/app=apps"], "app", 403, "token request denied"),
        (&["--may-attest", "demo/app=batch", "--may-attest", "demo/other"], "app", 403, "cannot attest"),
        (
            &["--may-attest", "demo/app=batch", "--may-attest", "demo/other"],
            "other",
            403,
            "token request denied",
        ),
        (
            &["--no-webhook-tokens"],
            "app",
            400,
            "(feature gate APIServerWebhookAuthenticationToken is disabled)",
        ),
    ] {
        let served = serve("webhooks", &[&["--http", "-q", "--objects", &objects][..], more].concat());
        let path = format!("/api/v1/namespaces/demo/serviceaccounts/{account}/token");
        let (status, answer) = served.ask("POST", &path, &request);
        assert_eq!(status, code, "{more:?}: {answer}");
        assert!(answer["message"].as_str().unwrap().contains(words), "{more:?}: {answer}");
    }
}

#[test]
fn other_computers_are_let_in_only_with_a_warning() {
    for (more, words) in [(&[][..], "anyone with a token of it"), (&["--http"], "in clear text")] {
        let served = serve("remote", &[&["--address", "0.0.0.0", "--allow-remote"], more].concat());
        let url = served.started["url"].as_str().unwrap().to_owned();
        assert!(!url.contains("0.0.0.0"), "{url}");
        TcpStream::connect(url.split("//").nth(1).unwrap()).unwrap();
        let (status, log) = served.end("TERM");
        assert_eq!(status, Some(0));
        assert!(log.contains("other computers can reach this server") && log.contains(words), "{log}");
    }
}

#[test]
fn clients_reach_it_by_the_hostname_that_is_given() {
    let served = serve("hostname", &["--hostname", "localhost", "--hostname", "dev.example.com"]);
    let url = served.started["url"].as_str().unwrap();
    assert!(url.starts_with("https://localhost:"), "{url}");
    let kubeconfig = std::fs::read_to_string(&served.kubeconfig).unwrap();
    assert!(kubeconfig.contains(&format!("server: {url}\n")), "{kubeconfig}");
    // A client that checks the certificate.
    let run = boundtoken(["doctor", "--kubeconfig", &served.kubeconfig]);
    assert_eq!(run.status, 0, "{run:?}");
}
