//! `boundtoken verify`.

use std::path::PathBuf;
use std::process::ExitCode;

use boundtoken::{Rejection, UnixSeconds, VerifiedToken, Verifier, VerifierBuilder};
use clap::{ArgGroup, Args, ValueEnum};

use crate::document;
use crate::failure::Failure;
use crate::input::TokenInput;
use crate::keys::{self, IssuerOptions, LoadedIssuer};
use crate::output::{self, Structured};
use crate::snapshot::{Age, Snapshot};
use crate::words;

#[cfg(feature = "network")]
mod live;
pub mod verdict;

#[cfg(feature = "network")]
use live::LiveOptions;
use verdict::Verdict;

const UNLISTED: &str = "the files given by --objects do not list this kind of object; `kubectl get \
                        serviceaccounts,pods,secrets,nodes -A -o json > objects.json` lists all kinds; \
                        state that there are none as in {\"pods\": []}";
const ELSEWHERE: &str = "the API server did not answer, or --namespace names only other namespaces; \
                         `boundtoken doctor` finds the cause";
const NOT_IN_SNAPSHOT: &str = "the snapshot lists no objects of this kind or in this namespace; take one without --namespace, \
                               or with --webhook-configurations";

/// The arguments that name the issuer.
#[cfg(feature = "network")]
const NAMES: [&str; 3] = ["issuer", "snapshot", "cluster"];
#[cfg(not(feature = "network"))]
const NAMES: [&str; 2] = ["issuer", "snapshot"];
/// The arguments that provide the keys.
#[cfg(feature = "network")]
const KEYS: [&str; 4] = ["jwks", "pem", "snapshot", "cluster"];
#[cfg(not(feature = "network"))]
const KEYS: [&str; 3] = ["jwks", "pem", "snapshot"];

/// Verify a token, and print whom it identifies or why it is refused
///
/// Checks the format, the signature, the issuer, the audience and the times. With --objects, also checks that the token's
/// service account still exists, and so does the pod, secret, node or webhook configuration that the token is bound to.
/// Without --objects, the token of a deleted pod is accepted until it expires, with a warning. Reads only the files named
/// here. With --snapshot, everything comes from one file, and with --cluster from an API server.
#[derive(Args)]
#[command(
    after_help = EXAMPLES,
    group = ArgGroup::new("names").args(NAMES).required(true).multiple(true),
    group = ArgGroup::new("keys").args(KEYS).required(true).multiple(true),
)]
pub struct Arguments {
    #[command(flatten)]
    token: TokenInput,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    output: VerdictFormat,
    #[command(flatten)]
    issuer: IssuerOptions,
    /// Take the issuer, keys and objects from a file of `boundtoken snapshot` instead of --issuer, --jwks and --objects
    ///
    /// Says how old the snapshot is. If an object is missing from it and the token is newer, there is no verdict.
    #[arg(
        long, value_name = "FILE", value_parser = keys::file, help_heading = "The issuer",
        conflicts_with_all = ["issuer", "label", "jwks", "pem", "algorithm", "objects"],
    )]
    snapshot: Option<PathBuf>,
    #[cfg(feature = "network")]
    #[command(flatten)]
    live: LiveOptions,
    #[command(flatten)]
    requirements: Requirements,
}

/// What a token must satisfy.
#[derive(Args)]
#[command(next_help_heading = "The requirements")]
struct Requirements {
    /// Audience to accept: the name of the service that verifies; may be given several times
    #[arg(long, value_name = "NAME", required = true)]
    audience: Vec<String>,
    /// Accept a token only if its bound objects are known to exist now; needs --objects or --cluster
    ///
    /// By default, a token whose bound objects were not checked is accepted, with a warning on standard error.
    #[arg(long)]
    require_live: bool,
    /// How far the clocks of the issuer and the verifier may differ, such as 90s or 5m [default: 60s]
    #[arg(long, value_name = "DURATION", value_parser = leeway)]
    leeway: Option<u64>,
    /// Verify as of this time, in RFC 3339 or in seconds since 1970 [default: now]
    #[arg(long, value_name = "TIME", value_parser = words::parse)]
    now: Option<UnixSeconds>,
    /// Size limit for the token, in bytes [default: 16384]
    #[arg(long, value_name = "BYTES")]
    max_token_size: Option<usize>,
}

