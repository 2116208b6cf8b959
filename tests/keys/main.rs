//! Reading keys: key sets, PEM files, and keys that sign.
#![allow(clippy::restriction)]

mod jwks;
mod key_set;
mod pem;
mod signing;

use std::fs;

use boundtoken::{Key, KeySet};

/// Reads a file below `tests`.
fn read(path: &str) -> Vec<u8> {
    fs::read(format!("{}/tests/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Reads a PEM file of `tests/fixtures/keys`.
fn fixture(name: &str) -> Vec<u8> {
    read(&format!("fixtures/keys/{name}.pem"))
}

fn to_jwk(key: &Key) -> String {
    serde_json::to_string(&key.to_jwk()).unwrap()
}

fn to_jwks(keys: &KeySet) -> String {
    serde_json::to_string(&keys.to_jwks()).unwrap()
}
