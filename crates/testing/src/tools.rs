//! Tools that may be missing on a machine: compilers, checkers, clients.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Prints a note that something is not tested here, with the command that installs what is missing.
///
/// `make test` repeats these notes at its end. If the environment variable BOUNDTOKEN_SKIP_NOTHING is 1, as in CI, it
/// panics instead.
pub fn not_tested(what: &str, install: &str) {
    let note = format!("NOT TESTED: {what}; {install}");
    assert!(!std::env::var("BOUNDTOKEN_SKIP_NOTHING").is_ok_and(|value| value == "1"), "{note}");
    // Not `eprintln!`: the test harness hides what a passing test prints.
    let _ = writeln!(std::io::stderr(), "{note}");
    if let Some(list) = std::env::var_os("BOUNDTOKEN_NOT_TESTED") {
        let list = std::fs::File::options().create(true).append(true).open(list);
        let _ = list.and_then(|mut list| writeln!(list, "{note}"));
    }
}

/// Returns the tool's name if it is installed, and prints a note if not. `package` is the name for apt-get.
pub fn tool<'a>(name: &'a str, package: &str) -> Option<&'a str> {
    if Command::new(name).arg("--version").output().is_ok() {
        return Some(name);
    }
    not_tested(&format!("what needs {name}"), &format!("apt-get install {package}"));
    None
}

/// What a test of this program prints in another process, which has this environment variable.
pub fn said_with(variable: &str, value: &str, test: &str) -> String {
    let program = std::env::current_exe().expect("this program");
    let mut child = Command::new(program);
    let output =
        child.args(["--exact", test, "--nocapture"]).env(variable, value).output().expect("another process");
    assert!(output.status.success(), "{test} with {variable}={value:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The path of an example of a crate, which is built with these features.
///
/// The environment variable BOUNDTOKEN_EXAMPLES names a folder with all of them, built just now: `make test` has one. `target` is
/// the target folder of the tests.
pub fn example(target: &Path, package: &str, name: &str, features: &str) -> PathBuf {
    if let Some(built) = std::env::var_os("BOUNDTOKEN_EXAMPLES") {
        return Path::new(&built).join(name);
    }
    let built = Command::new(env!("CARGO"))
        .args(["build", "--offline", "--quiet", "-p", package, "--example", name, "--features", features])
        .current_dir(crate::repository())
        .env("CARGO_TARGET_DIR", target)
        .status();
    assert!(built.is_ok_and(|status| status.success()), "the example {name} of {package} was not built");
    target.join("debug/examples").join(name)
}
