//! `boundtoken doctor`.

use std::io::Read as _;
use std::net::TcpListener;

use boundtoken_dev_server::DevServer;

use super::cluster::TestCluster;
use super::*;

fn check<'a>(report: &'a Value, name: &str) -> &'a Value {
    let checks = report["checks"].as_array().expect("checks");
    checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("{name}: {report}"))
}

#[test]
fn a_cluster_that_works_is_said_to_work() {
    let cluster = TestCluster::start("doctor");
    let run = cluster.run(&["doctor", "-o", "json"], "");
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run:?}");
    let report = run.json();
    assert_eq!(report["canWork"], true);
    for (name, words) in [
        ("configuration", cluster.server.url()),
        ("API server", "version v1."),
        ("clocks", "up to 60 seconds are allowed"),
        ("issuer", cluster.server.issuer().name()),
        ("keys", "1 usable: ES256"),
        ("serviceaccounts", "get, list, watch are allowed"),
        ("pods", "get, list, watch are allowed"),
        ("nodes", "get, list, watch are allowed"),
        ("secrets", "get, list, watch are allowed"),
        ("webhooks", "get, list, watch are allowed"),
        ("watches", "streaming lists and bookmarks"),
    ] {
        let check = check(&report, name);
        assert_eq!(check["outcome"], "ok", "{check}");
        assert!(check["message"].as_str().unwrap().contains(words), "{check}");
    }
    assert_eq!(check(&report, "jwks_uri")["outcome"], "information");

    let text = cluster.run(&["doctor"], "").stdout;
    for check in report["checks"].as_array().unwrap() {
        let name = format!("  {} ", check["name"].as_str().unwrap());
        assert_eq!(
            text.lines().filter(|line| line.get(4..).is_some_and(|rest| rest.starts_with(&name))).count(),
            1,
            "{name}: {text}"
        );
    }
    assert!(text.contains("\nok    serviceaccounts "), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.ends_with("\nVerification can work.\n"), "{text}");
}

/// Starts a server that has nothing. Returns a kubeconfig for it.
fn empty_server() -> String {
    const STATUS: &str =
        r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"none","code":404}"#;

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // One read has all of a small request.
            let _read = stream.read(&mut [0; 8192]);
            let head = "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nConnection: close";
            let _written = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{STATUS}", STATUS.len());
        }
    });
    let kubeconfig = format!(
        "{{clusters: [{{name: a, cluster: {{server: 'http://{address}'}}}}], users: [], \
         contexts: [{{name: a, context: {{cluster: a, user: ''}}}}], current-context: a}}"
    );
    file("doctor-empty.kubeconfig", kubeconfig)
}

#[test]
fn an_api_server_that_does_not_tell_permissions_is_said_to_be_one() {
    let run = boundtoken(["doctor", "-o", "json", "--kubeconfig", &empty_server()]);
    let report = run.json();
    let permissions = check(&report, "permissions");
    assert_eq!((run.status, &permissions["outcome"]), (1, &"warn".into()), "{run:?}");
    assert!(permissions["finding"].as_str().unwrap().contains("SelfSubjectAccessReview"), "{run:?}");
}

#[test]
fn an_address_of_keys_that_nobody_reaches_is_not_a_fault() {
    let server = DevServer::builder().jwks_uri("https://127.0.0.1:1/keys").start().unwrap();
    let kubeconfig = file("doctor-jwks-uri.kubeconfig", server.kubeconfig());
    let run = boundtoken(["doctor", "-o", "json", "--kubeconfig", &kubeconfig]);
    let report = run.json();
    let check = check(&report, "jwks_uri");
    assert_eq!((run.status, &check["outcome"]), (0, &"information".into()), "{run:?}");
    assert!(check["message"].as_str().unwrap().contains("cannot be reached from here"), "{check}");
}

#[test]
fn it_ends_at_the_first_thing_without_which_nothing_else_can_be_known() {
    let cluster = TestCluster::start("doctor-fails");
    let odd = |name: &str, from: &str, to: &str| {
        file(&format!("doctor-{name}.kubeconfig"), cluster.server.kubeconfig().replace(from, to))
    };
    let stranger = odd("stranger", cluster.server.admin_token(), "stranger");
    let nowhere = odd("nowhere", cluster.server.url(), "https://127.0.0.1:1");
    for (kubeconfig, name, finding, remedy) in [
        ("/nowhere/config", "configuration", "/nowhere/config", "--kubeconfig"),
        (&nowhere, "API server", "refused", "check the address"),
        (&stranger, "API server", "Unauthorized", "renew the credentials"),
    ] {
        let run = boundtoken(["doctor", "-o", "json", "--kubeconfig", kubeconfig]);
        assert_eq!((run.status, run.stderr.as_str()), (1, ""), "{run:?}");
        let report = run.json();
        assert_eq!(report["canWork"], false);
        let check = check(&report, name);
        assert_eq!(check["outcome"], "fail", "{check}");
        assert!(check["message"].as_str().unwrap().contains(finding), "{check}");
        assert!(check["remedy"].as_str().unwrap().contains(remedy), "{check}");
        assert!(!run.stdout.contains("issuer"), "{run:?}");
        let text = boundtoken(["doctor", "--kubeconfig", kubeconfig]).stdout;
        assert!(text.contains("\nVerification cannot work: "), "{text}");
    }
    let run = boundtoken(["doctor", "--in-cluster"]);
    assert_eq!(run.status, 1);
    assert!(run.stdout.contains("not a pod with a service account's token"), "{run:?}");
}

#[test]
fn the_token_by_which_it_is_known_to_the_server_is_described_not_shown() {
    let cluster = TestCluster::start("doctor-own-token");
    let token = cluster.token(&[]);
    let admin = format!("token: {}", cluster.server.admin_token());
    for (name, content, outcome, words) in [
        ("good", token.as_str(), "ok", "system:serviceaccount:demo:app, for https://kubernetes"),
        ("other", cluster.server.admin_token(), "warn", "names no audience"),
    ] {
        let own = file(&format!("doctor-own-{name}.token"), content);
        let kubeconfig = cluster.server.kubeconfig().replace(&admin, &format!("tokenFile: {own}"));
        let kubeconfig = file(&format!("doctor-own-{name}.kubeconfig"), kubeconfig);
        let run = boundtoken(["doctor", "-o", "json", "--kubeconfig", &kubeconfig]);
        let report = run.json();
        let check = check(&report, "own token");
        assert_eq!((run.status, &check["outcome"]), (0, &outcome.into()), "{run:?}");
        assert!(check["message"].as_str().unwrap().contains(words), "{check}");
        assert!(content.split('.').all(|part| !run.stdout.contains(part)), "{run:?}");
        let text = boundtoken(["doctor", "--kubeconfig", &kubeconfig]).stdout;
        assert_eq!(text.contains("\nwarn  own token ") && text.contains(" -> "), outcome == "warn", "{text}");
    }
}

#[test]
fn wrong_arguments_are_no_diagnosis() {
    for arguments in [&["doctor", "--namespace", "a/b"][..], &["doctor", "--in-cluster", "--context", "c"]] {
        let run = boundtoken(arguments);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run:?}");
    }
}
