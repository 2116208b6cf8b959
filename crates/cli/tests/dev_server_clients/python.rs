//! The official client for Python, and Python as a reader of YAML 1.1.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boundtoken_dev_server::DevServer;
use serde_json::json;

use super::{folder, is_there, not_tested, succeed};

const PACKAGE: &str = "kubernetes==37.0.2";

/// A Python with the client and with its reader of YAML. None if it cannot be had.
fn python() -> Option<PathBuf> {
    /// Only one test installs.
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _installing = INSTALLING.lock().unwrap();
    let client = "Python's kubernetes";
    if !is_there("python3", &["-c", "import venv, ensurepip"]) {
        not_tested(client, "apt-get install python3-venv");
        return None;
    }
    // Later runs use the same environment.
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dev_server_clients_python");
    let python = environment.join("bin/python");
    if !is_there(&python, &["-c", "import kubernetes"]) {
        assert!(is_there("python3", &["-m", "venv", "--clear", environment.to_str().unwrap()]));
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE];
        if !is_there(&python, &install) {
            not_tested(client, "pip must reach PyPI");
            return None;
        }
    }
    Some(python)
}

#[test]
fn python_services_get_tokens_reviews_and_watches() {
    let Some(python) = python() else { return };
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dev_server_clients/client.py");
    let folder = folder("python");
    succeed(Command::new(python).arg("-B").arg(program), &DevServer::start().unwrap(), &folder);
}

/// Python takes `1:20` for 80, `on` for a boolean, and `2026-11-24` for a date.
#[test]
fn a_reader_of_yaml_1_1_reads_each_text_as_the_text_that_it_is() {
    let Some(python) = python() else { return };
    let texts = [
        "",
        "~",
        "null",
        "yes",
        "No",
        "on",
        "OFF",
        "y",
        "n",
        "true",
        "=",
        "<<",
        "2026-11-24T12:11:18Z",
        "2026-11-24",
        "2026-11-24 12:11:18.5 +1",
        "0",
        "-1",
        "1_000",
        "0x1f",
        "0x_",
        "0o17",
        "017",
        "08",
        "0b1",
        "1.5",
        "1.",
        ".5",
        "1e3",
        "1.0e+3",
        "1:20",
        "190:20:30.15",
        ".inf",
        "-.INF",
        ".NaN",
        "a: b",
        "a #b",
        "- a",
        "?",
        "!a",
        "&a",
        "*a",
        "'a'",
        "\"a\"",
        "%a",
        "@a",
        "`a",
        "{",
        "]",
        "--- a",
        " a ",
        "a\nb",
        "a\n\n",
        "\n a\n",
        "a\tb",
        "a\u{85}b",
        "a\u{2028}b",
        "\u{feff}",
        "\u{e0041}",
        "😀",
        "\\",
    ];
    let members: serde_json::Map<_, _> = texts.iter().map(|text| ((*text).to_owned(), json!(text))).collect();
    let claims = json!({
        "texts": texts[..], "members": members, "numbers": [1e21, 1.5, 1e-7, 2.0, -3],
        "deep": [[[]], {"a": [{"b": {}}]}], "k".repeat(500): [{"k": "v"}],
    });
    let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
    let token = format!("{}.{}.AAAA", part(r#"{"alg":"none"}"#), part(&claims.to_string()));
    let folder = folder("yaml");
    for format in ["json", "yaml"] {
        let mut inspect = Command::new(env!("CARGO_BIN_EXE_boundtoken"));
        let arguments = ["inspect", "--now", "1795522300", "-o", format, &token];
        let output = inspect.args(arguments).output().unwrap();
        assert!(output.status.success());
        std::fs::write(folder.join(format), output.stdout).unwrap();
    }
    let program = "
import json, sys, yaml
with open(sys.argv[1] + '/json') as one, open(sys.argv[1] + '/yaml') as other:
    expected, read = json.load(one), yaml.safe_load(other)
assert expected == read, (expected, read)
";
    let output = Command::new(python).args(["-c", program]).arg(&folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
