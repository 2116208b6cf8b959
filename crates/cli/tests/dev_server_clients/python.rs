//! The official client for Python.

use std::path::Path;
use std::process::Command;

use boundtoken_dev_server::DevServer;

use super::{folder, is_there, not_tested, succeed};

const PACKAGE: &str = "kubernetes==37.0.2";

#[test]
fn python_services_get_tokens_reviews_and_watches() {
    let client = "Python's kubernetes";
    if !is_there("python3", &["-c", "import venv, ensurepip"]) {
        return not_tested(client, "apt-get install python3-venv");
    }
    let folder = folder("python");
    // Later runs use the same environment.
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dev_server_clients_python");
    let python = environment.join("bin/python");
    if !is_there(&python, &["-c", "import kubernetes"]) {
        assert!(is_there("python3", &["-m", "venv", "--clear", environment.to_str().unwrap()]));
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE];
        if !is_there(&python, &install) {
            return not_tested(client, "pip must reach PyPI");
        }
    }
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dev_server_clients/client.py");
    succeed(Command::new(python).arg("-B").arg(program), &DevServer::start().unwrap(), &folder);
}
