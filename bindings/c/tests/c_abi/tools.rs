//! Builds the library, compiles programs against it, and runs them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

/// The root folder of the repository.
pub fn root() -> &'static Path {
    boundtoken_testing::repository()
}

/// A working folder of this name.
pub fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("c_abi").join(name);
    std::fs::create_dir_all(&path).expect("scratch folder");
    path
}

/// The target folder of the C libraries. The cargo that runs this test has locked its own target folder.
pub fn capi_target() -> PathBuf {
    scratch("target")
}

/// The features of the C libraries: the whole ABI, and the same cryptography as this test, which computes the
/// verdicts.
pub const FEATURES: &str =
    if cfg!(feature = "aws-lc-rs") { "aws-lc-rs kubernetes fast-rsa" } else { "ring kubernetes fast-rsa" };

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

/// Runs this target of the Makefile. Only one runs at a time.
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
    // The environment of the cargo that runs this test is not meant for the cargo that make runs.
    for variable in ["CARGO_TARGET_DIR", "CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "MAKEFLAGS", "MFLAGS"] {
        command.env_remove(variable);
    }
    output(&mut command);
}

/// Returns the tool's name if it is installed, and prints a note if not.
pub fn tool(name: &str) -> Option<&str> {
    let package = match name {
        "clang++" => "clang",
        "nm" | "readelf" => "binutils",
        name => name,
    };
    boundtoken_testing::tools::tool(name, package)
}

/// Runs a command that must succeed. Returns its output.
pub fn output(command: &mut Command) -> String {
    let Output { status, stdout, stderr } =
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(status.success(), "{command:?}: {status}\n{}{}", text(&stdout), text(&stderr));
    text(&stdout)
}

/// A compiler with its strictest warnings.
#[derive(Clone, Copy)]
pub struct Language {
    pub compiler: &'static str,
    flags: &'static [&'static str],
}

impl Language {
    pub const ALL: [Self; 6] = [
        Self { compiler: "gcc", flags: &["-std=c99", "-pedantic"] },
        Self { compiler: "clang", flags: &["-std=c99", "-pedantic"] },
        Self { compiler: "gcc", flags: &["-std=c17", "-pedantic"] },
        Self { compiler: "clang", flags: &["-std=c17", "-pedantic"] },
        Self { compiler: "g++", flags: &["-x", "c++", "-std=c++17"] },
        Self { compiler: "clang++", flags: &["-x", "c++", "-std=c++17"] },
    ];
}

/// A program to compile and then to run.
pub struct Program {
    pub name: String,
    source: PathBuf,
    language: Language,
    flags: Vec<&'static str>,
    headers: PathBuf,
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
        let headers = root().join("include");
        Self { name, source, language: Language::ALL[0], flags: Vec::new(), headers, command: Vec::new() }
    }

    pub fn language(mut self, language: Language) -> Self {
        self.language = language;
        self
    }

    pub fn flags(mut self, flags: &[&'static str]) -> Self {
        self.flags.extend(flags);
        self
    }

    /// The folder with boundtoken.h, in place of `include`.
    pub fn headers(mut self, folder: &Path) -> Self {
        self.headers = folder.to_owned();
        self
    }

    /// Compiles the program. `None` if an optional compiler is missing.
    pub fn compile(self) -> Option<Self> {
        let compiler = tool(self.language.compiler)?;
        Some(self.linked(compiler, library(), &["-lboundtoken".into()]))
    }

    /// Compiles the program and links it with a library in this folder, by these arguments.
    pub fn linked(mut self, compiler: &str, libraries: &Path, arguments: &[OsString]) -> Self {
        self.name = format!("{} by {compiler} {}", self.name, self.flags.join(" "));
        let file: String = self.name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
        // Another test may be running the same program.
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let program = scratch("programs").join(format!("{}_{number}", file.replace("__", "_")));
        output(
            Command::new(compiler)
                .args(["-O1", "-Wall", "-Wextra", "-Werror", "-pthread"])
                .args(self.language.flags)
                .args(&self.flags)
                .arg("-I")
                .arg(&self.headers)
                .arg(&self.source)
                .args(["-x", "none", "-L"])
                .arg(libraries)
                .arg(format!("-Wl,-rpath,{}", libraries.display()))
                .args(arguments)
                .arg("-o")
                .arg(&program),
        );
        self.command = vec![program.into()];
        self
    }

    /// Runs the program under valgrind. `None` if valgrind is missing.
    pub fn under_valgrind(mut self) -> Option<Self> {
        let valgrind = [
            tool("valgrind")?,
            "--quiet",
            "--fair-sched=yes",
            // A child process cannot free what belongs to the threads of its parent.
            "--child-silent-after-fork=yes",
            // Optimised Rust may read values before it knows whether they matter. Valgrind takes that for a mistake.
            "--undef-value-errors=no",
            "--leak-check=full",
            "--error-exitcode=99",
            "--errors-for-leak-kinds=definite,indirect,possible",
        ];
        self.name = format!("{} under valgrind", self.name);
        self.command.splice(0..0, valgrind.map(OsString::from));
        Some(self)
    }

    /// Runs the program with this environment variable.
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        let variable = format!("{name}={value}");
        self.name = format!("{} {variable}", self.name);
        self.command.splice(0..0, ["env".into(), variable.into()]);
        self
    }

    /// The command that runs the program.
    pub fn command(&self) -> Command {
        let (program, arguments) = self.command.split_first().expect("compiled");
        let mut command = Command::new(program);
        // cargo names its own folders there, which may have another build of the library from before.
        command.args(arguments).env_remove("LD_LIBRARY_PATH");
        command
    }
}
