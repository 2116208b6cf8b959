//! `boundtoken verify`.

use boundtoken::{KeySet, ObjectStore, TrustedIssuer, UnixSeconds, Verifier};
use serde_json::{Value, json};

use super::*;

#[test]
fn a_token_is_accepted_from_an_argument_a_file_and_standard_input() {
    let token = token("pod-live");
    let objects = objects("before", "sources");
    let verify = |more: &[&str]| verify_arguments(&[&["--objects", &objects, "-o", "name"], more].concat());
    let path = file("pod-live.token", format!("{token}\n"));
    for (source, run) in [
        ("argument", boundtoken(verify(&[&token]))),
        ("file", boundtoken(verify(&["--token-file", &path]))),
        ("standard input", with_input(verify(&[]), token.as_bytes())),
        ("standard input by name", with_input(verify(&["-"]), format!("{token}\r\n").as_bytes())),
        ("standard input as a file", with_input(verify(&["--token-file", "-"]), token.as_bytes())),
    ] {
        assert_eq!(run.stdout, "system:serviceaccount:demo:app\n", "{source}: {run:?}");
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{source}");
    }
    let broken_by_white_space = boundtoken(verify(&[&format!("{token} ")]));
    assert_eq!(broken_by_white_space.stderr, "token_not_base64url\n", "an argument is taken as it is");
}

