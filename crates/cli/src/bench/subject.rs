//! What is measured: a token and the verifiers that accept it.

use std::path::PathBuf;

use boundtoken::{Algorithm, ObjectStore, TrustedIssuer, UnixSeconds, Verifier, VerifierBuilder};
use boundtoken_kubernetes::Cluster;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{ArgGroup, Args};
use tokio::runtime::Runtime;

use super::Seen;
use super::measure::{internal, refused};
use super::review::Review;
use crate::cluster::{Connection, follow_for};
use crate::demo;
use crate::failure::Failure;
use crate::fast_path;
use crate::input::TokenInput;
use crate::inspect::Parts;
use crate::issue::DEFAULT_ISSUER;
use crate::keys::{self, IssuerOptions, LoadedIssuer};

const AUDIENCE: &str = "vault";
/// A token for this benchmark. It expires in the year 2100. Its private key was thrown away.
const SAMPLE: &[u8] = include_bytes!("sample.token");

#[derive(Args)]
#[command(
    next_help_heading = "The token",
    group = ArgGroup::new("acceptance").args(["audience", "objects", "issuer", "label", "jwks", "pem", "cluster"])
        .multiple(true).requires("token_file"),
    group = ArgGroup::new("place").args(["kubeconfig", "context", "in_cluster"])
        .multiple(true).requires("cluster"),
)]
pub struct SubjectOptions {
    /// Algorithm of the built-in token, which is measured by default [default: RS256]
    #[arg(long, value_name = "NAME", conflicts_with = "token_file", value_parser = sample_algorithm())]
    sample: Option<Algorithm>,
    /// File with your own token, or - for standard input
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Audience to accept: the name of the service that verifies; may be given several times
    #[arg(long, value_name = "NAME")]
    audience: Vec<String>,
    #[command(flatten)]
    issuer: IssuerOptions,
    /// Take the issuer, keys and objects from a cluster, and measure its TokenReview too; sends it the token
    #[arg(long, help_heading = "The cluster", conflicts_with_all = ["objects", "issuer", "label", "jwks", "pem"])]
    cluster: bool,
    #[command(flatten)]
    connection: Connection,
}

fn sample_algorithm() -> impl clap::builder::TypedValueParser<Value = Algorithm> {
    PossibleValuesParser::new(["RS256", "ES256"])
        .try_map(|name| Algorithm::from_name(&name).ok_or("not compiled into this program"))
}

/// A token and the issuers that verifiers trust.
pub struct Subject {
    pub token: Vec<u8>,
    audiences: Vec<String>,
    issuers: Vec<TrustedIssuer>,
    /// The same issuers without objects. None for a cluster, which always has objects.
    pub without_objects: Option<Vec<TrustedIssuer>>,
    /// The API server, if its TokenReview is measured too.
    pub review: Option<Review>,
}

impl SubjectOptions {
    /// Calls `measure` with the subject. Follows the cluster, if there is one, until `measure` returns.
    pub fn with_subject<T>(
        &self,
        measure: impl FnOnce(&Subject) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let Some(file) = &self.token_file else {
            return measure(&Subject::sample(self.sample.unwrap_or(Algorithm::RS256))?);
        };
        if self.audience.is_empty() {
            return Err(Failure::new(
                "no --audience: name one of the token's audiences; `boundtoken inspect` shows them",
            ));
        }
        let token = TokenInput::of_file(file.clone()).read()?;
        if !self.cluster {
            return measure(&Subject::of_files(self, token)?);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime =
            runtime.map_err(|error| Failure::new(format!("the network cannot be used: {error}")))?;
        let (subject, _cluster) = Subject::of_cluster(self, token, &runtime)?;
        measure(&subject)
    }
}

impl Subject {
    fn sample(algorithm: Algorithm) -> Result<Self, Failure> {
        let (token, issuer) = if algorithm == Algorithm::RS256 {
            (SAMPLE.to_vec(), TrustedIssuer::new(DEFAULT_ISSUER, fast_path::sample_keys()?))
        } else {
            let cluster = demo::Cluster::new(UnixSeconds::now())?;
            (cluster.token.into_bytes(), TrustedIssuer::new(cluster.issuer.name(), cluster.issuer.keys()))
        };
        Self::new(token, vec![AUDIENCE.to_owned()], vec![issuer]).with_objects_that_exist()
    }

    fn of_files(options: &SubjectOptions, token: Vec<u8>) -> Result<Self, Failure> {
        let loaded = options.issuer.load()?;
        let issuers = loaded.iter().map(|each| each.issuer.clone()).collect();
        let subject = Self::new(token, options.audience.clone(), issuers).with_objects_that_exist()?;
        // Files with objects replace the assumption that the objects exist.
        let listed = |(issuer, LoadedIssuer { objects, .. }): (TrustedIssuer, _)| match objects {
            Some(objects) => issuer.bound_objects(objects),
            None => issuer,
        };
        Ok(Self { issuers: subject.issuers.into_iter().zip(loaded).map(listed).collect(), ..subject })
    }

    fn of_cluster(
        options: &SubjectOptions,
        token: Vec<u8>,
        runtime: &Runtime,
    ) -> Result<(Self, Cluster), Failure> {
        let (client, cluster) = runtime.block_on(async {
            let client = options.connection.client().await?;
            Ok((client.clone(), follow_for(client, &token, &[]).await?))
        })?;
        let audiences = options.audience.clone();
        let review = Review { client, audiences: audiences.clone(), runtime: runtime.handle().clone() };
        let subject = Self::new(token, audiences, vec![cluster.trusted_issuer()]);
        Ok((Self { without_objects: None, review: Some(review), ..subject }, cluster))
    }

    fn new(token: Vec<u8>, audiences: Vec<String>, issuers: Vec<TrustedIssuer>) -> Self {
        Self { token, audiences, without_objects: Some(issuers.clone()), issuers, review: None }
    }

    /// Assumes that all objects exist that the token is bound to.
    fn with_objects_that_exist(self) -> Result<Self, Failure> {
        let checked =
            self.verifier(Seen::First, false)?.check(&self.token).map_err(|error| refused(&error))?;
        let store = ObjectStore::new();
        for object in checked.bound_objects() {
            store.upsert(&object.reference, object.uid.into(), None);
        }
        let issuers = self.issuers.into_iter().map(|issuer| issuer.bound_objects(store.clone())).collect();
        Ok(Self { issuers, ..self })
    }

    /// A verifier. For [`Seen::First`] it remembers no tokens.
    pub fn verifier(&self, seen: Seen, objects: bool) -> Result<Verifier, Failure> {
        let issuers = match &self.without_objects {
            Some(issuers) if !objects => issuers,
            _ => &self.issuers,
        };
        let builder = issuers.iter().cloned().fold(Verifier::builder(), VerifierBuilder::issuer);
        let builder = self.audiences.iter().fold(builder, |builder, name| builder.audience(name.as_str()));
        let builder = if seen == Seen::First { builder.cached_tokens(0) } else { builder };
        keys::build(builder)
    }

    /// The algorithm in the token's header. Every token that is accepted names one.
    pub fn algorithm(&self) -> Result<String, Failure> {
        let header = Parts::decode(&self.token).header.json;
        let name = header.as_ref().and_then(|header| header.get("alg")?.as_str());
        name.map(str::to_owned).ok_or_else(internal)
    }
}
