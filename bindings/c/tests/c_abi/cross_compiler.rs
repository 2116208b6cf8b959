//! A compiler for another system, and what runs its programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use boundtoken_testing::tools::not_tested;

use crate::tools::{output, scratch};

/// zig, which make installs for its cross builds.
pub struct CrossCompiler {
    target: &'static str,
    /// The dynamic loader, and the package that has it. Programs with shared libraries do not run without.
    loader: Option<(&'static str, &'static str)>,
    runner: &'static [&'static str],
}

impl CrossCompiler {
    pub const fn new(target: &'static str, loader: Option<(&'static str, &'static str)>) -> Self {
        Self { target, loader, runner: &[] }
    }

    /// Programs run under this command.
    pub const fn under(mut self, runner: &'static [&'static str]) -> Self {
        self.runner = runner;
        self
    }

    pub fn for_windows(&self) -> bool {
        self.target.contains("windows")
    }

    pub fn compile(&self, source: &Path, flags: &[String], program: &Path) -> PathBuf {
        let zig = std::env::var_os("BOUNDTOKEN_ZIG").expect("make cross-... sets BOUNDTOKEN_ZIG");
        let program = program.with_extension(if self.for_windows() { "exe" } else { "" });
        output(
            Command::new(zig)
                .args(["cc", "-target", self.target, "-std=c99", "-O1"])
                .arg(source)
                .args(flags)
                .arg("-o")
                .arg(&program),
        );
        program
    }

    /// The command that runs a program. `None` if this machine cannot.
    pub fn command(&self, program: &Path, shared: bool) -> Option<Command> {
        if let Some((loader, package)) = self.loader.filter(|_| shared)
            && !Path::new(loader).exists()
        {
            let what = format!("what is linked with the shared library for {}", self.target);
            not_tested(&what, &format!("apt-get install {package}"));
            return None;
        }
        let Some((runner, arguments)) = self.runner.split_first() else { return Some(Command::new(program)) };
        let package = if *runner == "wine" { "wine64" } else { "qemu-user" };
        let mut command = Command::new(boundtoken_testing::tools::tool(runner, package)?);
        command.args(arguments).arg(program);
        if self.for_windows() {
            command.env("WINEPREFIX", scratch("wine")).env("WINEDEBUG", "-all");
        }
        Some(command)
    }
}
