//! The demo's files.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::cluster::{AUDIENCE, Cluster, ISSUER, objects, objects_after};
use crate::failure::Failure;
use crate::output::{json, printable};
use crate::shell;

/// Writes the files. Returns commands to try on them.
pub fn write(directory: &Path, cluster: &Cluster) -> Result<String, Failure> {
    let failed = |error: io::Error| Failure::with_file(directory, error);
    fs::create_dir_all(directory).map_err(failed)?;
    if fs::read_dir(directory).map_err(failed)?.next().is_some() {
        return Err(Failure::with_file(directory, "not empty: name a new directory"));
    }
    for (name, content) in [
        ("jwks.json", json(&cluster.issuer.keys().load().to_jwks())?),
        ("token", cluster.token.clone()),
        ("issuer", ISSUER.to_owned()),
        ("audience", AUDIENCE.to_owned()),
        ("objects.json", json(&objects())?),
        ("objects-after.json", json(&objects_after())?),
    ] {
        let path = directory.join(name);
        write_new(&path, &content).map_err(|error| Failure::with_file(&path, error))?;
    }
    Ok(commands(directory))
}

/// Writes a new file that only its owner may read, because one of the files is a token.
fn write_new(path: &Path, content: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(content.as_bytes())
}

fn commands(directory: &Path) -> String {
    let change = format!("  cd {}\n", shell::word(&printable(&directory.to_string_lossy())));
    let verify = |objects: &str| {
        format!(
            "  boundtoken verify --token-file token --jwks jwks.json \\\n    \
             --issuer \"$(cat issuer)\" --audience \"$(cat audience)\" --objects {objects}\n"
        )
    };
    [
        change,
        verify("objects.json"),
        verify("objects-after.json"),
        "  boundtoken inspect --token-file token\n".to_owned(),
    ]
    .concat()
}
