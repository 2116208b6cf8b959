//! etcd and kube-apiserver on loopback. Dropping stops them and deletes their folder.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use kube::Client;
use serde_json::Value;

use super::identities;
use super::kubectl::Kubectl;
use super::objects::Objects;
use super::version::Version;

/// The environment variable with the folder of the programs. `make test-cluster` sets it.
const PROGRAMS: &str = "BOUNDTOKEN_CLUSTER";
const ADDRESS: &str = "127.0.0.1";
pub const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// The feature gate of Kubernetes 1.37 for tokens of webhooks. It is off by default.
const WEBHOOK_TOKENS: &str = "APIServerWebhookAuthenticationToken";

/// A key of the API server.
#[derive(Clone, Copy)]
pub enum SigningKey {
    Rs256,
    Es256,
}

impl SigningKey {
    /// The algorithm's name in tokens.
    pub fn algorithm(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Rs256 => {
                concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/apiserver-rs256/signing-key.pem")
            }
            Self::Es256 => concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/keys/p256-sec1.pem"),
        }
    }
}

/// The parts of a cluster that matter for tokens: an API server with its etcd. No controllers run.
pub struct Servers {
    programs: PathBuf,
    folder: PathBuf,
    etcd_port: u16,
    pub port: u16,
    version: Version,
    /// Whether the API server starts with [`WEBHOOK_TOKENS`], if it knows that gate.
    pub webhook_tokens: bool,
    /// The file for `--admission-control-config-file`, if the API server starts with one.
    pub admission_config: Option<PathBuf>,
    etcd: Child,
    api_server: Option<Child>,
}

impl Servers {
    /// Starts both servers, with this key. Without `make test-cluster`, returns None with a loud note. With it, panics if the
    /// programs are missing.
    pub async fn start(key: SigningKey) -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let Some(programs) = std::env::var_os(PROGRAMS).map(PathBuf::from) else {
            println!("SKIPPED, NOT TESTED: no real API server; `make test-cluster` builds it and runs this");
            return None;
        };
        for program in ["kube-apiserver", "kubectl", "etcd"] {
            assert!(programs.join(program).is_file(), "NOT TESTED: {} has no {program}", programs.display());
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("boundtoken-cluster-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        identities::write_files(&folder);
        let [etcd_port, peer_port, port] = free_ports();
        let version = Version::of(&programs.join("kube-apiserver"));
        let etcd = etcd(&programs, &folder, etcd_port, peer_port);
        let mut servers = Self {
            programs,
            folder,
            etcd_port,
            port,
            version,
            webhook_tokens: true,
            admission_config: None,
            etcd,
            api_server: None,
        };
        servers.start_api_server(&[key]).await;
        identities::grant(&servers.objects().await).await;
        Some(servers)
    }

    /// Whether the API server binds tokens to webhook configurations. If not, prints loudly that the scenario does not apply.
    pub fn bind_tokens_to_webhooks(&self) -> bool {
        let does = self.version.has_webhook_tokens();
        if !does {
            println!(
                "  DOES NOT APPLY: Kubernetes {} binds no tokens to webhook configurations",
                self.version.text
            );
        }
        does
    }

    /// Starts the API server and waits until it is ready. It signs with the first key and accepts all keys.
    pub async fn start_api_server(&mut self, keys: &[SigningKey]) {
        let start = Instant::now();
        let mut command = Command::new(self.programs.join("kube-apiserver"));
        command
            .arg(format!("--etcd-servers=http://{ADDRESS}:{}", self.etcd_port))
            .args([format!("--bind-address={ADDRESS}"), format!("--advertise-address={ADDRESS}")])
            .args([
                format!("--secure-port={}", self.port),
                format!("--cert-dir={}", self.path("certificates")),
            ])
            .args(["--service-cluster-ip-range=10.96.0.0/16", "--endpoint-reconciler-type=none"])
            .arg(format!("--service-account-signing-key-file={}", keys[0].file()))
            .args(keys.iter().map(|key| format!("--service-account-key-file={}", key.file())))
            .args([format!("--service-account-issuer={ISSUER}"), format!("--api-audiences={ISSUER}")])
            .args(["--authorization-mode=RBAC", "--disable-admission-plugins=ServiceAccount"])
            .arg(format!("--token-auth-file={}", self.path(identities::TOKENS)))
            .arg(format!("--audit-policy-file={}", self.path(identities::AUDIT_POLICY)))
            .arg(format!("--audit-log-path={}", self.path("audit.log")));
        if self.version.has_webhook_tokens() {
            command.arg(format!("--feature-gates={WEBHOOK_TOKENS}={}", self.webhook_tokens));
        }
        if let Some(file) = &self.admission_config {
            command.arg(format!("--admission-control-config-file={}", file.display()));
        }
        let mut child = spawn(command, &self.folder.join("kube-apiserver.log"));
        // The server writes its certificate before it listens.
        while !self.is_ready().await {
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none() && start.elapsed() < Duration::from_secs(120), "{}", self.last_words());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.api_server = Some(child);
        let (version, seconds) = (&self.version.text, start.elapsed().as_secs_f64());
        println!("  kube-apiserver {version} is ready after {seconds:.1} s");
    }

    /// Kills the API server, as a crash would.
    pub fn stop_api_server(&mut self) {
        if let Some(child) = self.api_server.take() {
            end(child);
        }
    }

    async fn is_ready(&self) -> bool {
        if !self.folder.join("certificates/apiserver.crt").is_file() {
            return false;
        }
        let client = self.client("admin").await;
        client.request_text(http::Request::get("/readyz").body(Vec::new()).unwrap()).await.is_ok()
    }

    /// The kubectl that was built with the servers.
    pub fn kubectl(&self) -> Kubectl {
        Kubectl::new(self.programs.join("kubectl"), self.kubeconfig("admin", self.port))
    }

    /// A kubeconfig for one of the [`identities`] and `port`: the server's own or a proxy's.
    pub fn kubeconfig(&self, identity: &str, port: u16) -> PathBuf {
        identities::write_kubeconfig(&self.folder, identity, &format!("https://{ADDRESS}:{port}"))
    }

    /// A kubeconfig with this token.
    pub fn kubeconfig_with(&self, name: &str, token: &str) -> PathBuf {
        identities::write_kubeconfig_with(
            &self.folder,
            name,
            token,
            &format!("https://{ADDRESS}:{}", self.port),
        )
    }

    /// The API server's certificate, which is its own authority.
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("certificates/apiserver.crt")
    }

