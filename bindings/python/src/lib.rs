//! The extension module of the Python package `boundtoken`, on the Rust library. No rule of verification stands here.
//!
//! A verification that takes no signature check keeps the GIL; any other releases it. No code waits for another thread
//! while it holds the GIL, and none asks for the GIL while it holds a lock.

use pyo3::prelude::*;

mod arguments;
mod callback;
mod background;
mod checked;
mod closable;
mod cluster;
mod errors;
mod info;
mod issuer;
mod keys;
mod log;
mod objects;
mod process;
mod promise;
mod python;
mod reference;
mod statistics;
mod token;
mod user;
mod verifier;
mod waiting;

// Builds of Python without the GIL are not promised.
#[pymodule(gil_used = true)]
mod _boundtoken {
    use super::*;

    #[pymodule_export]
    use super::checked::CheckedToken;
    #[pymodule_export]
    use super::cluster::{Changes, Cluster, ClusterChange, ClusterStatus, WatchStatus};
    #[pymodule_export]
    use super::info::build_info;
    #[pymodule_export]
    use super::issuer::TrustedIssuer;
    #[pymodule_export]
    use super::keys::{KeySet, KeyStore, SkippedKey};
    #[pymodule_export]
    use super::objects::{Feed, ObjectStore};
    #[pymodule_export]
    use super::reference::{BoundObject, ObjectReference};
    #[pymodule_export]
    use super::statistics::Statistics;
    #[pymodule_export]
    use super::token::VerifiedToken;
    #[pymodule_export]
    use super::user::UserInfo;
    #[pymodule_export]
    use super::verifier::Verifier;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        process::watch(module)?;
        background::end_at_exit(module)?;
        module.add("__version__", boundtoken::VERSION)
    }
}
