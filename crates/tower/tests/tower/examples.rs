//! The examples that need no cluster, as processes of their own. `make example-axum` and its like run the others.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::setup::{AUDIENCE, Setup};

/// Killed when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn hyper_and_actix_know_their_callers_too() {
    let Some(curl) = boundtoken_testing::tools::tool("curl", "curl") else { return };
    let setup = Setup::new();
    let token = setup.pod("live");
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let jwks = temporary.join("examples.jwks");
    std::fs::write(&jwks, setup.issuer.jwks()).unwrap();
    for example in ["hyper", "actix"] {
        let target = temporary.parent().unwrap();
        let program = boundtoken_testing::tools::example(target, "boundtoken-tower", example, "");
        let mut process = Command::new(program)
            .arg(&jwks)
            .args([setup.issuer.name(), AUDIENCE, "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let _running = Running(process);
        for (authorization, expected) in [
            (format!("Bearer {token}"), "200  hello, system:serviceaccount:demo:app: notChecked\n"),
            ("Basic eDp5".to_owned(), "401 Bearer "),
        ] {
            let header = format!("Authorization: {authorization}");
            let format = "%{stderr}%{http_code} %header{www-authenticate} ";
            let output = Command::new(curl)
                .args(["--silent", "--write-out", format, "--header", &header, url.trim()])
                .output()
                .unwrap();
            let found = [output.stderr, output.stdout].concat();
            assert_eq!(String::from_utf8_lossy(&found), expected, "{example}");
        }
    }
}
