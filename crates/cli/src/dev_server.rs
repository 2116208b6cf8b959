//! `boundtoken dev-server`.

use std::io::{self, IsTerminal as _};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use boundtoken::SigningKey;
use boundtoken_dev_server::{DevServer, DevServerError, Fault};
use clap::{Args, ValueEnum};
use serde::Serialize;
use tracing_subscriber::filter::LevelFilter;

use crate::end::End;
use crate::failure::{self, Failure};
use crate::input::{read_file, read_secret};
use crate::issue::{DEFAULT_ISSUER, MAX_KEY_SIZE};
use crate::output::{self, CAUTION, FAINT, STRONG, row};
use crate::{cluster, keys, shell};

mod attest;
mod existing;

use attest::MayAttest;

/// The largest file of objects that is read, in bytes.
const MAX_OBJECTS_SIZE: u64 = 16 << 20;

/// Serve TokenRequest, TokenReview and the objects they need, for development and tests
///
/// Does what a cluster does for tokens, in one process and in memory. kubectl and Kubernetes clients work unchanged. Services
/// get real tokens, and see them refused once their pod is deleted. There is no authorization: anyone with a token of this
/// server may do anything on it. Stops when interrupted, and keeps no data.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Format of the start message on standard output
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    output: Start,
    /// Kubeconfig file to write, for the administrator; must be absent or from a server that has stopped
    #[arg(long, value_name = "FILE", default_value = "boundtoken.kubeconfig")]
    kubeconfig: PathBuf,
    /// File with objects to create at the start, as YAML or JSON manifests; may be given several times
    ///
    /// Namespaces, service accounts, pods, secrets, nodes and webhook configurations, in any order. Missing namespaces are
    /// created.
    #[arg(long, value_name = "FILE", value_parser = keys::file)]
    objects: Vec<PathBuf>,
    /// Do not log requests
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    endpoint: Endpoint,
    #[command(flatten)]
    tokens: Tokens,
    #[command(flatten)]
    webhooks: Webhooks,
    /// Fault to simulate: latency=200ms, error-rate=0.1 or watch-disconnect=5s; may be given several times
    #[arg(long, value_name = "FAULT", help_heading = "Faults")]
    fault: Vec<Fault>,
}

/// Where the server listens.
#[derive(Args)]
#[command(next_help_heading = "The endpoint")]
struct Endpoint {
    /// Address to listen on
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    address: IpAddr,
    /// Port to listen on; 0 chooses a free port
    #[arg(long, value_name = "PORT", default_value_t = 6443)]
    port: u16,
    /// Serve plain HTTP instead of HTTPS; kubectl then ignores its --token option
    #[arg(long)]
    http: bool,
    /// Allow an address that other computers can reach
    #[arg(long)]
    allow_remote: bool,
}

/// The issuer of the tokens.
#[derive(Args)]
#[command(next_help_heading = "The tokens")]
struct Tokens {
    /// Private key to sign with, in PEM format [default: a new ES256 key]
    #[arg(long, value_name = "FILE", value_parser = keys::file)]
    signing_key: Option<PathBuf>,
    /// Name of the issuer in tokens
    #[arg(long, value_name = "URL", default_value = DEFAULT_ISSUER)]
    issuer: String,
    /// Audience of the server itself; may be given several times [default: the issuer]
    #[arg(long, value_name = "NAME")]
    audience: Vec<String>,
}

/// The rules for tokens of webhooks.
#[derive(Args)]
#[command(next_help_heading = "Tokens for webhooks (Kubernetes 1.37, alpha)")]
struct Webhooks {
    /// Service account that may attest API groups, as NAMESPACE/NAME or NAMESPACE/NAME=GROUP; may be given several times
    ///
    /// Without a group, the account may attest every group, and all groups at once with *. If this option is given, no other
    /// account may attest anything. [default: every account may attest every group]
    #[arg(long, value_name = "ACCOUNT", conflicts_with = "no_webhook_tokens")]
    may_attest: Vec<MayAttest>,
    /// Refuse tokens that are bound to webhook configurations, and requests for them
    ///
    /// An API server does the same unless its feature gate APIServerWebhookAuthenticationToken is on. By default, it is off.
    #[arg(long)]
    no_webhook_tokens: bool,
}

/// The format of the start message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Start {
    /// For people
    #[default]
    Text,
    /// For programs: one line of JSON with url and kubeconfig, as soon as the server answers
    Json,
}

const EXAMPLES: &str = "\
Examples:
  Start the server, and get a token in another terminal:
    boundtoken dev-server
    export KUBECONFIG=$PWD/boundtoken.kubeconfig
    kubectl create serviceaccount app
    kubectl create token app --audience vault

  Start with objects from manifests, and sign with RS256 as most clusters do:
    openssl genrsa -out key.pem 2048
    boundtoken dev-server --objects manifests.yaml --signing-key key.pem

  Test a client against a slow server that fails every tenth request:
    boundtoken dev-server --fault latency=200ms --fault error-rate=0.1

  In a script, wait for the first line, and stop the server with SIGTERM:
    boundtoken dev-server -o json --port 0 --kubeconfig \"$dir/kubeconfig\"

