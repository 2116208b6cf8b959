//! All checks except the checks of permissions.

use std::path::Path;
use std::time::Duration;

use boundtoken::{Key, KeySet, UnixSeconds, VerificationPath};
use chrono::DateTime;
use http::StatusCode;
use http::header::DATE;
use kube::{Client, Config};
use serde::Deserialize;
use tokio::net::TcpStream;

use super::Check;
use crate::cluster::{self, Answer, Connection};
use crate::failure;
use crate::input::read_file;
use crate::inspect::{Parts, Statement};
use crate::words::{self, moment};

const JSON: &str = "application/json";
/// A verifier's default leeway, in seconds.
const LEEWAY: u64 = 60;
/// The largest token file that is read, in bytes.
const MAX_TOKEN_SIZE: u64 = 1 << 20;
/// The longest that a connection to the address in the discovery document may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

const FOR_READING_KEYS: &str = "`kubectl apply -f deploy/rbac-cluster.yaml` binds the ClusterRole \
                                system:service-account-issuer-discovery to the identity in it";

pub async fn configuration(connection: &Connection) -> (Option<Config>, Check) {
    const NAME: &str = "configuration";
    match connection.config().await {
        Ok(config) => {
            let check = Check::ok(NAME, format!("API server {}", config.cluster_url));
            (Some(config), check)
        }
        Err(failure) => {
            let remedy = "name a kubeconfig with --kubeconfig or KUBECONFIG, run this in a pod, or start `boundtoken dev-server`";
            (None, Check::fail(NAME, failure.sentence(), remedy))
        }
    }
}

/// Whether the API server answers, its version, and its clock.
pub async fn api_server(client: &Client) -> (bool, Vec<Check>) {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Version {
        git_version: String,
    }
    const NAME: &str = "API server";
    let asked_at = UnixSeconds::now();
    let answer = match cluster::get(client, "/version", JSON).await {
        Ok(answer) => answer,
        Err(failure) => {
            let remedy = "check the address, the certificate authority, the proxy and the firewall";
            return (false, vec![Check::fail(NAME, failure.sentence(), remedy)]);
        }
    };
    let clock = clock(&answer, asked_at, UnixSeconds::now());
    let check = match answer.object::<Version>() {
        Ok(Ok(version)) => Check::ok(NAME, format!("version {}", version.git_version)),
        Ok(Err(refusal)) if refusal.status == StatusCode::UNAUTHORIZED => {
            let remedy = "renew the credentials of the kubeconfig, or the pod's token";
            return (false, vec![Check::fail(NAME, refusal.message, remedy), clock]);
        }
        // The API server is reachable. Nothing needs its version.
        Ok(Err(refusal)) => Check::information(NAME, format!("unknown version: {}", refusal.message)),
        Err(failure) => {
            return (false, vec![Check::fail(NAME, failure.sentence(), "see the API server's log"), clock]);
        }
    };
    (true, vec![check, clock])
}

fn clock(answer: &Answer, asked_at: UnixSeconds, answered_at: UnixSeconds) -> Check {
    const NAME: &str = "clocks";
    let date = answer.headers.get(DATE).and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    let Some(date) = date.and_then(|date| u64::try_from(date.timestamp()).ok()) else {
        return Check::information(NAME, "the API server does not report its time");
    };
    // The response was written between the two times.
    let difference = match date < asked_at.0 {
        true => asked_at.0.saturating_sub(date),
        false => date.saturating_sub(answered_at.0),
    };
    let finding = format!("{} apart; up to {LEEWAY} seconds are allowed", words::duration(difference));
    let remedy = "synchronize the clocks of both machines with NTP";
    match difference {
        0..=5 => Check::ok(NAME, finding),
        6..=LEEWAY => Check::warn(NAME, finding, remedy),
        _ => Check::fail(NAME, finding, remedy),
    }
}

/// The discovery document. Also tells whether the address in it can be reached, although nothing needs that.
pub async fn discovery(client: &Client) -> Vec<Check> {
    #[derive(Deserialize)]
    struct Document {
        issuer: String,
        #[serde(default)]
        jwks_uri: String,
    }
    const NAME: &str = "issuer";
    let answer = cluster::get(client, "/.well-known/openid-configuration", JSON).await;
    match answer.and_then(|answer| answer.object::<Document>()) {
        Ok(Ok(document)) if document.issuer.is_empty() => {
            vec![Check::fail(
                NAME,
                "the discovery document names no issuer",
                "set the API server's --service-account-issuer",
            )]
        }
        Ok(Ok(document)) => {
            vec![Check::ok(NAME, document.issuer), address_of_keys(&document.jwks_uri).await]
        }
        Ok(Err(refusal)) => {
            let remedy = match refusal.status {
                StatusCode::NOT_FOUND => "the API server's --service-account-issuer must be an https URL",
                _ => FOR_READING_KEYS,
            };
            vec![Check::fail(NAME, refusal.message, remedy)]
        }
        Err(failure) => vec![Check::fail(NAME, failure.sentence(), "see the API server's log")],
    }
}

