//! `boundtoken dev-server`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use boundtoken::SigningKey;
use boundtoken_dev_server::{DevServer, Fault};
use clap::{Args, ValueEnum};

use crate::end::End;
use crate::failure::Failure;
use crate::input::{read_file, read_secret};
use crate::issue::{DEFAULT_ISSUER, MAX_KEY_SIZE};
use crate::{cluster, keys, output};

mod attest;
mod banner;
mod existing;
mod log;
mod start;

use attest::MayAttest;

/// The largest file of objects that is read, in bytes.
const MAX_OBJECTS_SIZE: u64 = 16 << 20;

/// Serve TokenRequest, TokenReview and the objects they need, for development and tests
///
/// Does what a cluster does for tokens, in one process and in memory. kubectl and Kubernetes clients work unchanged. Services
/// get real tokens, and see them refused once their pod is deleted. There is no authorization: anyone with a token of this
/// server may do anything on it. Stops when interrupted, and keeps no data.
///
/// Each request is a line on standard error: time, status, method, path, the user unless it is the administrator, and
/// duration. If a token is refused, the next line has the reason. No token is ever shown.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Format of the start message on standard output and of the log on standard error
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    output: Format,
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
    /// Name or IP address that clients reach the server by; may be given several times
    ///
    /// All are in the certificate. The first is in the URL and the kubeconfig. [default: the address it listens on; for 0.0.0.0
    /// and ::, this computer's own address in its network]
    #[arg(long, value_name = "NAME")]
    hostname: Vec<String>,
    /// Serve plain HTTP instead of HTTPS, for curl and for clients that send a token without TLS
    ///
    /// kubectl sends none then, neither that of the kubeconfig nor that of its option --token, and is refused.
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

/// The format of the start message and of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For programs: one line of JSON as soon as the server answers, as docs/schemas/dev-server.json describes, and one for
    /// each request on standard error, as docs/schemas/dev-server-log.json describes
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

  Serve plain HTTP, and get a token with curl in another terminal:
    boundtoken dev-server --http
    TOKEN=$(sed -n 's/^ *token: //p' boundtoken.kubeconfig)
    NAMESPACE=http://127.0.0.1:6443/api/v1/namespaces/default
    curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\
      -d '{\"spec\": {\"audiences\": [\"vault\"]}}' \\
      $NAMESPACE/serviceaccounts/default/token

  Serve other computers, which know this one by a name:
    boundtoken dev-server --address 0.0.0.0 --allow-remote \\
      --hostname dev.example.com

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
        log::begin(arguments.output);
    }
    cluster::block_on(arguments.serve())?;
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    async fn serve(&self) -> Result<(), Failure> {
        let mut end = End::new()?;
        existing::demand_replaceable(&self.kubeconfig).await?;
        let server = self.start()?;
        server.write_kubeconfig(&self.kubeconfig).map_err(|error| {
            Failure::with_file(&self.kubeconfig, format!("{error}; name another file with --kubeconfig"))
        })?;
        if !self.endpoint.address.is_loopback() {
            output::warning(match self.endpoint.http {
                true => {
                    "other computers can reach this server, tokens are sent to it in clear text, and anyone with one of \
                     them may do anything on it"
                }
                false => {
                    "other computers can reach this server, and anyone with a token of it may do anything on it"
                }
            });
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
        for name in &self.endpoint.hostname {
            builder = builder.hostname(name.as_str());
        }
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
        builder.start().map_err(|error| self.not_started(&error))
    }
}
