//! Builds the programs and says how to start them. It writes nothing into the source folders.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::contenders::{Build, DEFAULT_IN_C, Entry};

/// Builds programs into a folder, each once.
pub struct Workshop {
    output: PathBuf,
    done: Vec<(Build, Result<Vec<PathBuf>, String>)>,
}

impl Workshop {
    pub fn new(output: &Path) -> Self {
        Self { output: output.to_owned(), done: Vec::new() }
    }

    /// The command that starts an entry's program, or why there is none.
    pub fn command(&mut self, entry: &Entry) -> Result<Command, String> {
        let built = match self.done.iter().find(|(build, _)| *build == entry.build) {
            Some((_, built)) => built.clone(),
            None => {
                let built = self.build(entry.build);
                self.done.push((entry.build, built.clone()));
                built
            }
        };
        let mut words = built?.into_iter();
        let mut command = Command::new(words.next().ok_or("there is no program")?);
        command.args(words);
        match (entry.build, entry.arguments) {
            (Build::Node, [script, rest @ ..]) => {
                command.arg(self.output.join("node").join(script)).args(rest);
            }
            (Build::OurNode, [script, rest @ ..]) => {
                command.arg(self.output.join("our-node").join(script)).args(rest);
            }
            (Build::Python | Build::OurPython, [script, rest @ ..]) => {
                command.arg(source("python").join(script)).args(rest);
            }
            (_, arguments) => {
                command.args(arguments);
            }
        }
        if matches!(entry.build, Build::OurC { .. }) {
            // The environment of cargo names the folder of the library that was built last.
            command.env_remove("LD_LIBRARY_PATH");
        }
        command.arg(self.output.join("inputs")).arg(if entry.again { "again" } else { "first" });
        Ok(command)
    }

    fn build(&self, build: Build) -> Result<Vec<PathBuf>, String> {
        match build {
            Build::Rust { features, .. } | Build::OurC { features }
                if features.contains("fast") && !has_vector_products() =>
            {
                Err("this CPU has no AVX-512 IFMA".to_owned())
            }
            Build::Rust { binary, features } => self.rust(binary, features),
            Build::OurC { features } => self.our_c(features),
            Build::Go(package) => self.go(package),
            Build::Node => self.node(),
            Build::OurNode => self.our_node(),
            Build::Python => self.python("python"),
            Build::OurPython => self.our_python(),
            Build::Java => self.java(),
            Build::OurJava => self.our_java(),
            Build::System { source, libraries } => self.system(source, libraries),
            Build::DevServer => Err("it is no program".to_owned()),
        }
    }