#[test]
fn every_form_of_output_tells_the_same() {
    let token = token("pod-live");
    let objects = objects("before", "forms");
    let verify =
        |format: &str| with_input(verify_arguments(&["--objects", &objects, "-o", format]), token.as_bytes());
    let json = verify("json").json();
    assert_eq!(json["verdict"], "accepted");
    assert_eq!(json["user"]["username"], "system:serviceaccount:demo:app");
    assert_eq!(json["user"]["extra"]["authentication.kubernetes.io/pod-name"], json!(["live"]));
    assert_eq!(json["audiences"], json!(["vault"]));
    assert_eq!(json["confirmed"], "live");
    assert_eq!(json["boundObjects"][1]["kind"], "Pod");
    assert_eq!(json["claims"]["aud"], json!(["vault", "api"]));
    assert_eq!(yaml_serde::from_str::<Value>(&verify("yaml").stdout).expect("YAML"), json);
    let text = verify("text").stdout;
    for expected in [
        "ACCEPTED  system:serviceaccount:demo:app",
        "system:serviceaccounts:demo",
        "also valid for api",
        "(2026-11-24T12:11:18Z)",
        "Pod demo/live  exists",
        "node-1",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(text.lines().any(|line| line.contains("Expires") && line.contains("in 59 minutes")), "{text}");
    assert!(!text.contains("NOT CHECKED"), "{text}");
}

#[test]
fn a_refusal_has_its_reason_in_every_form() {
    let token = token("pod-deleted");
    let objects = objects("after", "refusal");
    let verify =
        |format: &str| with_input(verify_arguments(&["--objects", &objects, "-o", format]), token.as_bytes());
    let run = verify("json");
    assert_eq!(run.status, 1);
    let what = "the pod that the token is bound to does not exist";
    assert_eq!(
        run.json(),
        json!({
            "verdict": "refused",
            "reason": {"number": 521, "name": "pod_not_found"},
            "message": format!("{what} (Pod demo/deleted)"),
            "remedy": "the pod was deleted: tokens bound to it are void",
            "wwwAuthenticate": format!("Bearer error=\"invalid_token\", error_description=\"{what}\""),
        })
    );
    let yaml = verify("yaml");
    assert_eq!(yaml_serde::from_str::<Value>(&yaml.stdout).expect("YAML"), run.json());
    let name = verify("name");
    assert_eq!((name.status, name.stdout.as_str(), name.stderr.as_str()), (1, "", "pod_not_found\n"));
    let text = verify("text");
    assert_eq!(text.status, 1);
    assert!(text.stdout.starts_with("REFUSED  pod_not_found (521)\n"), "{text:?}");
    assert!(text.stdout.contains("demo/deleted"), "{text:?}");
}

#[test]
fn the_verdict_on_every_crafted_token_is_the_library_s() {
    FOLDERS.into_iter().for_each(compare_the_verdicts_in);
}

fn compare_the_verdicts_in(folder: &str) {
    let cases = crafted_in(folder);
    let objects = file(&format!("crafted-objects-{folder}.json"), cases.objects.to_string());
    let jwks = vectors_in(folder).join("jwks.json");
    let keys = KeySet::from_jwks(&std::fs::read(&jwks).unwrap()).unwrap();
    let issuer = TrustedIssuer::new(ISSUER, keys)
        .also_named(OLD_ISSUER)
        .bound_objects(ObjectStore::from_json(cases.objects.to_string().as_bytes()).unwrap());
    let verifier = Verifier::builder().issuer(issuer).audience("vault").build().unwrap();
    let keys = ["--issuer", OLD_ISSUER, "--jwks", jwks.to_str().unwrap()];
    let accepted = std::sync::atomic::AtomicUsize::new(0);
    for_each(&cases.cases, |case| {
        let now = case.now();
        let arguments = verify_arguments_with(&keys, &now, &["--objects", &objects, "-o", "json"]);
        // Some tokens are too long for an argument or contain a NUL.
        let run = if case.token.len() < 100_000 && !case.token.contains('\0') {
            boundtoken(arguments.iter().map(String::as_str).chain([case.token.as_str()]))
        } else {
            with_input(arguments, case.token.as_bytes())
        };
        let expected = verifier.verify_at(case.token.as_bytes(), UnixSeconds(now.parse().unwrap()));
        match expected {
            _ if case.is_something_else() => {
                assert_eq!((run.status, &run.json()["verdict"]), (2, &json!("undecided")), "{}", case.name);
            }
            // Trailing white space of standard input is ignored.
            _ if case.token.ends_with('\0') => assert_eq!(run.status, 1, "{}", case.name),
            Ok(token) => {
                let mut document = serde_json::to_value(&token).unwrap();
                document["verdict"] = json!("accepted");
                assert_eq!((run.status, run.json()), (0, document), "{}", case.name);
                accepted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
            Err(rejection) => {
                let document = run.json();
                let [message, remedy] = ["message", "remedy"].map(|name| document[name].as_str().unwrap());
                assert_eq!(format!("{message}; {remedy}"), rejection.to_string(), "{}", case.name);
                assert_eq!(document["reason"]["number"], rejection.number(), "{}", case.name);
                assert_eq!(run.status, 1, "{}", case.name);
            }
        }
    });
    assert!(accepted.into_inner() > 50);
}

#[test]
fn a_deleted_pod_shows_only_with_a_list_of_objects_and_its_absence_is_said() {
    let token = token("pod-deleted");
    for (when, status) in [("before", 0), ("after", 1)] {
        let objects = objects(when, "deleted");
        let run = with_input(verify_arguments(&["--objects", &objects]), token.as_bytes());
        assert_eq!(run.status, status, "{run:?}");
    }
    let run = with_input(verify_arguments(&[]), token.as_bytes());
    assert_eq!(run.status, 0);
    assert!(run.stdout.contains("Pod demo/deleted  NOT CHECKED"), "{run:?}");
    assert!(run.stdout.contains("Bound objects were NOT checked."), "{run:?}");
    let run = with_input(verify_arguments(&["-o", "json"]), token.as_bytes());
    assert_eq!(run.json()["confirmed"], "notChecked");
}

#[test]
fn objects_may_be_yaml_and_come_in_several_files() {
    let state: Value = read("objects.json");
    let one = file(
        "accounts.yaml",
        yaml_serde::to_string(&json!({"serviceaccounts": state["after"]["serviceaccounts"]})).unwrap(),
    );
    let other = file(
        "pods.yaml",
        yaml_serde::to_string(&json!({"kind": "PodList", "items": state["after"]["pods"]})).unwrap(),
    );
    for (name, status) in [("pod-live", 0), ("pod-recreated", 1)] {
        let run =
            with_input(verify_arguments(&["--objects", &one, "--objects", &other]), token(name).as_bytes());
        assert_eq!(run.status, status, "{name}: {run:?}");
    }
    let run =
        with_input(verify_arguments(&["--objects", &other, "-o", "json"]), token("pod-live").as_bytes());
    assert_eq!(
        (run.status, &run.json()["verdict"]),
        (2, &json!("undecided")),
        "no account is not a deleted account"
    );
    assert_eq!(run.json()["reason"], json!({"number": 541, "name": "bound_object_unavailable"}));
    assert!(run.json()["remedy"].as_str().unwrap().contains("--objects"), "{run:?}");
    let run =
        with_input(verify_arguments(&["--objects", &other, "-o", "name"]), token("pod-live").as_bytes());
    assert_eq!((run.status, run.stderr.as_str()), (2, "bound_object_unavailable\n"));
}

#[test]
fn the_time_can_be_given_in_seconds_or_by_rfc_3339() {
    let token = token("pod-live");
    for (now, leeway, status) in [
        ("1795522278", "60", 0),
        ("2026-11-24T13:12:17Z", "60", 0),
        ("2026-11-24T13:12:18Z", "60", 1),
        ("2026-11-24T13:11:17Z", "0", 0),
        ("2026-11-24T14:11:18+01:00", "0", 1),
        ("2026-11-24T13:12:18Z", "61", 0),
    ] {
        let jwks = vector("jwks.json");
        let run = with_input(
            [
                "verify",
                "--jwks",
                &jwks,
                "--issuer",
                ISSUER,
                "--audience",
                "vault",
                "--leeway",
                leeway,
                "--now",
                now,
            ],
            token.as_bytes(),
        );
        assert_eq!(run.status, status, "{now}, leeway {leeway}: {run:?}");
        assert_eq!(run.stdout.contains("expired (414)"), status == 1, "{run:?}");
    }
}

#[test]
fn keys_may_be_pem_and_rsa_keys_may_be_for_another_algorithm() {
    let pem = vector("signing-key.pem");
    let verify = |more: &[&str], token: &str, now: &str| {
        with_input(verify_arguments_with(&["--pem", &pem], now, more), token.as_bytes())
    };
    let by_jwks = with_input(verify_arguments(&[]), token("pod-live").as_bytes());
    let by_pem = verify(&[], &token("pod-live"), NOW);
    assert_eq!((by_pem.status, by_pem.stdout), (0, by_jwks.stdout));

    let pss = crafted_case("alg-ps256");
    assert_eq!(verify(&["-o", "name"], &pss.token, &pss.now()).stderr, "algorithm_mismatch\n");
    assert_eq!(verify(&["--algorithm", "PS256"], &pss.token, &pss.now()).status, 0);
    let run = verify(&["--algorithm", "PS256", "-o", "name"], &token("pod-live"), NOW);
    assert_eq!(run.stderr, "algorithm_mismatch\n");
}

#[test]
fn several_issuers_audiences_and_a_size_limit_are_obeyed() {
    let old = crafted_case("iss-old");
    let jwks = ["--jwks", &vector("jwks.json")];
    let verify = |keys: &[&str]| {
        with_input(verify_arguments_with(keys, &old.now(), &["-o", "name"]), old.token.as_bytes())
    };
    let run = verify(&jwks);
    assert_eq!((run.status, run.stderr.as_str()), (1, "issuer_mismatch\n"));
    assert_eq!(verify(&[&["--issuer", OLD_ISSUER], &jwks[..]].concat()).status, 0);

    let token = token("pod-live");
    let run = with_input(
        verify_arguments(&["--audience", "api", "--audience", "mail", "-o", "json"]),
        token.as_bytes(),
    );
    assert_eq!(run.json()["audiences"], json!(["vault", "api"]));

    let run = with_input(verify_arguments(&["--max-token-size", "100", "-o", "name"]), token.as_bytes());
    assert_eq!((run.status, run.stderr.as_str()), (1, "token_too_large\n"));
}

#[test]
fn a_key_that_cannot_be_used_is_reported_and_does_not_spoil_the_others() {
    let mut jwks: Value = read("jwks.json");
    jwks["keys"]
        .as_array_mut()
        .unwrap()
        .insert(0, json!({"kty": "oct", "kid": "a\u{1b}[2J", "k": "c2VjcmV0"}));
    let jwks = file("with-symmetric-key.json", jwks.to_string());
    let run = with_input(verify_arguments_with(&["--jwks", &jwks], NOW, &[]), token("pod-live").as_bytes());
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stderr.starts_with("warning: "), "{run:?}");
    assert!(run.stderr.contains(r"key 1 (kid a\u001b[2J) is not used: the key is symmetric"), "{run:?}");
}

#[test]
fn an_empty_input_decides_nothing_and_an_empty_argument_is_no_token() {
    let nothing = file("nothing.token", "\n");
    for (input, words) in [
        (&[][..], "standard input is empty"),
        (&["-"], "standard input is empty"),
        (&["--token-file", "-"], "standard input is empty"),
        (&["--token-file", &nothing], "nothing.token: the file is empty"),
    ] {
        for content in ["", "\n", " \r\n"] {
            let run = with_input(verify_arguments(&[&["-o", "name"], input].concat()), content.as_bytes());
            assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{input:?}: {run:?}");
            assert!(run.stderr.contains(words), "{input:?}: {run:?}");
        }
    }
    let json = with_input(verify_arguments(&["-o", "json"]), b"").json();
    assert_eq!(json["verdict"], "undecided");
    let run = boundtoken(verify_arguments(&["-o", "name", ""]));
    assert_eq!((run.status, run.stderr.as_str()), (1, "token_empty\n"));
}

#[test]
fn a_token_whose_objects_were_not_checked_is_accepted_with_a_warning_in_every_form() {
    let token = token("pod-deleted");
    let objects = objects("before", "unchecked");
    for format in ["text", "json", "yaml", "name"] {
        let run = with_input(verify_arguments(&["-o", format]), token.as_bytes());
        assert_eq!(run.status, 0, "{run:?}");
        assert!(run.stderr.starts_with("warning: the token is accepted, but its bound objects"), "{run:?}");
        assert!(run.stderr.contains("not checked") && run.stderr.contains("--objects"), "{run:?}");
        assert_eq!(run.stderr.lines().count(), 1, "{run:?}");
        let checked = with_input(verify_arguments(&["-o", format, "--objects", &objects]), token.as_bytes());
        assert_eq!((checked.status, checked.stderr.as_str()), (0, ""));
    }
    let refused = with_input(verify_arguments(&["-o", "name", "--max-token-size", "1"]), token.as_bytes());
    assert_eq!((refused.status, refused.stderr.as_str()), (1, "token_too_large\n"));
}

#[test]
fn with_live_objects_required_a_token_whose_objects_were_not_checked_is_no_success() {
    let token = token("pod-deleted");
    let verify = |format: &str, more: &[&str]| {
        let known = ["--require-live", "-o", format];
        with_input(verify_arguments(&[&known[..], more].concat()), token.as_bytes())
    };
    for format in ["text", "name"] {
        let run = verify(format, &[]);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.starts_with("error: ") && run.stderr.contains("not checked"), "{run:?}");
    }
    let run = verify("json", &[]);
    assert_eq!((run.status, &run.json()["verdict"]), (2, &json!("undecided")), "{run:?}");
    assert!(run.json()["message"].as_str().unwrap().contains("not checked"), "{run:?}");
    for (when, status) in [("before", 0), ("after", 1)] {
        let objects = objects(when, "require-live");
        assert_eq!(verify("name", &["--objects", &objects]).status, status);
    }
    assert_eq!(verify("name", &["--max-token-size", "1"]).status, 1, "a refusal stays one");

    let help = boundtoken(["verify", "--help"]).stdout;
    assert!(help.contains("user=$(boundtoken verify -o name --require-live "), "{help}");
}

