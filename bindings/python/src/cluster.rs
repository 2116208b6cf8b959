//! A Kubernetes cluster that the background thread follows.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use boundtoken::ObjectStore;
use boundtoken_kubernetes::{ClusterError, Step};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::background;
use crate::closable::Closable;
use crate::errors::{
    CLOSED, CLUSTER_FORBIDDEN, CLUSTER_FORKED, CLUSTER_NOT_IN_STEP, CLUSTER_UNREACHABLE, CONFIGURATION,
    cannot_pickle,
};
use crate::log;
use crate::process::Process;
use crate::promise;
use crate::waiting::wait;

mod changes;
mod configuration;
mod status;

pub(crate) use changes::{Changes, ClusterChange};
use configuration::Configuration;
pub(crate) use status::{ClusterStatus, WatchStatus};

/// A connection to a Kubernetes cluster, whose keys and objects a thread keeps current. Safe to share between threads.
#[pyclass(frozen, module = "boundtoken")]
pub(crate) struct Cluster {
    connection: Closable<Connection>,
    issuer: String,
    label: String,
    process: Process,
}

/// What ends when a cluster is closed.
pub(crate) struct Connection {
    pub(crate) cluster: boundtoken_kubernetes::Cluster,
}

/// What a verifier needs of a cluster. It does not keep it connected.
pub(crate) struct Link {
    pub(crate) objects: ObjectStore,
    pub(crate) process: Process,
}

impl Link {
    /// Marks the objects as outdated in a child process, where nothing updates them. In the parent it costs one read.
    pub(crate) fn notice_fork(&self) {
        if self.process.has_forked() {
            self.objects.abandon();
        }
    }
}

impl Cluster {
    fn new(cluster: boundtoken_kubernetes::Cluster, label: Option<String>) -> Self {
        let issuer = cluster.issuer().to_owned();
        let label = label.unwrap_or_else(|| issuer.clone());
        let connection = Closable::new("cluster", Connection { cluster });
        Self { connection, issuer, label, process: Process::current() }
    }

    /// Returns the connection. Fails if it was closed, or if this is a child process.
    pub(crate) fn connection(&self, py: Python<'_>) -> PyResult<Arc<Connection>> {
        if self.process.has_forked() {
            return Err(forked(py));
        }
        self.connection.get(py)
    }

    pub(crate) fn trusted_issuer(&self, py: Python<'_>) -> PyResult<boundtoken::TrustedIssuer> {
        Ok(self.connection(py)?.cluster.trusted_issuer().label(&self.label))
    }

    pub(crate) fn link(&self, py: Python<'_>) -> PyResult<Link> {
        Ok(Link { objects: self.connection(py)?.cluster.objects(), process: self.process })
    }
}

pub(crate) fn forked(py: Python<'_>) -> PyErr {
    CLUSTER_FORKED
        .with(py, "the process has forked since the cluster was connected to: connect after the fork")
}

#[pymethods]
impl Cluster {
    /// Connects, and waits until keys and objects are known. Ctrl-C gives it up.
    #[staticmethod]
    #[pyo3(signature = (**options), text_signature = "(*, kubeconfig=None, context=None, in_cluster=False, label=None, \
            namespaces=None, secrets=None, nodes=None, webhook_configurations=None, max_staleness_seconds=None, \
            deadline_seconds=None, unknown_key_wait_seconds=None, max_key_age_seconds=None)")]
    fn connect(py: Python<'_>, options: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let configuration = Configuration::read(py, options)?;
        let (builder, label) = (configuration.get().builder(py)?, configuration.get().label.clone());
        let (connected, outcome) = sync_channel(1);
        log::forward(py)?;
        let connecting = background::spawn(py, async move {
            // Nobody listens after Ctrl-C.
            let _sent = connected.send(builder.connect().await);
        })?;
        let outcome = wait(py, outcome, None).inspect_err(|_| connecting.abort())?;
        let cluster = outcome.ok_or_else(|| CLOSED.with(py, "the interpreter is ending"))?;
        Ok(Self::new(cluster.map_err(|error| raised(py, &error))?, label))
    }

    /// Like ``connect``, for the running event loop of ``asyncio``. Await the result. To cancel it gives it up.
    #[staticmethod]
    #[pyo3(signature = (**options), text_signature = "(*, kubeconfig=None, context=None, in_cluster=False, label=None, \
            namespaces=None, secrets=None, nodes=None, webhook_configurations=None, max_staleness_seconds=None, \
            deadline_seconds=None, unknown_key_wait_seconds=None, max_key_age_seconds=None)")]
    fn connect_async<'py>(
        py: Python<'py>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let configuration = Configuration::read(py, options)?;
        let (builder, label) = (configuration.get().builder(py)?, configuration.get().label.clone());
        log::forward(py)?;
        promise::of(py, async move {
            let outcome = builder.connect().await;
            move |py: Python<'_>| {
                let cluster = outcome.map_err(|error| raised(py, &error))?;
                Ok(Py::new(py, Self::new(cluster, label))?.into_any())
            }
        })
    }

    /// The name of the cluster's issuer.
    #[getter]
    fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The label of the cluster, which accepted tokens repeat. The default is the name of its issuer.
    #[getter]
    fn label(&self) -> &str {
        &self.label
    }

    /// Whether verifiers refuse tokens because what is known is outdated. For ``/readyz``. True once it is closed.
    #[getter]
    fn is_stale(&self, py: Python<'_>) -> bool {
        self.connection(py).map_or(true, |connection| connection.cluster.is_stale())
    }

    /// What is known and how current it is, for logs and metrics. It takes longer the more objects there are.
    fn status(&self, py: Python<'_>) -> PyResult<ClusterStatus> {
        let connection = self.connection(py)?;
        Ok(ClusterStatus::from(py.detach(|| connection.cluster.status())))
    }

    /// Reports what changes from now on, for logs and alarms. Verifiers need no help to notice a change.
    fn changes(&self, py: Python<'_>) -> PyResult<Changes> {
        Changes::of(py, &self.connection, self.process)
    }

    /// Ends the connection. Verifiers refuse its tokens as soon as what is known is outdated.
    fn close(&self) {
        self.end();
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __exit__(
        &self,
        _kind: &Bound<'_, PyAny>,
        _error: &Bound<'_, PyAny>,
        _traceback: &Bound<'_, PyAny>,
    ) -> bool {
        self.end();
        false
    }

    fn __repr__(&self) -> String {
        format!("<Cluster {}>", self.label)
    }

    fn __reduce__(&self, py: Python<'_>) -> PyResult<()> {
        Err(cannot_pickle::<Self>(py, "connect in each process"))
    }
}

impl Cluster {
    fn end(&self) {
        let connection = self.connection.close();
        if self.process.has_forked() {
            // What the parent's thread had locked at the fork is never released here.
            std::mem::forget(connection);
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.end();
    }
}

/// Makes the exception for a failed connection.
fn raised(py: Python<'_>, error: &ClusterError) -> PyErr {
    let class = match (&error.step, error.http_status) {
        (_, Some(401 | 403)) => &CLUSTER_FORBIDDEN,
        (Step::Configuration, _) => &CONFIGURATION,
        (Step::Watch { .. }, _) => &CLUSTER_NOT_IN_STEP,
        (_, _) => &CLUSTER_UNREACHABLE,
    };
    class.with(py, error)
}
