//! Several issuers on one command line, and the options that belong to each.

use serde_json::json;

use super::*;

const A: &str = "https://a.example.com";
const B: &str = "https://b.example.com";

/// The file with a cluster's signing key. `--pem` uses its public half.
fn key(folder: &str) -> String {
    vectors_in(folder).join("signing-key.pem").to_str().unwrap().to_owned()
}

/// The file with a cluster's key set.
fn jwks(folder: &str) -> String {
    vectors_in(folder).join("jwks.json").to_str().unwrap().to_owned()
}

/// A token that names this issuer, signed with the key in this file.
#[track_caller]
fn issued(issuer: &str, key: &str) -> String {
    let known = ["issue", "app", "-n", "demo", "--audience", "vault", "--service-account-uid", "account-uid"];
    let run = boundtoken([&known[..], &["--issuer", issuer, "--signing-key", key]].concat());
    assert_eq!(run.status, 0, "{run:?}");
    run.stdout
}

fn verify(issuers: &[&str], token: &str, format: &str) -> Run {
    let known = ["verify", "--audience", "vault", "-o", format];
    with_input([&known[..], issuers].concat(), token.as_bytes())
}

#[test]
fn the_key_of_one_issuer_does_not_vouch_for_another() {
    let [a, b] = FOLDERS.map(key);
    let issuers = ["--issuer", A, "--pem", &a, "--issuer", B, "--pem", &b];
    for (issuer, key, status) in [(A, &a, 0), (B, &b, 0), (A, &b, 1), (B, &a, 1)] {
        let run = verify(&issuers, &issued(issuer, key), "json");
        assert_eq!(run.status, status, "{issuer} {key}: {run:?}");
        if status == 0 {
            assert_eq!(run.json()["issuerLabel"], issuer);
        } else {
            assert_eq!(run.json()["reason"]["name"], "issuer_mismatch");
        }
    }
}

#[test]
fn objects_belong_to_the_issuer_before_them() {
    let [a, b] = FOLDERS.map(key);
    let accounts = |name: &str, uid: &str| {
        let account = json!({"metadata": {"namespace": "demo", "name": "app", "uid": uid}});
        file(&format!("issuers-{name}.json"), json!({"serviceaccounts": [account]}).to_string())
    };
    let (here, elsewhere) = (accounts("here", "account-uid"), accounts("elsewhere", "another-uid"));
    let issuers =
        ["--issuer", A, "--pem", &a, "--objects", &here, "--issuer", B, "--objects", &elsewhere, "--pem", &b];
    let run = verify(&issuers, &issued(A, &a), "json");
    assert_eq!((run.status, &run.json()["confirmed"]), (0, &json!("live")), "{run:?}");
    let run = verify(&issuers, &issued(B, &b), "name");
    assert_eq!((run.status, run.stderr.as_str()), (1, "service_account_uid_mismatch\n"));
}

#[test]
fn names_that_follow_each_other_are_of_one_issuer_and_of_one_issuer_any_order_will_do() {
    let [key, jwks] = [key(FOLDER), jwks(FOLDER)];
    let tokens = [A, B].map(|issuer| issued(issuer, &key));
    for issuers in [
        &["--issuer", A, "--issuer", B, "--jwks", &jwks][..],
        &["--issuer", A, "--issuer", B, "--label", "one", "--jwks", &jwks, "--pem", &key],
    ] {
        for token in &tokens {
            assert_eq!(verify(issuers, token, "name").status, 0, "{issuers:?}");
        }
    }
    for issuers in [
        &["--jwks", &jwks, "--issuer", A][..],
        &["--jwks", &jwks, "--issuer", A, "--pem", &key],
        &["--label", "one", "--jwks", &jwks, "--pem", &key, "--issuer", A],
    ] {
        assert_eq!(verify(issuers, &tokens[0], "name").status, 0, "{issuers:?}");
    }
}

