//! Reads the API server's two documents: the issuer's name and the key set.

use boundtoken::{KeySet, Moment};
use boundtoken_refresh::{ACCEPTED, LOAD_TIMEOUT, Loaded, ReadKeys};
use http::header::{ACCEPT, CACHE_CONTROL};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Limited};
use kube::Client;
use kube::client::Body;
use serde::Deserialize;
use tokio::time::timeout;

use crate::error::{ClusterError, Step};

/// The issuer's name, from the discovery document. It is the only member that every managed cluster provides.
pub(super) async fn issuer(client: Client) -> Result<String, ClusterError> {
    #[derive(Deserialize)]
    struct Document {
        issuer: String,
    }
    let (body, _) =
        get(&client, Step::Discovery, "/.well-known/openid-configuration", "application/json").await?;
    let document: Document = serde_json::from_slice(&body).map_err(|_| {
        ClusterError::new(Step::Discovery, "the answer is not a discovery document with an issuer")
    })?;
    if document.issuer.is_empty() {
        return Err(ClusterError::new(Step::Discovery, "the issuer is empty"));
    }
    Ok(document.issuer)
}

/// Loads the keys from the API server itself. In many managed clusters the published `jwks_uri` cannot be reached.
pub(super) async fn load(client: Client, read: ReadKeys) -> Result<Loaded, ClusterError> {
    let asked = Moment::now();
    let (body, headers) = get(&client, Step::Keys, "/openid/v1/jwks", ACCEPTED).await?;
    read(&body, &cache_control(&headers), asked).map_err(|message| ClusterError::new(Step::Keys, message))
}

async fn get(
    client: &Client,
    step: Step,
    path: &str,
    accept: &str,
) -> Result<(Vec<u8>, HeaderMap), ClusterError> {
    let request = Request::get(path).header(ACCEPT, accept).body(Body::empty());
    let request = request.map_err(|error| ClusterError::new(step.clone(), error.to_string()))?;
    let answer = async {
        let response =
            client.send(request).await.map_err(|error| ClusterError::of_kube(step.clone(), &error))?;
        let (head, body) = response.into_parts();
        let collected = Limited::new(body, KeySet::MAX_DOCUMENT_BYTES).collect().await;
        let body = collected
            .map_err(|error| ClusterError::new(step.clone(), error.to_string()))?
            .to_bytes()
            .to_vec();
        if !head.status.is_success() {
            // A proxy in front of the API server answers with a page of its own.
            let status = serde_json::from_slice::<boundtoken::api::Status>(&body);
            let message = status.map_or_else(|_| head.status.to_string(), |status| status.message);
            return Err(ClusterError::answered(step.clone(), head.status.as_u16(), message));
        }
        Ok((body, head.headers))
    };
    match timeout(LOAD_TIMEOUT, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(ClusterError::too_slow(step.clone(), LOAD_TIMEOUT, None)),
    }
}

/// Joins the values of all `Cache-Control` headers (RFC 9110 section 5.3). Values that are not text are ignored.
fn cache_control(headers: &HeaderMap) -> String {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    values.collect::<Vec<_>>().join(", ")
}
