//! The example of a webhook, as `make example-admission` runs it.

use std::path::Path;
use std::process::Command;

use boundtoken_testing::repository;

#[test]
fn the_example_reviews_for_the_api_server_and_for_nobody_else() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    for tool in ["make", "curl", "openssl"] {
        if boundtoken_testing::tools::tool(tool, tool).is_none() {
            return;
        }
    }
    let run = Command::new("make")
        .args(["--no-print-directory", "--silent", "example-admission"])
        .arg(format!("CARGO={}", env!("CARGO")))
        .arg(format!("TARGET_DIR={}", target.display()))
        .current_dir(repository())
        .output()
        .unwrap();
    let (output, errors) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{output}{errors}");
    let ends: Vec<&str> = output.lines().filter_map(|line| line.rsplit(' ').next()).collect();
    assert_eq!(ends, ["401", r#""allowed":true"#, r#""allowed":false"#, "403", "401", "401"], "{output}");
}
