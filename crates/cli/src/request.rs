//! `boundtoken request`: a token from a cluster.

use std::process::ExitCode;

use boundtoken::api::{BoundObjectReference, ObjectMeta, TokenRequest};
use clap::Args;
use http::StatusCode;
use kube::Client;
use serde::Deserialize;

use crate::cluster::{self, Connection, Refusal, SEE_DOCTOR};
use crate::failure::{self, Failure};
use crate::issue::{self, TokenFormat, Wanted};
use crate::names;
use crate::output;

mod explained;

/// Request a token for a service account from a cluster, like `kubectl create token`
///
/// Prints on standard error what verifiers will check: the audiences, the expiry and the bound objects. Looks up the bound
/// object first, and reads only its metadata. Needs the permission to `create` `serviceaccounts/token`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Name of the service account
    #[arg(value_parser = names::object)]
    name: String,
    /// Namespace of the service account [default: the context's]
    #[arg(short, long, value_name = "NAME", value_parser = names::namespace)]
    namespace: Option<String>,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    output: TokenFormat,
    /// Do not print what verifiers will check
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    wanted: Wanted,
    #[command(flatten)]
    cluster: Connection,
}

const EXAMPLES: &str = "\
Examples:
  Request a token for the audience vault:
    boundtoken request app --audience vault

  Bind it to a pod, for 10 minutes:
    boundtoken request app -n demo --audience vault --duration 10m \\
      --bound-object-kind Pod --bound-object-name app-0

  Check that a verifier accepts it:
    boundtoken request app --audience vault -q > token
    boundtoken verify --token-file token --cluster --audience vault

Exit status:
  0  done
  1  the API server refused the request
  2  wrong arguments, no configuration, or no answer from the API server";

/// An object's metadata.
#[derive(Deserialize)]
struct Metadata {
    metadata: ObjectMeta,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let response = match cluster::block_on(arguments.request())? {
        Ok(response) => response,
        Err(refusal) => {
            output::error(&format!("refused: {}", arguments.explain(&refusal)));
            return Ok(ExitCode::FAILURE);
        }
    };
    let token = issue::token(&response)?;
    arguments.output.print(&response)?;
    if !arguments.quiet {
        explained::print(token, arguments.wanted.has_audience());
    }
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    async fn request(&self) -> Result<Result<TokenRequest, Refusal>, Failure> {
        let client = self.cluster.client().await?;
        let namespace = self.namespace.as_deref().unwrap_or_else(|| client.default_namespace());
        let mut request = self.wanted.request()?;
        if let Some(object) = request.spec.bound_object_ref.as_mut().filter(|object| object.uid.is_empty()) {
            match look_up(&client, namespace, object).await? {
                Ok(uid) => object.uid = uid,
                // This identity may not read the object. The API server fills in the uid.
                Err(refusal) if refusal.status == StatusCode::FORBIDDEN => {}
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{}/token", self.name);
        let answer = cluster::post(&client, &path, &request).await;
        let answer = answer.map_err(|failure| failure.advise(SEE_DOCTOR))?;
        answer.warnings().for_each(|warning| output::warning(&failure::harmless(&warning)));
        answer.object()
    }

    /// The API server's words, and what to do.
    fn explain(&self, refusal: &Refusal) -> String {
        let message = failure::harmless(&refusal.message);
        let place = self.namespace.as_deref().map(|name| format!(" -n {name}")).unwrap_or_default();
        match refusal.status {
            StatusCode::UNAUTHORIZED => format!("{message}: renew the credentials of the kubeconfig"),
            StatusCode::NOT_FOUND if message.starts_with("serviceaccounts ") => {
                format!("{message}; `kubectl create serviceaccount {}{place}` creates it", self.name)
            }
            StatusCode::FORBIDDEN => {
                format!(
                    "{message}; an administrator can allow it with `kubectl create role token-requester --verb create \
                     --resource serviceaccounts/token --resource-name {}{place}` and a role binding",
                    self.name
                )
            }
            _ => message,
        }
    }
}

/// Looks up the uid of the object that has this name now.
async fn look_up(
    client: &Client,
    namespace: &str,
    object: &BoundObjectReference,
) -> Result<Result<String, Refusal>, Failure> {
    const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    let group = match object.api_version.as_str() {
        "v1" => "/api/v1".to_owned(),
        group_version => format!("/apis/{group_version}"),
    };
    let place = match object.kind.as_str() {
        "Pod" | "Secret" => format!("namespaces/{namespace}/"),
        _ => String::new(),
    };
    let path = format!("{group}/{place}{}s/{}", object.kind.to_ascii_lowercase(), object.name);
    let found = cluster::get(client, &path, METADATA)
        .await
        .map_err(|failure| failure.advise(SEE_DOCTOR))?
        .object::<Metadata>()?;
    Ok(found.map(|found| found.metadata.uid))
}
