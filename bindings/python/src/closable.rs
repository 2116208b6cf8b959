//! Handles that can be closed while other threads use them.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use pyo3::prelude::*;

use crate::errors::CLOSED;

/// A value until it is closed. A caller that has it keeps it until it is done.
pub(crate) struct Closable<T> {
    value: ArcSwapOption<T>,
    /// What it is, for messages.
    what: &'static str,
}

impl<T> Closable<T> {
    pub(crate) fn new(what: &'static str, value: T) -> Self {
        Self { value: ArcSwapOption::from_pointee(value), what }
    }

    /// Fails if it was closed.
    pub(crate) fn get(&self, py: Python<'_>) -> PyResult<Arc<T>> {
        self.value.load_full().ok_or_else(|| self.closed(py))
    }

    /// Calls `use_it` with the value for a moment. Fails if it was closed.
    pub(crate) fn with<R>(&self, py: Python<'_>, use_it: impl FnOnce(&Arc<T>) -> R) -> PyResult<R> {
        match &*self.value.load() {
            Some(value) => Ok(use_it(value)),
            None => Err(self.closed(py)),
        }
    }

    /// Takes the value away. `None` if somebody else has done so.
    pub(crate) fn close(&self) -> Option<Arc<T>> {
        self.value.swap(None)
    }

    fn closed(&self, py: Python<'_>) -> PyErr {
        CLOSED.with(py, format!("the {} was closed", self.what))
    }
}
