//! Runs the `boundtoken` program as its users do.
#![allow(clippy::restriction)]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde_json::Value;

mod bench;
mod cluster;
mod compare;
mod demo;
#[cfg(unix)]
mod dev_server;
mod doctor;
#[cfg(unix)]
mod first_hour;
mod inspect;
mod issue;
mod issuers;
mod program;
mod request;
mod schemas;
mod secrets;
mod snapshot;
mod undecided;
mod verify;
mod watch;

const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
const OLD_ISSUER: &str = "https://old-issuer.example.com";
/// A time at which every token of `tokens.json` is valid.
const NOW: &str = "1795522300";

/// The result of one run of the program.
#[derive(Debug)]
struct Run {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Run {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

fn boundtoken<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Run {
    run(arguments, b"", &[])
}

fn with_input<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>, input: &[u8]) -> Run {
    run(arguments, input, &[])
}

fn command<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_boundtoken"));
    command.args(arguments);
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command
}

fn run<A: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = A>,
    input: &[u8],
    environment: &[(&str, &str)],
) -> Run {
    let mut child = command(arguments)
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that needs no input may have ended already.
    let _written = child.stdin.take().expect("standard input").write_all(input);
    let output = child.wait_with_output().expect("the program ends");
    let run = Run {
        status: output.status.code().expect("an exit status, no signal"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    };
    assert!(!run.stderr.contains("panicked"), "{run:?}");
    run
}

fn vector(name: &str) -> String {
    vectors().join(name).to_str().expect("UTF-8").to_owned()
}

/// The folder of vectors for most tests, and all folders.
const FOLDER: &str = "apiserver-rs256";
const FOLDERS: [&str; 2] = [FOLDER, "apiserver-1.37-rs256"];

fn vectors() -> PathBuf {
    vectors_in(FOLDER)
}

fn vectors_in(folder: &str) -> PathBuf {
    boundtoken_testing::repository().join("tests/vectors").join(folder)
}

fn read<T: for<'de> Deserialize<'de>>(name: &str) -> T {
    read_in(FOLDER, name)
}

fn read_in<T: for<'de> Deserialize<'de>>(folder: &str, name: &str) -> T {
    serde_json::from_slice(&std::fs::read(vectors_in(folder).join(name)).expect(name)).expect(name)
}

/// A token from the vectors' server.
fn token(name: &str) -> String {
    read::<BTreeMap<String, String>>("tokens.json").remove(name).expect(name)
}

/// Writes a file for this run of the tests. Returns its path.
fn file(name: &str, content: impl AsRef<[u8]>) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).expect(name);
    path.to_str().expect("UTF-8").to_owned()
}

/// Writes a file with the cluster's objects `before` or `after` the deletions.
fn objects(when: &str, test: &str) -> String {
    file(&format!("{test}-objects-{when}.json"), read::<Value>("objects.json")[when].to_string())
}

/// Arguments to verify tokens of the vectors' server, and more arguments.
fn verify_arguments(more: &[&str]) -> Vec<String> {
    verify_arguments_with(&["--jwks", &vector("jwks.json")], NOW, more)
}

fn verify_arguments_with(keys: &[&str], now: &str, more: &[&str]) -> Vec<String> {
    let known = ["verify", "--issuer", ISSUER, "--audience", "vault", "--now", now];
    [&known, keys, more].concat().into_iter().map(str::to_owned).collect()
}

/// Odd tokens, and the server's objects.
#[derive(Deserialize)]
struct Cases {
    objects: Value,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    token: String,
    now: f64,
}

impl Case {
    /// The server recorded fractions of seconds. A verifier knows only whole seconds.
    fn now(&self) -> String {
        format!("{}", self.now.floor())
    }

    /// Whether the program gives no verdict, because this is not a bare token.
    fn is_something_else(&self) -> bool {
        self.token.starts_with("Bearer ") || self.token.starts_with('{')
    }
}

fn crafted() -> Cases {
    read("crafted.json")
}

fn crafted_in(folder: &str) -> Cases {
    read_in(folder, "crafted.json")
}

fn crafted_case(name: &str) -> Case {
    crafted().cases.into_iter().find(|case| case.name == name).expect(name)
}

/// Tokens of every sort, with their names. One token for each name, because each token costs a run of the program.
fn all_tokens() -> Vec<(String, String)> {
    let tokens_in = |folder| {
        let issued = read_in::<BTreeMap<String, String>>(folder, "tokens.json").into_iter();
        let random: Cases = read_in(folder, "random.json");
        // A sample of the random tokens is enough.
        let cases = crafted_in(folder).cases.into_iter().chain(random.cases.into_iter().step_by(5));
        issued.chain(cases.map(|case| (case.name, case.token)))
    };
    FOLDERS.into_iter().flat_map(tokens_in).collect::<BTreeMap<_, _>>().into_iter().collect()
}

/// Runs `check` for every element, on all processors.
fn for_each<T: Sync>(elements: &[T], check: impl Fn(&T) + Sync) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for chunk in elements.chunks(elements.len().div_ceil(threads).max(1)) {
            scope.spawn(|| chunk.iter().for_each(&check));
        }
    });
}
