//! An installed library, and what programs may expect of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cross_compiler::CrossCompiler;
use crate::files::{ISSUER, fresh_token_folder};
use crate::tools::{output, root, scratch, tool};
use crate::versions::soname;

const CMAKE_PROJECT: &str = r#"
cmake_minimum_required(VERSION 3.13)
project(consumer C)
find_package(boundtoken 0.1 REQUIRED)
foreach(kind boundtoken static)
  add_executable(verify-${kind} "${EXAMPLE}")
  target_link_libraries(verify-${kind} PRIVATE boundtoken::${kind})
endforeach()
add_executable(verify-alone "${EXAMPLE}")
target_link_libraries(verify-alone PRIVATE boundtoken::static -static)
"#;

/// Another library of Rust. It has the same functions of the standard library inside, and catches a panic.
const ANOTHER: &str = r#"
#[unsafe(no_mangle)]
pub extern "C" fn another() -> i32 {
    std::panic::set_hook(Box::new(|_| ()));
    std::panic::catch_unwind(|| if std::env::args().count() < 100 { panic!() }).map_or(42, |()| 0)
}
"#;
const USES_BOTH: &str = r#"
#include <boundtoken.h>
int another(void);
int main(void) {
  boundtoken_verifier *verifier = NULL;
  boundtoken_status status = boundtoken_verifier_builder_build(boundtoken_verifier_builder_new(), &verifier, NULL);
  return another() == 42 && status != BOUNDTOKEN_OK && verifier == NULL ? 0 : 1;
}
"#;

const PRINTS_BUILD_INFO: &str = r#"
#include <boundtoken.h>
#include <stdio.h>
int main(void) { return printf("%.*s", BOUNDTOKEN_PRINT(boundtoken_build_info())) < 0; }
"#;

pub struct Installation {
    pub prefix: PathBuf,
    /// The folder with the libraries.
    pub libraries: PathBuf,
}

impl Installation {
    /// Everything in its usual folder.
    pub fn below(prefix: PathBuf) -> Self {
        let libraries = prefix.join("lib");
        Self { prefix, libraries }
    }

    /// No file of the package says where it was installed.
    pub fn names_no_place(&self) {
        for file in ["pkgconfig/boundtoken.pc", "cmake/boundtoken/boundtokenConfig.cmake"] {
            let text = std::fs::read_to_string(self.libraries.join(file)).expect("a file");
            let absolute = text.split(['=', '"', ' ', '\n']).find(|word| word.starts_with('/'));
            assert_eq!(absolute, None, "{text}");
        }
    }

    /// Programs that are compiled by the answers of pkg-config run: shared, static, and with nothing shared at all.
    pub fn serves_pkg_config(&self) {
        assert_eq!(self.ask_pkg_config(&["--modversion"]), [env!("CARGO_PKG_VERSION")]);
        for kind in ["shared", "static", "alone"] {
            self.serves_pkg_config_with(kind);
        }
    }

    /// The same for one kind.
    pub fn serves_pkg_config_with(&self, kind: &str) {
        let Some(gcc) = tool("gcc") else { return };
        let mut flags = self.flags(kind);
        if kind == "alone" {
            flags.push("-static".to_owned());
        }
        let program = self.scratch(kind).join("program");
        output(Command::new(gcc).arg("-std=c99").arg(example()).args(flags).arg("-o").arg(&program));
        self.accepts_a_token(&mut Command::new(&program));
        assert_eq!(needs(&program), needs_of(kind), "{kind}");
    }

    /// Programs that are compiled for another system run there: shared and static.
    pub fn compiles_with(&self, compiler: &CrossCompiler) {
        for kind in ["shared", "static"] {
            let mut flags = self.flags(kind);
            flags.extend(compiler.flags(kind == "shared").map(str::to_owned));
            if compiler.for_windows() {
                // zig prefers the static library. A linker of GNU takes this one by itself.
                self.name_the_library(&mut flags, "libboundtoken.dll.a");
            }
            let program = compiler.compile(&example(), &flags, &self.scratch(kind).join("cross"));
            if let Some(mut command) = compiler.command(&program, kind == "shared") {
                self.accepts_a_token(command.env("WINEPATH", self.prefix.join("bin")));
            }
        }
    }

    /// What a compiler is told for this kind.
    fn flags(&self, kind: &str) -> Vec<String> {
        if kind == "shared" {
            return self.ask_pkg_config(&["--cflags", "--libs"]);
        }
        let mut flags = self.ask_pkg_config(&["--cflags", "--libs", "--static"]);
        // The linker prefers the shared library unless the static one is named.
        if kind == "static" {
            self.name_the_library(&mut flags, "libboundtoken.a");
        }
        flags
    }

    /// Puts the name of a file in place of what the linker searches for.
    fn name_the_library(&self, flags: &mut [String], file: &str) {
        for flag in flags.iter_mut().filter(|flag| *flag == "-lboundtoken") {
            *flag = self.libraries.join(file).display().to_string();
        }
    }

    fn ask_pkg_config(&self, arguments: &[&str]) -> Vec<String> {
        let pkg_config = tool("pkg-config").expect("pkg-config");
        let answer = output(
            Command::new(pkg_config)
                .env("PKG_CONFIG_PATH", self.libraries.join("pkgconfig"))
                .args(arguments)
                .arg("boundtoken"),
        );
        answer.split_whitespace().map(str::to_owned).collect()
    }

