//! Checks that the documents match the sources. `make generate` writes docs/rejections.md again.
#![allow(clippy::restriction)]

use std::fmt::Write as _;
use std::path::Path;

use boundtoken::Reason;

const INTRODUCTION: &str = "\
# Why a token is refused

Every refusal has one reason, with a number and a name that are the same in Rust, C and every binding, and never change.
When several things are wrong, the first in this order is reported. **Stricter** marks rules by which boundtoken refuses
tokens that kube-apiserver's TokenReview can accept; every other refusal is the API server's too.

Older API servers do not know some of the rules, and may accept such tokens as well. Before Kubernetes 1.37, or with its feature
gate `APIServerWebhookAuthenticationToken` off, an API server issues no tokens that are bound to webhook configurations: 406 for
attestations, 550 to 563. Kubernetes 1.30 tries every key, whatever `kid` says: 302, and 304 for a token with the `kid` of
another key.

The HTTP status is that of an answer that refuses the request: 401, or 503 if the same token may be accepted later.

This file is made from `src/rejection/reason.rs` by `make generate`.
";

fn table() -> String {
    let mut table = INTRODUCTION.to_owned();
    for family in Reason::FAMILIES {
        let heading = family.name.replace('_', " ");
        writeln!(table, "\n## {} to {}: {heading}\n\n{}\n", family.first, family.last, family.documentation)
            .expect("text");
        table.push_str("| number | name | what is wrong, and what to do | the rule | HTTP | |\n|---|---|---|---|---|---|\n");
        let numbers = family.first..=family.last;
        for reason in Reason::ALL.iter().filter(|reason| numbers.contains(&reason.number())) {
            let stricter = if Reason::STRICTER.contains(reason) { "**stricter**" } else { "" };
            let (number, name, http) = (reason.number(), reason.name(), reason.http_status());
            let (wrong, remedy) = (reason.description(), reason.remedy());
            let rule = reason.documentation().trim();
            writeln!(table, "| {number} | `{name}` | {wrong}; {remedy} | {rule} | {http} | {stricter} |")
                .expect("text");
        }
    }
    table
}

#[test]
fn the_table_of_reasons_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rejections.md");
    if std::env::var_os("BOUNDTOKEN_UPDATE").is_some() {
        std::fs::write(&path, table()).expect("docs/rejections.md");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == table(), "docs/rejections.md is not current: run `make generate`");
}

#[test]
fn every_decision_is_in_the_index() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/decisions");
    let index = std::fs::read_to_string(directory.join("README.md")).expect("index");
    let mut decisions = 0;
    for entry in std::fs::read_dir(&directory).expect("docs/decisions") {
        let name = entry.expect("entry").file_name().into_string().expect("name");
        if name != "README.md" {
            assert!(index.contains(&format!("({name})")), "{name} is not in the index");
            decisions += 1;
        }
    }
    assert!(decisions > 0);
}

/// `unsafe` occurs only where SECURITY.md says, and outside the C ABI as often as it says.
#[test]
fn unsafe_occurs_only_where_the_security_policy_says() {
    const C_ABI: &str = "bindings/c/src";
    const GO_GUEST: &str = "bindings/go/guest/src";
    const INSTRUCTIONS: &str = "src/crypto/lanes/simd.rs";
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let policy = std::fs::read_to_string(root.join("SECURITY.md")).expect("SECURITY.md");
    assert!(
        [C_ABI, GO_GUEST].iter().all(|folder| policy.contains(&format!("(`{folder}`)")))
            && policy.contains(&format!("two blocks of vector instructions (`{INSTRUCTIONS}`"))
    );
    let mut folders = vec![root.join("src"), root.join("bindings")];
    for member in std::fs::read_dir(root.join("crates")).expect("crates") {
        folders.push(member.expect("an entry").path().join("src"));
    }
    let mut blocks = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path())
        {
            let name = entry.strip_prefix(root).expect("below").display().to_string();
            if [C_ABI, GO_GUEST, "bindings/c/tests"].contains(&&*name) {
                continue;
            } else if entry.is_dir() {
                folders.push(entry);
                continue;
            } else if entry.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let source = std::fs::read_to_string(&entry).expect("source");
            let code = source.lines().map(|line| line.split("//").next().unwrap_or_default());
            let uses = code.filter(|line| {
                line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "unsafe")
            });
            let count = uses.count();
            assert!(count == 0 || name == INSTRUCTIONS, "{name}: {count}");
            blocks += count;
        }
    }
    assert_eq!(blocks, 2);
}

