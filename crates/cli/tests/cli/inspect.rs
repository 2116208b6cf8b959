//! `boundtoken inspect`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::*;

const NOTICE: &str = "UNVERIFIED  the signature was not checked";

fn unsigned(header: &str, claims: &str) -> String {
    format!("{}.{}.AAAA", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
}

#[test]
fn a_genuine_token_is_shown_and_marked_as_unverified_at_both_ends() {
    let run = with_input(["inspect", "--now", NOW], token("pod-live").as_bytes());
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(lines[0].starts_with(NOTICE) && lines[lines.len() - 1].starts_with(NOTICE), "{}", run.stdout);
    for expected in [
        "system:serviceaccount:demo:app",
        "vault",
        "22 seconds ago (2026-11-24T12:11:18Z)",
        "in 59 minutes (2026-11-24T13:11:18Z)",
        "Pod demo/live",
        "RS256",
        "1050 bytes, signature 256 bytes",
        "    \"exp\": 1795525878,",
        "The form, the header, the claims and the times are in order.",
    ] {
        assert!(run.stdout.contains(expected), "{expected}: {}", run.stdout);
    }
}

#[test]
fn programs_read_the_same() {
    let run = |format| with_input(["inspect", "--now", NOW, "-o", format], token("pod-live").as_bytes());
    let document = run("json").json();
    assert_eq!(document["verified"], false);
    assert_eq!(document["header"]["alg"], "RS256");
    assert_eq!(document["claims"]["kubernetes.io"]["pod"]["name"], "live");
    assert_eq!(document["statement"]["username"], "system:serviceaccount:demo:app");
    assert_eq!(document["statement"]["expiresAt"], "2026-11-24T13:11:18Z");
    assert_eq!(document["statement"]["boundObjects"][1]["name"], "live");
    assert_eq!(document["statement"]["nodeOfPod"]["name"], "node-1");
    assert_eq!(document["signatureBytes"], 256);
    assert_eq!(document["findings"], json!([]));
    assert_eq!(yaml_serde::from_str::<Value>(&run("yaml").stdout).expect("YAML"), document);
}

#[test]
fn what_a_verifier_would_stop_at_is_found_in_each_part() {
    let cases = crafted().cases;
    for (name, expected) in [
        ("valid", &[][..]),
        ("forged", &[]),
        ("alg-none-unsigned", &["algorithm_unsupported"]),
        ("hs256-public-pem", &["algorithm_unsupported"]),
        ("crit-unknown", &["critical_header"]),
        ("embedded-own-jwk", &["embedded_key"]),
        ("typ-at+jwt", &["type_unsupported"]),
        ("header-kid-twice", &["header_duplicate_member"]),
        ("header-deep-1000", &["header_too_deep"]),
        ("padding-header", &["token_not_base64url"]),
        ("newline-inside-claims", &["token_not_base64url"]),
        ("signature-trailing-bits", &["token_not_base64url"]),
        ("four-parts", &["token_part_count"]),
        ("exp-70s-ago", &["expired"]),
        ("exp-missing", &["expiry_missing"]),
        ("nbf-in-1h", &["not_yet_valid"]),
        ("iat-in-1h", &["issued_in_future"]),
        ("exp-raw-1e400", &["claims_number_out_of_range"]),
        ("aud-missing", &["audience_missing"]),
        ("sub-other", &["subject_mismatch"]),
        ("k8s-missing", &["kubernetes_claim_missing"]),
        ("pod-empty", &["reference_invalid"]),
        ("claims-aud-twice", &["claims_duplicate_member"]),
        ("claims-Exp-case", &["claims_name_case"]),
        ("claims-deep-1000", &["claims_too_deep"]),
        ("claims-invalid-utf8-aud", &["claims_not_utf8"]),
        ("claims-truncated", &["claims_malformed"]),
        ("legacy", &["legacy_token"]),
    ] {
        let case = cases.iter().find(|case| case.name == name).expect(name);
        let run = with_input(["inspect", "-o", "json", "--now", &case.now()], case.token.as_bytes());
        assert_eq!(run.status, 0, "{name}");
        assert_eq!(names(&run), expected, "{name}");
    }
}

fn names(run: &Run) -> Vec<String> {
    let findings = run.json()["findings"].as_array().expect("findings").clone();
    findings.iter().map(|finding| finding["reason"]["name"].as_str().expect("name").to_owned()).collect()
}

#[test]
fn a_fault_in_one_part_does_not_hide_those_in_the_next() {
    let claims = json!({
        "iss": "i", "aud": "a", "exp": 1000, "sub": "x",
        "kubernetes.io": {"namespace": "n", "serviceaccount": {"name": "s", "uid": "u"}},
    });
    let token = unsigned(r#"{"alg":"none"}"#, &claims.to_string()) + "=";
    let run = with_input(["inspect", "-o", "json"], token.as_bytes());
    assert_eq!(names(&run), ["token_not_base64url", "algorithm_unsupported", "expired", "subject_mismatch"]);
    let text = with_input(["inspect"], token.as_bytes()).stdout;
    assert!(text.contains("A verifier refuses this token:"), "{text}");
    assert!(text.contains("subject_mismatch (418)"), "{text}");
}

#[test]
fn a_token_cannot_command_the_terminal() {
    let claims =
        "{\"iss\":\"\u{9b}2J\u{202e}\",\"aud\":[\"\\u001b]0;x\\u0007\"],\"\u{2066}\":\"\\r\\u001b[31m\"}";
    let token = unsigned("{\"alg\":\"RS256\",\"kid\":\"\\u001b[2J\"}", claims);
    for format in ["text", "json", "yaml"] {
        let run = with_input(["inspect", "-o", format], token.as_bytes());
        let commands = run.stdout.chars().filter(|character| character.is_control() && *character != '\n');
        assert_eq!(commands.count(), 0, "{format}: {:?}", run.stdout);
    }
    let run = with_input(["inspect"], token.as_bytes());
    assert!(run.stdout.contains(r"\u001b]0;x\u0007") && run.stdout.contains(r"\u009b2J\u202e"), "{run:?}");
    let kept = with_input(["inspect", "-o", "json"], token.as_bytes()).json();
    assert_eq!(kept["claims"]["iss"], "\u{9b}2J\u{202e}");
}

#[test]
fn every_token_however_broken_is_shown_as_unverified() {
    for_each(&all_tokens(), |(name, token)| {
        let run = with_input(["inspect", "--now", NOW], token.as_bytes());
        if token.trim_ascii().is_empty() || token.starts_with("Bearer ") || token.starts_with('{') {
            assert_eq!(run.status, 2, "{name}: {run:?}");
            return;
        }
        let lines: Vec<&str> = run.stdout.lines().collect();
        assert!(run.status <= 1 && run.stderr.is_empty(), "{name}: {run:?}");
        assert!(
            lines[0].starts_with(NOTICE) && lines[lines.len() - 1].starts_with(NOTICE),
            "{name}: {run:?}"
        );
    });
}

#[test]
fn any_bytes_are_looked_at_without_a_crash() {
    let genuine = token("pod-live").into_bytes();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below).unwrap()).unwrap()
    };
    let mut inputs: Vec<Vec<u8>> = (0..150)
        .map(|_| {
            let mut input = genuine.clone();
            for _ in 0..=random(8) {
                let place = random(input.len());
                match random(3) {
                    0 => input[place] = u8::try_from(random(256)).unwrap(),
                    1 => input.insert(place, b'.'),
                    _ => input.truncate(place.max(1)),
                }
            }
            input
        })
        .collect();
    inputs.extend([
        vec![b'.'; 1 << 20],
        vec![b'A'; 1 << 20],
        vec![0xff; 1000],
        [vec![b'A'; (1 << 20) - 2], b"..".to_vec()].concat(),
        unsigned("{}", &json!({"aud": vec!["a"; 150_000]}).to_string()).into_bytes(),
        unsigned(&"[".repeat(100_000), &"{\"a\":".repeat(100_000)).into_bytes(),
    ]);
    for_each(&inputs, |input| {
        for format in ["text", "json"] {
            let run = with_input(["inspect", "-o", format], input);
            assert!(run.status <= 1, "{run:?}");
        }
    });
}

