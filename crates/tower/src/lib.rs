//! Authenticates the callers of Rust services by Kubernetes bound tokens.
#![forbid(unsafe_code)]

mod policy;

pub use policy::{Policy, PolicyError, PolicyFile, SharedPolicy};
