//! A service in a pod: `AuthLayer::in_cluster`.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::objects::{AUDIENCE, NAMESPACE, in_namespace};
use crate::harness::servers::Servers;
use crate::harness::{WAIT_TIMEOUT, start};

/// Where the kubelet mounts what a pod needs to know.
const MOUNTED: &str = "/run/secrets/kubernetes.io/serviceaccount";

/// The example of a web service, which a pod would run.
struct Service {
    program: PathBuf,
    /// What the kubelet would mount.
    folder: PathBuf,
    port: u16,
}

impl Service {
    /// Builds the example, and writes what it finds in its pod: the token of a service account.
    async fn new(servers: &Servers, token: &str) -> Self {
        let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let (target, features) = (temporary.parent().unwrap(), "axum,kubernetes,metrics");
        let program = boundtoken_testing::tools::example(target, "boundtoken-tower", "axum", features);
        let folder = temporary.join("in-pod");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("token"), token).unwrap();
        fs::write(folder.join("namespace"), NAMESPACE).unwrap();
        fs::copy(servers.certificate(), folder.join("ca.crt")).unwrap();
        Self { program, folder, port: servers.port }
    }

    /// The program in a mount namespace of its own, where the kubelet's files are at their place.
    fn command(&self) -> Command {
        let script = format!(
            "mount -t tmpfs tmpfs /run && mkdir -p {MOUNTED} && cp {}/* {MOUNTED} && exec {} {AUDIENCE} 127.0.0.1:0",
            self.folder.display(),
            self.program.display()
        );
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "--map-root-user", "sh", "-c", &script])
            .env_remove("KUBECONFIG")
            .env("KUBERNETES_SERVICE_HOST", "127.0.0.1")
            .env("KUBERNETES_SERVICE_PORT", self.port.to_string());
        command
    }

    /// Runs it when it cannot start.
    fn failing(&self) -> Output {
        self.command().output().unwrap()
    }

    /// Starts it. Returns its address.
    fn start(&self) -> (Running, String) {
        let mut process = self.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        (Running(process), line.trim().to_owned())
    }
}

/// Killed when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn status(url: &str, token: &str) -> String {
    let output = Command::new("curl")
        .args(["--silent", "--output", "/dev/null", "--write-out", "%{http_code}"])
        .args(["--header", &format!("Authorization: Bearer {token}"), url])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_in_a_pod_says_what_it_lacks_and_needs_no_more() {
    let Some((servers, objects)) = start("a service in a pod").await else { return };
    objects.create(&in_namespace("serviceaccounts"), json!({"metadata": {"name": "vault"}})).await;
    // A token for the API server, as every pod has one.
    let request = json!({"spec": {"expirationSeconds": 3600}});
    let answer: Value = objects.create(&in_namespace("serviceaccounts/vault/token"), request).await;
    let service = Service::new(&servers, answer["status"]["token"].as_str().unwrap()).await;

    let failed = service.failing();
    let text = String::from_utf8_lossy(&failed.stderr);
    assert_eq!(failed.status.code(), Some(1), "{text}");
    let manifest = &text[text.find("apiVersion:").unwrap_or_else(|| panic!("{text}"))..];
    println!("  {}", text.lines().find(|line| line.starts_with("could not")).unwrap());
    assert!(manifest.contains("name: \"vault\"\n    namespace: \"demo\""), "{manifest}");

    // What it printed is all that it needs.
    let file = service.folder.join("manifest.yaml");
    fs::write(&file, manifest).unwrap();
    println!("  {}", servers.kubectl().run(&["apply", "-f", file.to_str().unwrap()]).replace('\n', "\n  "));
    let start = Instant::now();
    // The API server learns of a new permission with a delay.
    let (running, url) = loop {
        let (running, url) = service.start();
        if !url.is_empty() {
            break (running, url);
        }
        assert!(start.elapsed() < WAIT_TIMEOUT, "{}", String::from_utf8_lossy(&service.failing().stderr));
        tokio::time::sleep(Duration::from_millis(100)).await;
    };

    let token = objects.pod_with_token("caller").await;
    assert_eq!(status(&format!("{url}/"), &token), "200");
    assert_eq!(status(&format!("{url}/readyz"), ""), "200");
    objects.delete_pod("caller").await;
    let start = Instant::now();
    while status(&format!("{url}/"), &token) != "401" {
        assert!(start.elapsed() < WAIT_TIMEOUT, "still accepted");
    }
    drop(running);
}
