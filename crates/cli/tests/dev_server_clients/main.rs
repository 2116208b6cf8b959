//! Clients that people use, unchanged, against a development server: kubectl, kube, and the official clients for Python
//! and Go. Where the machine lacks one, its test is skipped, and noted.
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
mod python;

/// A folder of this name to work in, empty.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dev_server_clients").join(name);
    if path.exists() {
        std::fs::remove_dir_all(&path).expect("old folder");
    }
    std::fs::create_dir_all(&path).expect("folder");
    path
}

/// Whether there is a program that answers so.
fn is_there(program: impl AsRef<OsStr>, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

/// Runs a program that finds the server by KUBECONFIG, and that has to end well.
#[track_caller]
fn succeed(command: &mut Command, server: &DevServer, folder: &Path) {
    let kubeconfig = folder.join("kubeconfig");
    server.write_kubeconfig(&kubeconfig).unwrap();
    let output = command.env("KUBECONFIG", kubeconfig).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(text(&output.stdout).trim(), "ok");
}

/// Verifies the server's tokens for an audience, and asks it for their objects.
fn verifier(server: &DevServer, audience: &str) -> Verifier {
    let trusted = server.issuer().trusted().bound_objects(server.bound_objects());
    Verifier::builder().issuer(trusted).audience(audience).build().unwrap()
}

/// What a token claims that is good now.
#[track_caller]
fn claims(server: &DevServer, audience: &str, token: &str) -> Value {
    let verified = verifier(server, audience).verify(token.as_bytes()).unwrap();
    serde_json::from_str(verified.claims().payload()).unwrap()
}
