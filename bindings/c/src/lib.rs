//! The C ABI: what `include/boundtoken.h` declares.
//!
//! For callers in C and in languages that call C. Rust programs use the crate `boundtoken`. The documentation of each
//! function is written for the header, which is generated from this crate and checked in. What every function may expect
//! of its caller (valid pointers, lifetimes, threads) is said once, in the conventions at the head of the header.
//!
//! This crate holds the only `unsafe` code of boundtoken, except for the instructions of `fast-rsa`. It reads what the
//! caller points to. For clusters it also tells the system how to treat their thread and the children of the process.

#![allow(unsafe_code)]
// C has its own names.
#![allow(non_camel_case_types)]
// The contract of each function is its documentation and the header's conventions; "Safety" would be said to C readers.
#![allow(clippy::missing_safety_doc)]
#![cfg_attr(test, allow(clippy::as_conversions))]

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
