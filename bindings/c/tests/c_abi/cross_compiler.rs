//! A compiler for another system, and what runs its programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use boundtoken_testing::tools::not_tested;

use crate::tools::{output, scratch};

/// What stands for bcryptprimitives.dll.
const PROCESS_PRNG: &str = "
#include <windows.h>
#include <ntsecapi.h>
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T len) { return RtlGenRandom(data, (ULONG)len); }
";

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

    /// What zig needs to be told besides. A static library of Rust unwinds its stack, and other compilers have what it takes.
    pub fn flags(&self, shared: bool) -> impl Iterator<Item = &'static str> {
        match (shared, self.for_windows()) {
            (true, true) => None,
            (true, false) => Some("-dynamic"),
            (false, true) => Some("-lc++"),
            (false, false) => Some("-lunwind"),
        }
        .into_iter()
    }

    pub fn compile(&self, source: &Path, flags: &[String], program: &Path) -> PathBuf {
        let program = program.with_extension(if self.for_windows() { "exe" } else { "" });
        output(self.zig().args(["-std=c99", "-O1"]).arg(source).args(flags).arg("-o").arg(&program));
        program
    }

    fn zig(&self) -> Command {
        let zig = std::env::var_os("BOUNDTOKEN_ZIG").expect("make cross-... sets BOUNDTOKEN_ZIG");
        let mut command = Command::new(zig);
        command.args(["cc", "-target", self.target]);
        command
    }

    /// Wine 8, which Debian 12 has, lacks a library that every program of Rust loads.
    fn complete_wine(&self, folder: &Path) {
        let source = folder.join("prng.c");
        std::fs::write(&source, PROCESS_PRNG).expect("written");
        let library = folder.join("bcryptprimitives.dll");
        output(self.zig().arg("-shared").arg(source).args(["-ladvapi32", "-o"]).arg(library));
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
            self.complete_wine(program.parent().expect("a folder"));
            command.env("WINEPREFIX", scratch("wine")).env("WINEDEBUG", "-all");
        }
        Some(command)
    }
}
