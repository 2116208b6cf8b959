//! Unchanged clients against a development server: kubectl, kube, and the official clients for Python and Go. If a client
//! is not installed, its test is skipped with a note.
#![allow(clippy::restriction)]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use boundtoken::Verifier;
use boundtoken_dev_server::DevServer;
use boundtoken_testing::tools::not_tested;
use serde_json::Value;

mod go;
mod kube_client;
mod kube_runtime;
mod kubectl;
mod program;
mod python;

/// An empty folder of this name.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dev_server_clients").join(name);
    if path.exists() {
        std::fs::remove_dir_all(&path).expect("old folder");
    }
    std::fs::create_dir_all(&path).expect("folder");
    path
}

/// Whether the program exists and succeeds with these arguments.
fn is_there(program: impl AsRef<OsStr>, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

/// Runs a program that finds the server by KUBECONFIG. It must succeed.
#[track_caller]
fn succeed(command: &mut Command, server: &DevServer, folder: &Path) {
    let kubeconfig = folder.join("kubeconfig");
    server.write_kubeconfig(&kubeconfig).unwrap();
    let output = command.env("KUBECONFIG", kubeconfig).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(text(&output.stdout).trim(), "ok");
}

/// A verifier of the server's tokens for an audience. It looks up objects in the server.
fn verifier(server: &DevServer, audience: &str) -> Verifier {
    let trusted = server.issuer().trusted().bound_objects(server.bound_objects());
    Verifier::builder().issuer(trusted).audience(audience).build().unwrap()
}

/// The claims of a valid token.
#[track_caller]
fn claims(server: &DevServer, audience: &str, token: &str) -> Value {
    let verified = verifier(server, audience).verify(token.as_bytes()).unwrap();
    serde_json::from_str(verified.claims().payload()).unwrap()
}