    /// The same with CMake.
    pub fn serves_cmake(&self) {
        let Some(cmake) = tool("cmake") else { return };
        let project = self.scratch("cmake");
        let build = project.join("build");
        std::fs::write(project.join("CMakeLists.txt"), CMAKE_PROJECT).expect("written");
        output(
            Command::new(cmake)
                .arg("-S")
                .arg(&project)
                .arg("-B")
                .arg(&build)
                // By its folder: what is not below a prefix is named like this.
                .arg(format!("-Dboundtoken_DIR={}", self.cmake_package().display()))
                .arg(format!("-DEXAMPLE={}", example().display())),
        );
        output(Command::new(cmake).arg("--build").arg(&build));
        for (name, kind) in
            [("verify-boundtoken", "shared"), ("verify-static", "static"), ("verify-alone", "alone")]
        {
            let program = build.join(name);
            self.accepts_a_token(&mut Command::new(&program));
            assert_eq!(needs(&program), needs_of(kind), "{name}");
        }
    }

    fn cmake_package(&self) -> PathBuf {
        let beside = self.libraries.join("cmake/boundtoken");
        if beside.exists() { beside } else { super::exists(&self.prefix.join("share/cmake/boundtoken")) }
    }

    /// The static library defines the functions of the header, and no other name that another library could have.
    pub fn exports_only_the_abi(&self) {
        let Some(nm) = tool("nm") else { return };
        let archive = self.libraries.join("libboundtoken.a");
        let symbols = output(Command::new(nm).args(["--extern-only", "--defined-only"]).arg(&archive));
        let mut exported: Vec<&str> = symbols
            .lines()
            .filter(|line| line.contains(' '))
            .filter_map(|line| line.split(' ').next_back())
            .collect();
        let mut declared = super::declared_functions();
        exported.sort_unstable();
        declared.sort_unstable();
        assert_eq!(exported, declared);
    }

    /// A program may have another library of Rust, though both have the standard library inside.
    pub fn links_with_another_library_of_rust(&self) {
        let Some(gcc) = tool("gcc") else { return };
        let folder = self.scratch("two-of-rust");
        std::fs::write(folder.join("another.rs"), ANOTHER).expect("written");
        std::fs::write(folder.join("both.c"), USES_BOTH).expect("written");
        output(Command::new("rustc").current_dir(&folder).args([
            "--edition=2024",
            "--crate-type=staticlib",
            "another.rs",
        ]));
        for order in [["libanother.a", "libboundtoken.a"], ["libboundtoken.a", "libanother.a"]] {
            let program = folder.join("both");
            output(
                Command::new(gcc)
                    .current_dir(&folder)
                    .arg("both.c")
                    .arg("-I")
                    .arg(root().join("include"))
                    .arg("-L")
                    .arg(&self.libraries)
                    .arg("-L.")
                    .args(order.map(|library| format!("-l:{library}")))
                    .args(["-lpthread", "-lm", "-ldl", "-o"])
                    .arg(&program),
            );
            output(&mut Command::new(program));
        }
    }

    /// A library that was loaded once is never unloaded: its threads may outlast its last call.
    pub fn stays_loaded(&self) {
        let Some(readelf) = tool("readelf") else { return };
        let shared = self.libraries.join(soname());
        let dynamic = output(Command::new(readelf).arg("-d").arg(&shared));
        assert!(dynamic.contains("NODELETE") && dynamic.contains(&format!("[{}]", soname())), "{dynamic}");
    }

    /// The functions about clusters work, and do not only exist.
    pub fn has_clusters(&self) {
        let Some(gcc) = tool("gcc") else { return };
        let folder = self.scratch("clusters");
        std::fs::write(folder.join("clusters.c"), PRINTS_BUILD_INFO).expect("written");
        let program = folder.join("clusters");
        let flags = self.flags("shared");
        output(Command::new(gcc).arg(folder.join("clusters.c")).args(flags).arg("-o").arg(&program));
        let info = output(Command::new(program).env("LD_LIBRARY_PATH", &self.libraries));
        assert!(info.contains("\"kubernetes\""), "{info}");
    }

    fn accepts_a_token(&self, program: &mut Command) {
        let token = fresh_token_folder();
        let file = |name: &str| token.join(name);
        let accepted = output(
            program
                .env("LD_LIBRARY_PATH", &self.libraries)
                .arg(file("jwks.json"))
                .args([ISSUER, "vault"])
                .arg(file("token"))
                .arg(file("objects.json")),
        );
        assert!(accepted.contains("user system:serviceaccount:demo:app"), "{accepted}");
    }

    /// A working folder of this installation alone.
    fn scratch(&self, name: &str) -> PathBuf {
        let place: String = self
            .libraries
            .to_string_lossy()
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '_' })
            .collect();
        let folder = scratch("installations").join(place).join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        folder
    }
}

fn example() -> PathBuf {
    root().join("bindings/c/examples/verify.c")
}

#[derive(Debug, PartialEq, Eq)]
enum Needs {
    OurLibrary,
    OnlyTheSystem,
    Nothing,
}

fn needs_of(kind: &str) -> Needs {
    match kind {
        "shared" => Needs::OurLibrary,
        "static" => Needs::OnlyTheSystem,
        _ => Needs::Nothing,
    }
}

/// The shared libraries that a program loads.
fn needs(program: &Path) -> Needs {
    let readelf = tool("readelf").expect("readelf comes with the compiler");
    let dynamic = output(Command::new(readelf).arg("-d").arg(program));
    if dynamic.contains(&format!("Shared library: [{}]", soname())) {
        Needs::OurLibrary
    } else if dynamic.contains("Shared library:") {
        Needs::OnlyTheSystem
    } else {
        Needs::Nothing
    }
}
