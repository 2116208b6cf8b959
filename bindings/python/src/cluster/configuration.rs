//! Which cluster to connect to, and how. It is strict: a slip must not silently follow less or another cluster.

use std::path::PathBuf;
use std::time::Duration;

use boundtoken_kubernetes::{Cluster, ClusterBuilder};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arguments::seconds;
use crate::errors::CONFIGURATION;

/// One year, in seconds. Nothing may take longer.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// The options of `Cluster.connect`, which `_boundtoken.pyi` describes.
#[pyclass(frozen)]
pub(super) struct Configuration {
    kubeconfig: Option<PathBuf>,
    context: Option<String>,
    in_cluster: bool,
    pub(super) label: Option<String>,
    namespaces: Option<Vec<String>>,
    secrets: Option<bool>,
    nodes: Option<bool>,
    webhook_configurations: Option<bool>,
    max_staleness_seconds: Option<f64>,
    deadline_seconds: Option<f64>,
    unknown_key_wait_seconds: Option<f64>,
    max_key_age_seconds: Option<f64>,
}

#[pymethods]
impl Configuration {
    #[new]
    #[pyo3(signature = (*, kubeconfig = None, context = None, in_cluster = false, label = None, namespaces = None,
        secrets = None, nodes = None, webhook_configurations = None, max_staleness_seconds = None,
        deadline_seconds = None, unknown_key_wait_seconds = None, max_key_age_seconds = None))]
    fn new(
        kubeconfig: Option<PathBuf>,
        context: Option<String>,
        in_cluster: bool,
        label: Option<String>,
        namespaces: Option<Vec<String>>,
        secrets: Option<bool>,
        nodes: Option<bool>,
        webhook_configurations: Option<bool>,
        max_staleness_seconds: Option<f64>,
        deadline_seconds: Option<f64>,
        unknown_key_wait_seconds: Option<f64>,
        max_key_age_seconds: Option<f64>,
    ) -> Self {
        Self {
            kubeconfig,
            context,
            in_cluster,
            label,
            namespaces,
            secrets,
            nodes,
            webhook_configurations,
            max_staleness_seconds,
            deadline_seconds,
            unknown_key_wait_seconds,
            max_key_age_seconds,
        }
    }
}

impl Configuration {
    /// Reads keyword arguments. An unknown one is an error.
    pub(super) fn read<'py>(
        py: Python<'py>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, Self>> {
        Ok(py.get_type::<Self>().call((), options)?.cast_into::<Self>()?)
    }

    pub(super) fn builder(&self, py: Python<'_>) -> PyResult<ClusterBuilder> {
        let mut builder = Cluster::builder();
        if self.in_cluster {
            if self.kubeconfig.is_some() || self.context.is_some() {
                return Err(CONFIGURATION.with(py, "in_cluster leaves no choice of kubeconfig and context"));
            }
            builder = builder.in_cluster();
        }
        if let Some(path) = &self.kubeconfig {
            builder = builder.kubeconfig(path);
        }
        if let Some(context) = &self.context {
            builder = builder.context(context.as_str());
        }
        if let Some(names) = &self.namespaces {
            builder = builder.namespaces(names).map_err(|error| super::raised(py, &error))?;
        }
        if let Some(secrets) = self.secrets {
            builder = builder.secrets(secrets);
        }
        if let Some(nodes) = self.nodes {
            builder = builder.nodes(nodes);
        }
        if let Some(configurations) = self.webhook_configurations {
            builder = builder.webhook_configurations(configurations);
        }
        if let Some(age) = positive(py, self.max_staleness_seconds, "max_staleness_seconds")? {
            builder = builder.max_staleness(age);
        }
        if let Some(deadline) = positive(py, self.deadline_seconds, "deadline_seconds")? {
            builder = builder.deadline(deadline);
        }
        if let Some(age) = positive(py, self.max_key_age_seconds, "max_key_age_seconds")? {
            builder = builder.max_key_age(age);
        }
        // Zero is allowed: it means not to wait.
        if let Some(wait) = self.unknown_key_wait_seconds {
            builder = builder.unknown_key_wait(seconds(wait, "unknown_key_wait_seconds")?);
        }
        Ok(builder)
    }
}

fn positive(py: Python<'_>, given: Option<f64>, name: &str) -> PyResult<Option<Duration>> {
    let duration = given.map(|given| seconds(given, name)).transpose()?;
    if duration.is_some_and(|duration| duration.is_zero() || duration > LONGEST) {
        return Err(CONFIGURATION.with(py, format!("{name} must be above 0, and at most one year")));
    }
    Ok(duration)
}
