//! An existing file in the place of the kubeconfig.

use std::io;
use std::path::Path;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};

use crate::cluster;
use crate::failure::{Failure, causes};

/// A line in every kubeconfig of a development server, and in hardly any other.
const MARK: &str = "current-context: boundtoken-dev";
/// The longest that the server of an earlier run may take to answer. Its faults spare health checks.
const HEALTH_CHECK_TIMEOUT: Duration = Duration::from_secs(3);

/// Makes sure that the file may be overwritten: it must be absent, or from a server that has stopped.
pub async fn demand_replaceable(path: &Path) -> Result<(), Failure> {
    let content = match std::fs::read_to_string(path) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(Failure::with_file(path, format!("{error}; name another file with --kubeconfig")));
        }
    };
    // The kubeconfig of a real cluster must not be lost to a wrong path.
    if !content.contains(MARK) {
        return Err(Failure::with_file(
            path,
            "this file is not from a development server: name another one with --kubeconfig",
        ));
    }
    // If the file is damaged, its server may still run.
    let unreadable = |why: &str| {
        Failure::with_file(
            path,
            format!("this kubeconfig is damaged ({why}): delete it, or name another file with --kubeconfig"),
        )
    };
    let config = config(&content).await.map_err(|error| unreadable(&causes(&error)))?;
    let url = config.cluster_url.to_string();
    let client = cluster::client(config).map_err(|failure| unreadable(failure.sentence()))?;
    if runs(&client).await {
        return Err(Failure::with_file(
            path,
            format!(
                "the development server that wrote this file still runs at {url}: stop it, or name another file with \
                 --kubeconfig"
            ),
        ));
    }
    Ok(())
}

/// The server in a kubeconfig.
async fn config(kubeconfig: &str) -> Result<Config, KubeconfigError> {
    let kubeconfig = Kubeconfig::from_yaml(kubeconfig)?;
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    // The server is on this computer, behind no proxy.
    config.proxy_url = None;
    Ok(config)
}

/// Whether the server that wrote the file still runs. Another server on its port has another token and another certificate
/// authority, so the request fails. A timeout counts as running: a debugger or SIGSTOP may have suspended the server.
async fn runs(client: &Client) -> bool {
    match tokio::time::timeout(HEALTH_CHECK_TIMEOUT, cluster::get(client, "/healthz", "*/*")).await {
        Ok(answer) => answer.is_ok_and(|answer| answer.status.is_success()),
        Err(_) => true,
    }
}
