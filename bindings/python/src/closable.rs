//! Handles that can be closed while other threads use them.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use pyo3::prelude::*;

use crate::errors::CLOSED;

/// A value until it is closed. A caller that has it keeps it until it is done.
pub(crate) struct Closable<T>(ArcSwapOption<T>);

impl<T> Closable<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(ArcSwapOption::from_pointee(value))
    }

    /// Fails if it was closed.
    pub(crate) fn get(&self, py: Python<'_>) -> PyResult<Arc<T>> {
        self.0.load_full().ok_or_else(|| CLOSED.with(py, "it was closed"))
    }

    /// Calls `use_it` with the value for a moment. Fails if it was closed.
    pub(crate) fn with<R>(&self, py: Python<'_>, use_it: impl FnOnce(&Arc<T>) -> R) -> PyResult<R> {
        match &*self.0.load() {
            Some(value) => Ok(use_it(value)),
            None => Err(CLOSED.with(py, "it was closed")),
        }
    }

    /// Takes the value away. `None` if somebody else has done so.
    pub(crate) fn close(&self) -> Option<Arc<T>> {
        self.0.swap(None)
    }
}
