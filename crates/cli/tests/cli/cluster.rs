//! Commands against a cluster. A development server takes its place.

use boundtoken_dev_server::DevServer;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

use super::*;

/// Two service accounts, a pod, a secret and a node.
const MANIFESTS: &str = "
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: app, namespace: demo, uid: account-uid}}
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: other, namespace: demo}}
- apiVersion: v1
  kind: Pod
  metadata: {name: app-0, namespace: demo, uid: pod-uid}
  spec: {serviceAccountName: app, containers: [{name: app, image: registry.example.com/app}]}
- {apiVersion: v1, kind: Secret, metadata: {name: app-key, namespace: demo, uid: secret-uid}}
- {apiVersion: v1, kind: Node, metadata: {name: node-1, uid: node-uid}}
";

/// A test's own cluster.
pub struct TestCluster {
    pub server: DevServer,
    kubeconfig: String,
}

impl TestCluster {
    pub fn start(test: &str) -> Self {
        let server = DevServer::builder().objects(MANIFESTS).start().expect("the development server starts");
        let kubeconfig = file(&format!("{test}.kubeconfig"), server.kubeconfig());
        Self { server, kubeconfig }
    }

    /// Runs a command on this cluster.
    pub fn run(&self, arguments: &[&str], input: &str) -> Run {
        let run = with_input(self.arguments(arguments), input.as_bytes());
        assert!(!run.stdout.contains(self.server.admin_token()), "{run:?}");
        assert!(!run.stderr.contains(self.server.admin_token()), "{run:?}");
        run
    }

    pub fn arguments(&self, arguments: &[&str]) -> Vec<String> {
        let known = ["--kubeconfig", &self.kubeconfig];
        [arguments, &known].concat().into_iter().map(str::to_owned).collect()
    }

    /// Deletes an object in the namespace demo, without grace.
    pub fn delete(&self, object: &str) {
        let path = format!("/api/v1/namespaces/demo/{object}?gracePeriodSeconds=0");
        let request = http::Request::delete(path).body(Vec::new()).expect("a request");
        let kubeconfig = Kubeconfig::from_yaml(self.server.kubeconfig()).expect("a kubeconfig");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
            let client = Client::try_from(config.expect("a configuration")).expect("a client");
            client.request_text(request).await.expect("it is deleted");
        });
    }

    /// Requests a token for the service account demo/app.
    #[track_caller]
    pub fn token(&self, more: &[&str]) -> String {
        let run = self.run(&[&["request", "app", "-n", "demo", "--quiet"], more].concat(), "");
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run:?}");
        run.stdout
    }
}

const POD: [&str; 6] = ["--audience", "vault", "--bound-object-kind", "Pod", "--bound-object-name", "app-0"];
const VERIFY: [&str; 4] = ["verify", "--cluster", "--audience", "vault"];

#[test]
fn a_cluster_alone_is_enough_to_verify_its_tokens() {
    let cluster = TestCluster::start("verify-cluster");
    for object in [["Pod", "app-0"], ["Secret", "app-key"], ["Node", "node-1"]] {
        let [kind, name] = object;
        let bound = ["--bound-object-kind", kind, "--bound-object-name", name];
        let token = cluster.token(&[&["--audience", "vault"], &bound[..]].concat());
        let run = cluster.run(&VERIFY, &token);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run:?}");
        assert!(run.stdout.contains(&format!("{kind} ")) && run.stdout.contains("  exists"), "{run:?}");
        assert!(!run.stdout.contains("NOT"), "{run:?}");
    }
    let unbound = cluster.run(&[&VERIFY[..], &["-o", "name"]].concat(), &cluster.token(&POD[..2]));
    assert_eq!((unbound.status, unbound.stdout.as_str()), (0, "system:serviceaccount:demo:app\n"));
}

#[test]
fn a_proxy_is_asked_for_other_computers_only() {
    let cluster = TestCluster::start("proxy");
    let elsewhere = cluster.server.kubeconfig().replace(cluster.server.url(), "https://192.0.2.1:6443");
    let elsewhere = file("proxy-elsewhere.kubeconfig", elsewhere);
    let proxy = [("HTTPS_PROXY", "http://127.0.0.1:1"), ("NO_PROXY", "")];
    let doctor = |kubeconfig: &str| run(["doctor", "--kubeconfig", kubeconfig], b"", &proxy);
    assert_eq!(doctor(&cluster.kubeconfig).status, 0);
    let run = doctor(&elsewhere);
    assert!(run.status == 1 && run.stdout.contains("tunnel"), "{run:?}");
}