    /// Each set of features has its own folder, because the features exclude each other.
    fn rust(&self, binary: &str, features: &str) -> Result<Vec<PathBuf>, String> {
        let output = self.output.join("rust");
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["build", "--quiet", "--locked", "--release", "--bin", binary, "--features", features]);
        run(command.current_dir(source(".")).env("CARGO_TARGET_DIR", &output))?;
        let program = self.output.join(features);
        fs::copy(output.join("release").join(binary), &program).map_err(text)?;
        Ok(vec![program])
    }

    fn our_c(&self, features: &str) -> Result<Vec<PathBuf>, String> {
        let (built, output) = (self.output.join("rust"), self.output.join(features.replace(' ', "-")));
        let mut make = Command::new("make");
        make.args(["--no-print-directory", "capi"]).arg(format!("FEATURES={features}"));
        run(make.arg(format!("TARGET_DIR={}", built.display())).current_dir(source("../..")))?;
        // The build with the next features overwrites the library, which has several names.
        fs::create_dir_all(&output).map_err(text)?;
        for file in fs::read_dir(built.join("release")).map_err(text)? {
            let file = file.map_err(text)?;
            if file.file_name().to_string_lossy().starts_with("libboundtoken.so") {
                replace(&file.path(), &output.join(file.file_name()))?;
            }
        }
        let program = output.join("boundtoken");
        let mut compiler = compiler(&source("c/boundtoken.c"), &program);
        compiler.arg("-I").arg(source("../../include")).arg("-L").arg(&output).arg("-lboundtoken");
        run(compiler.arg(format!("-Wl,-rpath,{}", output.display())))?;
        Ok(vec![program])
    }

    fn go(&self, package: &str) -> Result<Vec<PathBuf>, String> {
        let program = self.output.join("go").join(package);
        let mut command = Command::new("go");
        command.args(["build", "-trimpath", "-o"]).arg(&program).arg(format!("./{package}"));
        run(command.current_dir(source("go")))?;
        Ok(vec![program])
    }

    fn node(&self) -> Result<Vec<PathBuf>, String> {
        let output = self.node_programs("node")?;
        for file in ["package.json", "package-lock.json"] {
            fs::copy(source("node").join(file), output.join(file)).map_err(text)?;
        }
        run(Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
            .current_dir(&output))?;
        Ok(vec!["node".into()])
    }

    fn our_node(&self) -> Result<Vec<PathBuf>, String> {
        let (output, package) = (self.node_programs("our-node")?, source("../../bindings/node"));
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--quiet", "--locked", "--release"]).current_dir(&package);
        run(cargo.env("CARGO_TARGET_DIR", output.join("target")))?;
        // As it is installed for a user, with the library that was built just now.
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--offline", "--install-links"]);
        run(npm.arg("--no-package-lock").arg("--no-save").arg("--prefix").arg(&output).arg(&package))?;
        let prebuilt = output.join("node_modules/boundtoken/prebuilt");
        fs::create_dir_all(&prebuilt).map_err(text)?;
        let mut copy = Command::new("node");
        copy.arg(package.join("prebuilt.js")).arg(output.join("target/release"));
        run(copy.arg(&prebuilt))?;
        Ok(vec!["node".into()])
    }

    /// Node looks for modules next to the program, so copy the programs to where the modules are.
    fn node_programs(&self, folder: &str) -> Result<PathBuf, String> {
        let output = self.output.join(folder);
        fs::create_dir_all(&output).map_err(text)?;
        for file in fs::read_dir(source("node")).map_err(text)? {
            let file = file.map_err(text)?;
            if file.path().extension().is_some_and(|extension| extension == "mjs") {
                fs::copy(file.path(), output.join(file.file_name())).map_err(text)?;
            }
        }
        Ok(output)
    }

    fn python(&self, environment: &str) -> Result<Vec<PathBuf>, String> {
        let output = self.output.join(environment);
        run(Command::new("python3").args(["-m", "venv"]).arg(&output))?;
        let mut pip = Command::new(output.join("bin/pip"));
        run(pip.args(["install", "--quiet", "--requirement"]).arg(source("python/requirements.txt")))?;
        Ok(vec![output.join("bin/python"), "-B".into()])
    }

    fn our_python(&self) -> Result<Vec<PathBuf>, String> {
        let program = self.python("our-python")?;
        let mut pip = Command::new(self.output.join("our-python/bin/pip"));
        pip.args(["install", "--quiet", "--force-reinstall", "--no-deps"])
            .arg(source("../../bindings/python"));
        run(pip.env("CARGO_TARGET_DIR", self.output.join("our-python/target")))?;
        Ok(program)
    }

    fn java(&self) -> Result<Vec<PathBuf>, String> {
        let output = self.output.join("java");
        let mut maven = Command::new("mvn");
        maven.args(["--batch-mode", "--quiet", "--file"]).arg(source("java/pom.xml"));
        run(maven.arg(format!("-Dpeers.output={}", output.display())).arg("compile"))?;
        let classes = format!("{0}/classes:{0}/libraries/*", output.display());
        Ok(vec!["java".into(), "-cp".into(), classes.into()])
    }

    fn our_java(&self) -> Result<Vec<PathBuf>, String> {
        let built = self.our_c(DEFAULT_IN_C)?;
        let library = built.first().ok_or("there is no program")?.with_file_name("libboundtoken.so");
        let output = self.output.join("our-java");
        let package = source("../../bindings/java");
        let found = Command::new(package.join("jdk.sh")).output().map_err(text)?;
        if !found.status.success() {
            return Err("there is no JDK from version 22 on".to_owned());
        }
        let jdk = PathBuf::from(String::from_utf8_lossy(&found.stdout).trim());
        let mut compiler = Command::new(jdk.join("bin/javac"));
        compiler.args(["--release", "22", "-d"]).arg(&output);
        compiler.args([source("java/src/main/java/Protocol.java"), source("java/ours/Ours.java")]);
        for file in fs::read_dir(package.join("boundtoken/src/main/java/dev/boundtoken")).map_err(text)? {
            compiler.arg(file.map_err(text)?.path());
        }
        run(&mut compiler)?;
        let mut property = OsString::from("-Dboundtoken.library=");
        property.push(&library);
        let options = [
            "--enable-native-access=ALL-UNNAMED".into(),
            property.into(),
            "-cp".into(),
            output,
            "Ours".into(),
        ];
        Ok([vec![jdk.join("bin/java")], options.into()].concat())
    }

    /// `libraries` are names for pkg-config. The first is the library that is measured. A library that consists only
    /// of headers need not be known to pkg-config.
    fn system(&self, source: &str, libraries: &str) -> Result<Vec<PathBuf>, String> {
        let source = self::source(source);
        let program = self.output.join(source.file_stem().unwrap_or_default());
        let names = libraries.split(' ');
        let library = names.clone().next().unwrap_or_default();
        let version = pkg_config(&["--modversion"], library).unwrap_or_default();
        let mut compiler = compiler(&source, &program);
        compiler.arg(format!("-DLIBRARY_VERSION=\"{}\"", version.trim()));
        for flags in names.filter_map(|name| pkg_config(&["--cflags", "--libs"], name)) {
            compiler.args(flags.split_whitespace());
        }
        run(&mut compiler).map_err(|reason| format!("{library} is not installed, or too old: {reason}"))?;
        Ok(vec![program])
    }
}

