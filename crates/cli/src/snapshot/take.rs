//! `boundtoken snapshot`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use boundtoken::api::Time;
use boundtoken::{KeySet, ObjectKind, UnixSeconds};
use clap::Args;
use http::StatusCode;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, ListParams, ObjectMeta};
use kube::{Api, Client};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Metadata, Object, Snapshot};
use crate::cluster::{self, Connection};
use crate::failure::{Failure, causes, harmless};
use crate::output;
use crate::{keys, names};

/// Write a cluster's keys and objects into one file, for `boundtoken verify --snapshot`
///
/// The file has the name of the issuer, its public keys, and kind, namespace, name, uid and deletionTimestamp of each object that
/// a token can be bound to. It has no secret, so it may travel to where the cluster cannot be reached. Needs the permissions of
/// `watch`, and to list secrets. Without that one, the verdict on a token that is bound to a secret is undecided.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// File to write; an old one is replaced [default: standard output]
    #[arg(long, value_name = "FILE")]
    output_file: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
    /// List only this namespace, and no nodes; may be given several times [default: the whole cluster]
    #[arg(long, value_name = "NAME", value_parser = names::namespace, help_heading = "The cluster")]
    namespace: Vec<String>,
    /// List webhook configurations too, for the tokens that an API server sends to its webhooks
    #[arg(long, help_heading = "The cluster")]
    webhook_configurations: bool,
}

const EXAMPLES: &str = "\
Examples:
  Verify tokens where the cluster cannot be reached:
    boundtoken snapshot --output-file snapshot.json
    boundtoken verify --snapshot snapshot.json --audience vault \\
      --token-file token

  Find out later whether a token was good, as of the time of the snapshot:
    boundtoken verify --snapshot snapshot.json --audience vault \\
      --token-file token --now \"$(jq -r .takenAt snapshot.json)\"

  docs/schemas/snapshot.json describes the file.

Exit status:
  0  done
  2  wrong arguments, no connection, no permission, or an unwritable file";

