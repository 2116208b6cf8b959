//! `boundtoken snapshot`, and `boundtoken verify --snapshot`.

use serde_json::json;

use super::cluster::TestCluster;
use super::*;

const POD: [&str; 6] = ["--audience", "vault", "--bound-object-kind", "Pod", "--bound-object-name", "app-0"];

/// Takes a snapshot of a cluster. Returns its file.
#[track_caller]
fn take(cluster: &TestCluster, name: &str, more: &[&str]) -> String {
    let path = file(&format!("{name}.snapshot.json"), "an old file");
    let run = cluster.run(&[&["snapshot", "--output-file", &path], more].concat(), "");
    assert_eq!((run.status, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""), "{run:?}");
    path
}

fn verify(snapshot: &str, token: &str, more: &[&str]) -> Run {
    let known = ["verify", "--snapshot", snapshot, "--audience", "vault"];
    with_input([&known[..], more].concat(), token.as_bytes())
}

fn read_snapshot(path: &str) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_token_is_judged_by_a_snapshot_without_the_cluster() {
    let cluster = TestCluster::start("snapshot");
    let token = cluster.token(&POD);
    let before = take(&cluster, "before", &[]);
    cluster.delete("pods/app-0");
    let after = take(&cluster, "after", &[]);
    cluster.server.shutdown();

    let accepted = verify(&before, &token, &["--require-live"]);
    assert_eq!((accepted.status, accepted.stderr.as_str()), (0, ""), "{accepted:?}");
    assert!(accepted.stdout.contains("Pod demo/app-0  exists"), "{accepted:?}");
    assert!(accepted.stdout.contains("  Snapshot         taken "), "{accepted:?}");
    let refused = verify(&after, &token, &["-o", "name"]);
    assert_eq!((refused.status, refused.stderr.as_str()), (1, "pod_not_found\n"));
    let refused = verify(&after, &token, &[]);
    assert!(refused.stdout.contains("  Snapshot         taken "), "{refused:?}");

    let taken_at = read_snapshot(&before)["takenAt"].as_str().unwrap().to_owned();
    let document = verify(&before, &token, &["-o", "json", "--now", &taken_at]).json();
    assert_eq!(document["snapshot"], json!({"takenAt": taken_at, "ageSeconds": 0}), "{document}");
    assert_eq!((&document["verdict"], &document["confirmed"]), (&json!("accepted"), &json!("live")));
}

#[test]
fn it_has_metadata_alone() {
    let cluster = TestCluster::start("snapshot-content");
    let snapshot = read_snapshot(&take(&cluster, "content", &["--webhook-configurations"]));
    assert_eq!(snapshot["issuer"], cluster.server.issuer().name());
    assert_eq!(
        snapshot["objects"]["secrets"],
        json!([{"metadata": {"namespace": "demo", "name": "app-key", "uid": "secret-uid"}}])
    );
    assert_eq!(snapshot["objects"]["nodes"], json!([{"metadata": {"name": "node-1", "uid": "node-uid"}}]));
    assert_eq!(snapshot["objects"]["validatingwebhookconfigurations"], json!([]));
    let run = cluster.run(&["snapshot"], "");
    assert_eq!(run.json()["objects"]["pods"], snapshot["objects"]["pods"], "{run:?}");
    assert_eq!(run.json()["objects"].get("mutatingwebhookconfigurations"), None);
}

#[test]
fn about_what_it_does_not_list_it_says_nothing() {
    let cluster = TestCluster::start("snapshot-part");
    let token = cluster.token(&POD);
    let of_node = cluster.token(&[
        "--audience",
        "vault",
        "--bound-object-kind",
        "Node",
        "--bound-object-name",
        "node-1",
    ]);
    let elsewhere = take(&cluster, "elsewhere", &["--namespace", "default"]);
    let here = take(&cluster, "here", &["--namespace", "demo", "--namespace", "default"]);
    for (snapshot, token, status) in
        [(&here, &token, 0), (&elsewhere, &token, 2), (&here, &of_node, 2), (&elsewhere, &of_node, 2)]
    {
        let run = verify(snapshot, token, &["-o", "json"]);
        assert_eq!(run.status, status, "{run:?}");
        if status == 2 {
            let document = run.json();
            assert_eq!(document["reason"]["name"], "bound_object_not_followed", "{document}");
            assert!(document["remedy"].as_str().unwrap().contains("without --namespace"), "{document}");
        }
    }
}

