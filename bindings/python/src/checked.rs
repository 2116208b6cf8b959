//! Tokens whose objects nobody has looked up yet.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::errors::cannot_pickle;
use crate::reference::BoundObject;

/// A token that is authentic and meant for the verifier, but whose bound objects nobody has looked up yet. Immutable.
#[pyclass(frozen, module = "boundtoken")]
pub(crate) struct CheckedToken {
    pub(crate) checked: boundtoken::CheckedToken,
}

#[pymethods]
impl CheckedToken {
    /// The objects to look up, in the order in which they will be judged.
    #[getter]
    fn bound_objects<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.checked.bound_objects().map(BoundObject::from).collect::<Vec<_>>())
    }

    /// The label of the trusted issuer whose objects can confirm the token.
    #[getter]
    fn issuer_label(&self) -> &str {
        self.checked.issuer_label()
    }

    fn __repr__(&self) -> String {
        format!("<CheckedToken of {}, not confirmed>", self.checked.issuer_label())
    }

    fn __reduce__(&self, py: Python<'_>) -> PyResult<()> {
        Err(cannot_pickle::<Self>(py, "only the verifier that checked it can confirm it"))
    }
}