/// A file or folder next to the driver's folder.
fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Whether the fast paths can use vector instructions here.
fn has_vector_products() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx512ifma");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// The compiler for the language of the source, with optimization.
fn compiler(source: &Path, program: &Path) -> Command {
    let (variable, usual) = match source.extension().is_some_and(|extension| extension == "cpp") {
        true => ("CXX", "c++"),
        false => ("CC", "cc"),
    };
    let mut compiler = Command::new(env::var_os(variable).unwrap_or_else(|| usual.into()));
    compiler.args(["-O2", "-Wall", "-o"]).arg(program).arg(source);
    compiler
}

fn pkg_config(questions: &[&str], library: &str) -> Option<String> {
    let output = Command::new("pkg-config").args(questions).arg(library).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a step. If it fails, its output goes to standard error, and the error is one line.
fn run(command: &mut Command) -> Result<(), String> {
    let name =
        Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!("there is no {name}"),
        _ => format!("{name}: {error}"),
    })?;
    if output.status.success() {
        return Ok(());
    }
    for said in [&output.stdout, &output.stderr] {
        for line in String::from_utf8_lossy(said).lines().take(20) {
            eprintln!("bench-peers:   {line}");
        }
    }
    Err(format!("{name} failed ({})", output.status))
}

/// Copies a file. A program that has loaded the one that it replaces keeps that.
fn replace(from: &Path, to: &Path) -> Result<(), String> {
    let new = to.with_extension("new");
    fs::copy(from, &new).and_then(|_| fs::rename(&new, to)).map_err(text)
}

fn text(error: io::Error) -> String {
    error.to_string()
}
