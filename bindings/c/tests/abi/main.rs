//! Checks `bindings/abi.json`: everything that bindings for other languages generate from. `make generate` writes it
//! again.
//!
//! It is read from the generated header, and its layouts are computed. C and C++ compilers check that the header agrees.
//! `bindings/abi.baseline.json` is the document of the last release, and nothing of it may change.
#![allow(clippy::restriction)]

mod abidiff;
mod compilers;
mod document;
mod frozen;
mod header;
mod layout;

use std::path::PathBuf;

use document::Abi;

#[test]
fn the_document_is_current() {
    let path = bindings("abi.json");
    let generated = serde_json::to_string_pretty(&current()).expect("JSON") + "\n";
    if std::env::var_os("BOUNDTOKEN_UPDATE").is_some() {
        std::fs::write(&path, &generated).expect("bindings/abi.json can be written");
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(checked_in == generated, "bindings/abi.json is out of date; run `make generate`");
}

/// The ABI that the header declares now.
fn current() -> Abi {
    let path = boundtoken_testing::repository().join("include/boundtoken.h");
    Abi::of(&header::read(&std::fs::read_to_string(path).expect("include/boundtoken.h")))
}

/// The ABI of the last release.
fn baseline() -> Abi {
    let text = std::fs::read_to_string(bindings("abi.baseline.json")).expect("bindings/abi.baseline.json");
    serde_json::from_str(&text).expect("the form of bindings/abi.json")
}

fn bindings(name: &str) -> PathBuf {
    boundtoken_testing::repository().join("bindings").join(name)
}
