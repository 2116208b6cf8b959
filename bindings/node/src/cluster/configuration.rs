//! Which cluster to connect to, and how. It is strict: a slip must not silently follow less or another cluster.

use std::time::Duration;

use boundtoken_kubernetes::{Cluster, ClusterBuilder};
use napi_derive::napi;

use crate::errors::{CONFIGURATION, Result};
use crate::seconds;

/// One year. Nothing may take longer.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// The options of `Cluster.connect`, which index.d.ts describes.
#[napi(object)]
pub struct Configuration {
    pub kubeconfig: Option<String>,
    pub context: Option<String>,
    pub in_cluster: Option<bool>,
    pub namespaces: Option<Vec<String>>,
    pub secrets: Option<bool>,
    pub nodes: Option<bool>,
    pub webhook_configurations: Option<bool>,
    pub max_staleness_seconds: Option<f64>,
    pub deadline_seconds: Option<f64>,
    pub unknown_key_wait_seconds: Option<f64>,
    pub max_key_age_seconds: Option<f64>,
}

impl Configuration {
    pub(super) fn builder(&self) -> Result<ClusterBuilder> {
        let mut builder = Cluster::builder();
        if self.in_cluster == Some(true) {
            if self.kubeconfig.is_some() || self.context.is_some() {
                return Err(CONFIGURATION.with("inCluster leaves no choice of kubeconfig and context"));
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
            builder = builder.namespaces(names).map_err(|error| CONFIGURATION.with(error))?;
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
        if let Some(age) = positive(self.max_staleness_seconds, "maxStalenessSeconds")? {
            builder = builder.max_staleness(age);
        }
        if let Some(deadline) = positive(self.deadline_seconds, "deadlineSeconds")? {
            builder = builder.deadline(deadline);
        }
        if let Some(age) = positive(self.max_key_age_seconds, "maxKeyAgeSeconds")? {
            builder = builder.max_key_age(age);
        }
        // Zero is allowed: it means not to wait.
        if let Some(wait) = self.unknown_key_wait_seconds {
            builder = builder.unknown_key_wait(seconds(wait)?);
        }
        Ok(builder)
    }
}

fn positive(given: Option<f64>, name: &str) -> Result<Option<Duration>> {
    let duration = given.map(seconds).transpose()?;
    if duration.is_some_and(|duration| duration.is_zero() || duration > LONGEST) {
        return Err(CONFIGURATION.with(format!("{name} must be above 0, and at most one year")));
    }
    Ok(duration)
}
