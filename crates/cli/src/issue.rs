//! `boundtoken issue`: a token from a key file, without a server.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use boundtoken::api::{BoundObjectReference, TokenRequest, TokenRequestSpec};
use boundtoken::{Attestation, Issuer, ObjectKind, SigningKey};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use crate::failure::Failure;
use crate::input::read_secret;
use crate::keys;
use crate::names;
use crate::objects::Objects;
use crate::output::{self, Structured};
use crate::words;

mod claimed;

use claimed::Claimed;

/// The issuer's name in nearly every cluster.
pub const DEFAULT_ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
/// The largest key file that is read, in bytes.
pub const MAX_KEY_SIZE: u64 = 1 << 20;

/// Issue a token for a service account with a signing key, without a server
///
/// The token has the same claims as one from an API server with this key. Anyone who has the key can act as anyone in the
/// cluster. With --objects, the service account and the bound object are looked up, as the API server does. Without
/// --objects, they are assumed to exist, and missing uids are made up.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Name of the service account
    #[arg(value_parser = names::object)]
    name: String,
    /// Namespace of the service account
    #[arg(short, long, value_name = "NAME", default_value = "default", value_parser = names::namespace)]
    namespace: String,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    output: TokenFormat,
    #[command(flatten)]
    wanted: Wanted,
    #[command(flatten)]
    source: Source,
}

/// The options of `kubectl create token`.
#[derive(Args)]
#[command(next_help_heading = "The token")]
pub struct Wanted {
    /// Service that accepts the token; may be given several times [default: the API server]
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    audience: Vec<String>,
    /// How long the token lives, such as 10m or 1h30m [default: 1h]
    #[arg(long, value_name = "DURATION", value_parser = lifetime)]
    duration: Option<i64>,
    /// Kind of the bound object: the token is void once that object is deleted
    #[arg(long, value_name = "KIND", requires = "bound_object_name", value_parser = bindable_kind())]
    bound_object_kind: Option<ObjectKind>,
    /// Name of the bound object
    #[arg(long, value_name = "NAME", requires = "bound_object_kind", value_parser = names::object)]
    bound_object_name: Option<String>,
    /// uid of the bound object: the request is refused if the object has another uid
    #[arg(long, value_name = "UID", requires = "bound_object_kind")]
    bound_object_uid: Option<String>,
    /// API group of the admission reviews that the account sends to a webhook, or * for all groups
    ///
    /// Requires a webhook configuration as the bound object and the webhook's URL as the audience. Alpha in Kubernetes 1.37.
    #[arg(long, value_name = "GROUP", requires = "bound_object_kind")]
    attest_api_group: Option<String>,
}

/// The kinds of objects that a token can be bound to.
const BINDABLE: [ObjectKind; 5] = [
    ObjectKind::Pod,
    ObjectKind::Secret,
    ObjectKind::Node,
    ObjectKind::ValidatingWebhookConfiguration,
    ObjectKind::MutatingWebhookConfiguration,
];

fn bindable_kind() -> impl TypedValueParser<Value = ObjectKind> {
    PossibleValuesParser::new(BINDABLE.map(ObjectKind::name))
        .try_map(|name| BINDABLE.into_iter().find(|kind| kind.name() == name).ok_or("no such kind"))
}

/// The issuer, its key and its objects.
#[derive(Args)]
#[command(next_help_heading = "The issuer")]
struct Source {
    /// Private key in PEM format, such as a control plane's sa.key: RSA, P-256 or P-384
    #[arg(long, value_name = "FILE", value_parser = keys::file)]
    signing_key: PathBuf,
    /// Name of the issuer in the token
    #[arg(long, value_name = "URL", default_value = DEFAULT_ISSUER)]
    issuer: String,
    /// File with the cluster's objects, as JSON or YAML lists; may be given several times
    ///
    /// The output of `kubectl get serviceaccounts,pods,secrets,nodes -A -o json`, or {"pods": [...], ...}.
    #[arg(long, value_name = "FILE", value_parser = keys::file)]
    objects: Vec<PathBuf>,
    /// uid of the service account
    #[arg(long, value_name = "UID", conflicts_with = "objects")]
    service_account_uid: Option<String>,
}

/// The output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TokenFormat {
    /// Only the token
    #[default]
    Token,
    /// The TokenRequest object, as the API server returns it and docs/schemas/token-request.json describes it
    Json,
    /// The same as YAML
    Yaml,
}