#[test]
fn a_token_bound_to_a_webhook_configuration_dies_with_it() {
    let folder = FOLDERS[1];
    let token = read_in::<BTreeMap<String, String>>(folder, "tokens.json")["webhook-v-live"].clone();
    let mut objects = read_in::<Value>(folder, "objects.json")["before"].clone();
    let jwks = vectors_in(folder).join("jwks.json");
    let verify = |objects: &Value, format: &str| {
        let objects = file(&format!("webhook-objects-{format}.json"), objects.to_string());
        let known = ["verify", "--issuer", ISSUER, "--audience", "https://hook.example.com/check"];
        let more =
            ["--now", "1796004700", "--jwks", jwks.to_str().unwrap(), "--objects", &objects, "-o", format];
        with_input([&known[..], &more].concat(), token.as_bytes())
    };
    let text = verify(&objects, "text").stdout;
    for expected in ["ValidatingWebhookConfiguration v-live  exists", "Attested groups", "apps"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert_eq!(
        verify(&objects, "json").json()["user"]["extra"]["attestation.authentication.kubernetes.io/admissionReviewAPIGroups"],
        json!(["apps"])
    );
    objects["validatingwebhookconfigurations"] = json!([]);
    let refused = verify(&objects, "name");
    assert_eq!(
        (refused.status, refused.stderr.as_str()),
        (1, "validating_webhook_configuration_not_found\n")
    );
}