#[test]
fn files_of_the_environment_s_kubeconfig_that_do_not_exist_are_passed_over() {
    let cluster = TestCluster::start("kubeconfig-list");
    let token = cluster.token(&POD);
    let kubeconfig = &cluster.kubeconfig;
    let unset = file("kubeconfig-unset.kubeconfig", "apiVersion: v1\nkind: Config\ncurrent-context: \"\"\n");
    let broken = file("kubeconfig-broken.kubeconfig", "clusters: 1\n");
    let verify = |files: &[&str], more: &[&str]| {
        let files = std::env::join_paths(files).unwrap();
        let files = [("KUBECONFIG", files.to_str().unwrap()), ("KUBERNETES_SERVICE_HOST", "")];
        run([&VERIFY[..], &["-o", "name"], more].concat(), token.as_bytes(), &files)
    };
    for more in [&[][..], &["--context", "boundtoken-dev"]] {
        for files in [
            &[kubeconfig.as_str()][..],
            &["/nowhere/config", kubeconfig],
            &["", kubeconfig, "/nowhere/config"],
            &[&unset, kubeconfig],
        ] {
            let run = verify(files, more);
            assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{files:?} {run:?}");
        }
        for (files, words) in [
            (&["/nowhere/config", "/nowhere/other"][..], "/nowhere/config"),
            (&[&broken, kubeconfig.as_str()], "no cluster is configured"),
        ] {
            let run = verify(files, more);
            assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{files:?} {run:?}");
            assert!(run.stderr.contains(words), "{words}: {run:?}");
        }
    }
}

#[test]
fn what_was_deleted_in_the_cluster_is_refused() {
    let cluster = TestCluster::start("verify-cluster-deleted");
    let token = cluster.token(&POD);
    cluster.delete("pods/app-0");
    let run = cluster.run(&[&VERIFY[..], &["-o", "json"]].concat(), &token);
    assert_eq!((run.status, &run.json()["reason"]["name"]), (1, &"pod_not_found".into()), "{run:?}");
    let run = cluster.run(&["verify", "--cluster", "--audience", "mail"], &token);
    assert_eq!(run.status, 1);
    assert!(run.stdout.contains("audience_mismatch"), "{run:?}");
}

#[test]
fn a_token_of_a_namespace_that_is_not_looked_at_is_undecided() {
    let cluster = TestCluster::start("verify-cluster-namespace");
    let token = cluster.token(&POD);
    let run = cluster.run(&[&VERIFY[..], &["--namespace", "default"]].concat(), &token);
    assert_eq!(run.status, 2, "{run:?}");
    assert!(run.stderr.contains("--namespace names only other namespaces"), "{run:?}");
    let both = ["--namespace", "default", "--namespace", "demo"];
    assert_eq!(cluster.run(&[&VERIFY[..], &both].concat(), &token).status, 0);
}

#[test]
fn any_text_is_refused_by_a_cluster_as_by_files() {
    let cluster = TestCluster::start("verify-cluster-texts");
    // Its namespace contains `../`, which would change a request's path.
    let hostile = "e30.eyJrdWJlcm5ldGVzLmlvIjp7Im5hbWVzcGFjZSI6Ii4uLy4uLyJ9fQ.";
    for (token, reason) in [("x", "token_part_count"), (hostile, "algorithm_missing")] {
        let run = cluster.run(&VERIFY, token);
        assert_eq!(run.status, 1, "{run:?}");
        assert!(run.stdout.contains(reason), "{run:?}");
    }
    let run = cluster.run(&VERIFY, &token("pod-live"));
    assert!(run.status == 1 && run.stdout.contains("key_unknown"), "{run:?}");
}

#[test]
fn without_the_cluster_it_is_undecided() {
    let cluster = TestCluster::start("verify-cluster-gone");
    let token = cluster.token(&POD);
    cluster.server.shutdown();
    let run = cluster.run(&VERIFY, &token);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run:?}");
    assert!(run.stderr.contains("could not read /.well-known/openid-configuration"), "{run:?}");
}

#[test]
fn a_cluster_is_given_in_place_of_files_not_beside_them() {
    let jwks = vector("jwks.json");
    let files = ["--jwks", &jwks, "--issuer", ISSUER];
    for (arguments, words) in [
        ([&VERIFY[..], &files[..2]].concat(), "'--cluster' cannot be used with"),
        ([&VERIFY[..], &["--issuer", ISSUER]].concat(), "'--cluster' cannot be used with"),
        ([&VERIFY[..], &["--objects", &jwks]].concat(), "'--cluster' cannot be used with"),
        ([&VERIFY[..], &["--now", NOW]].concat(), "'--cluster' cannot be used with"),
        (
            [&["verify", "--audience", "vault", "--context", "c"], &files[..]].concat(),
            "'--context <NAME>' cannot be used with",
        ),
        (
            [&["verify", "--audience", "vault", "--namespace", "n"], &files[..]].concat(),
            "cannot be used with",
        ),
        (vec!["verify", "--audience", "vault", "--in-cluster"], "--cluster"),
        (vec!["verify", "--audience", "vault"], "--issuer <URL>"),
        (vec!["verify", "--audience", "vault", "--issuer", ISSUER], "--cluster"),
        (vec!["verify", "--cluster"], "--audience <NAME>"),
    ] {
        let run = boundtoken(&arguments);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{arguments:?} {run:?}");
        assert!(run.stderr.contains(words), "{words}: {run:?}");
    }
}
