//! Tests of clusters through C, against a development server. The program tests/c/cluster.c follows the cluster, and
//! the tests send it commands.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use boundtoken::api::{BoundObjectReference, TokenRequest};
use boundtoken::{Algorithm, SigningKey, UnixSeconds};
use boundtoken_dev_server::{DevServer, Fault};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use serde_json::{Value, json};

use crate::thread_sanitizer;
use crate::tools::{Language, Program, output, root, scratch};

/// The shortest time between two requests for keys.
const INTERVAL: Duration = Duration::from_secs(10);

/// A development server, and a client that changes its objects.
pub struct Server {
    pub server: DevServer,
    kubeconfig: PathBuf,
    runtime: tokio::runtime::Runtime,
    pods: Api<Pod>,
}

impl Server {
    pub fn start() -> Self {
        let server = DevServer::start().expect("a server");
        let kubeconfig = scratch("cluster").join(format!("{}.kubeconfig", server.address().port()));
        server.write_kubeconfig(&kubeconfig).expect("written");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let pods = runtime.block_on(async {
            let kubeconfig = Kubeconfig::from_yaml(server.kubeconfig()).expect("a kubeconfig");
            let options = KubeConfigOptions::default();
            let config = Config::from_custom_kubeconfig(kubeconfig, &options).await.expect("a configuration");
            Api::namespaced(Client::try_from(config).expect("a client"), "default")
        });
        Self { server, kubeconfig, runtime, pods }
    }

    pub fn configuration(&self) -> String {
        json!({"kubeconfig": self.kubeconfig, "secrets": true, "deadlineSeconds": 60}).to_string()
    }

    /// A token bound to this pod or to none, `age` seconds old. The API server is asked about the pod only if the
    /// token is less than a minute old.
    fn token(&self, pod: Option<&str>, age: u64) -> String {
        let mut request = TokenRequest::default();
        request.spec.audiences.push("vault".into());
        request.spec.bound_object_ref = pod.map(|name| BoundObjectReference {
            kind: "Pod".into(),
            name: name.into(),
            ..BoundObjectReference::default()
        });
        let then = UnixSeconds(UnixSeconds::now().0 - age);
        let issued = self.server.issuer().issue_at("default", "default", request, then);
        issued.expect("issued").token().to_owned()
    }

    fn create_pod(&self, name: &str) {
        let pod = json!({
            "metadata": {"name": name},
            "spec": {"containers": [{"name": "main", "image": "registry.example.com/main"}]},
        });
        let pod = serde_json::from_value(pod).expect("a pod");
        self.runtime.block_on(self.pods.create(&PostParams::default(), &pod)).expect("created");
    }

    fn delete_pod(&self, name: &str) {
        let at_once = DeleteParams::default().grace_period(0);
        self.runtime.block_on(self.pods.delete(name, &at_once)).expect("deleted");
    }
}

/// A running C program that follows a cluster and obeys commands.
struct Follower {
    name: String,
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Follower {
    fn start(program: &Program, configuration: &str) -> Self {
        let mut command = program.command();
        command.arg(configuration).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("runs");
        let orders = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("its output"));
        let mut follower = Self { name: program.name.clone(), child, orders, answers };
        assert_eq!(follower.hear(), "ok ", "{}", follower.name);
        follower
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        let length = self.answers.read_line(&mut line).expect("an answer");
        assert!(length > 0, "{}: ended without an answer", self.name);
        line.trim_end_matches('\n').to_owned()
    }

    fn tell(&mut self, order: &str) -> String {
        writeln!(self.orders.as_mut().expect("open"), "{order}").expect("heard");
        self.hear()
    }

    fn expect(&mut self, order: &str, answer: &str) {
        let given = self.tell(order);
        assert_eq!(given, answer, "{}: {}", self.name, order.get(..20).unwrap_or(order));
    }

