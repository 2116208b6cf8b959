//! Tests of the servers in bindings/c/examples. Each is compiled, asked over its socket, and ended. docs/c.md quotes them.

use std::collections::HashSet;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::files::{self, ISSUER};
use crate::tools::{Language, Program, output, root, scratch};

/// The longest time that a server may take for anything. Valgrind is slow.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// The answer to a token of the account `app`, whole.
const ACCEPTED: &str =
    "HTTP/1.1 200 OK\r\nContent-Length: 31\r\nConnection: close\r\n\r\nsystem:serviceaccount:demo:app\n";
/// How an answer begins to a token whose pod is gone.
const POD_GONE: &str = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer error=\"invalid_token\", \
                        error_description=\"the pod that the token is bound to does not exist\"\r\n";

/// A running server of the examples.
struct Server {
    name: String,
    child: Child,
    socket: PathBuf,
    log: PathBuf,
}

impl Server {
    /// Starts the program with a socket and these arguments, and waits until it listens.
    fn start(program: &Program, arguments: &[&str]) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        // A socket's path has at most 107 bytes, which a folder of this repository may exceed.
        let socket = std::env::temp_dir().join(format!("boundtoken-{name}.socket"));
        let log = scratch("servers").join(name).with_extension("log");
        let mut command = program.command();
        command.arg(&socket).args(arguments).stdin(Stdio::null()).stderr(File::create(&log).expect("a log"));
        let child = command.spawn().expect("runs");
        let mut server = Self { name: program.name.clone(), child, socket, log };
        // The first client says nothing and goes away.
        server.until("it listens", |server| UnixStream::connect(&server.socket).is_ok());
        server
    }

    fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !holds(self) {
            let ended = self.child.try_wait().expect("a child");
            let late = start.elapsed() > LONGEST_WAIT;
            assert!(ended.is_none() && !late, "{}: not {what}: {ended:?}\n{}", self.name, self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log")
    }

    /// Sends these headers, each with its line end.
    fn request(&self, headers: &str) -> UnixStream {
        let mut stream = UnixStream::connect(&self.socket).expect("it listens");
        stream.set_read_timeout(Some(LONGEST_WAIT)).expect("a time-out");
        let request = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).expect("sent");
        stream
    }

    /// Sends these headers, each with its line end. Returns the whole answer.
    fn send(&self, headers: &str) -> String {
        let mut stream = self.request(headers);
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        answer
    }

    fn ask(&self, token: &str) -> String {
        self.send(&format!("Authorization: Bearer {token}\r\n"))
    }

    fn expect(&self, token: &str, start: &str) {
        let answer = self.ask(token);
        assert!(answer.starts_with(start), "{}: {start}: {answer}\n{}", self.name, self.log());
    }

    fn eventually(&mut self, token: &str, start: &str) {
        self.until(start, |server| server.ask(token).starts_with(start));
    }

    /// Replaces a file, and tells the server to read its files again.
    fn replace(&mut self, path: &str, with: &str) -> &mut Self {
        std::fs::write(path, with).expect("written");
        output(&mut self.signal("HUP"));
        self
    }

    /// The command that sends a signal to the server.
    fn signal(&self, name: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", "kill -s \"$0\" \"$1\"", name, &self.child.id().to_string()]);
        command
    }

    /// Ends the server with SIGTERM. Returns what it has logged.
    fn end(mut self) -> String {
        output(&mut self.signal("TERM"));
        let status = self.wait();
        assert!(status.is_some_and(|status| status.success()), "{}: {status:?}\n{}", self.name, self.log());
        assert!(!self.socket.exists(), "{}: its socket is left", self.name);
        self.log()
    }

    fn wait(&mut self) -> Option<ExitStatus> {
        let start = Instant::now();
        while start.elapsed() < LONGEST_WAIT {
            let status = self.child.try_wait().expect("a child");
            if status.is_some() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        None
    }
}

impl Drop for Server {
    /// A test that has failed leaves no server behind, nor a server's children.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.signal("TERM").output();
            if self.wait().is_none() {
                let _ = self.child.kill();
            }
        }
        let _ = std::fs::remove_file(&self.socket);
    }
}