#[test]
fn what_is_no_token_ends_with_1_and_says_so() {
    for input in ["", "token", "..", "a.b.c", "W10.W10.AAAA"] {
        let run = boundtoken(["inspect", input]);
        assert_eq!(run.status, 1, "{input}: {run:?}");
        assert!(run.stdout.contains("This is not a token"), "{input}: {run:?}");
        assert!(run.stdout.contains("A verifier refuses this token:"), "{input}: {run:?}");
    }
    let nothing = with_input(["inspect"], b"\n");
    assert_eq!((nothing.status, nothing.stdout.as_str()), (2, ""));
    assert!(nothing.stderr.contains("standard input is empty"), "{nothing:?}");
}

#[test]
fn a_token_bound_to_a_webhook_configuration_is_shown_with_what_it_attests() {
    let token = read_in::<BTreeMap<String, String>>(FOLDERS[1], "tokens.json")["webhook-m-live"].clone();
    let text = with_input(["inspect", "--now", "1796004700"], token.as_bytes()).stdout;
    for expected in ["MutatingWebhookConfiguration m-live", "Attested groups", "apps", "are in order"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let statement = with_input(["inspect", "-o", "json"], token.as_bytes()).json()["statement"].clone();
    assert_eq!(statement["attestedApiGroups"], json!(["apps"]));
    assert_eq!(statement["boundObjects"][1]["kind"], "MutatingWebhookConfiguration");
    assert_eq!(statement["boundObjects"][1].get("namespace"), None);

    let unknown =
        crafted_in(FOLDERS[1]).cases.into_iter().find(|case| case.name == "unknown-kind-lease").unwrap();
    let run = with_input(["inspect", "-o", "json", "--now", &unknown.now()], unknown.token.as_bytes());
    assert_eq!(names(&run), ["binding_unknown"]);
}
