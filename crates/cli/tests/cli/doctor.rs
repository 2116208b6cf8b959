//! `boundtoken doctor`.

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
        ("watches", "streaming lists and bookmarks"),
    ] {
        let check = check(&report, name);
        assert_eq!(check["outcome"], "ok", "{check}");
        assert!(check["finding"].as_str().unwrap().contains(words), "{check}");
    }
    // A development server has no authorization, and the check says so.
    assert_eq!(check(&report, "permissions")["outcome"], "warn");
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
    // A remedy has a line of its own, and what is long continues in its column.
    let (_, permissions) = text.split_once("\nwarn  permissions      ").expect("permissions");
    let below: Vec<_> = permissions.lines().skip(1).take_while(|line| line.starts_with(' ')).collect();
    assert!(below.iter().all(|line| line.starts_with(&" ".repeat(23))), "{below:?}");
    assert!(below.iter().any(|line| line.starts_with(&format!("{}-> try ", " ".repeat(23)))), "{below:?}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.ends_with("\nVerification can work.\n"), "{text}");
}

#[test]
fn an_address_of_keys_that_nobody_reaches_is_not_a_fault() {
    let server = DevServer::builder().jwks_uri("https://127.0.0.1:1/keys").start().unwrap();
    let kubeconfig = file("doctor-jwks-uri.kubeconfig", server.kubeconfig());
    let run = boundtoken(["doctor", "-o", "json", "--kubeconfig", &kubeconfig]);
    let report = run.json();
    let check = check(&report, "jwks_uri");
    assert_eq!((run.status, &check["outcome"]), (0, &"information".into()), "{run:?}");
    assert!(check["finding"].as_str().unwrap().contains("cannot be reached from here"), "{check}");
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
        assert!(check["finding"].as_str().unwrap().contains(finding), "{check}");
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
        assert!(check["finding"].as_str().unwrap().contains(words), "{check}");
        assert!(content.split('.').all(|part| !run.stdout.contains(part)), "{run:?}");
    }
}

#[test]
fn wrong_arguments_are_no_diagnosis() {
    for arguments in [&["doctor", "--namespace", "a/b"][..], &["doctor", "--in-cluster", "--context", "c"]] {
        let run = boundtoken(arguments);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run:?}");
    }
}
