//! Requests over HTTPS.

use std::sync::Arc;
use std::time::Duration;

use boundtoken::KeySet;
use boundtoken_refresh::{LOAD_TIMEOUT, with_causes};
use http::HeaderMap;
use http::header::{ACCEPT, CACHE_CONTROL};
use reqwest::redirect::{Action, Attempt, Policy};
use reqwest::{Client, Url};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::time::{Instant, timeout};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use crate::error::{DiscoveryError, Step};
use crate::url;

#[cfg(feature = "aws-lc-rs")]
use tokio_rustls::rustls::crypto::aws_lc_rs as provider;
#[cfg(not(feature = "aws-lc-rs"))]
use tokio_rustls::rustls::crypto::ring as provider;

/// How long one TCP connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const MOST_REDIRECTS: usize = 3;
const USER_AGENT: &str = concat!("boundtoken/", env!("CARGO_PKG_VERSION"));

/// A client that speaks HTTPS only.
pub(super) struct Https(Client);

impl Https {
    /// Trusts these certificate authorities, in PEM. `None` trusts the authorities of the system.
    pub(super) fn new(authorities: Option<&[u8]>) -> Result<Self, DiscoveryError> {
        let wrong = |message| DiscoveryError::wrong(Step::Configuration, message);
        let client = Client::builder()
            .tls_backend_preconfigured(tls(authorities).map_err(wrong)?)
            .https_only(true)
            .http1_only()
            .redirect(Policy::custom(follow))
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .user_agent(USER_AGENT)
            // Another crate in the program may turn on these features of reqwest.
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .build()
            .map_err(|error| wrong(with_causes(&error)))?;
        Ok(Self(client))
    }

    /// Reads a document. The limits on its size and on time hold while it is received.
    pub(super) async fn get(
        &self,
        step: Step,
        url: Url,
        accept: &str,
        until: Instant,
    ) -> Result<(Vec<u8>, HeaderMap), DiscoveryError> {
        let limit = until.saturating_duration_since(Instant::now()).min(LOAD_TIMEOUT);
        match timeout(limit, self.answer(&step, url, accept)).await {
            Ok(answer) => answer,
            Err(_) => Err(DiscoveryError::too_slow(step, limit)),
        }
    }

    async fn answer(
        &self,
        step: &Step,
        url: Url,
        accept: &str,
    ) -> Result<(Vec<u8>, HeaderMap), DiscoveryError> {
        let failed = |error: reqwest::Error| {
            let is_wrong = error.is_redirect();
            let message = with_causes(&error.without_url());
            match is_wrong {
                true => DiscoveryError::wrong(step.clone(), message),
                false => DiscoveryError::unreachable(step.clone(), message),
            }
        };
        let mut response = self.0.get(url).header(ACCEPT, accept).send().await.map_err(failed)?;
        if !response.status().is_success() {
            return Err(DiscoveryError::answered(step.clone(), response.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if chunk.len() > KeySet::MAX_DOCUMENT_BYTES.saturating_sub(body.len()) {
                let message = format!("the answer is longer than {} bytes", KeySet::MAX_DOCUMENT_BYTES);
                return Err(DiscoveryError::wrong(step.clone(), message));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((body, std::mem::take(response.headers_mut())))
    }
}

/// Follows a few redirects, to any host. The host that redirects was authenticated, and could serve the same content
/// itself.
fn follow(attempt: Attempt<'_>) -> Action {
    if attempt.previous().len() > MOST_REDIRECTS {
        return attempt.error(format!("more than {MOST_REDIRECTS} redirects"));
    }
    match url::https(attempt.url().as_str()) {
        Ok(_) => attempt.follow(),
        Err(problem) => attempt.error(format!("a redirect to a URL that {problem}")),
    }
}

fn tls(authorities: Option<&[u8]>) -> Result<ClientConfig, String> {
    let of_rustls = |error: rustls::Error| error.to_string();
    let builder = ClientConfig::builder_with_provider(Arc::new(provider::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(of_rustls)?;
    let builder = match authorities {
        Some(pem) => builder.with_root_certificates(roots(pem)?),
        None => builder.with_platform_verifier().map_err(of_rustls)?,
    };
    Ok(builder.with_no_client_auth())
}

fn roots(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate =
            certificate.map_err(|error| format!("the certificate authority is not PEM: {error}"))?;
        roots.add(certificate).map_err(|error| format!("a certificate authority cannot be used: {error}"))?;
    }
    if roots.is_empty() {
        return Err("the certificate authority has no CERTIFICATE block".to_owned());
    }
    Ok(roots)
}

/// Joins the values of all `Cache-Control` headers (RFC 9110 section 5.3). Values that are not text are ignored.
pub(super) fn cache_control(headers: &HeaderMap) -> String {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    values.collect::<Vec<_>>().join(", ")
}
