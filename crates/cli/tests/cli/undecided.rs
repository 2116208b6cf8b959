//! Mistakes of the caller. They get advice instead of a verdict.

use super::*;

#[test]
fn what_cannot_be_decided_ends_with_2_and_says_what_to_do() {
    let token = token("pod-live");
    let jwks = vector("jwks.json");
    let path = file("a.token", &token);
    let empty = file("empty.json", "{}");
    let no_key = file("no-key.json", r#"{"keys":[]}"#);
    let no_object = file("no-object.json", r#"{"pods":[{"metadata":{}}]}"#);
    let no_yaml = file("no-yaml.yaml", "a: [");
    let nothing = file("nothing.json", "\n");
    let people = file("people.txt", "NAMESPACE   NAME    READY\ndemo        app-0   1/1\n");
    let prose = file("prose.txt", "some words\n");
    let writes_jwks = "`kubectl get --raw /openid/v1/jwks > jwks.json` writes";
    let writes_objects = "-o json > objects.json` writes";
    let verify: [&str; 3] = ["verify", "--issuer", ISSUER];
    let with_keys = [&verify[..], &["--jwks", &jwks, "--audience", "vault"]].concat();
    let table: Vec<(Vec<&str>, &str, &str)> = vec![
        (
            vec!["--jwks", "/nowhere/jwks.json", "--audience", "vault"],
            &token,
            "/nowhere/jwks.json: No such file",
        ),
        (vec!["--jwks", "/nowhere/jwks.json", "--audience", "vault"], &token, writes_jwks),
        (vec!["--jwks", &empty, "--audience", "vault"], &token, "not a JSON Web Key Set"),
        (vec!["--jwks", &empty, "--audience", "vault"], &token, writes_jwks),
        (
            vec!["--jwks", &nothing, "--audience", "vault"],
            &token,
            "nothing.json: the file is empty; `kubectl",
        ),
        (vec!["--jwks", &people, "--audience", "vault"], &token, "people.txt: this is a table for people"),
        (vec!["--jwks", &people, "--audience", "vault"], &token, writes_jwks),
        (vec!["--jwks", &no_key, "--audience", "vault"], &token, "no usable key"),
        (vec!["--jwks", &path, "--audience", "vault"], &token, "a.token: not a JSON Web Key Set"),
        (vec!["--pem", &jwks, "--audience", "vault"], &token, "no PEM block"),
        (vec!["--pem", "-", "--audience", "vault"], &token, "standard input is for the token"),
        (vec!["--audience", "vault"], &token, "--jwks <FILE>|--pem <FILE>"),
        (vec!["--jwks", &jwks], &token, "--audience <NAME>"),
        (vec!["--jwks", &jwks, "--audience", ""], &token, "an audience is empty"),
        (vec!["--jwks", &jwks, "--audience", "vault", "--leeway", "3601"], &token, "the leeway is longer"),
        (vec!["--jwks", &jwks, "--audience", "vault", "--leeway", "x"], &token, "90s, 5m or 1h30m"),
        (vec!["--jwks", &jwks, "--audience", "vault", "--leeway", "1h1s"], &token, "the leeway is longer"),
        (vec!["--jwks", &jwks, "--audience", "vault", "--leeway", "1.5s"], &token, "give whole seconds"),
        (vec!["--jwks", &jwks, "--audience", "vault", "--max-token-size", "0"], &token, "token size limit"),
        (vec!["--jwks", &jwks, "--audience", "vault", "--now", "soon"], &token, "RFC 3339"),
        (vec!["--jwks", &jwks, "--audience", "vault", "--algorithm", "PS256"], &token, "--pem <FILE>"),
        (
            vec!["--jwks", &jwks, "--audience", "vault", "--objects", &no_object],
            &token,
            "no metadata.namespace",
        ),
        (vec!["--jwks", &jwks, "--audience", "vault", "--objects", &no_yaml], &token, "no-yaml.yaml: "),
        (vec!["--jwks", &jwks, "--audience", "vault", "--objects", &nothing], &token, "the file is empty"),
        (vec!["--jwks", &jwks, "--audience", "vault", "--objects", &people], &token, "table for people"),
        (vec!["--jwks", &jwks, "--audience", "vault", "--objects", &prose], &token, "this is plain text"),
        (vec!["--jwks", &jwks, "--audience", "vault", "--objects", &people], &token, writes_objects),
        (vec!["--jwks", &jwks, "--audience", "vault", "--objects", "/nowhere.json"], &token, writes_objects),
        (
            vec!["--jwks", &jwks, "--audience", "vault", "--objects", "/nowhere.json"],
            &token,
            "/nowhere.json: No such file",
        ),
        (vec!["--jwks", &jwks, "--audience", "vault", &path], "", "give it with --token-file"),
        (
            vec!["--jwks", &jwks, "--audience", "vault", "--token-file", "/nowhere"],
            "",
            "/nowhere: No such file",
        ),
        (
            vec!["--jwks", &jwks, "--audience", "vault", "--token-file", "/nowhere"],
            "",
            "`kubectl create token NAME --audience AUDIENCE > token` writes one",
        ),
        (vec!["--jwks", &jwks, "--audience", "vault", "--token-file", "/"], "", "/: "),
        (vec!["--jwks", &jwks, "--audience", "vault", "--token-file", &path, "x"], "", "cannot be used with"),
        (vec!["--jwks", &jwks, "--audience", "vault"], "bearer x", "without `Bearer`"),
        (vec!["--jwks", &jwks, "--audience", "vault"], "Authorization: Bearer x", "without `Bearer`"),
        (vec!["--jwks", &jwks, "--audience", "vault"], r#"{"kind":"TokenRequest"}"#, "jq -r .status.token"),
        (vec!["--jwks", &jwks, "--audience", "vault"], "apiVersion: v1", "at status.token"),
    ];
    for (more, input, message) in table {
        let run = with_input([&verify[..], &more].concat(), input.as_bytes());
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{more:?}: {run:?}");
        assert!(run.stderr.starts_with("error: ") && run.stderr.contains(message), "{more:?}: {run:?}");
    }
    let too_long = with_input(&with_keys, &vec![b'a'; (1 << 20) + 1]);
    assert_eq!(too_long.status, 2);
    assert!(too_long.stderr.contains("more than 1048576 bytes"), "{too_long:?}");

    let run =
        with_input([&verify[..], &["--jwks", &no_key, "--audience", "vault", "-o", "json"]].concat(), b"");
    assert_eq!((run.status, run.stderr.as_str()), (2, ""));
    assert_eq!(run.json()["verdict"], "undecided");
    assert!(run.json()["message"].as_str().unwrap().starts_with("no usable key"), "{run:?}");
}
