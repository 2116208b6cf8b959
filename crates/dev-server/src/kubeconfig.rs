//! The kubeconfig, by which kubectl and other clients find the server.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The name of cluster, user and context.
const NAME: &str = "boundtoken-dev";

/// A kubeconfig in YAML: the server's address, its authority's certificate and the admin token, all inline.
pub(super) fn text(url: &str, authority: Option<&str>, admin_token: &str) -> String {
    let authority = match authority {
        Some(authority) => {
            format!("\n    certificate-authority-data: {}", STANDARD.encode(authority))
        }
        None => String::new(),
    };
    // A URL, base64 and letters need no quotation marks.
    format!(
        "apiVersion: v1
kind: Config
clusters:
- name: {NAME}
  cluster:
    server: {url}{authority}
users:
- name: {NAME}
  user:
    token: {admin_token}
contexts:
- name: {NAME}
  context:
    cluster: {NAME}
    user: {NAME}
    namespace: default
current-context: {NAME}
"
    )
}

/// Writes a file that only its owner can read. Replaces a file of the name.
///
/// # Errors
/// The file system refuses.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(format!(".{}", std::process::id()));
    let beside = path.with_file_name(name);
    let written = create(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        std::fs::rename(&beside, path)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

fn create(path: &Path) -> io::Result<std::fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_kubeconfig_holds_all_that_a_client_needs() {
        let config: Value =
            yaml_serde::from_str(&text("https://127.0.0.1:1", Some("PEM"), "secret")).unwrap();
        assert_eq!(config["clusters"][0]["cluster"]["server"], "https://127.0.0.1:1");
        assert_eq!(config["clusters"][0]["cluster"]["certificate-authority-data"], "UEVN");
        assert_eq!(config["users"][0]["user"]["token"], "secret");
        assert_eq!(config["current-context"], config["contexts"][0]["name"]);
        assert!(!text("http://127.0.0.1:1", None, "secret").contains("certificate-authority"));
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_for_its_owner_alone_even_where_there_was_another() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = std::env::temp_dir().join(format!("boundtoken-kubeconfig-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("config");
        std::fs::write(&path, "old").unwrap();
        write(&path, "new").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        assert!(write(&folder.join("missing/config"), "new").is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