#[test]
fn what_may_belong_to_either_is_refused_with_an_example() {
    let [a, b] = FOLDERS.map(key);
    let token = issued(A, &a);
    for (issuers, words) in [
        (
            &["--pem", &a, "--issuer", A, "--pem", &b, "--issuer", B][..],
            "--pem comes before the first --issuer",
        ),
        (
            &["--jwks", &a, "--pem", &b, "--issuer", A, "--issuer", B],
            "--jwks comes before the first --issuer",
        ),
        (&["--label", "a", "--issuer", A, "--issuer", B, "--pem", &b], "--label comes before the first"),
        (&["--issuer", A, "--pem", &a, "--issuer", B], "no --jwks or --pem follows --issuer https://b."),
        (
            &["--issuer", A, "--label", "a", "--issuer", B, "--pem", &b],
            "no --jwks or --pem follows --issuer https://a.",
        ),
        (&["--issuer", A, "--objects", &a, "--issuer", B, "--pem", &b], "no --jwks or --pem follows"),
        (
            &["--issuer", A, "--issuer", B, "--pem", &a, "--pem", &b],
            "2 key files follow 2 names from --issuer https://a.example.com on",
        ),
    ] {
        for format in ["text", "json"] {
            let run = verify(issuers, &token, format);
            let output = if format == "text" { &run.stderr } else { &run.stdout };
            assert_eq!(run.status, 2, "{issuers:?} {run:?}");
            assert!(output.contains(words), "{words}: {run:?}");
            assert!(output.contains("--issuer URL-A --jwks a.json --issuer URL-B --jwks b.json"), "{run:?}");
        }
        let bench = ["bench", "--seconds", "1", "--audience", "vault", "--token-file", "-"];
        let run = with_input([&bench[..], issuers].concat(), token.as_bytes());
        assert!(run.status == 2 && run.stderr.contains(words), "{run:?}");
    }
}

#[test]
fn a_label_tells_clusters_of_one_name_apart() {
    let [a, b] = FOLDERS.map(key);
    let known = ["--issuer", A, "--label", "blue", "--pem", &a, "--issuer", A, "--pem", &b];
    let labelled = [&known[..], &["--label", "green"]].concat();
    for (key, label) in [(&a, "blue"), (&b, "green")] {
        let token = issued(A, key);
        assert_eq!(verify(&labelled, &token, "json").json()["issuerLabel"], label);
        let text = verify(&labelled, &token, "text").stdout;
        assert!(text.lines().any(|line| line.contains("Issuer's label") && line.contains(label)), "{text}");
    }
    let plain = verify(&["--issuer", A, "--pem", &a], &issued(A, &a), "text");
    assert!(!plain.stdout.contains("label"), "not where it is the issuer: {plain:?}");

    let token = issued(A, &a);
    for (issuers, words) in [
        (vec!["--issuer", A, "--pem", &a, "--issuer", A, "--pem", &b], "--label blue --jwks blue.json"),
        (vec!["--issuer", A, "--label", "x", "--pem", &a, "--issuer", A, "--pem", &a], "a key in common"),
        (vec!["--issuer", A, "--label", "x", "--label", "y", "--pem", &a], "several --label for --issuer"),
        (vec!["--issuer", A, "--label", "", "--pem", &a], "label is empty"),
    ] {
        let run = verify(&issuers, &token, "text");
        assert!(run.status == 2 && run.stderr.contains(words), "{words}: {run:?}");
    }
}

#[test]
fn a_benchmark_takes_several_issuers_as_well() {
    let [a, b] = FOLDERS.map(key);
    let bench = ["bench", "--seconds", "1", "--threads", "1", "--audience", "vault", "--token-file", "-"];
    let issuers = ["--issuer", A, "--pem", &a, "--issuer", B, "--pem", &b];
    let run = with_input([&bench[..], &issuers].concat(), issued(B, &b).as_bytes());
    assert_eq!(run.status, 0, "{run:?}");
    let run = with_input([&bench[..], &issuers].concat(), issued(B, &a).as_bytes());
    assert!(run.status == 2 && run.stderr.contains("issuer_mismatch"), "{run:?}");
}