#[test]
fn a_token_that_is_newer_than_the_snapshot_is_not_refused_for_a_missing_object() {
    let cluster = TestCluster::start("snapshot-newer");
    let token = cluster.token(&POD);
    cluster.delete("pods/app-0");
    let mut snapshot = read_snapshot(&take(&cluster, "newer", &[]));
    snapshot["takenAt"] = json!("2026-11-24T12:11:18Z");
    let run = verify(&file("newer-old.json", snapshot.to_string()), &token, &["-o", "json"]);
    assert_eq!((run.status, &run.json()["verdict"]), (2, &json!("undecided")), "{run:?}");
    assert!(run.json()["message"].as_str().unwrap().contains("newer than the snapshot"), "{run:?}");
}

#[test]
fn a_damaged_snapshot_is_told_apart_from_a_verdict() {
    let cluster = TestCluster::start("snapshot-damaged");
    let token = cluster.token(&POD);
    let whole = std::fs::read_to_string(take(&cluster, "whole", &[])).unwrap();
    let changed = |member: &str, value: Value| {
        let mut snapshot: Value = serde_json::from_str(&whole).unwrap();
        snapshot[member] = value;
        snapshot.to_string()
    };
    for (content, words) in [
        (whole[..whole.len() / 2].to_owned(), "the file ends too early"),
        (String::new(), "the file ends too early"),
        ("kind: List".to_owned(), "the file is not JSON"),
        (token.clone(), "the file is not JSON"),
        ("{}".to_owned(), "a member is missing, unknown, or has the wrong type"),
        (changed("more", json!(1)), "a member is missing, unknown, or has the wrong type"),
        (changed("takenAt", json!(1)), "a member is missing, unknown, or has the wrong type"),
        (changed("jwks", json!({"keys": []})), "the snapshot has no usable key"),
        (changed("jwks", json!([])), "not a JSON Web Key Set"),
        (changed("objects", json!({"leases": []})), "leases"),
    ] {
        let snapshot = file("damaged.snapshot.json", content);
        let run = verify(&snapshot, &token, &[]);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(
            run.stderr.contains("damaged.snapshot.json: ") && run.stderr.contains(words),
            "{words}: {run:?}"
        );
        assert!(token.split('.').all(|part| !run.stderr.contains(part)), "{run:?}");
        let document = verify(&snapshot, &token, &["-o", "json"]).json();
        assert_eq!(document["verdict"], "undecided", "{document}");
    }
    let run = verify("/nowhere/snapshot.json", &token, &[]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run:?}");
}

#[test]
fn it_stands_in_place_of_files_and_of_a_cluster() {
    let jwks = vector("jwks.json");
    for more in [
        &["--jwks", &jwks][..],
        &["--issuer", ISSUER],
        &["--objects", &jwks],
        &["--cluster"],
        &["--issuer", ISSUER, "--label", "blue"],
    ] {
        let run = boundtoken([&["verify", "--audience", "vault", "--snapshot", &jwks], more].concat());
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{more:?} {run:?}");
        assert!(run.stderr.contains("cannot be used with"), "{more:?} {run:?}");
    }
}

#[test]
fn what_prevents_a_snapshot_is_said() {
    let cluster = TestCluster::start("snapshot-failures");
    let run = cluster.run(&["snapshot", "--output-file", "/nowhere/snapshot.json"], "");
    assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run:?}");
    assert!(run.stderr.contains("/nowhere/snapshot.json: "), "{run:?}");
    let stranger = cluster.server.kubeconfig().replace(cluster.server.admin_token(), "stranger");
    let stranger = file("snapshot-stranger.kubeconfig", stranger);
    let run = boundtoken(["snapshot", "--kubeconfig", &stranger]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run:?}");
    assert!(run.stderr.contains("Unauthorized") && run.stderr.contains("boundtoken doctor"), "{run:?}");
    cluster.server.shutdown();
    let run = cluster.run(&["snapshot"], "");
    assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run:?}");
}
