//! The C ABI, declared in `include/boundtoken.h`.
//!
//! It is for C and for languages that can call C. Rust programs use the crate `boundtoken`.
//!
//! The header is generated from this crate and checked in, so the documentation of each function is written for C
//! readers. The conventions at the top of the header say once what every function expects of its caller: valid
//! pointers, lifetimes, threads.
//!
//! This crate has the only `unsafe` code of boundtoken, apart from the vector instructions of `fast-rsa`. It needs
//! `unsafe` to read what the caller points to. For clusters it also blocks signals and counts forks.

#![allow(unsafe_code)]
// The names are C names.
#![allow(non_camel_case_types)]
// The header's conventions are the safety contract. A section "Safety" would end up in the header.
#![allow(clippy::missing_safety_doc)]
#![cfg_attr(test, allow(clippy::as_conversions))]

mod batch;
mod boundary;
mod builder;
mod callback;
mod checked;
mod claims;
#[cfg(feature = "kubernetes")]
mod cluster;
#[cfg(not(feature = "kubernetes"))]
#[path = "cluster_absent.rs"]
mod cluster;
mod error;
mod feed;
mod keys;
mod log;
mod notice;
mod objects;
mod options;
mod pointer;
mod record;
mod statistics;
mod status;
mod string;
mod userdata;
mod verification;
mod verify;
mod version;

pub use batch::*;
pub use builder::*;
pub use callback::*;
pub use checked::*;
pub use claims::*;
pub use cluster::*;
pub use error::*;
pub use feed::*;
pub use keys::*;
pub use log::*;
pub use notice::boundtoken_done_callback;
pub use objects::*;
pub use record::*;
pub use statistics::*;
pub use status::*;
pub use string::boundtoken_str;
pub use verification::*;
pub use verify::*;
pub use version::*;
