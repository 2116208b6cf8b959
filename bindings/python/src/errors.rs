//! Raising the exceptions of the package.

use boundtoken::Rejection;
use pyo3::PyTypeInfo;
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::python::Imported;

static REJECTED: Imported = Imported::new("boundtoken._errors", "rejected");

/// An exception class of the package.
pub(crate) struct ErrorClass(Imported);

impl ErrorClass {
    const fn new(name: &'static str) -> Self {
        Self(Imported::new("boundtoken._errors", name))
    }

    /// Makes the exception.
    pub(crate) fn with(&self, py: Python<'_>, message: impl std::fmt::Display) -> PyErr {
        let class: PyResult<&Bound<'_, PyType>> = self.0.class(py);
        class.map_or_else(|error| error, |class| PyErr::from_type(class.clone(), message.to_string()))
    }

    /// Whether an exception is of this class.
    pub(crate) fn is(&self, py: Python<'_>, error: &PyErr) -> bool {
        self.0.class(py).is_ok_and(|class| error.get_type(py).is_subclass(class).unwrap_or(false))
    }
}

pub(crate) static CONFIGURATION: ErrorClass = ErrorClass::new("ConfigurationError");
pub(crate) static KEY_SET: ErrorClass = ErrorClass::new("KeySetError");
pub(crate) static OBJECTS: ErrorClass = ErrorClass::new("ObjectsError");
pub(crate) static CLOSED: ErrorClass = ErrorClass::new("ClosedError");
pub(crate) static CLUSTER_FORKED: ErrorClass = ErrorClass::new("ClusterForkedError");
pub(crate) static CLUSTER_FORBIDDEN: ErrorClass = ErrorClass::new("ClusterForbiddenError");
pub(crate) static CLUSTER_NOT_IN_STEP: ErrorClass = ErrorClass::new("ClusterNotInStepError");
pub(crate) static CLUSTER_UNREACHABLE: ErrorClass = ErrorClass::new("ClusterUnreachableError");

/// Makes the exception for a refusal, of the class of its family.
pub(crate) fn rejected(py: Python<'_>, rejection: &Rejection) -> PyErr {
    rejected_value(py, rejection).map_or_else(|error| error, PyErr::from_value)
}

/// Like [`rejected`], as a value.
pub(crate) fn rejected_value<'py>(py: Python<'py>, rejection: &Rejection) -> PyResult<Bound<'py, PyAny>> {
    let texts = (rejection.number(), rejection.to_string(), rejection.www_authenticate());
    REJECTED.get(py)?.call1(texts)
}

/// Refuses to pickle an object of this class.
pub(crate) fn cannot_pickle<T: PyTypeInfo>(py: Python<'_>, instead: &str) -> PyErr {
    let name = T::type_object(py).name().map_or_else(|_| "object".to_owned(), |name| name.to_string());
    pyo3::exceptions::PyTypeError::new_err(format!("{name} cannot be pickled: {instead}"))
}
