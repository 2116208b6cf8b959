//! `boundtoken verify`: the verdict on a token.

use std::process::ExitCode;

use boundtoken::{Rejection, UnixSeconds, VerifiedToken, Verifier, VerifierBuilder};
use clap::{ArgGroup, Args, ValueEnum};

use crate::failure::Failure;
use crate::input::TokenInput;
use crate::keys::{self, IssuerOptions, LoadedIssuer};
use crate::output::{self, Structured};
use crate::words;

#[cfg(feature = "network")]
mod live;
pub mod verdict;

#[cfg(feature = "network")]
use live::LiveOptions;
use verdict::Verdict;

/// The arguments that say whose tokens are accepted.
#[cfg(feature = "network")]
const NAMES: [&str; 2] = ["issuer", "cluster"];
#[cfg(not(feature = "network"))]
const NAMES: [&str; 1] = ["issuer"];
/// The arguments that say by which keys.
#[cfg(feature = "network")]
const KEYS: [&str; 3] = ["jwks", "pem", "cluster"];
#[cfg(not(feature = "network"))]
const KEYS: [&str; 2] = ["jwks", "pem"];

/// Verify a token: who it speaks for, or why it is refused
///
/// Checks the form, the signature, the issuer, the audience and the times and, with --objects, that the service account
/// and the pod, secret, node or webhook configuration that the token is bound to still exist. Without --objects, a token
/// of a deleted pod is accepted until it expires, and a warning says so. Nothing is read but the files named here. With
/// --cluster all this comes from an API server.
#[derive(Args)]
#[command(
    after_help = EXAMPLES,
    group = ArgGroup::new("names").args(NAMES).required(true).multiple(true),
    group = ArgGroup::new("keys").args(KEYS).required(true).multiple(true),
)]
pub struct Arguments {
    #[command(flatten)]
    token: TokenInput,
    /// Form of the verdict
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    output: VerdictFormat,
    #[command(flatten)]
    issuer: IssuerOptions,
    #[cfg(feature = "network")]
    #[command(flatten)]
    live: LiveOptions,
    #[command(flatten)]
    demands: Demands,
}

/// What a token is held to.
#[derive(Args)]
#[command(next_help_heading = "The demands")]
struct Demands {
    /// Identifier of the service that verifies, as the token must name it; may be given several times
    #[arg(long, value_name = "NAME", required = true)]
    audience: Vec<String>,
    /// Accept a token only if its bound objects are known to exist now: needs --objects or --cluster
    ///
    /// Otherwise a token whose bound objects were not checked is accepted with a warning on standard error.
    #[arg(long)]
    require_live: bool,
    /// How far the clocks of issuer and verifier may be apart, in seconds [default: 60]
    #[arg(long, value_name = "SECONDS")]
    leeway: Option<u64>,
    /// Verify as of this time, in RFC 3339 or in seconds since 1970 [default: the clock]
    #[arg(long, value_name = "TIME", value_parser = words::parse)]
    now: Option<UnixSeconds>,
    /// The largest token that is looked at, in bytes [default: 16384]
    #[arg(long, value_name = "BYTES")]
    max_token_size: Option<usize>,
}

const EXAMPLES: &str = "\
Examples:
  A token in a file, against the key set of its cluster:
    boundtoken verify --token-file token --jwks jwks.json --audience vault \\
      --issuer https://kubernetes.default.svc.cluster.local

  Has its pod been deleted?
    kubectl get serviceaccounts,pods,secrets,nodes -A -o json > objects.json
    boundtoken verify --token-file token --objects objects.json ...

  Tokens of two clusters: each --issuer is followed by what belongs to it
    boundtoken verify --token-file token --audience vault \\
      --issuer https://a.example.com --label blue --jwks blue.json --objects blue-objects.json \\
      --issuer https://b.example.com --label green --jwks green.json --objects green-objects.json

  By a cluster itself: issuer, keys and objects
    boundtoken verify --token-file token --cluster --audience vault

  In a script: the user's name alone, or nothing
    user=$(boundtoken verify -o name --require-live --objects objects.json ...) || exit

Exit status:
  0  the token is accepted; without --require-live perhaps with a warning that its bound
     objects were not checked
  1  the token is refused
  2  it could not be decided: wrong arguments, an unreadable file, no token, no usable key, no
     connection to the cluster, or what the token is bound to could not be looked up;
     with --require-live also: its bound objects were not checked, or not just now";

/// The form of a verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum VerdictFormat {
    /// For people
    #[default]
    Text,
    /// For programs: verdict, user, issuerLabel, audiences, boundObjects, claims; or verdict, reason
    Json,
    /// The same as YAML
    Yaml,
    /// The user's name alone; when refused, nothing, and the reason's name on standard error
    Name,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let now = arguments.demands.now.unwrap_or_else(UnixSeconds::now);
    let verdict = Verdict::new(arguments.verify(now), arguments.is_live());
    let verdict = if arguments.demands.require_live { verdict.demanded_live() } else { verdict };
    if let Some(caution) = verdict.caution() {
        output::warning(&format!("the token is accepted, but {caution}"));
    }
    match arguments.output {
        VerdictFormat::Text => verdict.print_for_people(now)?,
        VerdictFormat::Json => verdict.print_document(Structured::Json)?,
        VerdictFormat::Yaml => verdict.print_document(Structured::Yaml)?,
        VerdictFormat::Name => verdict.print_name()?,
    }
    Ok(verdict.exit_status())
}

impl Arguments {
    /// Whether a cluster is asked.
    fn is_live(&self) -> bool {
        #[cfg(feature = "network")]
        return self.live.cluster;
        #[cfg(not(feature = "network"))]
        false
    }

    /// The verifier's answer, or why there is none.
    fn verify(&self, now: UnixSeconds) -> Result<Result<VerifiedToken, Rejection>, Failure> {
        #[cfg(feature = "network")]
        if self.is_live() {
            let token = self.token.read()?;
            return crate::cluster::block_on(
                self.live.verify(&token, |builder| self.demands.added_to(builder)),
            );
        }
        let verifier = self.verifier()?;
        Ok(verifier.verify_at(&self.token.read()?, now))
    }

    fn verifier(&self) -> Result<Verifier, Failure> {
        let issuers = self.issuer.load()?.into_iter().map(LoadedIssuer::with_objects);
        let builder = issuers.fold(Verifier::builder(), VerifierBuilder::issuer);
        keys::build(self.demands.added_to(builder))
    }
}

impl Demands {
    fn added_to(&self, mut builder: VerifierBuilder) -> VerifierBuilder {
        for audience in &self.audience {
            builder = builder.audience(audience.as_str());
        }
        if let Some(seconds) = self.leeway {
            builder = builder.leeway(seconds);
        }
        if let Some(bytes) = self.max_token_size {
            builder = builder.max_token_size(bytes);
        }
        builder
    }
}
