//! kubectl, the program.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use boundtoken_dev_server::DevServer;
use serde_json::Value;

use super::{folder, is_there, not_tested};

mod objects;
mod tokens;
mod watching;

/// kubectl with a server and a home of its own.
struct Kubectl {
    server: DevServer,
    home: PathBuf,
}

impl Kubectl {
    /// None, said aloud, where there is no kubectl.
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

    /// Runs it with arguments without spaces: exit status, standard output, standard error.
    fn run(&self, arguments: &str) -> (Option<i32>, String, String) {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    /// Runs it, and returns what it prints. It must succeed, without a warning.
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

    /// Runs it, and returns the error that it ends with.
    #[track_caller]
    fn refused(&self, arguments: &str) -> String {
        let (status, stdout, stderr) = self.run(arguments);
        assert_eq!((status, stdout.as_str()), (Some(1), ""), "{arguments}: {stderr}");
        stderr.trim_end().to_owned()
    }

    /// A file to run it with.
    fn file(&self, name: &str, content: &str) {
        std::fs::write(self.home.join(name), content).unwrap();
    }

    fn uid(&self, object: &str) -> String {
        self.ok(&format!("get {object} -o jsonpath={{.metadata.uid}}"))
    }
}
