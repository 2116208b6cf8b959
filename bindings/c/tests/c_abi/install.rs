//! Tests of `make install`. Programs are built against the installed library with pkg-config and with CMake.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::files::{ISSUER, fresh_token_folder};
use crate::tools::{capi_target, make, output, root, scratch, tool};
use crate::versions::soname;

const CMAKE_PROJECT: &str = r#"
cmake_minimum_required(VERSION 3.13)
project(consumer C)
find_package(boundtoken 0.1 REQUIRED)
foreach(kind boundtoken static)
  add_executable(verify-${kind} "${EXAMPLE}")
  target_link_libraries(verify-${kind} PRIVATE boundtoken::${kind})
endforeach()
"#;

/// Installs once, into a separate folder.
fn installed() -> PathBuf {
    let prefix = scratch("installed");
    std::fs::remove_dir_all(&prefix).expect("an old installation");
    make("install", &[format!("PREFIX={}", prefix.display())]);
    prefix
}

fn example() -> PathBuf {
    root().join("bindings/c/examples/verify.c")
}

fn accepts_a_token(program: &Path, prefix: &Path, token: &Path) {
    let file = |name: &str| token.join(name);
    let accepted = output(
        Command::new(program)
            .env("LD_LIBRARY_PATH", prefix.join("lib"))
            .arg(file("jwks.json"))
            .args([ISSUER, "vault"])
            .arg(file("token"))
            .arg(file("objects.json")),
    );
    assert!(accepted.contains("user system:serviceaccount:demo:app"), "{accepted}");
}

#[test]
fn an_installed_library_is_found_by_pkg_config_and_cmake() {
    // This Makefile builds it, whatever BOUNDTOKEN_LIB_DIR says.
    let prefix = installed();
    let token = fresh_token_folder();
    let version = env!("CARGO_PKG_VERSION");
    for file in
        ["include/boundtoken.h", "lib/libboundtoken.a", "lib/libboundtoken.so", "lib/pkgconfig/boundtoken.pc"]
    {
        super::exists(&prefix.join(file));
    }
    super::exists(&prefix.join("lib").join(soname()));
    with_pkg_config(&prefix, &token, version);
    with_cmake(&prefix, &token);
}

fn with_pkg_config(prefix: &Path, token: &Path, version: &str) {
    let Some(pkg_config) = tool("pkg-config") else { return };
    let ask = |arguments: &[&str]| {
        let answer = output(
            Command::new(pkg_config)
                .env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"))
                .args(arguments)
                .arg("boundtoken"),
        );
        answer.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(ask(&["--modversion"]), [version]);
    let Some(gcc) = tool("gcc") else { return };
    for (name, arguments) in
        [("shared", &["--cflags", "--libs"][..]), ("static", &["--cflags", "--libs", "--static"])]
    {
        let program = scratch("pkg-config").join(name);
        let mut flags = ask(arguments);
        if name == "static" {
            // The linker prefers the shared library unless the static one is named.
            for flag in &mut flags {
                if flag == "-lboundtoken" {
                    "-l:libboundtoken.a".clone_into(flag);
                }
            }
        }
        output(Command::new(gcc).arg("-std=c99").arg(example()).args(flags).arg("-o").arg(&program));
        accepts_a_token(&program, prefix, token);
        assert_eq!(needs_the_shared_library(&program), name == "shared");
    }
}

fn with_cmake(prefix: &Path, token: &Path) {
    let Some(cmake) = tool("cmake") else { return };
    let project = scratch("cmake");
    let build = scratch("cmake/build");
    std::fs::write(project.join("CMakeLists.txt"), CMAKE_PROJECT).expect("written");
    output(
        Command::new(cmake)
            .arg("-S")
            .arg(&project)
            .arg("-B")
            .arg(&build)
            .arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display()))
            .arg(format!("-DEXAMPLE={}", example().display())),
    );
    output(Command::new(cmake).arg("--build").arg(&build));
    for (name, shared) in [("verify-boundtoken", true), ("verify-static", false)] {
        let program = build.join(name);
        accepts_a_token(&program, prefix, token);
        assert_eq!(needs_the_shared_library(&program), shared);
    }
}

fn needs_the_shared_library(program: &Path) -> bool {
    let readelf = tool("readelf").expect("readelf comes with the compiler");
    output(Command::new(readelf).arg("-d").arg(program)).contains(&format!("Shared library: [{}]", soname()))
}

#[test]
fn a_staged_installation_names_its_final_place() {
    let stage = scratch("stage");
    make("install", &[format!("DESTDIR={}", stage.display()), "PREFIX=/usr".to_owned()]);
    let pc = std::fs::read_to_string(stage.join("usr/lib/pkgconfig/boundtoken.pc")).expect("pkg-config file");
    assert!(pc.contains("prefix=/usr\n") && !pc.contains('@'), "{pc}");
    let target = capi_target();
    assert!(!pc.contains(&*target.to_string_lossy()), "{pc}");
}
