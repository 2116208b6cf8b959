//! The crates and the library's modules use each other as docs/architecture.md says.
#![allow(clippy::restriction)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

type Uses = BTreeMap<String, BTreeSet<String>>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A table of the document: its first column, and the names in its last.
fn table(heading: &str) -> Uses {
    let text = std::fs::read_to_string(root().join("docs/architecture.md")).expect("docs/architecture.md");
    let section = text.split(&format!("\n## {heading}\n")).nth(1).expect("the section");
    let section = section.split("\n## ").next().expect("its end");
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        (names(cells[0]).pop_first().expect("a name"), names(cells[2]))
    })
    .collect()
}

#[test]
fn crates_use_each_other_as_the_document_says() {
    let arguments = ["metadata", "--format-version", "1", "--no-deps", "--offline"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata");
    let mut found = Uses::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let dependencies = package["dependencies"].as_array().expect("dependencies").iter();
        let normal = dependencies.filter(|dependency| dependency["kind"].is_null());
        let names = normal.filter_map(|dependency| dependency["name"].as_str());
        let ours = names.filter(|name| name.starts_with("boundtoken")).map(str::to_owned).collect();
        found.insert(package["name"].as_str().expect("name").to_owned(), ours);
    }
    assert_eq!(found, table("Crates"));
}

/// What the library pulls in, with every feature.
#[test]
fn the_library_pulls_in_no_runtime_no_http_and_no_kubernetes_client() {
    let arguments =
        ["tree", "--edges", "normal", "--prefix", "none", "--all-features", "--offline", "--locked"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).expect("UTF-8");
    let packages: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(packages.contains("ring") && packages.contains("aws-lc-rs"), "{packages:?}");
    for name in ["tokio", "async-std", "hyper", "http", "reqwest", "axum", "kube", "rustls", "clap"] {
        assert!(!packages.contains(name), "{name}");
    }
}

#[test]
fn modules_of_the_library_use_each_other_as_the_document_says() {
    let mut found = Uses::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path())
        {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                read(&entry, &mut found);
            }
        }
    }
    assert_eq!(found, table("Modules of the library"));
}

/// Adds what a source file uses to what its module uses.
fn read(path: &Path, found: &mut Uses) {
    let name = path.strip_prefix(root().join("src")).expect("below src").display().to_string();
    if name == "lib.rs" || name.contains("tests") {
        return;
    }
    let module = name.split(['/', '.']).next().expect("a module").to_owned();
    let source = std::fs::read_to_string(path).expect("source");
    let source = source.split("#[cfg(test)]\nmod tests").next().expect("the code before its tests");
    let code = source.lines().map(|line| line.split("//").next().unwrap_or_default());
    let uses = found.entry(module.clone()).or_default();
    for line in code {
        for rest in line.split("crate::").skip(1) {
            let used: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            // The public names of modules of `crypto`.
            let used = if ["fast_p256", "fast_rsa"].contains(&&*used) { "crypto".to_owned() } else { used };
            if used != module {
                uses.insert(used);
            }
        }
    }
}

/// The module list of `lib.rs` is the table's order.
#[test]
fn the_library_lists_its_modules_in_the_order_of_the_document() {
    let source = std::fs::read_to_string(root().join("src/lib.rs")).expect("src/lib.rs");
    let listed: Vec<&str> = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub ").unwrap_or(line).strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    let document =
        std::fs::read_to_string(root().join("docs/architecture.md")).expect("docs/architecture.md");
    let section = document.split("\n## Modules of the library\n").nth(1).expect("the section");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    assert_eq!(listed, rows.take(listed.len()).collect::<Vec<_>>());
}
