//! The user of a token.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::errors::cannot_pickle;

/// The user that a token speaks for: ``status.user`` of a TokenReview. Immutable.
#[pyclass(frozen, module = "boundtoken")]
pub(crate) struct UserInfo {
    pub(crate) user: boundtoken::UserInfo,
}

#[pymethods]
impl UserInfo {
    /// ``system:serviceaccount:NAMESPACE:NAME``.
    #[getter]
    fn username(&self) -> &str {
        &self.user.username
    }

    /// The uid of the service account.
    #[getter]
    fn uid(&self) -> &str {
        &self.user.uid
    }

    /// ``system:serviceaccounts``, ``system:serviceaccounts:NAMESPACE``, ``system:authenticated``.
    #[getter]
    fn groups<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.user.groups)
    }

    /// More about the token: the credential id, and the pod and node that it names.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let extra = PyDict::new(py);
        for (key, values) in &self.user.extra {
            extra.set_item(key, PyTuple::new(py, values)?)?;
        }
        Ok(extra)
    }

    /// The user as a TokenReview writes it in JSON.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let members = PyDict::new(py);
        members.set_item("username", &self.user.username)?;
        members.set_item("uid", &self.user.uid)?;
        members.set_item("groups", &self.user.groups)?;
        members.set_item("extra", &self.user.extra)?;
        Ok(members)
    }

    fn __repr__(&self) -> String {
        format!("<UserInfo {}>", self.user.username)
    }

    fn __reduce__(&self, py: Python<'_>) -> PyResult<()> {
        Err(cannot_pickle::<Self>(py, "take its to_dict()"))
    }
}
