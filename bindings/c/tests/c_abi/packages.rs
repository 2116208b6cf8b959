//! Tests of packages that make has built: `make package-c` and `make cross-...` run them, each by its name. Each package is
//! unpacked or installed into an empty folder, and programs are compiled against it.

use std::path::PathBuf;
use std::process::Command;

use crate::cross_compiler::CrossCompiler;
use crate::installation::Installation;
use crate::tools::{output, root, scratch, tool};
use crate::versions::soname;

/// The folder with the packages.
fn packages() -> PathBuf {
    std::env::var_os("BOUNDTOKEN_PACKAGES").expect("make package-c sets BOUNDTOKEN_PACKAGES").into()
}

fn fresh(name: &str) -> PathBuf {
    let folder = scratch("packages").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// The tarball for this system, unpacked.
fn unpacked(system: &str) -> Installation {
    let name = format!("boundtoken-{}-{system}", env!("CARGO_PKG_VERSION"));
    let folder = fresh(system);
    let tarball = super::exists(&packages().join(format!("{name}.tar.gz")));
    output(Command::new("tar").arg("-C").arg(&folder).arg("-xf").arg(tarball));
    let prefix = folder.join(name);
    for file in ["LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY.txt"] {
        super::exists(&prefix.join("share/doc/boundtoken").join(file));
    }
    Installation::below(prefix)
}

/// What a package for the system of this machine must do.
fn serves_this_system(installation: &Installation) {
    installation.serves_pkg_config();
    installation.serves_cmake();
    installation.stays_loaded();
}

#[test]
#[ignore = "make cross-x86_64-linux-gnu"]
fn x86_64_linux_gnu() {
    let unpacked = unpacked("x86_64-linux-gnu");
    unpacked.names_no_place();
    unpacked.exports_only_the_abi();
    unpacked.compiles_with(&CrossCompiler::new("x86_64-linux-gnu.2.28", None));
    if cfg!(all(target_arch = "x86_64", target_env = "gnu")) {
        serves_this_system(&unpacked);
        unpacked.links_with_another_library_of_rust();
    }
}

#[test]
#[ignore = "make cross-aarch64-linux-gnu"]
fn aarch64_linux_gnu() {
    let unpacked = unpacked("aarch64-linux-gnu");
    unpacked.names_no_place();
    unpacked.exports_only_the_abi();
    // The loader and the C library of Debian's cross compilers.
    let system = Some(("/usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1", "libc6-arm64-cross"));
    unpacked.compiles_with(&CrossCompiler::new("aarch64-linux-gnu.2.28", system).under(&[
        "qemu-aarch64",
        "-L",
        "/usr/aarch64-linux-gnu",
    ]));
}

#[test]
#[ignore = "make cross-x86_64-linux-musl"]
fn x86_64_linux_musl() {
    let unpacked = unpacked("x86_64-linux-musl");
    unpacked.names_no_place();
    unpacked.exports_only_the_abi();
    let system = Some(("/lib/ld-musl-x86_64.so.1", "musl"));
    unpacked.compiles_with(&CrossCompiler::new("x86_64-linux-musl", system));
}

#[test]
#[ignore = "make cross-aarch64-linux-musl"]
fn aarch64_linux_musl() {
    let unpacked = unpacked("aarch64-linux-musl");
    unpacked.names_no_place();
    unpacked.exports_only_the_abi();
    let system = Some(("/lib/ld-musl-aarch64.so.1", "musl:arm64"));
    unpacked.compiles_with(&CrossCompiler::new("aarch64-linux-musl", system).under(&["qemu-aarch64"]));
}

#[test]
#[ignore = "make cross-x86_64-windows-gnu"]
fn x86_64_windows_gnu() {
    let unpacked = unpacked("x86_64-windows-gnu");
    unpacked.names_no_place();
    unpacked.compiles_with(&CrossCompiler::new("x86_64-windows-gnu", None).under(&["wine"]));
}

/// Both packages are installed by dpkg into a system of their own, where `-dev` depends on the library.
#[test]
#[ignore = "make package-c"]
fn debian() {
    let Some(dpkg) = tool("dpkg-deb").and_then(|_| tool("dpkg")) else { return };
    let architecture = output(Command::new(dpkg).arg("--print-architecture"));
    let version = format!("{}-1_{}", env!("CARGO_PKG_VERSION"), architecture.trim());
    let system = fresh("debian");
    for folder in ["info", "updates", "triggers"] {
        std::fs::create_dir_all(system.join("var/lib/dpkg").join(folder)).expect("a folder");
    }
    std::fs::write(system.join("var/lib/dpkg/status"), system_of_debian(architecture.trim()))
        .expect("written");
    let library = format!("libboundtoken{}", soname().rsplit('.').next().expect("a number"));
    let files = [library.as_str(), "libboundtoken-dev"]
        .map(|package| super::exists(&packages().join(format!("{package}_{version}.deb"))));
    output(
        Command::new(dpkg)
            .arg(format!("--root={}", system.display()))
            .args(["--force-not-root", "--force-script-chrootless", "--no-triggers", "--install"])
            .args(&files),
    );
    let multiarch = output(Command::new("gcc").arg("-print-multiarch"));
    let installation =
        Installation { prefix: system.join("usr"), libraries: system.join("usr/lib").join(multiarch.trim()) };
    for package in [&library, "libboundtoken-dev"] {
        super::exists(&system.join("usr/share/doc").join(package).join("copyright"));
    }
    installation.names_no_place();
    serves_this_system(&installation);
    if let Some(lintian) = tool("lintian") {
        // A package of Debian's own closes the bug that asks for it.
        output(
            Command::new(lintian)
                .args(["--allow-root", "--fail-on=error,warning"])
                .args(["--suppress-tags", "initial-upload-closes-no-bugs"])
                .args(&files),
        );
    }
}

/// The packages that ours depend on, as if they were installed.
fn system_of_debian(architecture: &str) -> String {
    ["libc6", "libc6-dev"]
        .map(|package| {
            format!(
                "Package: {package}\nStatus: install ok installed\nMaintainer: nobody\nArchitecture: {architecture}\n\
                 Multi-Arch: same\nVersion: 2.28-10\nDescription: stands for the real one\n\n"
            )
        })
        .concat()
}

#[test]
#[ignore = "make package-c"]
fn cargo_c() {
    let prefix = fresh("cargo-c");
    let mut install = Command::new("cargo");
    install
        .current_dir(root())
        .args(["cinstall", "--locked", "--profile=demo", "-p", "boundtoken-capi", "--libdir=lib"])
        .arg(format!("--prefix={}", prefix.display()))
        .env("CARGO_TARGET_DIR", scratch("target"));
    for variable in ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS"] {
        install.env_remove(variable);
    }
    output(&mut install);
    let installation = Installation::below(prefix);
    for file in ["LICENSE-APACHE", "LICENSE-MIT"] {
        super::exists(&installation.prefix.join("share/doc/boundtoken").join(file));
    }
    super::exists(&installation.libraries.join(soname()));
    installation.has_clusters();
    installation.stays_loaded();
    installation.serves_cmake();
    // With --static, cargo-c says -lgcc_s: docs/c.md.
    installation.serves_pkg_config_with("shared");
}
