//! `boundtoken demo`.

use std::fs;

use serde_json::{Value, json};

use super::*;

#[test]
fn the_demonstration_tells_the_life_of_a_token() {
    let run = boundtoken(["demo"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run:?}");
    let mut rest = run.stdout.as_str();
    for expected in [
        "ES256",
        "ACCEPTED  system:serviceaccount:demo:app",
        "Pod demo/app-0  exists",
        "s, the first time",
        "s, seen again",
        "no network call",
        "REFUSED  audience_mismatch (412)",
        "REFUSED  expired (414)",
        "The pod is deleted",
        "REFUSED  pod_not_found (521)",
    ] {
        let place = rest.find(expected).unwrap_or_else(|| panic!("{expected} is missing: {}", run.stdout));
        rest = &rest[place..];
    }
    let longest = run.stdout.lines().map(|line| line.chars().count()).max();
    assert!(longest <= Some(80), "{}", run.stdout);
}

#[test]
fn its_files_can_be_verified() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("the demo's files");
    let _absent = fs::remove_dir_all(&directory);
    let run = boundtoken([OsStr::new("demo"), OsStr::new("--directory"), directory.as_os_str()]);
    assert_eq!(run.status, 0, "{run:?}");
    let path = |name: &str| directory.join(name).to_str().unwrap().to_owned();
    let content = |name: &str| fs::read_to_string(path(name)).unwrap();
    assert!(run.stdout.contains(&format!("cd '{}'", directory.to_str().unwrap().replace('\'', r"'\''"))));
    assert!(run.stdout.contains("--objects objects-after.json"), "{}", run.stdout);
    assert!(!run.stdout.contains(&content("token")));

    let verify = |objects: &str| {
        boundtoken([
            "verify",
            "--token-file",
            &path("token"),
            "--jwks",
            &path("jwks.json"),
            "--issuer",
            &content("issuer"),
            "--audience",
            &content("audience"),
            "--objects",
            &path(objects),
            "-o",
            "json",
        ])
    };
    let live = verify("objects.json");
    assert_eq!((live.status, &live.json()["confirmed"]), (0, &json!("live")));
    let gone = verify("objects-after.json");
    assert_eq!((gone.status, &gone.json()["reason"]["name"]), (1, &json!("pod_not_found")));

    let inspected = boundtoken(["inspect", "--token-file", &path("token"), "-o", "json"]).json();
    assert_eq!(inspected["findings"], json!([]));
    let genuine = with_input(["inspect", "-o", "json"], token("pod-live").as_bytes()).json();
    assert_eq!(shape(&inspected["claims"]), shape(&genuine["claims"]), "laid out as the API server does");
    assert_eq!(content("token").matches('\n').count(), 0);

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(path("token")).unwrap().permissions().mode() & 0o777, 0o600);
    }

    let again = boundtoken([OsStr::new("demo"), OsStr::new("--directory"), directory.as_os_str()]);
    assert_eq!((again.status, again.stdout.as_str()), (2, ""), "nothing is overwritten");
    assert!(again.stderr.contains("not empty: name a new directory"), "{again:?}");
}

/// A document with every value replaced by an empty one of its type.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
        Value::Array(_) => json!([]),
        Value::String(_) => json!(""),
        _ => json!(0),
    }
}

#[test]
fn a_directory_that_cannot_be_made_is_an_error() {
    let run = boundtoken(["demo", "--directory", &file("in-the-way", "")]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("in-the-way: "), "{run:?}");
}