/// An example, not compiled yet.
fn example(name: &str) -> Program {
    Program::of(&root().join("bindings/c/examples").join(name).with_extension("c"))
}

/// An example in C and C++.
fn compiled(name: &str) -> Vec<Program> {
    Language::ALL.into_iter().filter_map(|language| example(name).language(language).compile()).collect()
}

/// An example in C and C++ and under valgrind.
fn programs(name: &str) -> Vec<Program> {
    let mut programs = compiled(name);
    programs.extend(example(name).flags(&["-g"]).compile().and_then(Program::under_valgrind));
    programs
}

#[test]
fn servers_with_processes_and_with_threads_answer_by_files_that_change() {
    let data = files::fresh_token_folder();
    let read = |name: &str| std::fs::read_to_string(data.join(name)).expect(name);
    let token = read("token");
    let [jwks, objects] =
        ["current-jwks.json", "current-objects.json"].map(|name| data.join(name).display().to_string());
    for program in ["fork", "pool"].into_iter().flat_map(programs) {
        std::fs::write(&jwks, read("jwks.json")).expect("written");
        std::fs::write(&objects, read("objects.json")).expect("written");
        let mut server = Server::start(&program, &[&jwks, &objects, ISSUER, "vault"]);
        good_and_bad_tokens_are_told_apart(&server, &token);

        server.replace(&objects, &read("objects-after.json")).eventually(&token, POD_GONE);
        server
            .replace(&objects, "x")
            .until("it keeps the objects", |server| server.log().contains("objects kept: "));
        server.expect(&token, POD_GONE);
        server.replace(&objects, &read("objects.json")).eventually(&token, ACCEPTED);
        server.replace(&jwks, &read("other-jwks.json")).eventually(&token, "HTTP/1.1 401 Unauthorized\r\n");
        server.replace(&jwks, &read("jwks.json")).eventually(&token, ACCEPTED);

        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..5).for_each(|_| server.expect(&token, ACCEPTED)));
            }
        });
        let log = server.end();
        assert!(log.contains("token_part_count: ") && log.contains("signature_invalid: "), "{log}");
        assert!(!log.contains(&token), "a token in the log");
    }
}

fn good_and_bad_tokens_are_told_apart(server: &Server, token: &str) {
    const NO_TOKEN: &str = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n";
    const BAD_TOKEN: &str =
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer error=\"invalid_token\", error_description=";
    server.expect(token, ACCEPTED);
    server.expect("x.y", BAD_TOKEN);
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    let other = if signature.starts_with('A') { "B" } else { "A" };
    server.expect(&format!("{signed}.{other}{}", &signature[1..]), BAD_TOKEN);

    let header = format!("Authorization: Bearer {token}\r\n");
    for (headers, start) in [
        (format!("authorization:bearer  {token} \t\r\nAccept: */*\r\n"), ACCEPTED),
        (String::new(), NO_TOKEN),
        ("Authorization: Basic YTpi\r\n".to_owned(), NO_TOKEN),
        (format!("{header}Authorization: Bearer x.y\r\n"), NO_TOKEN),
        // This is the body of the request.
        (format!("Accept: */*\r\n\r\n{header}"), NO_TOKEN),
    ] {
        let answer = server.send(&headers);
        assert!(answer.starts_with(start), "{}: {headers}: {answer}", server.name);
    }
}

#[test]
fn a_server_may_admit_one_group_alone() {
    let data = files::fresh_token_folder();
    let token = std::fs::read_to_string(data.join("token")).expect("token");
    let [jwks, objects] = ["jwks.json", "objects.json"].map(|name| data.join(name).display().to_string());
    let Some(program) = example("pool").compile() else { return };
    for (group, start) in
        [("system:serviceaccounts:demo", ACCEPTED), ("system:masters", "HTTP/1.1 403 Forbidden\r\n")]
    {
        let server = Server::start(&program, &[&jwks, &objects, ISSUER, "vault", group]);
        server.expect(&token, start);
        server.expect("x.y", "HTTP/1.1 401 Unauthorized\r\n");
        server.end();
    }
}

