//! The real kubectl.

use std::path::PathBuf;
use std::process::Command;

use super::objects::{ACCOUNT, AUDIENCE, NAMESPACE};

pub struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
}

impl Kubectl {
    pub fn new(program: PathBuf, kubeconfig: PathBuf) -> Self {
        Self { program, kubeconfig }
    }

    /// The output of a command. Panics if the command fails.
    pub fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(&self.program);
        command.arg("--kubeconfig").arg(&self.kubeconfig).args(["--namespace", NAMESPACE]).args(arguments);
        let output = command.output().unwrap_or_else(|error| panic!("{}: {error}", self.program.display()));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kubectl {}: {errors}", arguments.join(" "));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Runs `kubectl create token`.
    pub fn create_token(&self, bound_to: Option<(&str, &str)>) -> String {
        let mut arguments = vec!["create", "token", ACCOUNT, "--audience", AUDIENCE];
        if let Some((kind, name)) = bound_to {
            arguments.extend(["--bound-object-kind", kind, "--bound-object-name", name]);
        }
        self.run(&arguments)
    }
}