const EXAMPLES: &str = "\
Examples:
  Issue a token for the audience vault, with the key of a kind cluster:
    docker cp kind-control-plane:/etc/kubernetes/pki/sa.key .
    boundtoken issue app --signing-key sa.key --audience vault

  Bind it to a pod, with the cluster's uids:
    kubectl get serviceaccounts,pods,nodes -A -o json > objects.json
    boundtoken issue app -n demo --signing-key sa.key --objects objects.json \\
      --bound-object-kind Pod --bound-object-name app-0

  Issue a token for a webhook, as for admission reviews of Deployments:
    boundtoken issue app --signing-key sa.key --attest-api-group apps \\
      --audience https://hook.demo.svc:443/ --bound-object-name policy \\
      --bound-object-kind ValidatingWebhookConfiguration

  Show what is in it:
    boundtoken issue app --signing-key sa.key | boundtoken inspect

Exit status:
  0  done
  1  the API server would refuse the request
  2  wrong arguments, an unreadable file, or no usable key";

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let issuer = arguments.issuer()?;
    let request = arguments.wanted.request()?;
    let issued = match issuer.issue(&arguments.namespace, &arguments.name, request) {
        Ok(issued) => issued,
        Err(refusal) => {
            output::error(&format!("refused: {}", output::printable(&refusal.to_string())));
            return Ok(ExitCode::FAILURE);
        }
    };
    for warning in &issued.warnings {
        output::warning(warning);
    }
    arguments.output.print(&issued.response)?;
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    fn issuer(&self) -> Result<Issuer, Failure> {
        const MAKES_ONE: &str = "`openssl genrsa -out key.pem 2048` makes a key for tests";
        let source = &self.source;
        let key =
            read_secret(&source.signing_key, MAX_KEY_SIZE).map_err(|failure| failure.advise(MAKES_ONE))?;
        let key =
            SigningKey::from_pem(&key).map_err(|error| Failure::with_file(&source.signing_key, error))?;
        let builder = Issuer::builder(source.issuer.as_str(), key);
        let builder = if source.objects.is_empty() {
            let uids = [&source.service_account_uid, &self.wanted.bound_object_uid];
            let claimed = Claimed::new(&self.name, &self.wanted.audience, uids).map_err(Failure::new)?;
            builder.bound_objects(claimed)
        } else {
            builder.bound_objects(Objects::load(&source.objects)?)
        };
        builder.build().map_err(|error| Failure::new(error.to_string()))
    }
}

impl Wanted {
    /// Whether an audience is named.
    #[cfg(feature = "network")]
    pub fn has_audience(&self) -> bool {
        !self.audience.is_empty()
    }

    pub fn request(&self) -> Result<TokenRequest, Failure> {
        let bound_object_ref = match (self.bound_object_kind, &self.bound_object_name) {
            (None, None) => None,
            (Some(kind), Some(name)) => Some(BoundObjectReference {
                kind: kind.name().to_owned(),
                api_version: api_version(kind),
                name: name.clone(),
                // The API server takes an empty uid for none.
                uid: self.bound_object_uid.clone().unwrap_or_default(),
            }),
            _ => return Err(Failure::new("give --bound-object-kind and --bound-object-name together")),
        };
        Ok(TokenRequest {
            spec: TokenRequestSpec {
                audiences: self.audience.clone(),
                // kubectl takes a duration of 0 for none, too.
                expiration_seconds: self.duration.filter(|seconds| *seconds > 0),
                bound_object_ref,
                attestations: self
                    .attest_api_group
                    .as_ref()
                    .map(|group| BTreeMap::from([(Attestation::API_GROUPS.to_owned(), vec![group.clone()])])),
            },
            ..TokenRequest::default()
        })
    }
}

/// Parses how long a token lives, in seconds.
fn lifetime(text: &str) -> Result<i64, String> {
    let seconds = words::parse_duration(text).and_then(words::whole_seconds)?;
    i64::try_from(seconds).map_err(|_| "give a shorter duration, such as 10m or 1h30m".to_owned())
}

fn api_version(kind: ObjectKind) -> String {
    match kind.api_group() {
        "" => "v1".to_owned(),
        group => format!("{group}/v1"),
    }
}

/// The token in the answer to a TokenRequest.
pub fn token(response: &TokenRequest) -> Result<&str, Failure> {
    let token = response.status.as_ref().map(|status| status.token.as_str());
    token.filter(|token| !token.is_empty()).ok_or_else(|| Failure::new("the answer contains no token"))
}

impl TokenFormat {
    pub fn print(self, response: &TokenRequest) -> Result<(), Failure> {
        match self {
            Self::Token => {
                // As in kubectl: a whole line on a terminal, otherwise the bare token.
                let end = if std::io::stdout().is_terminal() { "\n" } else { "" };
                output::bytes(format!("{}{end}", token(response)?).as_bytes())
            }
            Self::Json => output::document(Structured::Json, response),
            Self::Yaml => output::document(Structured::Yaml, response),
        }
    }
}
