//! The files that the environment variable `KUBECONFIG` names.

use std::path::PathBuf;

use kube::config::{Kubeconfig, KubeconfigError};

/// Reads and merges the files that the environment variable `KUBECONFIG` names, as kubectl does.
///
/// Files that do not exist are skipped. Returns `None` if the variable is not set or none of its files exists.
///
/// # Errors
/// A file cannot be read, or is not a kubeconfig.
pub fn kubeconfig_of_environment() -> Result<Option<Kubeconfig>, KubeconfigError> {
    let named = std::env::var_os("KUBECONFIG").unwrap_or_default();
    merged(std::env::split_paths(&named).filter(|path| path.exists()))
}

/// Merges kubeconfigs. The first file that sets a value wins.
fn merged(paths: impl Iterator<Item = PathBuf>) -> Result<Option<Kubeconfig>, KubeconfigError> {
    let mut merged: Option<Kubeconfig> = None;
    for path in paths {
        let mut file = Kubeconfig::read_from(path)?;
        // `kubectl config unset current-context` leaves an empty name behind.
        file.current_context = file.current_context.filter(|name| !name.is_empty());
        merged = Some(match merged {
            Some(before) => before.merge(file)?,
            None => file,
        });
    }
    Ok(merged)
}
