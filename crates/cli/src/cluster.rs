//! Connections to a cluster, and requests to its API server.

use std::path::PathBuf;
use std::time::Duration;

use boundtoken::api::Status;
use clap::Args;
use http::header::{ACCEPT, CONTENT_TYPE, WARNING};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::{Failure, causes, harmless};
use crate::keys;

mod following;
mod proxy;
mod review;

pub use following::follow_for;
pub use review::review;

/// The longest that one request to the API server may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);
/// The largest response that is read, in bytes.
const MAX_ANSWER_SIZE: usize = 4 << 20;

/// What to do if a cluster cannot be followed or asked.
pub const SEE_DOCTOR: &str = "`boundtoken doctor` finds the cause";

/// The options that choose a cluster.
#[derive(Args)]
#[command(next_help_heading = "The cluster")]
pub struct Connection {
    /// Kubeconfig file [default: the same as kubectl's, or else the pod's own configuration]
    #[arg(long, value_name = "FILE", value_parser = keys::file)]
    kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig [default: the current one]
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// Use the pod's own configuration instead of a kubeconfig
    #[arg(long, conflicts_with_all = ["kubeconfig", "context"])]
    in_cluster: bool,
}

impl Connection {
    /// The address and the credentials. Sends no request.
    pub async fn config(&self) -> Result<Config, Failure> {
        self.read_config().await.map(proxy::spare_this_computer)
    }

    async fn read_config(&self) -> Result<Config, Failure> {
        let options = KubeConfigOptions { context: self.context.clone(), ..KubeConfigOptions::default() };
        let wrong = |error: &dyn std::error::Error| {
            Failure::new(format!("no cluster is configured: {}", causes(error)))
        };
        if self.in_cluster {
            return Config::incluster().map_err(|error| {
                Failure::new(format!("this is not a pod with a service account's token: {}", causes(&error)))
            });
        }
        if let Some(path) = &self.kubeconfig {
            let failed = |error: &dyn std::error::Error| Failure::with_file(path, causes(error));
            let file = Kubeconfig::read_from(path).map_err(|error| failed(&error))?;
            return Config::from_custom_kubeconfig(file, &options).await.map_err(|error| failed(&error));
        }
        if let Some(files) =
            boundtoken_kubernetes::kubeconfig_of_environment().map_err(|error| wrong(&error))?
        {
            return Config::from_custom_kubeconfig(files, &options).await.map_err(|error| wrong(&error));
        }
        if self.context.is_some() {
            return Config::from_kubeconfig(&options).await.map_err(|error| wrong(&error));
        }
        Config::infer().await.map_err(|error| wrong(&error))
    }

    pub async fn client(&self) -> Result<Client, Failure> {
        const NAME_ONE: &str = "name a file with --kubeconfig, or start `boundtoken dev-server`";
        client(self.config().await.map_err(|failure| failure.advise(NAME_ONE))?)
    }
}

pub fn client(config: Config) -> Result<Client, Failure> {
    Client::try_from(config).map_err(|error| {
        Failure::new(format!("the cluster's configuration cannot be used: {}", causes(&error)))
    })
}

/// Runs work that uses the network.
pub fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::new(format!("the network cannot be used: {error}")))?.block_on(work)
}

/// A response of the API server.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    body: Vec<u8>,
}

/// The API server's refusal.
#[derive(Debug)]
pub struct Refusal {
    pub status: StatusCode,
    /// The API server's own words.
    pub message: String,
}

/// Sends a GET request.
pub async fn get(client: &Client, path: &str, accept: &str) -> Result<Answer, Failure> {
    send(client, Request::get(path).header(ACCEPT, accept).body(Body::empty())).await
}

/// Sends a POST request with an object.
pub async fn post(client: &Client, path: &str, object: &impl Serialize) -> Result<Answer, Failure> {
    const JSON: &str = "application/json";
    let body = serde_json::to_vec(object).map_err(|error| Failure::new(error.to_string()))?;
    let request = Request::post(path).header(ACCEPT, JSON).header(CONTENT_TYPE, JSON);
    send(client, request.body(Body::from(body))).await
}

async fn send(client: &Client, request: http::Result<Request<Body>>) -> Result<Answer, Failure> {
    let unreachable = |problem: &str| Failure::new(format!("the API server could not be asked: {problem}"));
    let request = request.map_err(|error| unreachable(&error.to_string()))?;
    let answer = async {
        let response = client.send(request).await.map_err(|error| match error {
            // Its own words add nothing to the cause.
            kube::Error::Service(cause) => unreachable(&causes(&*cause)),
            error => unreachable(&causes(&error)),
        })?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, MAX_ANSWER_SIZE).collect().await;
        let body = body.map_err(|error| unreachable(&error.to_string()))?.to_bytes().to_vec();
        Ok(Answer { status: head.status, headers: head.headers, body })
    };
    let seconds = REQUEST_TIMEOUT.as_secs();
    tokio::time::timeout(REQUEST_TIMEOUT, answer)
        .await
        .unwrap_or_else(|_| Err(unreachable(&format!("no answer within {seconds} seconds"))))
}

impl Answer {
    /// The object in the response, or the API server's refusal. Fails on a server error, which decides nothing.
    pub fn object<T: DeserializeOwned>(&self) -> Result<Result<T, Refusal>, Failure> {
        if self.status.is_success() {
            let object = serde_json::from_slice(&self.body);
            return object.map(Ok).map_err(|error| {
                Failure::new(format!(
                    "the API server's answer is not the expected object: {}",
                    causes(&error)
                ))
            });
        }
        let refusal = self.refusal();
        if self.status.is_client_error() && self.status != StatusCode::TOO_MANY_REQUESTS {
            return Ok(Err(refusal));
        }
        let message = harmless(&refusal.message);
        Err(Failure::new(format!("the API server could not answer: {message}")))
    }

    /// Whether the body contains this text.
    pub fn contains(&self, text: &str) -> bool {
        self.body.windows(text.len()).any(|part| part == text.as_bytes())
    }

    fn refusal(&self) -> Refusal {
        // A proxy in between may have refused, with a body of its own.
        let status: Option<Status> = serde_json::from_slice(&self.body).ok();
        let said = status.map(|status| status.message).filter(|message| !message.is_empty());
        Refusal { status: self.status, message: said.unwrap_or_else(|| self.status.to_string()) }
    }

    /// The API server's warnings: RFC 7234 section 5.5, as `299 - "text"`.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        self.headers.get_all(WARNING).iter().filter_map(|value| {
            let (_, behind) = value.to_str().ok()?.split_once('"')?;
            let (text, _) = behind.rsplit_once('"')?;
            Some(text.replace("\\\"", "\"").replace("\\\\", "\\"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_taken_out_of_their_quotes() {
        let mut headers = HeaderMap::new();
        headers.append(WARNING, r#"299 - "say \"less\" \\ more""#.parse().unwrap());
        headers.append(WARNING, "nonsense".parse().unwrap());
        let answer = Answer { status: StatusCode::OK, headers, body: Vec::new() };
        assert_eq!(answer.warnings().collect::<Vec<_>>(), [r#"say "less" \ more"#]);
    }
}
