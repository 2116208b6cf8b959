//! ThreadSanitizer in programs and in the library, down to Rust's standard library. It reports two threads that use the
//! same memory without an order between them, even if nothing comes of it.
//!
//! It does not know fences (`std::sync::atomic::fence`). The crate seize orders by fences, and frees what our maps no
//! longer hold. So each program runs twice, because each way finds what the other misses:
//!
//! - with the orders that the source names, and without reports about seize and what readers of its maps read;
//! - with every atomic access taken as sequentially consistent, which makes up for the fences. Too weak orders go unnoticed
//!   then, and counters that are meant to order nothing do.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use boundtoken_testing::tools::not_tested;

use crate::tools::{FEATURES, Program, output, root, scratch, tool};

/// The library with ThreadSanitizer.
struct Library {
    folder: PathBuf,
    /// The runtime that comes with Rust. C compilers often bring an older one, which lacks functions that Rust's compiler calls.
    runtime: PathBuf,
}

/// The ways to run a program. A child process may connect to a cluster, which takes a thread.
fn ways() -> [String; 2] {
    let suppressions = root().join("bindings/c/tests/c/thread_sanitizer.suppressions");
    [format!("suppressions=\"{}\"", suppressions.display()), "force_seq_cst_atomics=1".to_owned()]
        .map(|way| format!("die_after_fork=0:{way}"))
}

/// A program under ThreadSanitizer, in each way. None if something for it is missing.
pub fn programs(program: impl Fn() -> Program) -> Vec<Program> {
    // With `-nodefaultlibs`, gcc leaves out its own runtime, and libraries that any program needs.
    const FLAGS: &[&str] = &["-g", "-fsanitize=thread", "-nodefaultlibs"];
    const SYSTEM_LIBRARIES: [&str; 6] = ["-lpthread", "-ldl", "-lm", "-lgcc_s", "-lc", "-lgcc"];
    let Some(library) = library() else { return Vec::new() };
    let mut arguments = vec!["-Wl,--whole-archive".into(), library.runtime.clone().into()];
    arguments.extend(["-Wl,--no-whole-archive", "-l:libboundtoken_capi.so"].map(Into::into));
    arguments.extend(SYSTEM_LIBRARIES.map(Into::into));
    let compiled = |way: String| {
        let program = program().flags(FLAGS).linked("gcc", &library.folder, &arguments);
        program.with_variable("TSAN_OPTIONS", &way)
    };
    ways().map(compiled).into()
}

/// The library, built once.
fn library() -> Option<&'static Library> {
    static LIBRARY: OnceLock<Option<Library>> = OnceLock::new();
    LIBRARY.get_or_init(build).as_ref()
}

fn build() -> Option<Library> {
    let rustc = |question: [&str; 2]| output(Command::new("rustc").args(question)).trim().to_owned();
    let installed = PathBuf::from(rustc(["--print", "sysroot"])).join("lib/rustlib");
    let target = rustc(["--print", "host-tuple"]);
    let runtime = runtime(&installed.join(&target).join("lib"));
    let source = installed.join("src/rust/library/std");
    let Some(runtime) = runtime.filter(|_| source.exists()) else {
        let install = "rustup component add rust-src, on a platform for which Rust has ThreadSanitizer";
        not_tested("races inside the library", install);
        return None;
    };
    let target_folder = scratch("thread-sanitizer");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(root())
        .args(["rustc", "--quiet", "-p", "boundtoken-capi", "--lib", "--crate-type", "cdylib"])
        .args(["--no-default-features", "--features", FEATURES])
        .args(["-Zbuild-std", "--target", &target, "--target-dir"])
        .arg(&target_folder)
        // Options that begin with -Z are for nightly toolchains alone otherwise.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "-Zsanitizer=thread")
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    output(&mut cargo);
    let folder = target_folder.join(target).join("debug");
    let shared = super::exists(&folder.join("libboundtoken_capi.so"));
    if let Some(nm) = tool("nm") {
        let symbols = output(Command::new(nm).args(["-D", "--undefined-only"]).arg(shared));
        assert!(symbols.contains(" __tsan_"), "the library was built without ThreadSanitizer");
    }
    Some(Library { folder, runtime })
}

/// The runtime in a folder of Rust's libraries. Its name has the toolchain's in it.
fn runtime(folder: &Path) -> Option<PathBuf> {
    let mut files = std::fs::read_dir(folder).ok()?.filter_map(|file| Some(file.ok()?.path()));
    files.find(|path| path.to_string_lossy().ends_with("_rt.tsan.a"))
}
