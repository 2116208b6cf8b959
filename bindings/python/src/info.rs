//! What the library was built of.

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// What the library was built of, for logs and reports of faults.
#[pyfunction]
pub(crate) fn build_info(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let info = PyDict::new(py);
    info.set_item("version", boundtoken::VERSION)?;
    info.set_item("cryptography", "aws-lc-rs")?;
    info.set_item("target", format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS))?;
    Ok(info)
}