    fn eventually(&mut self, order: &str, holds: impl Fn(&str) -> bool) -> String {
        const LONGEST_WAIT: Duration = Duration::from_secs(60);
        let start = Instant::now();
        loop {
            let answer = self.tell(order);
            if holds(&answer) {
                return answer;
            }
            let order = order.get(..20).unwrap_or(order);
            assert!(start.elapsed() < LONGEST_WAIT, "{}: {order}: {answer}", self.name);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn status(&mut self) -> Value {
        serde_json::from_str(&self.tell("status")).expect("JSON")
    }

    fn attempts(&mut self) -> u64 {
        let status = self.status();
        let attempts = status["watches"].as_array().expect("watches").iter();
        attempts.map(|watch| watch["reconnects"].as_u64().expect("a number")).min().expect("a watch")
    }

    /// Cuts the program off: its watches are down, and stay down for a second after the server is back.
    fn cut_off(&mut self, server: &DevServer) {
        let before = self.attempts();
        server.set_faults([Fault::ErrorRate(1.0)]);
        server.disconnect_watches();
        while self.attempts() < before + 5 {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Closes the program's input, which ends it. Fails if any of its own checks failed.
    fn end(mut self) {
        drop(self.orders.take());
        let status = self.child.wait().expect("ended");
        assert!(status.success(), "{}: {status}", self.name);
    }
}

/// The program that follows a cluster, in C and C++ and with every available checker.
fn programs() -> Vec<Program> {
    let plain = [Language::ALL[0], Language::ALL[1], Language::ALL[4]];
    let plain =
        plain.into_iter().filter_map(|language| Program::test("cluster").language(language).compile());
    let racing = thread_sanitizer::programs(|| Program::test("cluster"));
    plain.chain(super::checked("cluster")).chain(racing).collect()
}

/// Runs `each` with every program. They run at the same time because they mostly wait.
fn with_each(programs: &[Program], each: impl Fn(&Program) + Sync) {
    std::thread::scope(|scope| {
        for program in programs {
            scope.spawn(|| each(program));
        }
    });
}

#[test]
fn a_cluster_is_followed_from_c_through_deletions_faults_rotations_and_forks() {
    with_each(&programs(), |program| {
        let server = Server::start();
        let mut follower = Follower::start(program, &server.configuration());
        let connected = Instant::now();
        objects_are_followed(&server, &mut follower);
        follower.expect("signal", "here");
        std::thread::sleep(INTERVAL.saturating_sub(connected.elapsed()));
        keys_are_followed(&server, &mut follower);
        let token = server.token(None, 120);
        follower.expect(
            &format!("fork {token}"),
            "cluster_forked bound_object_unavailable cluster_forked cluster_forked ok 0",
        );
        follower.expect(&format!("ask {token}"), "ok");
        faults_are_reported(&server, &mut follower);
        follower.end();
    });
}

fn objects_are_followed(server: &Server, follower: &mut Follower) {
    follower.expect("threads", "1");
    server.create_pod("main");
    let token = server.token(Some("main"), 120);
    follower.eventually(&format!("verify {token}"), |answer| answer == "ok");
    follower.expect(&format!("rush {token}"), "200 of 200 ok");

    let status = follower.status();
    assert_eq!(status["issuer"], server.server.issuer().name());
    assert_eq!(
        (status["stale"].as_bool(), status["keyIds"].as_array().map(Vec::len)),
        (Some(false), Some(1))
    );
    let kinds: Vec<_> =
        status["watches"].as_array().expect("watches").iter().map(|watch| &watch["kind"]).collect();
    assert_eq!(kinds, ["ServiceAccount", "Pod", "Secret", "Node"]);
    assert_eq!(
        (status["watches"][1]["objects"].as_u64(), &status["watches"][1]["inStep"]),
        (Some(1), &json!(true))
    );
    follower.expect("stale", "0");

    server.delete_pod("main");
    follower.eventually(&format!("verify {token}"), |answer| answer == "pod_not_found");
    follower.expect(&format!("ask {token}"), "pod_not_found");
    // Nobody is asked, so nobody is called.
    follower.expect(&format!("await {token}"), "pod_not_found 0 1");
    follower.expect("await x.y", "token_part_count 0 1");
    follower.expect("cancel-connect", "freed");
    follower.eventually("threads", |threads| threads == "1");
}

fn keys_are_followed(server: &Server, follower: &mut Follower) {
    follower.expect("tell", "ok");
    server.server.issuer().rotate(SigningKey::generate(Algorithm::ES256).expect("a key"));
    let token = server.token(None, 0);
    follower.expect(&format!("ask {token}"), "ok");
    follower.expect(&format!("verify {token}"), "ok");
    follower.eventually("changes", |changes| changes == " key_added:0");
    follower.eventually("pull", |changes| changes == " key_added:0");

    let stranger = SigningKey::generate(Algorithm::ES256).expect("a key").sign(b"{}").expect("signed");
    follower.expect(&format!("rush {stranger}"), "200 of 200 key_unknown");
    follower.expect(&format!("await {stranger}"), "key_unknown 1 1");
    follower.expect(&format!("poll {stranger}"), "key_unknown");
    follower.expect(&format!("at-once {stranger}"), "key_unknown");
    follower.expect(&format!("cancel {stranger}"), "key_unknown");
    follower.expect(&format!("ask {token}"), "ok");
    follower.expect("hush", "ok");
    follower.eventually("freed", |freed| freed == "1");
}

fn faults_are_reported(server: &Server, follower: &mut Follower) {
    follower.expect("tell", "ok");
    follower.expect("log", "ok");
    follower.expect("logged", "no");
    follower.cut_off(&server.server);
    follower.eventually("logged", |logged| logged == "yes");
    follower.eventually("changes", |changes| changes.contains(" lost:3"));

    // The API server is asked about a pod that was created while the watches were down. A pod that was created and
    // deleted meanwhile never shows up.
    server.server.set_faults([]);
    for name in ["new", "other", "third", "ghost", "phantom"] {
        server.create_pod(name);
    }
    let [new, other, third, ghost, phantom] =
        ["new", "other", "third", "ghost", "phantom"].map(|name| server.token(Some(name), 0));
    server.delete_pod("ghost");
    server.delete_pod("phantom");
    server.server.forget_history();
    follower.expect(&format!("verify {new}"), "bound_object_pending");
    follower.expect(&format!("ask {new}"), "ok");
    // The watches may be back by now.
    let awaited = follower.tell(&format!("await {other}"));
    assert!(["ok 1 1", "ok 0 1"].contains(&awaited.as_str()), "{awaited}");
    follower.expect(&format!("poll {third}"), "ok");
    follower.eventually(&format!("verify {new}"), |answer| answer == "ok");
    follower.eventually("changes", |changes| changes.contains(" in_step:3"));
    follower.expect(&format!("verify {ghost}"), "bound_object_pending");
    follower.expect(&format!("ask {ghost}"), "pod_not_found");
    follower.expect(&format!("into {phantom}"), "pod_not_found");
    follower.expect(&format!("await {ghost}"), "pod_not_found 1 1");

    // The callback frees the cluster, and the thread ends by itself. Verifiers keep what they know.
    follower.expect(&format!("free-inside {ghost}"), "");
    server.server.set_faults([Fault::ErrorRate(1.0)]);
    server.server.disconnect_watches();
    follower.eventually("freed", |freed| freed == "2");
    follower.eventually("threads", |threads| threads == "0");
    follower.expect(&format!("verify {new}"), "ok");
    let pulled = follower.tell("pull");
    assert!(pulled.contains(" lost:3") && pulled.ends_with(" ended"), "{pulled}");
    // Nobody is left to ask.
    follower.expect(&format!("await {ghost}"), "bound_object_pending 1 1");
}

#[test]
fn a_question_that_outlives_its_verifier_uses_nothing_of_the_caller() {
    let key = SigningKey::generate(Algorithm::ES256).expect("a key");
    let other = SigningKey::generate(Algorithm::ES256).expect("a key");
    let now = UnixSeconds::now().0;
    let claims = json!({
        "iss": "https://own.example.com", "aud": ["vault"], "exp": now + 600, "iat": now, "nbf": now,
        "sub": "system:serviceaccount:demo:app",
        "kubernetes.io": {"namespace": "demo", "serviceaccount": {"name": "app", "uid": "uid"}},
    });
    let folder = scratch("abandoned");
    let jwks = |key: &SigningKey| {
        json!({"keys": [serde_json::to_value(key.public_key().to_jwk()).expect("a JWK")]}).to_string()
    };
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).expect("written");
    write("token", key.sign(claims.to_string().as_bytes()).expect("signed"));
    write("wrong.json", jwks(&other));
    write("right.json", jwks(&key));
    let files = ["token", "wrong.json", "right.json"].map(|name| folder.join(name).display().to_string());
    with_each(&programs(), |program| {
        let server = Server::start();
        let mut follower = Follower::start(program, &server.configuration());
        // Keys are requested at most once every ten seconds.
        std::thread::sleep(INTERVAL);
        server.server.set_faults([Fault::Latency(Duration::from_secs(3))]);
        follower.expect(&format!("abandon {}", files.join(" ")), "key_unknown 1 0");
        follower.expect("free", "");
        follower.end();
    });
}

#[test]
fn freeing_a_cluster_ends_its_thread_and_leaves_its_verifiers() {
    with_each(&programs(), |program| {
        let server = Server::start();
        let mut follower = Follower::start(program, &server.configuration());
        let token = server.token(None, 120);
        follower.expect("tell", "ok");
        follower.expect("threads", "1");
        follower.expect("free", "");
        follower.expect("freed", "1");
        follower.eventually("threads", |threads| threads == "0");
        follower.expect(&format!("verify {token}"), "ok");
        follower.end();
    });
}

#[test]
fn each_failure_to_connect_has_its_own_status_and_says_why() {
    let Some(program) = Program::test("cluster").compile() else { return };
    let connect =
        |configuration: Value| output(program.command().arg(configuration.to_string()).stdin(Stdio::null()));
    let server = Server::start();
    let kubeconfig = |name: &str, text: &str| {
        let path = scratch("cluster").join(name);
        std::fs::write(&path, text).expect("written");
        path
    };
    let good = server.server.kubeconfig();
    let wrong = kubeconfig("wrong-token", &good.replace(server.server.admin_token(), "wrong"));
    let says = |answer: &str, status: &str, words: &str| {
        assert!(answer.starts_with(&format!("{status} ")) && answer.contains(words), "{status}: {answer}");
        assert!(!answer.contains(server.server.admin_token()), "{answer}");
    };
    let forbidden = connect(json!({"kubeconfig": wrong}));
    says(&forbidden, "cluster_forbidden", "renew them in the kubeconfig");
    let another = json!({"kubeconfig": server.kubeconfig, "context": "another"});
    says(&connect(another), "cluster_configuration", "another");
    says(&connect(json!({"inCluster": true})), "cluster_configuration", "incluster");

    server.server.set_faults([Fault::Latency(Duration::from_millis(700))]);
    let slow = connect(json!({"kubeconfig": server.kubeconfig, "deadlineSeconds": 1}));
    says(&slow, "cluster_not_in_step", "watch objects of kind");
    server.server.shutdown();
    let gone = connect(json!({"kubeconfig": server.kubeconfig, "deadlineSeconds": 1}));
    says(&gone, "cluster_unreachable", "/.well-known/openid-configuration");
}

#[test]
fn the_example_verifies_what_a_cluster_issues() {
    let server = Server::start();
    let example = root().join("bindings/c/examples/cluster.c");
    let tokens = |name: &str, tokens: &[String]| {
        let path = scratch("cluster").join(name);
        std::fs::write(&path, tokens.join("\n")).expect("written");
        path
    };
    let good = tokens("good-tokens", &[server.token(None, 0), server.token(None, 120)]);
    let bad = tokens("bad-tokens", &["x.y".to_owned(), server.token(None, 0)]);
    let configuration = json!({"kubeconfig": server.kubeconfig}).to_string();
    let verify = |program: &Program, audience: &str, tokens: &Path| -> Command {
        let mut command = program.command();
        command.args([audience, &configuration]).stdin(std::fs::File::open(tokens).expect("tokens"));
        command
    };
    let user = "system:serviceaccount:default:default\n";
    for program in
        Language::ALL.into_iter().filter_map(|language| Program::of(&example).language(language).compile())
    {
        assert_eq!(output(&mut verify(&program, "vault", &good)), user.repeat(2));
        for (audience, tokens, words) in [("vault", &bad, "three parts"), ("another", &good, "audience")] {
            let refused = verify(&program, audience, tokens).output().expect("runs");
            assert_eq!(refused.status.code(), Some(1));
            assert!(String::from_utf8_lossy(&refused.stderr).contains(words), "{refused:?}");
        }
    }
}
