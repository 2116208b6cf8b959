//! The official client for Go, client-go, with JSON and with protobuf.

use std::path::Path;
use std::process::Command;

use boundtoken_dev_server::DevServer;

use super::{folder, is_there, not_tested, succeed};

#[test]
fn go_services_get_tokens_reviews_and_informers() {
    let client = "client-go";
    if !is_there("go", &["version"]) {
        return not_tested(client, "install Go from https://go.dev/dl");
    }
    let folder = folder("go");
    let program = folder.join("program");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dev_server_clients/go");
    let go = |arguments: &[&str]| {
        Command::new("go").args(arguments).current_dir(&source).env_remove("GOFLAGS").output().unwrap()
    };
    if !go(&["mod", "download"]).status.success() {
        return not_tested(client, "go must reach its module proxy");
    }
    let built = go(&["build", "-o", program.to_str().unwrap(), "."]);
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    succeed(&mut Command::new(program), &DevServer::start().unwrap(), &folder);
}
