//! `boundtoken issue`.

use super::*;

/// Issues a token with the key of the vectors' server.
fn issue(more: &[&str]) -> Run {
    let key = vector("signing-key.pem");
    boundtoken([&["issue", "app", "-n", "demo", "--signing-key", &key], more].concat())
}

/// Verifies a token with the keys of the vectors' server, as of now.
fn verify(token: &str, more: &[&str]) -> Run {
    let known = ["verify", "--issuer", ISSUER, "--jwks", &vector("jwks.json"), "-o", "json"];
    with_input([&known[..], more].concat(), token.as_bytes())
}

#[test]
fn a_token_is_what_the_api_server_would_have_issued() {
    let objects = objects("before", "issue");
    let issued = issue(&[
        "--objects",
        &objects,
        "--audience",
        "vault",
        "--audience",
        "api",
        "--duration",
        "10m",
        "--bound-object-kind",
        "Pod",
        "--bound-object-name",
        "live",
    ]);
    assert_eq!((issued.status, issued.stderr.as_str()), (0, ""), "{issued:?}");
    assert!(!issued.stdout.ends_with('\n'), "as kubectl, not on a terminal");

    let verdict = verify(&issued.stdout, &["--audience", "vault", "--objects", &objects]).json();
    let request: Value = read("tokenrequest-pod-live-10min.json");
    assert_eq!(verdict["user"]["uid"], request["response"]["metadata"]["uid"], "{verdict}");
    let claims = &verdict["claims"];
    assert_eq!(claims["kubernetes.io"]["pod"]["uid"], request["request"]["spec"]["boundObjectRef"]["uid"]);
    assert_eq!(claims["kubernetes.io"]["node"]["name"], "node-1");
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 600);
}

#[test]
fn without_objects_the_arguments_are_believed_and_missing_uids_made_up() {
    let issued = issue(&[
        "--service-account-uid",
        "the-uid",
        "--bound-object-kind",
        "Node",
        "--bound-object-name",
        "n",
    ]);
    let verdict = verify(&issued.stdout, &["--audience", ISSUER]).json();
    assert_eq!(verdict["user"]["uid"], "the-uid", "{verdict}");
    assert_eq!(verdict["claims"]["kubernetes.io"]["node"]["uid"].as_str().map(str::len), Some(36));
    assert_eq!(verdict["claims"]["aud"], serde_json::json!([ISSUER]));
}

#[test]
fn the_answer_is_to_be_had_as_an_object() {
    let json = issue(&["-o", "json", "--duration", "20m"]).json();
    assert_eq!((&json["kind"], &json["spec"]["expirationSeconds"]), (&"TokenRequest".into(), &1_200.into()));
    assert_eq!(json["status"]["token"].as_str().unwrap().split('.').count(), 3);
    let yaml: Value = yaml_serde::from_str(&issue(&["-o", "yaml"]).stdout).expect("YAML");
    assert_eq!((&yaml["metadata"]["name"], &yaml["metadata"]["namespace"]), (&"app".into(), &"demo".into()));
}

#[test]
fn a_token_for_a_webhook_attests_an_api_group() {
    let more = [
        "--audience",
        "https://hook.example.com",
        "--attest-api-group",
        "apps",
        "--bound-object-kind",
        "MutatingWebhookConfiguration",
        "--bound-object-name",
        "policy",
        "--bound-object-uid",
        "uid-policy",
    ];
    let json = issue(&[&more[..], &["-o", "json"]].concat()).json();
    assert_eq!(json["spec"]["expirationSeconds"], 600);
    assert_eq!(json["spec"]["boundObjectRef"]["apiVersion"], "admissionregistration.k8s.io/v1");
    let token = json["status"]["token"].as_str().unwrap();
    let claims = verify(token, &["--audience", "https://hook.example.com"]).json()["claims"].clone();
    assert_eq!(claims["kubernetes.io"]["attestations"]["admissionReviewAPIGroups"][0], "apps");
    assert_eq!(claims["kubernetes.io"]["mutatingwebhookconfiguration"]["uid"], "uid-policy");

    let run = issue(&more[..2].iter().chain(&more[4..]).copied().collect::<Vec<_>>());
    assert!(
        run.status == 1 && run.stderr.contains("require exactly one admissionReviewAPIGroups"),
        "{run:?}"
    );
}

#[test]
fn what_the_api_server_refuses_is_refused_in_its_words() {
    let objects = objects("after", "issue-refused");
    for (more, words) in [
        (vec!["--duration", "5m"], "may not specify a duration less than 10 minutes"),
        (
            vec!["--objects", &objects, "--bound-object-kind", "Pod", "--bound-object-name", "deleted"],
            "pods \"deleted\" not found",
        ),
        (
            vec![
                "--objects",
                &objects,
                "--bound-object-kind",
                "Pod",
                "--bound-object-name",
                "live",
                "--bound-object-uid",
                "another",
            ],
            "does not match the UID in record",
        ),
    ] {
        let run = issue(&more);
        assert_eq!((run.status, run.stdout.as_str()), (1, ""), "{run:?}");
        assert!(run.stderr.contains(words), "{run:?}");
    }
}

#[test]
fn mistakes_in_the_arguments_say_what_to_do() {
    for (more, words) in [
        (vec!["--duration", "10"], "such as 10m or 1h30m"),
        (
            vec!["--bound-object-kind", "ConfigMap", "--bound-object-name", "x"],
            "[possible values: Pod, Secret, Node, ValidatingWebhookConfiguration, MutatingWebhookConfiguration]",
        ),
        (vec!["--bound-object-kind", "Pod"], "--bound-object-name"),
        (vec!["--bound-object-uid", "x"], "--bound-object-kind"),
        (vec!["--attest-api-group", "apps"], "--bound-object-kind"),
        (vec!["--audience", ""], "a value is required"),
        (vec!["--service-account-uid", ""], "a uid is empty"),
        (vec!["--issuer", "1:2"], "is not a URL"),
        (vec!["--duration", "10m0.5s"], "give whole seconds"),
        (vec!["--bound-object-kind", "Pod", "--bound-object-name", "App"], "RFC 1123 subdomain"),
    ] {
        let run = issue(&more);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains(words), "{run:?}");
    }
    let key = vector("signing-key.pem");
    for (arguments, words) in [
        (["App", "-n", "demo"], "no Kubernetes object can have this name"),
        (["app", "-n", "Demo"], "no namespace can have this name"),
    ] {
        let run = boundtoken([&["issue", "--signing-key", &key], &arguments[..]].concat());
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains(words), "{run:?}");
    }
    let run = boundtoken(["issue", "app", "--signing-key", &vector("jwks.json")]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("jwks.json") && run.stderr.contains("private key"), "{run:?}");
}
