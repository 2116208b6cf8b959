//! `boundtoken compare`.

use super::cluster::TestCluster;
use super::*;

const COMPARE: [&str; 3] = ["compare", "--audience", "vault"];
const POD: [&str; 6] = ["--audience", "vault", "--bound-object-kind", "Pod", "--bound-object-name", "app-0"];

#[test]
fn both_accept_what_is_good_and_say_the_same_of_it() {
    let cluster = TestCluster::start("compare");
    let token = cluster.token(&POD);
    let run = cluster.run(&[&COMPARE[..], &["-o", "json", "--audience", "mail"]].concat(), &token);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run:?}");
    let document = run.json();
    assert_eq!(document["same"], true);
    assert_eq!(document["apiServer"]["verdict"], "accepted");
    assert_eq!(document["boundtoken"]["verdict"], "accepted");
    assert_eq!(document["apiServer"]["status"]["user"], document["boundtoken"]["user"], "{document}");
    assert_eq!(document["explanation"], Value::Null);
    let text = cluster.run(&COMPARE, &token);
    assert_eq!(text.stdout.matches("ACCEPTED  system:serviceaccount:demo:app").count(), 2, "{text:?}");
    assert!(text.stdout.contains("The same verdict."), "{text:?}");
    assert!(token.split('.').all(|part| !text.stdout.contains(part)), "{text:?}");
}

#[test]
fn both_refuse_what_is_not() {
    let cluster = TestCluster::start("compare-refused");
    let good = cluster.token(&POD);
    cluster.delete("pods/app-0");
    for (token, reason) in [
        (good.as_str(), "pod_not_found"),
        (&cluster.token(&["--audience", "mail"]), "audience_mismatch"),
        (&token("pod-live"), "key_unknown"),
        ("x", "token_part_count"),
    ] {
        let run = cluster.run(&[&COMPARE[..], &["-o", "json"]].concat(), token);
        assert_eq!(run.status, 0, "{run:?}");
        let document = run.json();
        assert_eq!(document["apiServer"]["verdict"], "refused", "{document}");
        assert_eq!(document["boundtoken"]["verdict"], "refused", "{document}");
        assert_eq!(document["boundtoken"]["reason"]["name"], reason);
        let text = cluster.run(&COMPARE, token).stdout;
        assert!(
            text.contains(&format!("REFUSED  {reason}: ")) && text.contains("The same verdict."),
            "{text}"
        );
    }
}

#[test]
fn without_both_verdicts_it_is_undecided() {
    let cluster = TestCluster::start("compare-undecided");
    let token = cluster.token(&POD);
    for (arguments, input, words) in [
        (&COMPARE[..], "", "standard input is empty"),
        (&["compare"], &token, "--audience <NAME>"),
        (&["compare", "--audience", ""], &token, "audience"),
    ] {
        let run = cluster.run(arguments, input);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains(words), "{run:?}");
    }
    cluster.server.shutdown();
    let run = cluster.run(&COMPARE, &token);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run:?}");
    let run = cluster.run(&[&COMPARE[..], &["-o", "json"]].concat(), &token);
    assert_eq!((run.status, run.stderr.as_str()), (2, ""), "{run:?}");
    assert_eq!(run.json()["verdict"], "undecided", "{run:?}");
}
