//! The files that the environment's `KUBECONFIG` names.

use std::path::PathBuf;

use kube::config::{Kubeconfig, KubeconfigError};

/// What the files of the environment variable `KUBECONFIG` say together, as kubectl reads them. A file that does not exist is
/// passed over. `None` if none of them exists.
///
/// # Errors
/// A file cannot be read, or is no kubeconfig.
pub fn kubeconfig_of_environment() -> Result<Option<Kubeconfig>, KubeconfigError> {
    let named = std::env::var_os("KUBECONFIG").unwrap_or_default();
    merged(std::env::split_paths(&named).filter(|path| path.exists()))
}

/// The first file that says something decides it.
fn merged(paths: impl Iterator<Item = PathBuf>) -> Result<Option<Kubeconfig>, KubeconfigError> {
    let mut merged: Option<Kubeconfig> = None;
    for path in paths {
        let mut file = Kubeconfig::read_from(path)?;
        // As kubectl leaves it behind when the current context is unset.
        file.current_context = file.current_context.filter(|name| !name.is_empty());
        merged = Some(match merged {
            Some(before) => before.merge(file)?,
            None => file,
        });
    }
    Ok(merged)
}
