//! A cluster's configuration, read strictly: a typing error must not follow less, or somebody else, in silence.

use std::time::Duration;

use serde::Deserialize;

use crate::error::Failure;
use crate::status::Mistake;
use boundtoken_kubernetes::{Cluster, ClusterBuilder};

/// The largest configuration that is read, in bytes.
const MAX_SIZE: usize = 64 * 1024;
const LONGEST_STALENESS: u64 = 86_400;
const LONGEST_DEADLINE: u64 = 3_600;
/// A year.
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

/// Reads a JSON object; the empty text is as good as an empty one.
pub(super) fn read(json: &[u8]) -> Result<ClusterBuilder, Failure> {
    if json.is_empty() {
        return Configuration::default().builder();
    }
    if json.len() > MAX_SIZE {
        return Err(wrong(&format!("it has more than {MAX_SIZE} bytes")));
    }
    // An array would do for serde, too.
    if json.trim_ascii_start().first() != Some(&b'{') {
        return Err(wrong("it is no JSON object"));
    }
    let configuration: Configuration =
        serde_json::from_slice(json).map_err(|error| wrong(&error.to_string()))?;
    configuration.builder()
}

impl Configuration {
    fn builder(self) -> Result<ClusterBuilder, Failure> {
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
        builder = self
            .namespaces
            .map_or(Ok(Vec::new()), namespaces)?
            .into_iter()
            .fold(builder, ClusterBuilder::namespace);
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
            // Zero is not to wait at all.
            if milliseconds > LONGEST_UNKNOWN_KEY_WAIT {
                let most = LONGEST_UNKNOWN_KEY_WAIT;
                return Err(wrong(&format!("`unknownKeyWaitMilliseconds` must be between 0 and {most}")));
            }
            builder = builder.unknown_key_wait(Duration::from_millis(milliseconds));
        }
        Ok(builder)
    }
}

/// No namespaces at all would mean every namespace, which nobody means who writes an empty array.
fn namespaces(names: Vec<String>) -> Result<Vec<String>, Failure> {
    if names.is_empty() {
        return Err(wrong("`namespaces` is empty: leave it out to follow the whole cluster"));
    }
    for (index, name) in names.iter().enumerate() {
        if !is_label(name) {
            return Err(wrong(&format!("{name:?} in `namespaces` is no name of a namespace")));
        }
        if names.iter().take(index).any(|earlier| earlier == name) {
            return Err(wrong(&format!("{name:?} stands in `namespaces` twice")));
        }
    }
    Ok(names)
}

/// RFC 1123's label, which a namespace's name is: it becomes a part of the requests' paths.
fn is_label(name: &str) -> bool {
    let is_letter_or_digit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=63).contains(&name.len())
        && name.bytes().all(|byte| is_letter_or_digit(byte) || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

fn duration(seconds: u64, member: &str, longest: u64) -> Result<Duration, Failure> {
    if (1..=longest).contains(&seconds) {
        return Ok(Duration::from_secs(seconds));
    }
    Err(wrong(&format!("`{member}` must be between 1 and {longest}")))
}

fn wrong(problem: &str) -> Failure {
    let mistake = Mistake::ClusterConfiguration;
    mistake.with(format!("{}: {problem}; {}", mistake.description(), mistake.remedy()))
}