#[test]
fn servers_without_keys_or_objects_say_why_and_end() {
    let data = files::fresh_token_folder();
    let file = |name: &str| data.join(name);
    let socket = std::env::temp_dir().join(format!("boundtoken-{}-none.socket", std::process::id()));
    for program in ["fork", "pool"].into_iter().filter_map(|name| example(name).compile()) {
        for (jwks, objects) in
            [("absent", "objects.json"), ("jwks.json", "absent"), ("jwks.json", "jwks.json")]
        {
            let mut command = program.command();
            command.arg(&socket).arg(file(jwks)).arg(file(objects)).args([ISSUER, "vault"]);
            let ended = command.output().expect("runs");
            assert_eq!(ended.status.code(), Some(2), "{ended:?}");
            assert!(String::from_utf8_lossy(&ended.stderr).starts_with("no verifier: "), "{ended:?}");
            assert!(!socket.exists(), "it does not listen");
        }
    }
}

#[cfg(feature = "kubernetes")]
mod cluster {
    use boundtoken::api::TokenRequest;
    use boundtoken::{SigningKey, UnixSeconds};
    use boundtoken_dev_server::{DevServer, DevServerBuilder, Fault};
    use serde_json::json;

    use super::{Duration, LONGEST_WAIT, Server, compiled, example, files, programs, scratch};
    use crate::thread_sanitizer;

    /// The answer to a token of the account `default`, up to its length.
    const ACCEPTED: &str = "HTTP/1.1 200 OK\r\n";
    /// How an answer begins to a token whose account does not exist, as the cluster has said.
    const NO_ACCOUNT: &str = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer error=\"invalid_token\", \
                              error_description=\"the service account does not exist\"\r\n";

    /// The key of the clusters. The tests sign tokens with it that no cluster has issued.
    fn key() -> SigningKey {
        let pem = std::fs::read(files::token_folder().join("signing-key.pem")).expect("signing key");
        SigningKey::from_pem(&pem).expect("signing key")
    }

    /// Starts a cluster. Returns the configuration for it too.
    fn start(cluster: DevServerBuilder) -> (DevServer, String) {
        let cluster = cluster.signing_key(key()).start().expect("a server");
        let kubeconfig = scratch("servers").join(format!("{}.kubeconfig", cluster.address().port()));
        cluster.write_kubeconfig(&kubeconfig).expect("written");
        // Four processes under valgrind take long to connect.
        (cluster, json!({"kubeconfig": kubeconfig, "deadlineSeconds": 300}).to_string())
    }

    fn token(cluster: &DevServer) -> String {
        let mut request = TokenRequest::default();
        request.spec.audiences.push("vault".into());
        let issued = cluster.issuer().issue_at("default", "default", request, UnixSeconds::now());
        issued.expect("issued").token().to_owned()
    }

    /// A new token of an account that does not exist. The cluster is asked about the account.
    fn token_of_nobody(cluster: &DevServer, name: &str) -> String {
        let now = UnixSeconds::now().0;
        let claims = json!({
            "iss": cluster.issuer().name(), "aud": ["vault"], "iat": now, "nbf": now, "exp": now + 600,
            "sub": format!("system:serviceaccount:default:{name}"),
            "kubernetes.io": {"namespace": "default", "serviceaccount": {"name": name, "uid": "uid"}},
        });
        key().sign(claims.to_string().as_bytes()).expect("signed")
    }

