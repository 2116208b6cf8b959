//! Reads a cluster's configuration. It is strict, because a typo must not silently follow less or another cluster.

use std::time::Duration;

use boundtoken_kubernetes::{Cluster, ClusterBuilder};
use serde::Deserialize;

use crate::error::CallFailure;
use crate::status::Mistake;

/// The largest configuration that is read, in bytes.
const MAX_SIZE: usize = 64 * 1024;
const LONGEST_STALENESS: u64 = 86_400;
const LONGEST_DEADLINE: u64 = 3_600;
/// One year.
const LONGEST_KEY_AGE: u64 = 365 * 86_400;
const LONGEST_UNKNOWN_KEY_WAIT: u64 = 10_000;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Configuration {
    kubeconfig: Option<String>,
    context: Option<String>,
    in_cluster: Option<bool>,
    namespaces: Option<Vec<String>>,
    secrets: Option<bool>,
    nodes: Option<bool>,
    webhook_configurations: Option<bool>,
    max_staleness_seconds: Option<u64>,
    deadline_seconds: Option<u64>,
    unknown_key_wait_milliseconds: Option<u64>,
    max_key_age_seconds: Option<u64>,
}

/// Reads a JSON object. The empty text counts as an empty object.
pub(super) fn read(json: &[u8]) -> Result<ClusterBuilder, CallFailure> {
    if json.is_empty() {
        return Configuration::default().builder();
    }
    if json.len() > MAX_SIZE {
        return Err(wrong(&format!("it has more than {MAX_SIZE} bytes")));
    }
    // serde would also accept an array with the members in order.
    if json.trim_ascii_start().first() != Some(&b'{') {
        return Err(wrong("it is not a JSON object"));
    }
    let configuration: Configuration =
        serde_json::from_slice(json).map_err(|error| wrong(&error.to_string()))?;
    configuration.builder()
}

impl Configuration {
    fn builder(self) -> Result<ClusterBuilder, CallFailure> {
        let mut builder = Cluster::builder();
        if self.in_cluster == Some(true) {
            if self.kubeconfig.is_some() || self.context.is_some() {
                return Err(wrong("inCluster leaves no choice of `kubeconfig` and `context`"));
            }
            builder = builder.in_cluster();
        }
        if let Some(path) = self.kubeconfig {
            builder = builder.kubeconfig(path);
        }
        if let Some(context) = self.context {
            builder = builder.context(context);
        }
        if let Some(names) = self.namespaces {
            builder = builder.namespaces(names)?;
        }
        if let Some(secrets) = self.secrets {
            builder = builder.secrets(secrets);
        }
        if let Some(nodes) = self.nodes {
            builder = builder.nodes(nodes);
        }
        if let Some(webhook_configurations) = self.webhook_configurations {
            builder = builder.webhook_configurations(webhook_configurations);
        }
        if let Some(seconds) = self.max_staleness_seconds {
            builder = builder.max_staleness(duration(seconds, "maxStalenessSeconds", LONGEST_STALENESS)?);
        }
        if let Some(seconds) = self.deadline_seconds {
            builder = builder.deadline(duration(seconds, "deadlineSeconds", LONGEST_DEADLINE)?);
        }
        if let Some(seconds) = self.max_key_age_seconds {
            builder = builder.max_key_age(duration(seconds, "maxKeyAgeSeconds", LONGEST_KEY_AGE)?);
        }
        if let Some(milliseconds) = self.unknown_key_wait_milliseconds {
            // Zero is allowed: it means not to wait.
            if milliseconds > LONGEST_UNKNOWN_KEY_WAIT {
                let most = LONGEST_UNKNOWN_KEY_WAIT;
                return Err(wrong(&format!("`unknownKeyWaitMilliseconds` must be between 0 and {most}")));
            }
            builder = builder.unknown_key_wait(Duration::from_millis(milliseconds));
        }
        Ok(builder)
    }
}

fn duration(seconds: u64, member: &str, longest: u64) -> Result<Duration, CallFailure> {
    if (1..=longest).contains(&seconds) {
        return Ok(Duration::from_secs(seconds));
    }
    Err(wrong(&format!("`{member}` must be between 1 and {longest}")))
}

fn wrong(problem: &str) -> CallFailure {
    let mistake = Mistake::ClusterConfiguration;
    mistake.with(format!("{}: {problem}; {}", mistake.description(), mistake.remedy()))
}
