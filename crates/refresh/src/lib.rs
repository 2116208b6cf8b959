//! Keeps verifiers of [boundtoken](https://docs.rs/boundtoken) current.
//!
//! Most programs use the crates built on this one: `boundtoken-kubernetes` follows a cluster, and
//! `boundtoken-discovery` follows any other issuer. Use this crate directly to build a source of another kind.
//!
//! - [`OnlineVerifier`] verifies tokens. It asks clusters and issuers when their latest changes may not have arrived
//!   yet.
//! - [`Refresher`] reloads an issuer's keys: from time to time, and at once when a token names an unknown key.
//! - [`Backoff`], [`persist`] and [`jittered`] wait between attempts.
//!
//! The crate needs a tokio runtime with its timer enabled. It speaks no network protocol itself. All its types are
//! safe to share between threads.
#![forbid(unsafe_code)]

mod backoff;
mod causes;
mod online;
mod refresher;

pub use backoff::{Backoff, jittered, persist};
pub use causes::with_causes;
pub use online::{Answers, AskObjects, OnlineSource, OnlineVerifier, Source, is_pending, lacks_keys};
pub use refresher::{ACCEPTED, LOAD_TIMEOUT, Loaded, ReadKeys, Refresher};