    #[test]
    fn servers_with_processes_and_with_an_event_loop_answer_by_a_cluster() {
        // The other servers wait in pselect, where ThreadSanitizer lets no signal through.
        let racing = thread_sanitizer::programs(|| example("event_loop"));
        for program in ["prefork", "event_loop"].into_iter().flat_map(programs).chain(racing) {
            let (cluster, configuration) = start(DevServer::builder());
            let mut server = Server::start(&program, &["vault", &configuration]);
            let good = token(&cluster);
            server.eventually(&good, ACCEPTED);
            assert!(server.ask(&good).ends_with("\r\n\r\nsystem:serviceaccount:default:default\n"));
            server.expect("x.y", "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer error=");
            server.eventually(&token_of_nobody(&cluster, "nobody"), NO_ACCOUNT);
            // Clients that go away while their tokens are checked.
            for _ in 0..20 {
                let token = token_of_nobody(&cluster, "nobody");
                drop(server.request(&format!("Authorization: Bearer {token}\r\n")));
            }

            // The cluster does not answer, so the same token may be accepted later. Other clients do not wait for that.
            cluster.set_faults([Fault::Latency(Duration::from_secs(10))]);
            let unanswered = token_of_nobody(&cluster, "somebody");
            let challenge = "HTTP/1.1 503 Service Unavailable\r\nWWW-Authenticate: Bearer error=";
            std::thread::scope(|scope| {
                scope.spawn(|| server.expect(&unanswered, challenge));
                scope.spawn(|| (0..20).for_each(|_| server.expect(&good, ACCEPTED)));
            });
            let log = server.end();
            assert!(!log.contains(&good) && !log.contains(&unanswered), "a token in the log");
        }
    }

    #[test]
    fn an_event_loop_answers_while_it_connects_and_may_be_ended_then() {
        for program in compiled("event_loop") {
            let (cluster, configuration) = start(DevServer::builder().fault(Fault::Latency(LONGEST_WAIT)));
            let server = Server::start(&program, &["vault", &configuration]);
            server.expect(&token(&cluster), "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n");
            server.end();
        }
    }

    #[test]
    fn servers_that_cannot_connect_say_why_and_end() {
        let configuration = json!({"kubeconfig": scratch("servers").join("absent")}).to_string();
        for name in ["prefork", "event_loop"] {
            let Some(program) = example(name).compile() else { continue };
            let socket =
                std::env::temp_dir().join(format!("boundtoken-{}-{name}.socket", std::process::id()));
            let ended =
                program.command().arg(&socket).args(["vault", &configuration]).output().expect("runs");
            assert_eq!(ended.status.code(), Some(2), "{ended:?}");
            assert!(String::from_utf8_lossy(&ended.stderr).contains("kubeconfig"), "{ended:?}");
            assert!(!socket.exists(), "its socket is left");
        }
    }
}

/// Every piece of C in docs/c.md is a part of the example that the text named last.
#[test]
fn the_document_quotes_the_examples() {
    let document = std::fs::read_to_string(root().join("docs/c.md")).expect("docs/c.md");
    let mut named = None;
    let mut quoted = HashSet::new();
    for (index, piece) in document.split("```").enumerate() {
        if index % 2 == 0 {
            let link = piece.rsplit_once("](../bindings/c/examples/");
            named = link.and_then(|(_, rest)| rest.split(')').next()).or(named);
        } else if let Some(code) = piece.strip_prefix("c\n") {
            let name = named.expect("the name of an example before each piece of C");
            let source = std::fs::read_to_string(root().join("bindings/c/examples").join(name)).expect(name);
            assert!(source.contains(&format!("\n{code}")), "docs/c.md: this is not in {name}:\n{code}");
            quoted.insert(name);
        }
    }
    for name in ["fork.c", "prefork.c", "event_loop.c", "pool.c", "http.h", "files.h"] {
        assert!(quoted.contains(name), "docs/c.md does not quote {name}");
    }
}

/// Every name of the header that docs/c.md uses is in the header.
#[test]
fn the_document_names_what_the_header_declares() {
    fn names(text: &str) -> HashSet<&str> {
        let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        words.filter(|word| word.starts_with("boundtoken_") || word.starts_with("BOUNDTOKEN_")).collect()
    }
    let document = std::fs::read_to_string(root().join("docs/c.md")).expect("docs/c.md");
    let header = std::fs::read_to_string(root().join("include/boundtoken.h")).expect("header");
    let unknown: Vec<_> = names(&document).difference(&names(&header)).copied().collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
