//! The C ABI: what `include/boundtoken.h` declares.
//!
//! For callers in C and in languages that call C; from Rust, use the rest of the crate. The documentation of each
//! function is written for the header, which is generated from this module and checked in. What every function may
//! expect of its caller (valid pointers, lifetimes, threads) is said once, in the conventions at the head of the header.
//!
//! This module holds the only `unsafe` code of the crate but for the instructions of `fast-rsa`: reading what the caller
//! points to and, for clusters, telling the system how their thread and the process's children are to be treated.

#![allow(unsafe_code)]
// C has its own names.
#![allow(non_camel_case_types)]
// The contract of each function is its documentation and the header's conventions; "Safety" would be said to C readers.
#![allow(clippy::missing_safety_doc)]
#![deny(clippy::undocumented_unsafe_blocks, clippy::multiple_unsafe_ops_per_block)]

mod boundary;
mod builder;
mod callback;
mod claims;
#[cfg(feature = "kubernetes")]
mod cluster;
mod error;
mod fast_rsa;
mod keys;
mod objects;
mod pointer;
mod status;
mod string;
mod verify;
mod version;

pub use builder::*;
pub use callback::*;
pub use claims::*;
#[cfg(feature = "kubernetes")]
pub use cluster::*;
pub use error::*;
pub use fast_rsa::*;
pub use keys::*;
pub use objects::*;
pub use status::*;
pub use string::boundtoken_str;
pub use verify::*;
pub use version::*;