const EXAMPLES: &str = "\
Examples:
  Verify a token in a file with its cluster's key set:
    boundtoken verify --token-file token --jwks jwks.json --audience vault \\
      --issuer https://kubernetes.default.svc.cluster.local

  Check whether its pod was deleted:
    kubectl get serviceaccounts,pods,secrets,nodes -A -o json > objects.json
    boundtoken verify --token-file token --objects objects.json ...

  Accept tokens of two clusters; put each cluster's options behind its --issuer:
    boundtoken verify --token-file token --audience vault \\
      --issuer https://a.example.com --label blue --jwks blue.json \\
        --objects blue-objects.json \\
      --issuer https://b.example.com --label green --jwks green.json \\
        --objects green-objects.json

  Take the issuer, keys and objects from a cluster, at once or by a snapshot:
    boundtoken verify --token-file token --cluster --audience vault
    boundtoken snapshot --output-file snapshot.json
    boundtoken verify --token-file token --snapshot snapshot.json --audience vault

  In a script, get the user's name or nothing:
    user=$(boundtoken verify -o name --require-live ...) || exit

Exit status:
  0  the token is accepted; if its bound objects were not checked, a warning
     says so
  1  the token is refused
  2  undecided: wrong arguments, an unreadable file, no token, no usable key, no
     connection to the cluster, or bound objects that could not be looked up;
     --require-live: the bound objects were not checked, or not recently";

/// The output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum VerdictFormat {
    /// For people
    #[default]
    Text,
    /// For programs, as docs/schemas/verify.json describes
    Json,
    /// The same as YAML
    Yaml,
    /// Only the user's name; for a refusal, nothing, and the reason's name on standard error
    Name,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let now = arguments.requirements.now.unwrap_or_else(UnixSeconds::now);
    let (result, taken_at) = match arguments.snapshot.as_deref().map(Snapshot::read).transpose() {
        Ok(snapshot) => (arguments.verify(now, snapshot.as_ref()), snapshot.as_ref().map(Snapshot::taken_at)),
        Err(failure) => (Err(failure), None),
    };
    let verdict = Verdict::new(result, arguments.advice());
    let verdict = if arguments.requirements.require_live { verdict.required_live() } else { verdict };
    if let Some(caution) = verdict.caution() {
        output::warning(&format!("the token is accepted, but {caution}"));
    }
    let age = taken_at.map(|taken_at| Age::new(taken_at, now));
    match arguments.output {
        VerdictFormat::Text => verdict.print_for_people(now, taken_at)?,
        VerdictFormat::Json => verdict.print_document(Structured::Json, age)?,
        VerdictFormat::Yaml => verdict.print_document(Structured::Yaml, age)?,
        VerdictFormat::Name => verdict.print_name()?,
    }
    Ok(verdict.exit_status())
}

impl Arguments {
    /// Whether the verdict comes from a cluster.
    fn is_live(&self) -> bool {
        #[cfg(feature = "network")]
        return self.live.cluster;
        #[cfg(not(feature = "network"))]
        false
    }

    /// What to do if the state of a bound object is unknown.
    fn advice(&self) -> &'static str {
        match &self.snapshot {
            Some(_) => NOT_IN_SNAPSHOT,
            None if self.is_live() => ELSEWHERE,
            None => UNLISTED,
        }
    }

    /// The verifier's answer. Fails if there is none.
    fn verify(
        &self,
        now: UnixSeconds,
        snapshot: Option<&Snapshot>,
    ) -> Result<Result<VerifiedToken, Rejection>, Failure> {
        #[cfg(feature = "network")]
        if self.is_live() {
            let token = self.token.read()?;
            return crate::cluster::block_on(
                self.live.verify(&token, |builder| self.requirements.added_to(builder)),
            );
        }
        let verifier = self.verifier(snapshot)?;
        let token = self.token.read()?;
        let verdict = verifier.verify_at(&token, now);
        match (&verdict, snapshot) {
            (Err(rejection), Some(snapshot)) if snapshot.is_older_than(&token, rejection) => {
                Err(Failure::new(format!(
                    "{}, and the token is newer than the snapshot: take a new one with `boundtoken snapshot`",
                    document::what(rejection)
                )))
            }
            _ => Ok(verdict),
        }
    }

    fn verifier(&self, snapshot: Option<&Snapshot>) -> Result<Verifier, Failure> {
        let issuers = match (snapshot, &self.snapshot) {
            (Some(snapshot), Some(path)) => vec![snapshot.trusted_issuer(path)?],
            _ => self.issuer.load()?.into_iter().map(LoadedIssuer::with_objects).collect(),
        };
        let builder = issuers.into_iter().fold(Verifier::builder(), VerifierBuilder::issuer);
        keys::build(self.requirements.added_to(builder))
    }
}

/// Parses a leeway, in seconds.
fn leeway(text: &str) -> Result<u64, String> {
    words::parse_seconds(text).and_then(words::whole_seconds)
}

impl Requirements {
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
