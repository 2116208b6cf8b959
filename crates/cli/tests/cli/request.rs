//! `boundtoken request`.

use super::cluster::TestCluster;
use super::*;

const POD: [&str; 4] = ["--bound-object-kind", "Pod", "--bound-object-name", "app-0"];

fn request<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["request", "app", "-n", "demo"], more].concat()
}

/// The claims in a token.
fn claims(token: &str) -> Value {
    with_input(["inspect", "-o", "json"], token.as_bytes()).json()["claims"].clone()
}

#[test]
fn a_token_comes_alone_on_standard_output_and_what_counts_is_said_beside_it() {
    let cluster = TestCluster::start("request");
    let wanted = ["--audience", "vault", "--audience", "mail", "--duration", "20m"];
    let run = cluster.run(&request(&[&wanted[..], &POD].concat()), "");
    assert_eq!(run.status, 0, "{run:?}");
    let claims = claims(&run.stdout);
    assert_eq!(claims["aud"], serde_json::json!(["vault", "mail"]));
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 1_200);
    assert_eq!(claims["kubernetes.io"]["pod"], serde_json::json!({"name": "app-0", "uid": "pod-uid"}));
    for words in [
        "system:serviceaccount:demo:app",
        "audience vault",
        "audience mail",
        "in 20 minutes (",
        "ServiceAccount demo/app",
        "uid account-uid",
        "Pod demo/app-0",
        "uid pod-uid",
        "one of these is deleted",
    ] {
        assert!(run.stderr.contains(words), "{words}: {run:?}");
    }
    for part in run.stdout.split('.') {
        assert!(!run.stderr.contains(part), "{run:?}");
    }

    let quiet = cluster.run(&request(&["-q"]), "");
    assert_eq!((quiet.status, quiet.stderr.as_str()), (0, ""));
}

#[test]
fn a_token_without_audience_or_object_comes_with_a_caution() {
    let cluster = TestCluster::start("request-caution");
    let run = cluster.run(&request(&[]), "");
    assert!(run.stderr.contains("the API server itself"), "{run:?}");
    assert!(run.stderr.contains("no object of its own"), "{run:?}");
    let bound = cluster.run(&request(&[&["--audience", "vault"][..], &POD].concat()), "");
    assert!(!bound.stderr.contains("API server itself") && !bound.stderr.contains("no pod"), "{bound:?}");
}

#[test]
fn any_object_is_bound_to_by_the_uid_that_it_has_now() {
    let cluster = TestCluster::start("request-objects");
    for (kind, name, member, uid) in [
        ("Pod", "app-0", "pod", "pod-uid"),
        ("Secret", "app-key", "secret", "secret-uid"),
        ("Node", "node-1", "node", "node-uid"),
    ] {
        let object = ["--bound-object-kind", kind, "--bound-object-name", name];
        let answer = cluster.run(&request(&[&object[..], &["-o", "json"]].concat()), "").json();
        assert_eq!(answer["spec"]["boundObjectRef"]["uid"], uid, "{answer}");
        let claims = claims(answer["status"]["token"].as_str().unwrap());
        assert_eq!(claims["kubernetes.io"][member]["uid"], uid, "{claims}");
    }
    let yaml: Value = yaml_serde::from_str(&cluster.run(&request(&["-o", "yaml"]), "").stdout).expect("YAML");
    assert_eq!((&yaml["kind"], &yaml["metadata"]["name"]), (&"TokenRequest".into(), &"app".into()));
}

#[test]
fn what_the_api_server_refuses_is_said_in_its_words() {
    let cluster = TestCluster::start("request-refused");
    for (arguments, words) in [
        (
            vec!["request", "nobody", "-n", "demo"],
            "serviceaccounts \"nobody\" not found; `kubectl create serviceaccount nobody -n demo`",
        ),
        (request(&["--duration", "5m"]), "may not specify a duration less than 10 minutes"),
        (request(&["--bound-object-kind", "Pod", "--bound-object-name", "gone"]), "pods \"gone\" not found"),
        (
            request(&[&POD[..], &["--bound-object-uid", "another"]].concat()),
            "does not match the UID in record",
        ),
        ([&["request", "other", "-n", "demo"][..], &POD].concat(), "cannot bind token for serviceaccount"),
    ] {
        let run = cluster.run(&arguments, "");
        assert_eq!((run.status, run.stdout.as_str()), (1, ""), "{run:?}");
        assert!(run.stderr.contains("refused: ") && run.stderr.contains(words), "{run:?}");
    }
}

#[test]
fn credentials_that_are_not_accepted_are_to_be_renewed() {
    let cluster = TestCluster::start("request-stranger");
    let stranger = cluster.server.kubeconfig().replace(cluster.server.admin_token(), "stranger");
    let stranger = file("request-stranger.kubeconfig", stranger);
    let run = boundtoken(["request", "app", "--kubeconfig", &stranger]);
    assert_eq!((run.status, run.stdout.as_str()), (1, ""), "{run:?}");
    assert!(run.stderr.contains("Unauthorized") && run.stderr.contains("renew the credentials"), "{run:?}");
}

#[test]
fn without_an_answer_it_is_undecided() {
    let cluster = TestCluster::start("request-gone");
    cluster.server.shutdown();
    let run = cluster.run(&request(&[]), "");
    assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run:?}");
    assert!(
        run.stderr.contains("the API server could not be asked") && run.stderr.contains("refused"),
        "{run:?}"
    );
}

#[test]
fn mistakes_in_the_arguments_say_what_to_do() {
    let empty = file("request-empty.kubeconfig", "apiVersion: v1\nkind: Config\n");
    let odd = file("request-odd.kubeconfig", format!("users: {}\n", token("pod-live")));
    for (arguments, words) in [
        (vec!["request"], "<NAME>"),
        (vec!["request", "../secrets"], "give a name in lower-case letters"),
        (vec!["request", "app", "-n", "a/b"], "give a name in lower-case letters"),
        (vec!["request", "app", "--in-cluster", "--context", "c"], "cannot be used with"),
        (vec!["request", "app", "--kubeconfig", "/nowhere/config"], "/nowhere/config"),
        (vec!["request", "app", "--kubeconfig", &empty], "request-empty.kubeconfig"),
        (vec!["request", "app", "--kubeconfig", &odd], "request-odd.kubeconfig"),
        (vec!["request", "app", "--in-cluster"], "not a pod with a service account's token"),
    ] {
        let run = boundtoken(&arguments);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains(words), "{words}: {run:?}");
        assert!(!run.stderr.contains(&token("pod-live")[..20]), "{run:?}");
    }
    let cluster = TestCluster::start("request-mistakes");
    let run = cluster.run(&request(&["--bound-object-kind", "Pod", "--bound-object-name", "a/../b"]), "");
    assert_eq!(run.status, 2, "{run:?}");
    assert!(run.stderr.contains("--bound-object-name") && run.stderr.contains("lower-case"), "{run:?}");
    let run = cluster.run(&request(&["--context", "elsewhere"]), "");
    assert_eq!(run.status, 2, "{run:?}");
    assert!(run.stderr.contains("elsewhere"), "{run:?}");
}
