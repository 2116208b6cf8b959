//! The program `boundtoken`: what its development server tells people to try, and its other commands against that server.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::{folder, is_there, not_tested};

/// `boundtoken dev-server` for people. It is killed on drop.
struct Program {
    child: Child,
    home: PathBuf,
    /// The commands of the start message.
    commands: String,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    fn start(name: &str, more: &[&str]) -> Self {
        let home = folder(name);
        let mut child = Command::new(env!("CARGO_BIN_EXE_boundtoken"))
            .args(["dev-server", "--port", "0", "--quiet"])
            .args(more)
            .current_dir(&home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines().map(Result::unwrap);
        let lines: Vec<_> = lines.take_while(|line| !line.contains("Press Ctrl-C")).collect();
        let begin = lines.iter().position(|line| line.contains("In another terminal")).unwrap();
        let commands = lines[begin + 1..].iter().filter(|line| line.starts_with("  "));
        let commands = commands.map(|line| format!("{line}\n")).collect();
        Self { child, home, commands }
    }

    /// Pastes the commands of the start message into a shell. Returns its output.
    #[track_caller]
    fn paste(&self) -> String {
        let output = Command::new("sh")
            .args(["-e", "-c", &self.commands])
            .current_dir(&self.home)
            .env("HOME", &self.home)
            .env_remove("KUBECONFIG")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{}{stdout}{stderr}", self.commands);
        stdout
    }
}

#[test]
fn the_commands_of_the_start_message_work_when_pasted() {
    if !is_there("kubectl", &["version", "--client"]) {
        return not_tested("kubectl", "apt-get install kubernetes-client");
    }
    let output = Program::start("paste", &[]).paste();
    let (created, token) = output.split_once('\n').unwrap();
    assert_eq!((created, token.split('.').count()), ("serviceaccount/app created", 3), "{output}");
}

#[test]
fn the_commands_for_plain_http_work_when_pasted() {
    if !is_there("curl", &["--version"]) {
        return not_tested("curl", "apt-get install curl");
    }
    let program = Program::start("paste it's http", &["--http"]);
    let output = program.paste();
    let answer: serde_json::Value = serde_json::from_str(&output).unwrap_or_else(|_| panic!("{output}"));
    assert_eq!(answer["spec"]["audiences"], serde_json::json!(["vault"]));
    assert_eq!(answer["status"]["token"].as_str().unwrap().split('.').count(), 3);
    assert!(!program.commands.contains("kubectl"), "{}", program.commands);
}

#[test]
fn doctor_finds_that_verification_can_work() {
    for (name, more) in [("doctor", &[][..]), ("doctor-http", &["--http"])] {
        let program = Program::start(name, more);
        let output = Command::new(env!("CARGO_BIN_EXE_boundtoken"))
            .args(["doctor", "--kubeconfig", "boundtoken.kubeconfig"])
            .current_dir(&program.home)
            .output()
            .unwrap();
        let report = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && report.ends_with("\nVerification can work.\n"), "{report}");
        for check in ["serviceaccounts", "pods", "nodes", "secrets", "webhooks"] {
            let line = report.lines().find(|line| line.contains(&format!("  {check} "))).expect(check);
            assert!(line.starts_with("ok ") && line.ends_with("get, list, watch are allowed"), "{report}");
        }
        assert!(!report.contains("warn"), "{report}");
    }
}
