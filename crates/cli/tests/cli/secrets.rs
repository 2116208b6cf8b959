//! The program never prints a token or a part of one.

use std::collections::HashSet;

use super::*;

/// The shortest part of a token that must not be printed, in characters.
const LETTERS: usize = 20;

/// Checks that the output of a run contains no part of the token.
#[track_caller]
fn assert_hidden(token: &str, run: &Run, what: &str) {
    let output = [run.stdout.as_bytes(), b"\n", run.stderr.as_bytes()].concat();
    assert!(
        token.len() < LETTERS || !run.stdout.contains(token) && !run.stderr.contains(token),
        "{what}: {run:?}"
    );
    let written: HashSet<&[u8]> = output.windows(LETTERS).collect();
    for part in token.split('.') {
        for piece in part.as_bytes().windows(LETTERS) {
            assert!(!written.contains(piece), "{what}: {} {run:?}", String::from_utf8_lossy(piece));
        }
    }
}

#[test]
fn no_command_and_no_verdict_shows_a_token() {
    let objects = objects("after", "secrets");
    for_each(&all_tokens(), |(name, token)| {
        for arguments in [
            verify_arguments(&["--objects", &objects]),
            verify_arguments(&["-o", "json"]),
            verify_arguments(&["-o", "name"]),
            vec!["inspect".to_owned()],
            ["inspect", "-o", "yaml"].map(str::to_owned).to_vec(),
        ] {
            let run = with_input(&arguments, token.as_bytes());
            assert_hidden(token, &run, &format!("{name}: {arguments:?}"));
        }
    });
}

#[test]
fn a_token_in_the_wrong_place_is_not_shown_either() {
    let token = token("pod-live");
    let signature = token.rsplit('.').next().unwrap();
    let jwks = vector("jwks.json");
    for secret in
        [token.as_str(), signature, &format!("Bearer {token}"), &format!("--{token}"), &format!("-{token}")]
    {
        let verify = |more: &[&'static str]| -> Vec<String> {
            verify_arguments(more).into_iter().chain([secret.to_owned()]).collect()
        };
        let plain = |arguments: &[&str]| arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let misplaced: Vec<Vec<String>> = vec![
            plain(&[secret]),
            plain(&[secret, "verify"]),
            plain(&["help", secret]),
            verify(&["one"]),
            verify(&["--"]),
            verify(&["--token-file"]),
            verify(&["--jwks"]),
            verify(&["--pem"]),
            verify(&["--objects"]),
            verify(&["--leeway"]),
            verify(&["--max-token-size"]),
            verify(&["--now"]),
            verify(&["--algorithm"]),
            verify(&["--output"]),
            verify(&["--audience"]),
            verify(&["--issuer"]),
            verify(&["--unknown"]),
            plain(&["verify", "--jwks", &jwks, "--audience", secret, "--issuer", ISSUER]),
            plain(&["verify", "--jwks", &jwks, "--audience", "vault", "--issuer", secret]),
            plain(&["verify", &format!("--now={secret}")]),
            plain(&["verify", &format!("--nonsense={secret}")]),
            plain(&["inspect", "--token-file", secret]),
            plain(&["inspect", "--token-file", &format!("/{secret}/x")]),
            plain(&["demo", secret]),
            plain(&["demo", "--directory", &format!("/proc/{secret}")]),
            plain(&["completions", secret]),
            plain(&["reasons", "-o", secret]),
        ];
        for arguments in misplaced {
            for environment in [&[][..], &[("CLICOLOR_FORCE", "1")]] {
                let run = run(&arguments, b"", environment);
                assert_hidden(&token, &run, &format!("{arguments:?}"));
            }
        }
    }
}
