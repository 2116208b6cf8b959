//! What stands where the kubeconfig is to be written.

use std::io;
use std::path::Path;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};

use crate::cluster;
use crate::failure::{Failure, causes};

/// What stands in every kubeconfig of a development server, and in hardly any other: the name of its context.
const MARK: &str = "current-context: boundtoken-dev";
/// The longest that the server of an earlier run may take to answer. Its faults spare health checks.
const HEALTH_CHECK_TIMEOUT: Duration = Duration::from_secs(3);

/// Makes sure that nothing is lost when the file is written: it must be missing, or from a run that has ended.
pub async fn demand_replaceable(path: &Path) -> Result<(), Failure> {
    let content = match std::fs::read_to_string(path) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::with_file(path, error)),
    };
    // The kubeconfig of a real cluster must not be lost to a wrong path.
    if !content.contains(MARK) {
        return Err(Failure::with_file(
            path,
            "this file is not from an earlier run of the development server: name another with --kubeconfig",
        ));
    }
    // Nobody can tell whether the server of a damaged file still runs.
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

/// Whether it answers as the run that wrote the file: each run has a token and a certificate authority of its own. A server
/// that takes the connection and does not answer may be that run, stopped by a debugger or SIGSTOP.
async fn runs(client: &Client) -> bool {
    match tokio::time::timeout(HEALTH_CHECK_TIMEOUT, cluster::get(client, "/healthz", "*/*")).await {
        Ok(answer) => answer.is_ok_and(|answer| answer.status.is_success()),
        Err(_) => true,
    }
}
