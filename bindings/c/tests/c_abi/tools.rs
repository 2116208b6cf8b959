//! Building the library, compiling programs against it, running them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

/// The repository's folder.
pub fn root() -> &'static Path {
    boundtoken_testing::repository()
}

/// A folder of this name to work in.
pub fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("c_abi").join(name);
    std::fs::create_dir_all(&path).expect("scratch folder");
    path
}

/// Where the target folder of the C libraries is: not the one in use by the cargo that runs this test.
pub fn capi_target() -> PathBuf {
    scratch("target")
}

/// The features that the C libraries are built with: all of the ABI, and the same cryptography as this test, which
/// computes the verdicts.
pub const FEATURES: &str =
    if cfg!(feature = "aws-lc-rs") { "aws-lc-rs kubernetes" } else { "ring kubernetes" };

/// The folder with the libraries, built once.
pub fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        if let Some(given) = std::env::var_os("BOUNDTOKEN_LIB_DIR") {
            return super::exists(&PathBuf::from(given));
        }
        make("capi", &[]);
        super::exists(&capi_target().join("release"))
    })
}

/// Makes this target of the Makefile, one at a time.
pub fn make(target: &str, variables: &[String]) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    let mut command = Command::new("make");
    command
        .current_dir(root())
        .arg("--no-print-directory")
        .arg(target)
        .arg(format!("TARGET_DIR={}", capi_target().display()))
        .arg(format!("FEATURES={FEATURES}"))
        .args(variables);
    // What the cargo that runs this test says is not meant for the one that make runs.
    for variable in ["CARGO_TARGET_DIR", "CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "MAKEFLAGS", "MFLAGS"] {
        command.env_remove(variable);
    }
    output(&mut command);
}

/// The tool's name, if it is there. If not, that is noted.
pub fn tool(name: &str) -> Option<&str> {
    let package = match name {
        "clang++" => "clang",
        "nm" | "readelf" => "binutils",
        name => name,
    };
    boundtoken_testing::tools::tool(name, package)
}

/// Runs a command that must succeed, and returns what it printed.
pub fn output(command: &mut Command) -> String {
    let Output { status, stdout, stderr } =
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(status.success(), "{command:?}: {status}\n{}{}", text(&stdout), text(&stderr));
    text(&stdout)
}

/// A compiler and the strictest way to use it.
#[derive(Clone, Copy)]
pub struct Language {
    pub compiler: &'static str,
    flags: &'static [&'static str],
}

impl Language {
    pub const ALL: [Self; 4] = [
        Self { compiler: "gcc", flags: &["-std=c99", "-pedantic"] },
        Self { compiler: "clang", flags: &["-std=c99", "-pedantic"] },
        Self { compiler: "g++", flags: &["-x", "c++", "-std=c++17"] },
        Self { compiler: "clang++", flags: &["-x", "c++", "-std=c++17"] },
    ];
}

/// A program to compile, and then to run.
pub struct Program {
    pub name: String,
    source: PathBuf,
    language: Language,
    flags: Vec<&'static str>,
    command: Vec<OsString>,
}

impl Program {
    /// A program of bindings/c/tests/c.
    pub fn test(name: &str) -> Self {
        Self::of(&root().join("bindings/c/tests/c").join(name).with_extension("c"))
    }

    pub fn of(source: &Path) -> Self {
        let name = source.file_stem().expect("name").to_string_lossy().into_owned();
        let source = super::exists(source);
        Self { name, source, language: Language::ALL[0], flags: Vec::new(), command: Vec::new() }
    }

    pub fn language(mut self, language: Language) -> Self {
        self.language = language;
        self
    }

    pub fn flags(mut self, flags: &[&'static str]) -> Self {
        self.flags.extend(flags);
        self
    }

    /// `None` if the compiler is missing and may be.
    pub fn compile(mut self) -> Option<Self> {
        let compiler = tool(self.language.compiler)?;
        self.name = format!("{} by {compiler} {}", self.name, self.flags.join(" "));
        let file: String = self.name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
        // Another test may be running the same program.
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let program = scratch("programs").join(format!("{}_{number}", file.replace("__", "_")));
        let libraries = library();
        output(
            Command::new(compiler)
                .args(["-O1", "-Wall", "-Wextra", "-Werror", "-pthread"])
                .args(self.language.flags)
                .args(&self.flags)
                .arg("-I")
                .arg(root().join("include"))
                .arg(&self.source)
                .args(["-x", "none", "-lboundtoken", "-L"])
                .arg(libraries)
                .arg(format!("-Wl,-rpath,{}", libraries.display()))
                .arg("-o")
                .arg(&program),
        );
        self.command = vec![program.into()];
        Some(self)
    }

    /// `None` if valgrind is missing and may be.
    pub fn under_valgrind(mut self) -> Option<Self> {
        let valgrind = [
            tool("valgrind")?,
            "--quiet",
            "--fair-sched=yes",
            // What a child leaves to its parent's threads is lost to it.
            "--child-silent-after-fork=yes",
            // Optimised Rust compares values before it knows whether they count; valgrind cannot tell that from a mistake.
            "--undef-value-errors=no",
            "--leak-check=full",
            "--error-exitcode=99",
            "--errors-for-leak-kinds=definite,indirect,possible",
        ];
        self.name = format!("{} under valgrind", self.name);
        self.command.splice(0..0, valgrind.map(OsString::from));
        Some(self)
    }

    /// What runs it.
    pub fn command(&self) -> Command {
        let (program, arguments) = self.command.split_first().expect("compiled");
        let mut command = Command::new(program);
        command.args(arguments);
        command
    }
}
