//! Tests against a real cluster: kube-apiserver and etcd, which `make test-cluster` builds.
//!
//! Each test starts its own servers. It prints what it measured, but asserts nothing about times. Without
//! `make test-cluster`, each test only prints that it tested nothing.
#![allow(clippy::restriction)]

mod harness;
mod scenarios;
