//! The README's programs compile with the dependencies that it states, as in a crate of its reader.
#![allow(clippy::restriction)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// The code blocks of one language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let start = format!("\n```{language}\n");
    text.split(start.as_str()).skip(1).map(|rest| rest.split("\n```").next().expect("an end")).collect()
}

/// The lines of a section of a manifest, in all blocks of the README. Each crate comes once.
fn section(readme: &str, name: &str) -> String {
    let lines = blocks(readme, "toml").into_iter().filter(|block| block.starts_with(&format!("[{name}]")));
    let lines: BTreeSet<&str> = lines.flat_map(|block| block.lines().skip(1)).collect();
    format!("[{name}]\n{}\n", lines.into_iter().collect::<Vec<_>>().join("\n"))
}

#[test]
fn every_program_in_the_readme_compiles_as_it_stands() {
    let repository = boundtoken_testing::repository();
    let readme = std::fs::read_to_string(repository.join("README.md")).unwrap();
    let reader = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme");
    for folder in ["src/bin", "tests"] {
        let _none_yet = std::fs::remove_dir_all(reader.join(folder));
        std::fs::create_dir_all(reader.join(folder)).unwrap();
    }
    let mut manifest = format!(
        "[package]\nname = \"reader\"\nedition = \"2024\"\n\n{}\n{}\n[workspace]\n\n[patch.crates-io]\n",
        section(&readme, "dependencies"),
        section(&readme, "dev-dependencies")
    );
    // What the reader would get from the registry.
    for (name, folder) in [
        ("boundtoken", "."),
        ("boundtoken-dev-server", "crates/dev-server"),
        ("boundtoken-discovery", "crates/discovery"),
        ("boundtoken-kubernetes", "crates/kubernetes"),
        ("boundtoken-refresh", "crates/refresh"),
        ("boundtoken-tower", "crates/tower"),
    ] {
        manifest.push_str(&format!("{name} = {{ path = {:?} }}\n", repository.join(folder)));
    }
    std::fs::write(reader.join("Cargo.toml"), manifest).unwrap();
    std::fs::copy(repository.join("Cargo.lock"), reader.join("Cargo.lock")).unwrap();
    let programs = blocks(&readme, "rust");
    assert!(programs.len() > 2, "the README has programs");
    for (number, program) in programs.iter().enumerate() {
        let folder = if program.contains("fn main(") { "src/bin" } else { "tests" };
        std::fs::write(reader.join(folder).join(format!("program_{number}.rs")), program).unwrap();
    }
    let checked = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--quiet", "--all-targets"])
        .current_dir(&reader)
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap())
        .output()
        .unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}