/// Every file that the documents name exists.
#[test]
fn the_files_that_documents_name_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for document in ["SECURITY.md", "CONTRIBUTING.md", "README.md"] {
        let text = std::fs::read_to_string(root.join(document)).expect(document);
        let quoted = text.split('`').skip(1).step_by(2);
        let linked = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        for name in quoted.chain(linked) {
            let is_path = [
                "src/",
                "tests/",
                "docs/",
                "include/",
                "examples/",
                "deploy/",
                "benches/",
                "crates/",
                "bindings/",
            ]
            .iter()
            .any(|folder| name.starts_with(folder));
            if is_path && !name.contains(' ') {
                assert!(root.join(name).exists(), "{document}: {name}");
            }
        }
    }
}

/// The crate registry shows the README without the repository, so a link to a file would lead nowhere.
#[test]
fn the_readme_links_to_no_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("README.md")).expect("README.md");
    for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(link.starts_with("https://") || link.starts_with('#'), "{link}");
    }
}

/// Every crate that is published has a README and what the registry wants.
#[test]
fn published_crates_say_what_the_registry_shows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = std::fs::read_to_string(root.join("Cargo.toml")).expect("Cargo.toml");
    let members =
        workspace.split("members = [").nth(1).and_then(|rest| rest.split(']').next()).expect("members");
    for member in members.split('"').skip(1).step_by(2) {
        let manifest = std::fs::read_to_string(root.join(member).join("Cargo.toml")).expect(member);
        let published = !manifest.contains("publish = false");
        for entry in ["readme.workspace = true", "license.workspace = true", "description = "] {
            assert!(!published || manifest.contains(&format!("\n{entry}")), "{member}: {entry}");
        }
    }
}

/// All times in the README come from one run with RS256, which docs/performance.md describes.
#[test]
fn the_times_in_the_readme_are_those_of_the_last_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| std::fs::read_to_string(root.join(name)).expect(name);
    let (readme, performance) = (read("README.md"), read("docs/performance.md"));
    let run = performance.split("<!-- Written by `make bench-peers` from here -->").nth(1).expect("the run");
    let (first, again) = run.split_once("| **A token seen again** |").expect("two parts");
    let time = |part: &str, verifier: &str| {
        let row = part.lines().find(|line| line.starts_with(&format!("| {verifier}"))).expect(verifier);
        row.split('|').nth(4).and_then(|cell| cell.trim().split(' ').next()).expect("a time").to_owned()
    };
    let cells = |label: &str| {
        let row = readme.lines().find(|line| line.starts_with(&format!("| {label} |"))).expect(label);
        row.split('|').map(str::trim).map(str::to_owned).collect::<Vec<_>>()
    };
    let row = cells("an RS256 token");
    assert_eq!(
        row[2..5],
        [
            format!("{} µs and the way to the API server", time(first, "TokenReview of the dev server")),
            format!("{} µs", time(first, "jsonwebtoken (aws_lc_rs)")),
            format!(
                "{} µs with ring, {} µs with AWS-LC, {} µs with `fast-rsa`",
                time(first, "boundtoken (ring)"),
                time(first, "boundtoken (aws-lc-rs)"),
                time(first, "boundtoken (aws-lc-rs, fast-rsa, fast-p256)"),
            ),
        ]
    );
    let row = cells("the same token again");
    assert_eq!(
        row[2],
        format!("{} µs and the way to the API server", time(again, "TokenReview of the dev server"))
    );
    assert_eq!(row[4], format!("{} µs, its pod confirmed each time", time(again, "boundtoken (ring)")));
}