/// How many objects one page of a list has.
const PAGE: u32 = 500;
/// The longest that one page may take.
const PAGE_TIMEOUT: Duration = Duration::from_secs(30);

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let json = output::json(&cluster::block_on(arguments.take())?)? + "\n";
    match &arguments.output_file {
        Some(path) => std::fs::write(path, json).map_err(|error| Failure::with_file(path, error))?,
        None => output::bytes(json.as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    async fn take(&self) -> Result<Snapshot, Failure> {
        #[derive(Deserialize)]
        struct Document {
            issuer: String,
        }
        let client = self.connection.client().await?;
        // Whatever changes from now on may be missing.
        let taken_at = Time::try_from(UnixSeconds::now()).map_err(|error| Failure::new(error.to_string()))?;
        let Document { issuer } =
            published(&client, "/.well-known/openid-configuration", "application/json").await?;
        let jwks: serde_json::Value =
            published(&client, "/openid/v1/jwks", boundtoken_refresh::ACCEPTED).await?;
        let jwks = KeySet::from_jwks(jwks.to_string().as_bytes())
            .map_err(|error| Failure::new(format!("the cluster's keys: {error}")))?;
        keys::warn_of_skipped("/openid/v1/jwks", jwks.skipped());
        let jwks = serde_json::to_value(jwks.to_jwks()).map_err(|error| Failure::new(error.to_string()))?;
        let mut objects = BTreeMap::new();
        for kind in ObjectKind::ALL.iter().copied().filter(|kind| self.lists(*kind)) {
            match self.objects(&client, kind).await {
                Ok(listed) => {
                    objects.insert(kind.resource().to_owned(), listed);
                }
                // Few identities may list secrets, and no pod has a token that is bound to one.
                Err(Unlisted::Forbidden(failure)) if kind == ObjectKind::Secret => output::warning(&format!(
                    "the snapshot decides nothing about tokens that are bound to secrets: {}",
                    failure.sentence()
                )),
                Err(Unlisted::Forbidden(failure) | Unlisted::Failed(failure)) => return Err(failure),
            }
        }
        Ok(Snapshot { taken_at, issuer, jwks, namespaces: self.namespace.clone(), objects })
    }

    fn lists(&self, kind: ObjectKind) -> bool {
        match kind {
            ObjectKind::Node => self.namespace.is_empty(),
            kind => !kind.is_webhook_configuration() || self.webhook_configurations,
        }
    }

    async fn objects(&self, client: &Client, kind: ObjectKind) -> Result<Vec<Object>, Unlisted> {
        let version = GroupVersionKind::gvk(kind.api_group(), "v1", kind.name());
        let resource = ApiResource::from_gvk_with_plural(&version, kind.resource());
        let namespaces = if kind.is_namespaced() { self.namespace.as_slice() } else { &[] };
        let mut apis: Vec<Api<DynamicObject>> = namespaces
            .iter()
            .map(|namespace| Api::namespaced_with(client.clone(), namespace, &resource))
            .collect();
        if apis.is_empty() {
            apis.push(Api::all_with(client.clone(), &resource));
        }
        let mut objects = Vec::new();
        for api in apis {
            list(&api, kind, &mut objects).await?;
        }
        Ok(objects)
    }
}

/// Reads a document of the API server.
async fn published<T: DeserializeOwned>(client: &Client, path: &str, accept: &str) -> Result<T, Failure> {
    cluster::get(client, path, accept).await?.object::<T>()?.map_err(|refusal| {
        Failure::new(format!(
            "could not read {path}: {}; `boundtoken doctor` says what is missing",
            harmless(&refusal.message)
        ))
    })
}

/// Why objects could not be listed.
enum Unlisted {
    /// This identity may not list them.
    Forbidden(Failure),
    Failed(Failure),
}

/// The API server's own words, or what went wrong on the way to it.
fn words(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => harmless(&status.message),
        error => causes(error),
    }
}

fn is_forbidden(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == StatusCode::FORBIDDEN.as_u16())
}

/// Adds the metadata of all objects, page by page.
async fn list(api: &Api<DynamicObject>, kind: ObjectKind, objects: &mut Vec<Object>) -> Result<(), Unlisted> {
    let failed = |why: &str| {
        Failure::new(format!(
            "could not list {}: {why}; `boundtoken doctor` says what is missing",
            kind.resource()
        ))
    };
    let mut parameters = ListParams::default().limit(PAGE);
    loop {
        let page = tokio::time::timeout(PAGE_TIMEOUT, api.list_metadata(&parameters)).await;
        let page = match page {
            Ok(Ok(page)) => page,
            Ok(Err(error)) if is_forbidden(&error) => {
                return Err(Unlisted::Forbidden(failed(&words(&error))));
            }
            Ok(Err(error)) => return Err(Unlisted::Failed(failed(&words(&error)))),
            Err(_) => {
                let seconds = PAGE_TIMEOUT.as_secs();
                return Err(Unlisted::Failed(failed(&format!("no answer within {seconds} seconds"))));
            }
        };
        objects.extend(page.items.into_iter().filter_map(|object| listed(kind, object.metadata)));
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => parameters.continue_token = Some(token),
            None => return Ok(()),
        }
    }
}

/// What a snapshot has of an object. None without a name or a uid, which an API server always gives.
fn listed(kind: ObjectKind, metadata: ObjectMeta) -> Option<Object> {
    let deletion_timestamp = metadata.deletion_timestamp.and_then(|time| {
        let seconds = UnixSeconds(u64::try_from(time.0.as_second()).unwrap_or(0));
        Time::try_from(seconds).ok()
    });
    let namespace = metadata.namespace.filter(|_| kind.is_namespaced());
    Some(Object {
        metadata: Metadata { namespace, name: metadata.name?, uid: metadata.uid?, deletion_timestamp },
    })
}
