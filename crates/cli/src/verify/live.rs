//! Verifying with a cluster instead of files.

use boundtoken::{Rejection, VerifiedToken, VerifierBuilder};
use boundtoken_kubernetes::OnlineVerifier;
use clap::{ArgGroup, Args};

use crate::cluster::{Connection, follow_for};
use crate::failure::Failure;
use crate::keys;
use crate::names;

/// The arguments that a cluster replaces.
const FILES: [&str; 7] = ["snapshot", "jwks", "pem", "issuer", "label", "objects", "now"];

#[derive(Args)]
#[command(
    next_help_heading = "The cluster",
    // The conflicts are repeated here because of clap: a conflict suspends what a group requires.
    group = ArgGroup::new("place")
        .args(["kubeconfig", "context", "in_cluster", "namespace"])
        .multiple(true)
        .requires("cluster")
        .conflicts_with_all(FILES)
)]
pub struct LiveOptions {
    /// Take the issuer, keys and objects from a cluster instead of --issuer, --jwks and --objects
    ///
    /// Needs the permissions to get /openid/v1/jwks, and to get, list and watch the bound objects. Reads only their metadata.
    #[arg(long, conflicts_with_all = FILES)]
    pub cluster: bool,
    #[command(flatten)]
    connection: Connection,
    /// Namespace whose objects are looked up; may be given several times [default: the token's]
    #[arg(long, value_name = "NAME", value_parser = names::namespace)]
    namespace: Vec<String>,
}

impl LiveOptions {
    /// Connects, and verifies once. `required` adds what the token must satisfy.
    pub async fn verify(
        &self,
        token: &[u8],
        required: impl FnOnce(VerifierBuilder) -> VerifierBuilder,
    ) -> Result<Result<VerifiedToken, Rejection>, Failure> {
        let client = self.connection.client().await?;
        let cluster = follow_for(client, token, &self.namespace).await?;
        let verifier = keys::build(required(cluster.verifier_builder()))?;
        Ok(OnlineVerifier::new(verifier).asking(&cluster).verify(token).await)
    }
}