    pub async fn client(&self, identity: &str) -> Client {
        let file = kube::config::Kubeconfig::read_from(self.kubeconfig(identity, self.port)).unwrap();
        let options = kube::config::KubeConfigOptions::default();
        Client::try_from(kube::Config::from_custom_kubeconfig(file, &options).await.unwrap()).unwrap()
    }

    /// The administrator's access to objects.
    pub async fn objects(&self) -> Objects {
        Objects::new(self.client("admin").await)
    }

    /// How many requests of the follower had all `parts` in their URL, according to the server's audit log.
    pub fn requests(&self, parts: &[&str]) -> usize {
        let log = fs::read_to_string(self.folder.join("audit.log")).unwrap_or_default();
        let is_such = |line: &&str| {
            let event: Value = serde_json::from_str(line).unwrap_or_default();
            let address = event["requestURI"].as_str().unwrap_or_default();
            // Every request is logged with ResponseComplete. A watch completes late, so its ResponseStarted counts.
            let first = if address.contains("watch=") { "ResponseStarted" } else { "ResponseComplete" };
            event["stage"] == first && parts.iter().all(|part| address.contains(part))
        };
        log.lines().filter(is_such).count()
    }

    /// Makes etcd forget all versions except the current one.
    pub async fn compact(&self) {
        let status = self.ask_etcd("/v3/maintenance/status", "{}").await;
        let revision = status["header"]["revision"].as_str().unwrap();
        let compacted = self.ask_etcd("/v3/kv/compaction", &format!(r#"{{"revision":"{revision}"}}"#)).await;
        assert!(compacted["header"].is_object(), "{compacted}");
    }

    async fn ask_etcd(&self, path: &str, body: &str) -> Value {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut connection = tokio::net::TcpStream::connect((ADDRESS, self.etcd_port)).await.unwrap();
        let request = format!(
            "POST {path} HTTP/1.0\r\nHost: etcd\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or_else(|_| panic!("etcd: {answer}"))
    }

    /// The folder of the servers' files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(self.folder.join("kube-apiserver.log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        format!("the API server did not start:\n{}", lines[lines.len().saturating_sub(20)..].join("\n"))
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        self.stop_api_server();
        // Killing fails only if the child has ended.
        let _ = self.etcd.kill();
        let _ = self.etcd.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn etcd(programs: &Path, folder: &Path, port: u16, peer_port: u16) -> Child {
    let mut command = Command::new(programs.join("etcd"));
    let [client, peer] = [port, peer_port].map(|port| format!("http://{ADDRESS}:{port}"));
    command
        .args(["--name=test", "--log-outputs=stderr", "--unsafe-no-fsync"])
        .arg(format!("--data-dir={}", folder.join("etcd").display()))
        .args([format!("--listen-client-urls={client}"), format!("--advertise-client-urls={client}")])
        .args([format!("--listen-peer-urls={peer}"), format!("--initial-advertise-peer-urls={peer}")])
        .arg(format!("--initial-cluster=test={peer}"));
    spawn(command, &folder.join("etcd.log"))
}

fn spawn(mut command: Command, log: &Path) -> Child {
    let log = File::options().create(true).append(true).open(log).unwrap();
    command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    command.spawn().unwrap_or_else(|error| panic!("{}: {error}", command.get_program().display()))
}

fn end(mut child: Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// Holds all ports at the same time, so they differ.
fn free_ports<const COUNT: usize>() -> [u16; COUNT] {
    let listeners = [(); COUNT].map(|()| TcpListener::bind((ADDRESS, 0)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}
