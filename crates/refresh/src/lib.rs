//! Keeps verifiers of [boundtoken](https://docs.rs/boundtoken) current.
//!
//! Most programs use the crates above this one: `boundtoken-kubernetes` follows a cluster, `boundtoken-discovery` follows any
//! other issuer. This crate is what they share, and what a source of another kind can be built on:
//!
//! - [`OnlineVerifier`] verifies, and asks clusters and issuers where the news may still be on its way.
//! - [`Refresher`] loads an issuer's keys again and again: from time to time, and at once when an unknown key is in use.
//! - [`Backoff`], [`persist`] and [`jittered`] wait between attempts.
//!
//! It needs a tokio runtime and speaks no protocol of its own.
#![forbid(unsafe_code)]

mod backoff;
mod causes;
mod online;
mod refresher;

pub use backoff::{Backoff, jittered, persist};
pub use causes::with_causes;
pub use online::{Answers, AskObjects, OnlineSource, OnlineVerifier, Source, is_pending, lacks_keys};
pub use refresher::{ACCEPTED, LOAD_TIMEOUT, Loaded, ReadKeys, Refresher};
