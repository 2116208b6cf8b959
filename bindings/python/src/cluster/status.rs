//! The state of a cluster's connection.

use boundtoken_kubernetes::ClusterStatus as Status;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::python::{OBJECT_KIND, datetime};

/// What was known of a cluster at one moment, and how current it was. Immutable.
#[pyclass(frozen, module = "boundtoken")]
pub(crate) struct ClusterStatus {
    status: Status,
}

impl From<Status> for ClusterStatus {
    fn from(status: Status) -> Self {
        Self { status }
    }
}

#[pymethods]
impl ClusterStatus {
    /// The name of the issuer.
    #[getter]
    fn issuer(&self) -> &str {
        &self.status.issuer
    }

    /// The ``kid`` of each key in use.
    #[getter]
    fn key_ids<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.status.key_ids)
    }

    /// When the keys were last loaded, in UTC.
    #[getter]
    fn keys_loaded_at(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        datetime(py, self.status.keys_loaded_at)
    }

    /// Why the last attempt to load the keys failed.
    #[getter]
    fn keys_failure(&self) -> Option<&str> {
        self.status.keys_failure.as_deref()
    }

    /// Whether the cluster publishes no usable key. All its tokens are refused then.
    #[getter]
    fn keys_withdrawn(&self) -> bool {
        self.status.keys_withdrawn
    }

    /// Whether the keys are older than ``max_key_age_seconds``.
    #[getter]
    fn keys_stale(&self) -> bool {
        self.status.keys_stale
    }

    /// Whether verifiers refuse tokens because what is known is outdated.
    #[getter]
    fn stale(&self) -> bool {
        self.status.stale
    }

    /// One for each kind and namespace.
    #[getter]
    fn watches<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let watches = self.status.watches.iter().map(|watch| WatchStatus { watch: watch.clone() });
        PyTuple::new(py, watches.collect::<Vec<_>>())
    }

    /// All of it as a JSON object, as the C library reports it.
    fn to_json(&self) -> PyResult<String> {
        serde_json::to_string(&self.status).map_err(|error| PyValueError::new_err(error.to_string()))
    }

    fn __repr__(&self) -> String {
        let Status { issuer, stale, watches, .. } = &self.status;
        format!("<ClusterStatus {issuer}, stale={stale}, {} watches>", watches.len())
    }
}

/// The state of one watch of a cluster. Immutable.
#[pyclass(frozen, module = "boundtoken")]
pub(crate) struct WatchStatus {
    watch: boundtoken_kubernetes::WatchStatus,
}

#[pymethods]
impl WatchStatus {
    /// The kind of its objects.
    #[getter]
    fn kind(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        OBJECT_KIND.member(py, self.watch.kind.number())
    }

    /// Their namespace, or ``None`` for the whole cluster.
    #[getter]
    fn namespace(&self) -> Option<&str> {
        self.watch.namespace.as_deref()
    }

    /// Whether the watch is connected and up to date.
    #[getter]
    fn in_step(&self) -> bool {
        self.watch.in_step
    }

    /// How long ago it was last up to date.
    #[getter]
    fn age_seconds(&self) -> u64 {
        self.watch.age_seconds
    }

    /// How many objects it knows.
    #[getter]
    fn objects(&self) -> usize {
        self.watch.objects
    }

    /// How many events have come so far.
    #[getter]
    fn events(&self) -> u64 {
        self.watch.events
    }

    /// How often the connection was made anew.
    #[getter]
    fn reconnects(&self) -> u64 {
        self.watch.reconnects
    }

    /// What has failed since the watch last heard from the API server.
    #[getter]
    fn failure(&self) -> Option<&str> {
        self.watch.failure.as_deref()
    }

    fn __repr__(&self) -> String {
        let watch = &self.watch;
        let namespace = watch.namespace.as_deref().unwrap_or("all namespaces");
        format!(
            "<WatchStatus {} in {namespace}, in_step={}, {} objects>",
            watch.kind, watch.in_step, watch.objects
        )
    }
}
