//! Replaces a fast path where it is not compiled. No key is fast.

use super::backend;
#[cfg(not(feature = "fast-p256"))]
use super::fast_p256::Tables;
use super::fast_path::{Checks, PathState, PathStatus};
use crate::keys::{Algorithm, Material};

/// Never exists.
#[derive(Clone)]
pub(crate) enum FastKey {}

impl FastKey {
    pub(crate) fn load(_: Algorithm, _: &Material) -> Option<Self> {
        None
    }

    pub(crate) fn is_on(&self) -> bool {
        match *self {}
    }

    pub(crate) fn verify(&self, _: &[u8], _: &[u8], _: &backend::PublicKey) -> bool {
        match *self {}
    }
}

pub(crate) fn status() -> PathStatus {
    PathStatus {
        state: PathState::NotCompiled,
        keys_refused: 0,
        accepted_checked: 0,
        refused_checked: 0,
        refused_unchecked: 0,
        disagreements: 0,
    }
}

pub(crate) fn set_checks(_: Checks) {}

#[cfg(not(feature = "fast-p256"))]
pub(crate) fn tables() -> Tables {
    Tables::default()
}

#[cfg(not(feature = "fast-p256"))]
pub(crate) fn set_table_memory(_: usize) {}
