//! Reading arguments.

use std::time::Duration;

use boundtoken::{ObjectKind, UnixSeconds};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

/// Borrows the bytes of a `str` or of `bytes`, neither of which ever changes. The text of the error does not repeat them.
pub(crate) fn bytes<'a>(argument: &'a Bound<'_, PyAny>, name: &str) -> PyResult<&'a [u8]> {
    if let Ok(text) = argument.cast::<PyString>() {
        // A text that has no UTF-8 (a lone surrogate) is no token and no document. Its error would show it.
        let text =
            text.to_str().map_err(|_| PyValueError::new_err(format!("{name} is not valid Unicode text")))?;
        return Ok(text.as_bytes());
    }
    match argument.cast::<PyBytes>() {
        Ok(bytes) => Ok(bytes.as_bytes()),
        Err(_) => Err(PyTypeError::new_err(format!("{name} must be str or bytes"))),
    }
}

/// A time: whole seconds since 1970, or a `datetime` with a time zone.
#[derive(Clone, Copy)]
pub(crate) struct Time(pub(crate) UnixSeconds);

impl FromPyObject<'_, '_> for Time {
    type Error = PyErr;

    fn extract(time: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if let Ok(seconds) = time.extract::<u64>() {
            return Ok(Self(UnixSeconds(seconds)));
        }
        let wrong = || {
            PyValueError::new_err("a time must be whole seconds since 1970, or a datetime with a time zone")
        };
        let zone = time.getattr("tzinfo").map_err(|_| wrong())?;
        if zone.is_none() {
            return Err(wrong());
        }
        let seconds: f64 = time.call_method0("timestamp")?.extract()?;
        let since_1970 = Duration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
        Ok(Self(UnixSeconds(since_1970.as_secs())))
    }
}

/// Returns the time that was given, or the system's.
pub(crate) fn now(given: Option<Time>) -> UnixSeconds {
    given.map_or_else(UnixSeconds::now, |Time(seconds)| seconds)
}

/// A kind of objects, by its number.
pub(crate) struct Kind(pub(crate) ObjectKind);

impl FromPyObject<'_, '_> for Kind {
    type Error = PyErr;

    fn extract(kind: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let number: u32 = kind.extract()?;
        let found = ObjectKind::ALL.iter().find(|kind| kind.number() == number);
        found
            .map(|kind| Self(*kind))
            .ok_or_else(|| PyValueError::new_err(format!("{number} is no ObjectKind")))
    }
}

/// A number of seconds, not negative.
pub(crate) fn seconds(given: f64, name: &str) -> PyResult<Duration> {
    Duration::try_from_secs_f64(given)
        .map_err(|_| PyValueError::new_err(format!("{name} must be a number of seconds, and not negative")))
}
