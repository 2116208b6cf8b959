//! `boundtoken bench`. The tests do not depend on how fast the machine is.

use super::cluster::TestCluster;
use super::*;

const QUICK: [&str; 4] = ["bench", "--duration", "100ms", "--threads"];

#[test]
fn without_anything_given_it_measures_a_token_of_its_own() {
    for algorithm in ["RS256", "ES256"] {
        let run = boundtoken([&QUICK[..], &["1", "--sample", algorithm, "-o", "json"]].concat());
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run:?}");
        let document = run.json();
        assert_eq!(document["algorithm"], algorithm);
        assert_eq!(document["tokenReview"], Value::Null);
        let rows = document["rows"].as_array().unwrap();
        let kinds: Vec<_> =
            rows.iter().map(|row| ["seen", "confirmed"].map(|name| row[name].as_str().unwrap())).collect();
        assert_eq!(
            kinds,
            [["first", "notChecked"], ["first", "live"], ["again", "notChecked"], ["again", "live"]]
        );
        for row in rows {
            let times =
                ["p50", "p99", "p99.9", "max"].map(|name| row["latencyNanoseconds"][name].as_u64().unwrap());
            assert!(times.is_sorted() && times[0] > 0, "{row}");
            assert!(row["perSecond"].as_u64().unwrap() > 0, "{row}");
        }
    }
}

#[test]
fn the_fast_path_for_rsa_is_measured_where_it_is_on() {
    let arguments = [&QUICK[..], &["1", "-o", "json"]].concat();
    let is_on = boundtoken(["version", "-o", "json"]).json()["fastRsa"] == true;
    assert_eq!(boundtoken(&arguments).json()["cryptography"] == "fast-rsa", is_on);
    let turned_off = run(&arguments, b"", &[("BOUNDTOKEN_FAST_RSA", "off")]);
    assert_ne!(turned_off.json()["cryptography"], "fast-rsa", "{turned_off:?}");
}

#[test]
fn the_fast_path_for_es256_is_measured_if_it_was_built_in() {
    let arguments = [&QUICK[..], &["1", "--sample", "ES256", "-o", "json"]].concat();
    let library = boundtoken(["version", "-o", "json"]).json()["cryptography"].clone();
    for (value, is_on) in [("on", cfg!(feature = "fast-p256")), ("off", false)] {
        let run = run(&arguments, b"", &[("BOUNDTOKEN_FAST_P256", value)]);
        let expected = if is_on { Value::from("fast-p256") } else { library.clone() };
        assert_eq!(run.json()["cryptography"], expected, "{value}: {run:?}");
    }
}

#[test]
fn a_token_of_ones_own_is_measured_by_its_keys_and_by_its_cluster() {
    let cluster = TestCluster::start("bench");
    let token =
        cluster.token(&["--audience", "vault", "--bound-object-kind", "Pod", "--bound-object-name", "app-0"]);
    let run = cluster.run(
        &[&QUICK[..], &["2,1", "--cluster", "--audience", "vault", "--token-file", "-"]].concat(),
        &token,
    );
    assert_eq!(run.status, 0, "{run:?}");
    let lines: Vec<_> = run.stdout.lines().filter(|line| line.contains("confirmed  ")).collect();
    let starts = [
        "      1  first time",
        "         seen again",
        "      2  first time",
        "         seen again",
        "      1  TokenReview",
    ];
    assert_eq!(lines.len(), starts.len(), "{run:?}");
    assert!(lines.iter().zip(starts).all(|(line, start)| line.starts_with(start)), "{run:?}");
    assert!(token.split('.').all(|part| !run.stdout.contains(part)), "{run:?}");
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 80), "{run:?}");
}

#[test]
fn the_time_to_measure_is_a_duration() {
    for arguments in [["--seconds", "0.05"], ["--duration", "50ms"], ["--duration", "0.05"]] {
        let run = boundtoken([&["bench", "--threads", "1"], &arguments[..]].concat());
        assert_eq!(run.status, 0, "{run:?}");
    }
    for (arguments, words) in [
        (["--duration", "1ms"], "from 10ms to 1h"),
        (["--seconds", "7200"], "from 10ms to 1h"),
        (["--seconds", "soon"], "90s, 5m or 1h30m"),
    ] {
        let run = boundtoken([&["bench"], &arguments[..]].concat());
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains(words), "{words}: {run:?}");
    }
}

#[test]
fn nothing_is_measured_that_would_be_refused() {
    let expired =
        verify_arguments(&[]).into_iter().skip(1).filter(|argument| argument != NOW && argument != "--now");
    let expired: Vec<_> = std::iter::once("bench".to_owned())
        .chain(expired)
        .chain(["--token-file", "-"].map(str::to_owned))
        .collect();
    let (foreign, jwks) = (token("pod-live"), vector("jwks.json"));
    for (arguments, input, words) in [
        (expired, foreign.as_str(), "the token is not accepted: expired"),
        (
            ["bench", "--token-file", "-", "--audience", "vault"].map(str::to_owned).to_vec(),
            &foreign,
            "--jwks",
        ),
        (["bench", "--token-file", "-", "--jwks", &jwks].map(str::to_owned).to_vec(), &foreign, "--audience"),
        (["bench", "--audience", "vault"].map(str::to_owned).to_vec(), "", "--token-file"),
        (["bench", "--threads", "0"].map(str::to_owned).to_vec(), "", "--threads"),
    ] {
        let run = with_input(&arguments, input.as_bytes());
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{arguments:?} {run:?}");
        assert!(run.stderr.contains(words), "{arguments:?} {run:?}");
    }
}