Exit status:
  0  stopped by an interrupt or SIGTERM
  2  wrong arguments, an unreadable file, no usable key, a port in use, or a
     kubeconfig of another development server that still runs";

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if !arguments.quiet {
        log_requests();
    }
    cluster::block_on(arguments.serve())?;
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    async fn serve(&self) -> Result<(), Failure> {
        let mut end = End::new()?;
        existing::demand_replaceable(&self.kubeconfig).await?;
        let server = self.start()?;
        server
            .write_kubeconfig(&self.kubeconfig)
            .map_err(|error| Failure::with_file(&self.kubeconfig, error))?;
        if !self.endpoint.address.is_loopback() {
            output::warning(
                "other computers can reach this server, and anyone with a token of it may do anything on it",
            );
        }
        self.tell(&server)?;
        end.wait().await;
        server.shutdown();
        Ok(())
    }

    fn start(&self) -> Result<DevServer, Failure> {
        let mut builder = DevServer::builder()
            .address(SocketAddr::new(self.endpoint.address, self.endpoint.port))
            .allow_remote(self.endpoint.allow_remote)
            .issuer(self.tokens.issuer.as_str());
        if self.endpoint.http {
            builder = builder.plain_http();
        }
        if let Some(path) = &self.tokens.signing_key {
            let key = SigningKey::from_pem(&read_secret(path, MAX_KEY_SIZE)?);
            builder = builder.signing_key(key.map_err(|error| Failure::with_file(path, error))?);
        }
        for audience in &self.tokens.audience {
            builder = builder.audience(audience.as_str());
        }
        for path in &self.objects {
            let text = String::from_utf8(read_file(path, MAX_OBJECTS_SIZE)?);
            builder = builder.objects(text.map_err(|_| Failure::with_file(path, "not UTF-8 text"))?);
        }
        if !self.webhooks.may_attest.is_empty() {
            let allowed = self.webhooks.may_attest.clone();
            builder = builder
                .may_attest(move |account, group| allowed.iter().any(|each| each.allows(account, group)));
        }
        let builder = builder.webhook_tokens(!self.webhooks.no_webhook_tokens);
        let builder = self.fault.iter().fold(builder, |builder, fault| builder.fault(*fault));
        builder.start().map_err(|error| self.failure(error))
    }

    /// Names the file with the objects that are wrong.
    fn failure(&self, error: DevServerError) -> Failure {
        let (text, problem) = match &error {
            DevServerError::Manifest { text, document, problem } => {
                (*text, format!("document {document}: {problem}; give YAML or JSON, as for `kubectl apply`"))
            }
            DevServerError::Object { text, problem } => (*text, problem.clone()),
            _ => return Failure::new(error.to_string()),
        };
        match text.checked_sub(1).and_then(|place| self.objects.get(place)) {
            Some(path) => Failure::with_file(path, failure::harmless(&problem)),
            None => Failure::new(error.to_string()),
        }
    }

    fn tell(&self, server: &DevServer) -> Result<(), Failure> {
        #[derive(Serialize)]
        struct Started<'a> {
            url: &'a str,
            kubeconfig: &'a Path,
            issuer: &'a str,
        }
        if self.output == Start::Json {
            let started =
                Started { url: server.url(), kubeconfig: &self.kubeconfig, issuer: server.issuer().name() };
            let line = serde_json::to_string(&started).map_err(|error| Failure::new(error.to_string()))?;
            return output::text(&(line + "\n"));
        }
        let mut text = format!("\n{STRONG}A development server for tokens{STRONG:#}\n\n");
        row(&mut text, "Address", server.url());
        row(&mut text, "Kubeconfig", &failure::name(&self.kubeconfig));
        row(&mut text, "Issuer", &output::printable(server.issuer().name()));
        row(&mut text, "Audiences", &output::printable(&server.issuer().api_audiences().join(", ")));
        for fault in &self.fault {
            row(&mut text, "Fault", &format!("{CAUTION}{fault}{CAUTION:#}"));
        }
        let kubeconfig = std::path::absolute(&self.kubeconfig)
            .map_err(|error| Failure::with_file(&self.kubeconfig, error))?;
        text.push_str(&format!(
            "\n{FAINT}In another terminal:{FAINT:#}\n\n  export KUBECONFIG={}\n  kubectl create serviceaccount app\n  \
             kubectl create token app --audience vault\n\n{FAINT}No authorization: anyone with a token may do anything here. \
             Press Ctrl-C to stop.{FAINT:#}\n\n",
            shell::word(&output::printable(&kubeconfig.to_string_lossy()))
        ));
        output::text(&text)
    }
}

fn log_requests() {
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::INFO)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .with_target(false)
        .init();
}
