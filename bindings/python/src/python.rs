//! What the extension module uses of Python's side of the package, and of the standard library.

use boundtoken::UnixSeconds;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// A name of a Python module, looked up once.
pub(crate) struct Imported {
    module: &'static str,
    name: &'static str,
    value: PyOnceLock<Py<PyAny>>,
}

impl Imported {
    pub(crate) const fn new(module: &'static str, name: &'static str) -> Self {
        Self { module, name, value: PyOnceLock::new() }
    }

    pub(crate) fn get<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyAny>> {
        let import = || Ok::<_, PyErr>(py.import(self.module)?.getattr(self.name)?.unbind());
        Ok(self.value.get_or_try_init(py, import)?.bind(py))
    }

    pub(crate) fn class<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyType>> {
        Ok(self.get(py)?.cast::<PyType>()?)
    }
}

/// One of the generated enumerations.
pub(crate) struct Enumeration(Imported);

impl Enumeration {
    const fn new(name: &'static str) -> Self {
        Self(Imported::new("boundtoken._enumerations", name))
    }

    /// Returns the member with this number.
    pub(crate) fn member(&self, py: Python<'_>, number: u32) -> PyResult<Py<PyAny>> {
        Ok(self.0.get(py)?.call1((number,))?.unbind())
    }
}

pub(crate) static OBJECT_KIND: Enumeration = Enumeration::new("ObjectKind");
pub(crate) static OBJECT_STATE: Enumeration = Enumeration::new("ObjectState");
pub(crate) static CHANGE: Enumeration = Enumeration::new("Change");
pub(crate) static CONFIRMED: Enumeration = Enumeration::new("Confirmed");
pub(crate) static FAST_RSA_STATE: Enumeration = Enumeration::new("FastRsaState");

pub(crate) static PRESENT: Imported = Imported::new("boundtoken._objects", "Present");
pub(crate) static LOADS: Imported = Imported::new("json", "loads");

static DATETIME: Imported = Imported::new("datetime", "datetime");
static TIMEZONE: Imported = Imported::new("datetime", "timezone");

/// Returns a time as a `datetime` in UTC.
pub(crate) fn datetime(py: Python<'_>, time: UnixSeconds) -> PyResult<Py<PyAny>> {
    let utc = TIMEZONE.get(py)?.getattr("utc")?;
    Ok(DATETIME.get(py)?.call_method1("fromtimestamp", (time.0, utc))?.unbind())
}
