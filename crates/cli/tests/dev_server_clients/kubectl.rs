//! kubectl.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use boundtoken_dev_server::DevServer;
use serde_json::Value;

use super::{folder, is_there, not_tested};

mod access;
mod objects;
mod tokens;
mod watching;

/// kubectl with its own server and its own home.
struct Kubectl {
    server: DevServer,
    home: PathBuf,
}

impl Kubectl {
    /// None, with a note, if kubectl is not installed.
    fn start(test: &str) -> Option<Self> {
        if !is_there("kubectl", &["version", "--client"]) {
            not_tested("kubectl", "apt-get install kubernetes-client");
            return None;
        }
        let home = folder(test);
        let server = DevServer::start().unwrap();
        server.write_kubeconfig(home.join("kubeconfig")).unwrap();
        Some(Self { server, home })
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new("kubectl");
        command
            .args(arguments.split_whitespace())
            .current_dir(&self.home)
            .env("HOME", &self.home)
            .env("KUBECONFIG", self.home.join("kubeconfig"))
            .env_remove("KUBERC")
            .stdin(Stdio::null());
        command
    }

    /// Runs kubectl with arguments that contain no spaces. Returns the exit status, standard output and standard error.
    fn run(&self, arguments: &str) -> (Option<i32>, String, String) {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    /// Runs kubectl. Returns its output. It must succeed without a warning.
    #[track_caller]
    fn ok(&self, arguments: &str) -> String {
        let (status, stdout, stderr) = self.run(arguments);
        assert_eq!((status, stderr.as_str()), (Some(0), ""), "{arguments}: {stdout}");
        stdout
    }

    #[track_caller]
    fn json(&self, arguments: &str) -> Value {
        serde_json::from_str(&self.ok(&format!("{arguments} -o json"))).unwrap()
    }

    /// Runs kubectl. Returns its error. It must fail.
    #[track_caller]
    fn refused(&self, arguments: &str) -> String {
        let (status, stdout, stderr) = self.run(arguments);
        assert_eq!((status, stdout.as_str()), (Some(1), ""), "{arguments}: {stderr}");
        stderr.trim_end().to_owned()
    }

    /// Writes a file for kubectl.
    fn file(&self, name: &str, content: &str) {
        std::fs::write(self.home.join(name), content).unwrap();
    }

    fn uid(&self, object: &str) -> String {
        self.ok(&format!("get {object} -o jsonpath={{.metadata.uid}}"))
    }
}
