//! The documents say what the source says. To write docs/rejections.md anew: `make generate`.

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

This file is made from `src/rejection/reason.rs` by `make generate`.

| number | name | what is wrong, and what to do | the rule | |
|---|---|---|---|---|
";

fn table() -> String {
    let mut table = INTRODUCTION.to_owned();
    for reason in Reason::ALL {
        let stricter = if Reason::STRICTER.contains(reason) { "**stricter**" } else { "" };
        let (code, name) = (reason.code(), reason.name());
        let (wrong, remedy) = (reason.description(), reason.remedy());
        let rule = reason.documentation().trim();
        writeln!(table, "| {code} | `{name}` | {wrong}; {remedy} | {rule} | {stricter} |").expect("text");
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
