//! Bound objects that Python looks up.

use std::cell::RefCell;

use boundtoken::{BoundObjects, ObjectReference, ObjectState, Uid};
use pyo3::exceptions::{PyException, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::arguments::Time;
use crate::python::{Imported, PRESENT};
use crate::reference;

static LOGGER: Imported = Imported::new("boundtoken._log", "LOGGER");

thread_local! {
    /// What a look-up raised to end the program, such as KeyboardInterrupt.
    static INTERRUPTED: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

/// A function, or a mapping with the answers.
pub(crate) enum LookUp {
    Function(Py<PyAny>),
    Answers(Py<PyAny>),
}

impl LookUp {
    pub(crate) fn new(objects: &Bound<'_, PyAny>) -> PyResult<Self> {
        if objects.is_callable() {
            Ok(Self::Function(objects.clone().unbind()))
        } else if objects.hasattr("get")? {
            Ok(Self::Answers(objects.clone().unbind()))
        } else {
            Err(PyTypeError::new_err("bound objects must be an ObjectStore or a function"))
        }
    }

    fn ask(&self, py: Python<'_>, reference: &ObjectReference<'_>) -> PyResult<ObjectState> {
        let asked = reference::ObjectReference::from(reference);
        match self {
            Self::Function(function) => answer(&function.bind(py).call1((asked,))?),
            Self::Answers(answers) => {
                let found = answers.bind(py).call_method1("get", (asked,))?;
                if found.is_none() { Ok(ObjectState::Unavailable) } else { answer(&found) }
            }
        }
    }
}

impl BoundObjects for LookUp {
    fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        let ask = |py: Python<'_>| {
            self.ask(py, reference).unwrap_or_else(|error| {
                report(py, error, reference);
                ObjectState::Unavailable
            })
        };
        // There is nobody to ask while the interpreter ends.
        Python::try_attach(ask).unwrap_or(ObjectState::Unavailable)
    }
}

fn answer(given: &Bound<'_, PyAny>) -> PyResult<ObjectState> {
    let py = given.py();
    if given.is_instance(PRESENT.get(py)?)? {
        let uid = given.getattr("uid")?.cast_into::<PyString>()?;
        let deleted: Option<Time> = given.getattr("deletion_timestamp")?.extract()?;
        let uid = Uid::from(uid.to_str()?);
        return Ok(ObjectState::Present { uid, deletion_timestamp: deleted.map(|Time(seconds)| seconds) });
    }
    match given.extract::<u32>() {
        Ok(0) => Ok(ObjectState::Unavailable),
        Ok(2) => Ok(ObjectState::Absent),
        Ok(3) => Ok(ObjectState::NotFollowed),
        _ => Err(PyTypeError::new_err(format!(
            "a look-up must return Present(uid) or another ObjectState, not {}",
            given.get_type().name()?
        ))),
    }
}

/// Tells the log. What is to end the program waits until the verification is done.
fn report(py: Python<'_>, error: PyErr, reference: &ObjectReference<'_>) {
    if !error.is_instance_of::<PyException>(py) {
        INTERRUPTED.set(Some(error));
        return;
    }
    let log = || {
        let details = PyDict::new(py);
        details.set_item("exc_info", error.value(py))?;
        let arguments = ("the look-up of %s failed, so its state is unavailable", reference.to_string());
        LOGGER.get(py)?.call_method("error", arguments, Some(&details))
    };
    if let Err(failure) = log() {
        failure.write_unraisable(py, None);
    }
}

/// Raises what a look-up of this thread raised to end the program.
pub(crate) fn raise_interruption() -> PyResult<()> {
    INTERRUPTED.take().map_or(Ok(()), Err)
}
