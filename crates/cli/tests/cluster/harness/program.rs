//! Runs the program `boundtoken`.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The output and the exit status of the program.
pub struct Run {
    pub status: i32,
    pub stdout: String,
}

impl Run {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

/// Runs the program on the cluster of this kubeconfig, with `input` on its standard input.
pub fn boundtoken(kubeconfig: &Path, arguments: &[&str], input: &str) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_boundtoken"));
    command.args(arguments).arg("--kubeconfig").arg(kubeconfig);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // The program may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Run { status: output.status.code().unwrap(), stdout: String::from_utf8(output.stdout).unwrap() }
}
