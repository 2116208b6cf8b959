//! Verifying by a cluster, in place of files.

use boundtoken::{Rejection, VerifiedToken, VerifierBuilder};
use boundtoken_kubernetes::OnlineVerifier;
use clap::{ArgGroup, Args};

use crate::cluster::{Connection, follow_for, object_name};
use crate::failure::Failure;
use crate::keys;

/// What a cluster stands in place of.
const FILES: [&str; 6] = ["jwks", "pem", "issuer", "label", "objects", "now"];

#[derive(Args)]
#[command(
    next_help_heading = "The cluster",
    // The conflicts are said twice: with them, clap does not insist on what a group requires.
    group = ArgGroup::new("place")
        .args(["kubeconfig", "context", "in_cluster", "namespace"])
        .multiple(true)
        .requires("cluster")
        .conflicts_with_all(FILES)
)]
pub struct LiveOptions {
    /// Take issuer, keys and objects from a cluster, in place of --issuer, --jwks and --objects
    ///
    /// Needs get on /openid/v1/jwks and, for what the token is bound to, get, list and watch: only metadata is read.
    #[arg(long, conflicts_with_all = FILES)]
    pub cluster: bool,
    #[command(flatten)]
    connection: Connection,
    /// Look at objects of this namespace only; may be given several times [default: the token's]
    #[arg(long, value_name = "NAME", value_parser = object_name)]
    namespace: Vec<String>,
}

impl LiveOptions {
    /// Connects, and verifies once. `demanded` adds what the token is held to.
    pub async fn verify(
        &self,
        token: &[u8],
        demanded: impl FnOnce(VerifierBuilder) -> VerifierBuilder,
    ) -> Result<Result<VerifiedToken, Rejection>, Failure> {
        let client = self.connection.client().await?;
        let cluster = follow_for(client, token, &self.namespace).await?;
        let verifier = keys::build(demanded(cluster.verifier_builder()))?;
        Ok(OnlineVerifier::new(verifier).asking(&cluster).verify(token).await)
    }
}
