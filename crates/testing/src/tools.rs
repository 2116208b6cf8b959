//! Tools that may be missing on a machine: compilers, checkers, clients.

use std::io::Write as _;
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
