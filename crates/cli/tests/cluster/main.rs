//! Following a real cluster: a kube-apiserver with etcd, which `make test-cluster` builds, and what may happen to them.
//!
//! Each test starts both anew and prints what it measured; nothing is asserted of times. Without `make test-cluster` they
//! say loudly that they tested nothing.
#![allow(clippy::restriction)]

mod harness;
mod scenarios;