async fn address_of_keys(jwks_uri: &str) -> Check {
    const NAME: &str = "jwks_uri";
    let not_needed = "keys are read from the API server itself";
    let address = jwks_uri.parse::<http::Uri>().ok().and_then(|uri| {
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
        Some((uri.host()?.trim_matches(['[', ']']).to_owned(), port))
    });
    let Some(address) = address else {
        return Check::information(NAME, format!("no usable address; {not_needed}"));
    };
    let connected = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await;
    let state = if matches!(connected, Ok(Ok(_))) { "can be reached" } else { "cannot be reached" };
    Check::information(NAME, format!("{jwks_uri} {state} from here; {not_needed}"))
}

pub async fn key_set(client: &Client) -> Check {
    const NAME: &str = "keys";
    // The API server refuses a request that accepts only application/json.
    let answer =
        cluster::get(client, "/openid/v1/jwks", "application/jwk-set+json, application/json;q=0.9").await;
    let document = match answer.and_then(|answer| answer.object::<serde_json::Value>()) {
        Ok(Ok(document)) => document,
        Ok(Err(refusal)) => return Check::fail(NAME, refusal.message, FOR_READING_KEYS),
        Err(failure) => return Check::fail(NAME, failure.sentence(), "see the API server's log"),
    };
    let unusable = "sign with an RSA or P-256 key, as Kubernetes does: --service-account-signing-key-file";
    let keys = match KeySet::from_jwks(document.to_string().as_bytes()) {
        Ok(keys) => keys,
        Err(error) => return Check::fail(NAME, error.to_string(), unusable),
    };
    let algorithms: Vec<String> = keys.keys().iter().map(described).collect();
    let finding = format!("{} usable: {}", algorithms.len(), algorithms.join(", "));
    match keys.skipped().first() {
        _ if keys.is_empty() => Check::fail(NAME, "the key set has no usable key", unusable),
        Some(skipped) => {
            Check::warn(NAME, format!("{finding}; one is unusable: {}", skipped.error()), unusable)
        }
        None => Check::ok(NAME, finding),
    }
}

/// A key's algorithm, and the code that verifies its signatures unless that is the default.
fn described(key: &Key) -> String {
    match key.path() {
        VerificationPath::Backend => key.algorithm().name().to_owned(),
        path => format!("{} by {path}", key.algorithm()),
    }
}

/// Whether the API server streams lists and marks their end with a bookmark. Watches a name that no object has.
pub async fn watching(client: &Client, namespace: Option<&String>) -> Check {
    const NAME: &str = "watches";
    let place = namespace.map(|name| format!("namespaces/{name}/")).unwrap_or_default();
    let path = format!(
        "/api/v1/{place}serviceaccounts?watch=true&allowWatchBookmarks=true&sendInitialEvents=true\
         &resourceVersionMatch=NotOlderThan&timeoutSeconds=1&fieldSelector=metadata.name%3Dboundtoken-doctor"
    );
    let old = "update the API server to 1.32 or later; until then, lists are read in pages, which is slower";
    match cluster::get(client, &path, JSON).await {
        Ok(answer) if answer.contains("k8s.io/initial-events-end") => {
            Check::ok(NAME, "streaming lists and bookmarks are supported")
        }
        Ok(answer) if answer.status.is_success() => {
            Check::warn(NAME, "no bookmark marks the end of a streamed list", old)
        }
        Ok(answer) => match answer.object::<serde_json::Value>() {
            Ok(Err(refusal)) if refusal.status == StatusCode::FORBIDDEN => {
                Check::warn(NAME, "unknown, because watching is not allowed", "see the permissions above")
            }
            Ok(Err(refusal)) => Check::warn(NAME, format!("no streaming lists: {}", refusal.message), old),
            Ok(Ok(_)) => Check::warn(NAME, "no streaming lists", old),
            Err(failure) => Check::warn(NAME, failure.sentence(), "see the API server's log"),
        },
        Err(failure) => Check::warn(NAME, failure.sentence(), "see the API server's log"),
    }
}

/// The token with which this identity authenticates to the API server.
pub fn own_token(file: &Path) -> Check {
    const NAME: &str = "own token";
    let token = match read_file(file, MAX_TOKEN_SIZE) {
        Ok(token) => token,
        Err(failure) => return Check::fail(NAME, failure.sentence(), "mount the service account's token"),
    };
    let statement = Statement::read(Parts::decode(token.trim_ascii()).claims.json.as_ref());
    if statement.audiences.is_empty() {
        let remedy = "mount a projected token: a token without an audience is accepted everywhere";
        return Check::warn(NAME, format!("{} names no audience", failure::name(file)), remedy);
    }
    let user = statement.username.as_deref().unwrap_or("nobody");
    let audiences = statement.audiences.join(", ");
    let finding = format!("{user}, for {audiences}");
    match statement.expires_at {
        Some(expires_at) => {
            Check::ok(NAME, format!("{finding}, expires {}", moment(expires_at, UnixSeconds::now())))
        }
        None => Check::warn(NAME, format!("{finding}, never expires"), "mount a projected token"),
    }
}
