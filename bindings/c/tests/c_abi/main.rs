//! Tests of the C ABI with the C programs in bindings/c/tests/c and bindings/c/examples. They are compiled as C and
//! C++ with strict warnings, run, and run again under checkers for memory errors, undefined behaviour and races.
//!
//! The tests need make and gcc. Tests that need g++, clang, clang++, valgrind, nm, readelf, pkg-config, cmake or the
//! source of Rust's standard library are skipped with a note if it is missing. BOUNDTOKEN_LIB_DIR names a folder with
//! libraries to test instead of the libraries that `make capi` builds.
#![allow(clippy::restriction)]

#[cfg(feature = "kubernetes")]
mod cluster;
mod cross_compiler;
mod examples;
mod files;
mod packages;
mod install;
mod installation;
mod thread_sanitizer;
mod tools;
mod versions;

use std::path::{Path, PathBuf};
use std::process::Command;

use files::{ISSUER, NOW};
use tools::{Language, Program, library, output, root};

#[test]
fn c_and_cpp_get_the_verdicts_of_the_server() {
    for folder in files::case_folders() {
        println!("{}", folder.name);
        for language in Language::ALL {
            if let Some(program) = Program::test("cases").language(language).compile() {
                println!("  {}:\n{}", language.compiler, output(program.command().arg(&folder.path)));
            }
        }
    }
}

#[test]
fn the_verdicts_are_the_same_under_sanitizers_and_valgrind() {
    let folders = files::case_folders();
    for program in checked("cases") {
        for folder in &folders {
            println!("{}, {}:\n{}", program.name, folder.name, output(program.command().arg(&folder.path)));
        }
    }
}

#[test]
fn mistakes_of_the_caller_are_statuses() {
    let data = files::token_folder();
    for program in
        Language::ALL.into_iter().filter_map(|language| Program::test("misuse").language(language).compile())
    {
        println!("{}: {}", program.name, output(program.command().arg(&data).args([ISSUER, NOW])));
    }
}

#[test]
fn mistakes_of_the_caller_corrupt_and_leak_nothing() {
    let data = files::token_folder();
    for program in checked("misuse") {
        println!("{}: {}", program.name, output(program.command().arg(&data).args([ISSUER, NOW])));
    }
}

#[test]
fn threads_may_verify_while_keys_and_objects_change() {
    let data = files::token_folder();
    let plain = Language::ALL
        .into_iter()
        .filter_map(|language| Program::test("threads").language(language).compile());
    for program in plain.chain(checked("threads")) {
        println!("{}: {}", program.name, output(program.command().arg(&data).args([ISSUER, NOW])));
    }
}

#[test]
fn threads_do_not_race_inside_the_library() {
    let data = files::token_folder();
    for program in thread_sanitizer::programs(|| Program::test("threads")) {
        println!("{}: {}", program.name, output(program.command().arg(&data).args([ISSUER, NOW])));
    }
}

#[cfg(not(feature = "kubernetes"))]
#[test]
fn clusters_are_tested_where_the_feature_is_on() {
    boundtoken_testing::tools::not_tested("clusters from C", "cargo test with --features kubernetes");
}

