//! Tests of `make install`. Programs are built against the installed library with pkg-config and with CMake, after it has
//! been moved, and in ways that link it statically.

use std::path::PathBuf;
use std::sync::OnceLock;

use crate::installation::Installation;
use crate::tools::{capi_target, make, output, root, scratch};
use crate::versions::soname;

/// Installs once, into a separate folder, and moves what was installed.
fn installed() -> &'static Installation {
    static INSTALLED: OnceLock<Installation> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let prefix = scratch("installed");
        std::fs::remove_dir_all(&prefix).expect("an old installation");
        // This Makefile builds it, whatever BOUNDTOKEN_LIB_DIR says.
        make("install", &[format!("PREFIX={}", prefix.display())]);
        let moved = fresh("moved/elsewhere");
        std::fs::remove_dir(&moved).expect("an empty folder");
        std::fs::rename(prefix, &moved).expect("moved");
        Installation::below(moved)
    })
}

fn fresh(name: &str) -> PathBuf {
    let folder = scratch(name);
    std::fs::remove_dir_all(&folder).expect("an old folder");
    scratch(name)
}

#[test]
fn an_installed_library_may_be_moved_and_is_found_by_pkg_config_and_cmake() {
    let moved = installed();
    for file in [
        "include/boundtoken.h",
        "lib/libboundtoken.a",
        "lib/libboundtoken.so",
        "share/doc/boundtoken/LICENSE-APACHE",
        "share/doc/boundtoken/LICENSE-MIT",
    ] {
        super::exists(&moved.prefix.join(file));
    }
    moved.names_no_place();
    moved.serves_pkg_config();
    moved.serves_cmake();
}

#[test]
fn the_static_library_exports_only_the_abi() {
    installed().exports_only_the_abi();
}

#[test]
fn two_static_libraries_of_rust_are_linked_into_one_program() {
    installed().links_with_another_library_of_rust();
}

#[test]
fn a_staged_installation_does_not_name_its_stage() {
    let stage = fresh("stage");
    make("install", &[format!("DESTDIR={}", stage.display()), "PREFIX=/usr".to_owned()]);
    let target = capi_target();
    for file in ["pkgconfig/boundtoken.pc", "cmake/boundtoken/boundtokenConfig.cmake"] {
        let text = std::fs::read_to_string(stage.join("usr/lib").join(file)).expect("a file");
        assert!(!text.contains('@') && !text.contains(&*target.to_string_lossy()), "{text}");
    }
    super::exists(&stage.join("usr/lib").join(soname()));
}

#[test]
fn folders_outside_of_the_prefix_are_found_where_they_were_said_to_be() {
    for (name, library, include) in
        [("outside", "libraries", "headers"), ("multiarch", "usr/lib/some-linux-gnu", "usr/include/some")]
    {
        let top = fresh(name);
        let folder = |path: &str| top.join(path).display().to_string();
        make(
            "install",
            &[
                format!("PREFIX={}", folder("usr")),
                format!("LIBDIR={}", folder(library)),
                format!("INCLUDEDIR={}", folder(include)),
            ],
        );
        let installation = Installation { prefix: top.join("usr"), libraries: top.join(library) };
        installation.serves_pkg_config();
        installation.serves_cmake();
    }
}

#[test]
fn the_libraries_of_a_target_are_in_its_folder() {
    let rustc = output(std::process::Command::new("rustc").arg("-vV"));
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    let plan = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut make = std::process::Command::new("make");
        make.current_dir(root()).args(["--dry-run", "--no-print-directory", "capi"]).args(arguments);
        for variable in ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET", "MAKEFLAGS", "MFLAGS"] {
            make.env_remove(variable);
        }
        output(make.envs(variables.iter().copied()))
    };
    let here = format!("TARGET={host}");
    let folder = format!("/elsewhere/{host}/release\n");
    assert!(plan(&[("CARGO_TARGET_DIR", "/elsewhere")], &[]).ends_with(" /elsewhere/release\n"));
    assert!(plan(&[("CARGO_TARGET_DIR", "/elsewhere")], &[&here]).ends_with(&folder));
    assert!(plan(&[("CARGO_BUILD_TARGET", host)], &["TARGET_DIR=/elsewhere"]).ends_with(&folder));
    assert!(plan(&[], &["TARGET_DIR=/elsewhere", &format!("{here}.2.28")]).ends_with(&folder));
}
