//! `kubectl get --watch`.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use super::Kubectl;

/// A child process. It is killed on drop.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_watch_shows_changes_as_they_come() {
    let Some(kubectl) = Kubectl::start("watch") else { return };
    kubectl.ok("run first --image=registry.example.com/first");
    let mut watch = kubectl.command(
        "get pods --watch --output-watch-events --request-timeout=20s \
         -o jsonpath={.type}/{.object.metadata.name}/{.object.metadata.labels.run}{\"\\n\"}",
    );
    let mut watch = Running(watch.stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(watch.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.next().as_deref(), Some("ADDED/first/first"));

    kubectl.ok("run second --image=registry.example.com/second");
    assert_eq!(lines.next().as_deref(), Some("ADDED/second/second"));
    kubectl.ok("label pod first run=other --overwrite");
    assert_eq!(lines.next().as_deref(), Some("MODIFIED/first/other"));
    kubectl.run("delete pod second --grace-period=0 --force");
    // A deletion starts with a deletionTimestamp.
    assert_eq!(lines.next().as_deref(), Some("MODIFIED/second/second"));
    assert_eq!(lines.next().as_deref(), Some("DELETED/second/second"));
}

#[test]
fn a_watch_for_people_has_the_columns_once() {
    let Some(kubectl) = Kubectl::start("watch-columns") else { return };
    kubectl.ok("run first --image=registry.example.com/first");
    let mut watch = kubectl.command("get pods --watch --request-timeout=20s");
    let mut watch = Running(watch.stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(watch.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut cells = || lines.next().unwrap().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(cells(), ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]);
    assert_eq!(cells()[..3], ["first", "1/1", "Running"]);
    kubectl.ok("run second --image=registry.example.com/second");
    assert_eq!(cells()[..3], ["second", "1/1", "Running"]);
    kubectl.run("delete pod second --grace-period=0 --force");
    assert_eq!(cells()[..3], ["second", "1/1", "Terminating"]);
}