/// A program with every available checker.
fn checked(name: &str) -> Vec<Program> {
    const SANITIZERS: &[&str] =
        &["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];
    let sanitized = [Language::ALL[0], Language::ALL[5]]
        .into_iter()
        .filter_map(|language| Program::test(name).language(language).flags(SANITIZERS).compile());
    let valgrind = Program::test(name).flags(&["-g"]).compile().and_then(Program::under_valgrind);
    let programs: Vec<Program> = sanitized.chain(valgrind).collect();
    programs
}

#[test]
fn the_shortest_program_compiles_as_the_documentation_writes_it() {
    for language in Language::ALL {
        // `{sizeof c}` leaves the other members to C, and some compilers warn about that.
        let flags = &["-Wno-missing-field-initializers"];
        if let Some(program) = Program::test("short_form").language(language).flags(flags).compile() {
            let run = program.command().output().expect("runs");
            assert!(run.status.success(), "{run:?}");
            assert!(String::from_utf8_lossy(&run.stderr).contains("`keys`"), "{run:?}");
        }
    }
}

#[test]
fn the_example_in_the_header_is_a_program_that_works() {
    let header = std::fs::read_to_string(root().join("include/boundtoken.h")).expect("header");
    let example: String = header
        .lines()
        .take_while(|line| *line != " */")
        .filter(|line| line.starts_with(" *     ") || *line == " *")
        .map(|line| format!("{}\n", line.get(7..).unwrap_or_default()))
        .collect();
    let source = tools::scratch("header-example").join("example.c");
    std::fs::write(&source, example).expect("written");
    let data = files::fresh_token_folder();
    let token = std::fs::read_to_string(data.join("token")).expect("token");
    for language in Language::ALL {
        let Some(program) = Program::of(&source).language(language).compile() else { continue };
        let shown = |objects: &str, token: &str| {
            let mut command = program.command();
            command.arg(data.join("jwks.json")).arg(data.join(objects)).arg(token);
            command
        };
        assert_eq!(output(&mut shown("objects.json", &token)), "system:serviceaccount:demo:app\n");
        for (objects, token, why) in
            [("objects-after.json", token.as_str(), "Pod demo/live"), ("objects.json", "x.y", "three parts")]
        {
            let refused = shown(objects, token).output().expect("runs");
            assert_eq!(refused.status.code(), Some(1));
            assert!(String::from_utf8_lossy(&refused.stderr).contains(why), "{refused:?}");
        }
    }
}

#[test]
fn the_examples_do_what_they_say() {
    let data = files::fresh_token_folder();
    let file = |name: &str| data.join(name);
    for language in Language::ALL {
        let example = |name: &str| {
            let source = root().join("bindings/c/examples").join(name).with_extension("c");
            Program::of(&source).language(language).compile()
        };
        let arguments = |program: &Program| {
            let mut command = program.command();
            command.arg(file("jwks.json")).args([ISSUER, "vault"]).arg(file("token"));
            command
        };
        let code = |command: &mut Command| command.output().expect("runs").status.code();

        let Some(verify) = example("verify") else { continue };
        let accepted = output(arguments(&verify).arg(file("objects.json")));
        assert!(accepted.contains("user system:serviceaccount:demo:app\n"), "{accepted}");
        assert!(accepted.contains("pod live\n") && accepted.contains("bound objects live\n"), "{accepted}");
        assert!(output(&mut arguments(&verify)).contains("bound objects not checked"));
        assert_eq!(code(arguments(&verify).arg(file("objects-after.json"))), Some(1));
        assert_eq!(code(arguments(&verify).arg(file("token"))), Some(2), "the token is no list of objects");
        assert_eq!(code(&mut verify.command()), Some(2));

        let Some(callback) = example("callback") else { continue };
        let pod = format!("demo/live={}", files::LIVE_POD_UID);
        assert!(output(arguments(&callback).arg(&pod)).contains("demo:app, pod live"));
        assert_eq!(code(&mut arguments(&callback)), Some(1));
        assert_eq!(code(arguments(&callback).arg("demo/live=another")), Some(1));

        let Some(rotate) = example("rotate") else { continue };
        let report = output(&mut arguments(&rotate));
        assert!(report.contains("8000 verifications, 0 refused, keys replaced 10 times"), "{report}");
    }
}

#[test]
fn the_shared_library_exports_only_the_abi_and_is_small() {
    let shared = library().join("libboundtoken.so");
    if let Some(nm) = tools::tool("nm") {
        let symbols = output(Command::new(nm).args(["-D", "--defined-only"]).arg(&shared));
        let exported: Vec<&str> = symbols.lines().filter_map(|line| line.split(' ').next_back()).collect();
        let declared = declared_functions();
        let foreign: Vec<_> =
            exported.iter().filter(|name| !declared.iter().any(|known| known == *name)).collect();
        assert!(foreign.is_empty(), "exported but not in the header: {foreign:?}");
        assert_eq!(exported.len(), declared.len(), "the header declares what is not exported: {declared:?}");
    }
    if let Some(readelf) = tools::tool("readelf") {
        let dynamic = output(Command::new(readelf).arg("-d").arg(&shared));
        assert!(dynamic.contains(&format!("[{}]", versions::soname())), "{dynamic}");
    }
    // AWS-LC alone is as much as half of the rest, of which most is for clusters.
    let limit = if cfg!(feature = "aws-lc-rs") { 10_000_000 } else { 6_700_000 };
    let size = std::fs::metadata(&shared).expect("library").len();
    println!("libboundtoken.so: {size} bytes");
    assert!(size < limit, "{size} bytes");
}

/// The functions that the header declares: the words before `(`.
fn declared_functions() -> Vec<String> {
    let header = std::fs::read_to_string(root().join("include/boundtoken.h")).expect("header");
    let declarations = header.split("extern \"C\" {").nth(1).expect("declarations");
    let declarations = declarations.split("}  // extern").next().expect("their end");
    declarations
        .lines()
        .filter(|line| !line.starts_with(['/', ' ', '#']))
        .filter_map(|line| line.split('(').next().filter(|_| line.contains('(')))
        .filter_map(|before| before.split([' ', '*']).next_back().map(str::to_owned))
        .collect()
}

fn exists(path: &Path) -> PathBuf {
    assert!(path.exists(), "{}", path.display());
    path.to_owned()
}
