//! `boundtoken watch`.

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdin, ChildStdout};

use boundtoken_dev_server::Fault;

use super::cluster::TestCluster;
use super::*;

const POD: [&str; 6] = ["--audience", "vault", "--bound-object-kind", "Pod", "--bound-object-name", "app-0"];

/// A running `watch`, and its output.
struct Watch {
    child: Child,
    input: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watch {
    fn start(cluster: &TestCluster, more: &[&str]) -> Self {
        let arguments = cluster.arguments(&[&["watch", "-o", "json"], more].concat());
        let mut child = command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { input: child.stdin.take(), child, lines }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").expect("it reads");
    }

    /// Reads lines until one fits.
    #[track_caller]
    fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        for line in self.lines.by_ref() {
            let line: Value = serde_json::from_str(&line.unwrap()).expect("one object a line");
            assert!(line["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{line}");
            if fits(&line) {
                return line;
            }
        }
        panic!("it has ended");
    }

    fn end(mut self) -> Option<i32> {
        drop(self.input.take());
        self.child.wait().unwrap().code()
    }
}

fn of_pods(line: &Value) -> bool {
    line["event"] == "watch" && line["kind"] == "Pod"
}

#[test]
fn changes_and_decisions_are_told_as_they_come() {
    let cluster = TestCluster::start("watch");
    let token = cluster.token(&POD);
    let mut watch = Watch::start(&cluster, &["--audience", "vault"]);
    let keys = watch.until(|line| line["event"] == "keys");
    assert_eq!(keys["issuer"], cluster.server.issuer().name());
    assert_eq!(keys["keyIds"].as_array().map(Vec::len), Some(1));
    let accounts = watch.until(|line| line["kind"] == "ServiceAccount");
    let known = accounts["objects"].as_u64().unwrap();
    let pods = watch.until(of_pods);
    assert_eq!((&pods["objects"], &pods["inStep"]), (&1.into(), &true.into()), "{pods}");
    watch.until(|line| line["kind"] == "Node" && line["objects"] == 1);

    watch.say(&token);
    let accepted = watch.until(|line| line["event"] == "verdict");
    assert_eq!((&accepted["verdict"], &accepted["confirmed"]), (&"accepted".into(), &"live".into()));
    assert_eq!(accepted["user"]["username"], "system:serviceaccount:demo:app");
    assert_eq!(
        accepted["boundObjects"][1],
        serde_json::json!({"kind": "Pod", "namespace": "demo", "name": "app-0", "uid": "pod-uid"})
    );
    cluster.delete("pods/app-0");
    watch.until(|line| of_pods(line) && line["objects"] == 0);
    watch.say("");
    watch.say(&token);
    let refused = watch.until(|line| line["event"] == "verdict");
    assert_eq!(refused["verdict"], "refused");
    assert_eq!(refused["reason"], serde_json::json!({"number": 521, "name": "pod_not_found"}), "{refused}");

    cluster.server.disconnect_watches();
    cluster.delete("serviceaccounts/other");
    watch.until(|line| line["kind"] == "ServiceAccount" && line["objects"] == known - 1);
    assert_eq!(watch.end(), Some(0));
}

#[test]
fn people_read_lines_without_any_token() {
    let cluster = TestCluster::start("watch-text");
    let token = cluster.token(&POD);
    let input = format!("{token}\nnonsense\n{token}x\n");
    let run = cluster.run(&["watch", "--audience", "vault", "--namespace", "demo"], &input);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run:?}");
    for words in [
        "Z  keys      ",
        "Z  watch     Pod in demo: 1 object, ",
        "Z  watch     ServiceAccount in demo: ",
        "Z  accepted  system:serviceaccount:demo:app  ServiceAccount demo/app, Pod demo/app-0\n",
        "Z  refused   token_part_count: ",
        "Z  refused   ",
    ] {
        assert!(run.stdout.contains(words), "{words}: {run:?}");
    }
    assert!(!run.stdout.contains("Node"), "{run:?}");
    assert!(token.split('.').all(|part| !run.stdout.contains(part)), "{run:?}");
}

#[test]
fn a_line_that_no_token_can_have_gets_one_verdict() {
    let cluster = TestCluster::start("watch-long");
    let input = format!("{}\nnonsense\n", "a".repeat(3 << 20));
    let run = cluster.run(&["watch", "--audience", "vault"], &input);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run:?}");
    let refused: Vec<_> = run.stdout.lines().filter(|line| line.contains("  refused ")).collect();
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert!(
        refused[0].contains("token_too_large: ") && refused[1].contains("token_part_count: "),
        "{refused:?}"
    );
}

#[test]
fn a_lost_connection_is_told_once_and_so_is_its_return() {
    let cluster = TestCluster::start("watch-lost");
    let mut child = command(cluster.arguments(&["watch"]))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut until = |words: &str| lines.by_ref().take_while(|line| !line.contains(words)).collect::<Vec<_>>();
    until("  watch     Node: ");
    cluster.server.set_faults([Fault::ErrorRate(1.0)]);
    cluster.server.disconnect_watches();
    let before = until("  lost      no connection to the cluster: ");
    assert!(!before.iter().any(|line| line.contains("not connected")), "{before:?}");
    cluster.server.set_faults([]);
    // Lists again, so that the watches hear at once.
    cluster.server.forget_history();
    let between = until("  found     connected to the cluster again");
    assert_eq!(between, [""; 0]);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
#[cfg(unix)]
fn without_an_audience_a_signal_ends_it_from_its_first_line_on() {
    let cluster = TestCluster::start("watch-signal");
    for signal in ["-INT", "-TERM"] {
        let mut watch = Watch::start(&cluster, &[]);
        drop(watch.input.take());
        watch.until(|_| true);
        let killed = Command::new("kill").args([signal, &watch.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        assert_eq!(watch.end(), Some(0), "{signal}");
    }
}

#[test]
fn it_ends_when_its_reader_has_gone() {
    let cluster = TestCluster::start("watch-reader");
    let mut watch = Watch::start(&cluster, &["--audience", "vault"]);
    watch.until(|line| line["kind"] == "Node");
    let Watch { mut child, input, lines } = watch;
    drop(lines);
    let mut input = input.unwrap();
    writeln!(input, "x").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn without_a_connection_nothing_is_followed() {
    let cluster = TestCluster::start("watch-gone");
    cluster.server.shutdown();
    for arguments in [&["watch"][..], &["watch", "--audience", "vault"]] {
        let run = cluster.run(arguments, "");
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains("could not read /.well-known/openid-configuration"), "{run:?}");
    }
    let run = boundtoken(["watch", "--namespace", "a/b"]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run:?}");
}
