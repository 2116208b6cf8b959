//! The output for programs has the form that docs/schemas states.

use jsonschema::{Registry, Validator};
use serde_json::json;

use super::cluster::TestCluster;
use super::*;

/// Where the schemas are for one another.
const BASE: &str = "json-schema:///";
const POD: [&str; 6] = ["--audience", "vault", "--bound-object-kind", "Pod", "--bound-object-name", "app-0"];

fn folder() -> PathBuf {
    boundtoken_testing::repository().join("docs/schemas")
}

fn schema(name: &str) -> Value {
    let file = folder().join(format!("{name}.json"));
    serde_json::from_slice(&std::fs::read(&file).expect(name)).expect(name)
}

fn validator(name: &str) -> Validator {
    let registry = Registry::new().add(format!("{BASE}common.json"), schema("common")).expect("common.json");
    let registry = registry.prepare().expect("a registry");
    jsonschema::options()
        .with_base_uri(format!("{BASE}{name}.json"))
        .with_registry(&registry)
        .build(&schema(name))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Checks a document.
#[track_caller]
pub fn assert_valid(name: &str, document: &Value) {
    let errors: Vec<_> = validator(name)
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?} {document:#}");
}

/// Runs a command for both forms. Returns the document, which is the same in both if no clock decides about it.
#[track_caller]
fn document(name: &str, run: impl Fn(&str) -> Run) -> Value {
    let json = run("json");
    let yaml = run("yaml");
    assert_eq!(json.status, yaml.status, "{json:?} {yaml:?}");
    let document = json.json();
    assert_valid(name, &document);
    let read: Value = yaml_serde::from_str(&yaml.stdout).expect("YAML");
    assert_valid(name, &read);
    assert_eq!(read, document, "{}", yaml.stdout);
    document
}

#[test]
fn every_verdict_of_verify_has_its_form() {
    let objects_before = objects("before", "schemas");
    let objects_after = objects("after", "schemas");
    let deleted = token("pod-deleted");
    let no_accounts = file("schemas-no-accounts.json", r#"{"pods": []}"#);
    for (more, verdict, reason) in [
        (&["--objects", &objects_before][..], "accepted", Value::Null),
        (&[], "accepted", Value::Null),
        (&["--objects", &objects_after], "refused", json!({"number": 521, "name": "pod_not_found"})),
        (
            &["--objects", &no_accounts],
            "undecided",
            json!({"number": 541, "name": "bound_object_unavailable"}),
        ),
        (&["--require-live"], "undecided", Value::Null),
        (&["--objects", "/nowhere"], "undecided", Value::Null),
    ] {
        let document = document("verify", |format| {
            with_input(verify_arguments(&[&["-o", format], more].concat()), deleted.as_bytes())
        });
        assert_eq!((&document["verdict"], &document["reason"]), (&json!(verdict), &reason), "{more:?}");
    }
}

#[test]
fn every_token_is_judged_and_shown_in_the_form_that_is_stated() {
    let objects = objects("after", "schemas-all");
    let (verify, inspect) = (validator("verify"), validator("inspect"));
    for_each(&all_tokens(), |(name, token)| {
        let run = with_input(verify_arguments(&["-o", "json", "--objects", &objects]), token.as_bytes());
        assert!(verify.is_valid(&run.json()), "{name}: {run:?}");
        let run = with_input(["inspect", "-o", "json"], token.as_bytes());
        assert!(run.status == 2 || inspect.is_valid(&run.json()), "{name}: {run:?}");
    });
}

#[test]
fn both_verdicts_of_compare_have_their_form() {
    let cluster = TestCluster::start("schemas-compare");
    let token = cluster.token(&POD);
    let compare = |token: &str| {
        document("compare", |format| cluster.run(&["compare", "--audience", "vault", "-o", format], token))
    };
    assert_eq!(compare(&token)["apiServer"]["verdict"], "accepted");
    assert_eq!(compare("x")["apiServer"]["verdict"], "refused");
    cluster.delete("pods/app-0");
    // The API server remembers that it accepted the token.
    let verdicts = compare(&token);
    assert_eq!(verdicts["boundtoken"]["reason"]["name"], "pod_not_found", "{verdicts}");
    cluster.server.shutdown();
    assert_eq!(compare(&token)["verdict"], "undecided");
}

#[test]
fn every_line_of_watch_has_its_form() {
    let cluster = TestCluster::start("schemas-watch");
    let token = cluster.token(&POD);
    let input = format!("{token}\nnonsense\n");
    for (more, verdict) in [(&[][..], "accepted"), (&["--namespace", "default"], "undecided")] {
        let run = cluster.run(&[&["watch", "-o", "json", "--audience", "vault"], more].concat(), &input);
        assert_eq!(run.status, 0, "{run:?}");
        let lines: Vec<Value> =
            run.stdout.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect();
        lines.iter().for_each(|line| assert_valid("watch", line));
        let verdicts: Vec<_> = lines.iter().filter(|line| line["event"] == "verdict").collect();
        let verdicts: Vec<_> = verdicts.iter().map(|line| line["verdict"].as_str().unwrap()).collect();
        assert_eq!(verdicts, [verdict, "refused"], "{run:?}");
    }
    for event in ["stale", "fresh"] {
        assert_valid("watch", &json!({"time": "2026-11-24T12:11:18Z", "event": event}));
    }
}

#[test]
fn the_other_commands_keep_to_their_forms() {
    let cluster = TestCluster::start("schemas-others");
    let signing_key = boundtoken_testing::repository().join("tests/fixtures/keys/p256-pkcs8.pem");
    let signing_key = signing_key.to_str().unwrap();
    // Each run makes another token, so the two forms differ.
    for format in ["json", "yaml"] {
        for more in [&[][..], &POD] {
            let issue =
                [&["issue", "app", "-n", "demo", "--signing-key", signing_key, "-o", format], more].concat();
            let request = [&["request", "app", "-n", "demo", "-o", format], more].concat();
            for run in [boundtoken(issue), cluster.run(&request, "")] {
                assert_eq!(run.status, 0, "{run:?}");
                assert_valid("token-request", &yaml_serde::from_str(&run.stdout).expect("YAML"));
            }
        }
        let bench = ["bench", "--seconds", "1", "--threads", "1", "--sample", "ES256", "-o", format];
        assert_valid("bench", &yaml_serde::from_str(&boundtoken(bench).stdout).expect("YAML"));
        for doctor in [
            cluster.run(&["doctor", "-o", format], ""),
            boundtoken(["doctor", "-o", format, "--kubeconfig", "/nowhere"]),
        ] {
            assert_valid("doctor", &yaml_serde::from_str(&doctor.stdout).expect("YAML"));
        }
    }
    for more in [&[][..], &["--namespace", "demo", "--webhook-configurations"]] {
        let snapshot = cluster.run(&[&["snapshot"], more].concat(), "").json();
        assert_valid("snapshot", &snapshot);
        let token = cluster.token(&POD);
        let taken_at = snapshot["takenAt"].as_str().unwrap().to_owned();
        let snapshot = file("schemas-snapshot.json", snapshot.to_string());
        let known = ["verify", "--snapshot", &snapshot, "--audience", "vault", "--now", &taken_at, "-o"];
        let verdict =
            document("verify", |format| with_input([&known[..], &[format]].concat(), token.as_bytes()));
        assert!(verdict["snapshot"]["ageSeconds"].is_u64(), "{verdict}");
    }
    document("reasons", |format| boundtoken(["reasons", "-o", format]));
    for token in [token("pod-live").as_str(), "no token"] {
        document("inspect", |format| with_input(["inspect", "--now", NOW, "-o", format], token.as_bytes()));
    }
}

/// A form that allowed any member would say nothing.
#[test]
fn every_schema_is_strict_and_explains_each_member() {
    fn check(place: &str, schema: &Value) {
        match schema {
            Value::Array(items) => items.iter().for_each(|item| check(place, item)),
            Value::Object(members) => {
                for (name, member) in
                    members.get("properties").and_then(Value::as_object).into_iter().flatten()
                {
                    let explained = member.get("description").or(member.get("$ref"));
                    assert!(explained.is_some(), "{place}: {name} has no description");
                }
                members.values().for_each(|member| check(place, member));
            }
            _ => {}
        }
    }
    let index = std::fs::read_to_string(folder().join("README.md")).unwrap();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let Some(name) = file.strip_suffix(".json") else { continue };
        assert!(index.contains(&format!("({file})")), "{file} is not in docs/schemas/README.md");
        let schema = schema(name);
        assert!(jsonschema::meta::is_valid(&schema), "{file}");
        check(&file, &schema);
    }
    let token = token("pod-live");
    let with = |name: &str, run: Run| {
        let mut document = run.json();
        assert_valid(name, &document);
        document["more"] = json!(1);
        assert!(!validator(name).is_valid(&document), "{name} allows any member");
    };
    with("verify", with_input(verify_arguments(&["-o", "json"]), token.as_bytes()));
    with("verify", with_input(verify_arguments(&["-o", "json"]), b"x"));
    with("verify", with_input(verify_arguments(&["-o", "json"]), b""));
    with("inspect", with_input(["inspect", "-o", "json"], token.as_bytes()));
}

#[test]
fn the_help_names_the_schema() {
    for (command, schema) in [
        ("verify", "verify"),
        ("compare", "compare"),
        ("watch", "watch"),
        ("snapshot", "snapshot"),
        ("inspect", "inspect"),
        ("issue", "token-request"),
        ("request", "token-request"),
        ("doctor", "doctor"),
        ("bench", "bench"),
        ("reasons", "reasons"),
        ("dev-server", "dev-server"),
    ] {
        let help = boundtoken([command, "--help"]).stdout;
        assert!(help.contains(&format!("docs/schemas/{schema}.json")), "{help}");
    }
}
