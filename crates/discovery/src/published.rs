//! Finds and loads the keys that an issuer publishes.

use std::sync::{Arc, Mutex, PoisonError};

use boundtoken::Moment;
use boundtoken_refresh::{ACCEPTED, LOAD_TIMEOUT, Loaded, ReadKeys};
use reqwest::Url;
use serde::Deserialize;
use tokio::time::Instant;

use crate::error::{DiscoveryError, Step};
use crate::https::{Https, cache_control};
use crate::url;

/// Loads an issuer's keys.
pub(super) struct Published {
    https: Https,
    issuer: Box<str>,
    document: Url,
    /// The URL of the keys, if the caller gave one.
    given: Option<Url>,
    /// The URL of the keys in the discovery document, if they were loaded from there.
    found: Mutex<Option<Url>>,
}

/// The members of a discovery document that are read (OpenID Connect Discovery 1.0 section 3). Each may occur only
/// once.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
}

impl Published {
    /// # Errors
    /// A text for people that says which URL cannot be used.
    pub(super) fn new(https: Https, issuer: &str, jwks_uri: Option<&str>) -> Result<Self, String> {
        let document = url::document(issuer).map_err(|problem| format!("the issuer {problem}"))?;
        let given = jwks_uri.map(url::https).transpose();
        let given = given.map_err(|problem| format!("the URL of the keys {problem}"))?;
        Ok(Self { https, issuer: issuer.into(), document, given, found: Mutex::default() })
    }

    /// Loads the first keys. At least one must be usable.
    pub(super) async fn load_first(&self, until: Instant) -> Result<Loaded, DiscoveryError> {
        self.load(until, Loaded::first).await
    }

    /// Reloads the keys, within [`LOAD_TIMEOUT`].
    pub(super) async fn load_again(self: Arc<Self>) -> Result<Loaded, DiscoveryError> {
        self.load(Instant::now() + LOAD_TIMEOUT, Loaded::next).await
    }

    /// Loads the keys from the URL that the document named before.
    ///
    /// It reads the document the first time, after a failure, and when the last key set was empty: the keys may have
    /// moved.
    async fn load(&self, until: Instant, read: ReadKeys) -> Result<Loaded, DiscoveryError> {
        if let Some(url) = &self.given {
            return self.keys(url.clone(), until, read).await;
        }
        let url = match self.take_found() {
            Some(url) => url,
            None => self.find(until).await?,
        };
        let loaded = self.keys(url.clone(), until, read).await?;
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(url).filter(|_| !loaded.is_empty());
        Ok(loaded)
    }

    fn take_found(&self) -> Option<Url> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn keys(&self, url: Url, until: Instant, read: ReadKeys) -> Result<Loaded, DiscoveryError> {
        let asked = Moment::now();
        let step = Step::Keys { url: url.to_string() };
        let (body, headers) = self.https.get(step.clone(), url, ACCEPTED, until).await?;
        read(&body, &cache_control(&headers), asked).map_err(|message| DiscoveryError::wrong(step, message))
    }

    /// Reads the URL of the keys from the discovery document.
    async fn find(&self, until: Instant) -> Result<Url, DiscoveryError> {
        let step = Step::Document { url: self.document.to_string() };
        let request = self.https.get(step.clone(), self.document.clone(), "application/json", until);
        let (body, _) = request.await?;
        let url = location(&body, &self.issuer).map_err(|message| DiscoveryError::wrong(step, message))?;
        tracing::debug!(issuer = &*self.issuer, %url, "found the keys");
        Ok(url)
    }
}

/// The URL of the keys in a discovery document, which must be this issuer's.
fn location(body: &[u8], expected: &str) -> Result<Url, String> {
    // serde would also accept an array with the members in order.
    let is_object = body.trim_ascii_start().starts_with(b"{") && std::str::from_utf8(body).is_ok();
    let document: Option<Document> = is_object.then(|| serde_json::from_slice(body).ok()).flatten();
    let Some(Document { issuer, jwks_uri }) = document else {
        return Err("it must be a JSON object with an `issuer` and a `jwks_uri`, each once".to_owned());
    };
    // Section 4.3: the names must be identical.
    if issuer != expected {
        let begun: String = issuer.chars().take(200).collect();
        return Err(format!("it belongs to the issuer {begun:?}, not to {expected:?}"));
    }
    url::https(&jwks_uri).map_err(|problem| format!("its `jwks_uri` {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_document_of_this_issuer_is_accepted() {
        let malformed = "it must be a JSON object with an `issuer` and a `jwks_uri`, each once";
        for (document, expected) in [
            (r#"{"issuer": "https://issuer.example/a", "jwks_uri": "https://keys.example"}"#, None),
            (
                r#"{"issuer": "https:\/\/issuer.example/a", "x": {}, "jwks_uri": "https://keys.example"}"#,
                None,
            ),
            (
                r#"{"issuer": "https://issuer.example/a/", "jwks_uri": "https://keys.example"}"#,
                Some("it belongs to the issuer"),
            ),
            (
                r#"{"issuer": "https://Issuer.example/a", "jwks_uri": "https://keys.example"}"#,
                Some("it belongs to the issuer"),
            ),
            (
                r#"{"issuer": "https://issuer.example/a", "jwks_uri": "http://keys.example"}"#,
                Some("its `jwks_uri` is not an https URL"),
            ),
            (r#"{"issuer": "https://issuer.example/a"}"#, Some(malformed)),
            (r#"{"jwks_uri": "https://keys.example"}"#, Some(malformed)),
            (r#"{"issuer": null, "jwks_uri": "https://keys.example"}"#, Some(malformed)),
            (r#"["https://issuer.example/a", "https://keys.example"]"#, Some(malformed)),
            (
                r#"{"issuer": "https://issuer.example/a", "issuer": "https://issuer.example/a", "jwks_uri": "https://keys.example"}"#,
                Some(malformed),
            ),
            (
                r#"{"issuer": "https://issuer.example/a", "jwks_uri": "https://a.example", "jwks_uri": "https://b.example"}"#,
                Some(malformed),
            ),
            (
                r#"{"issuer": "https://issuer.example/a", "jwks_uri": "https://keys.example"} {}"#,
                Some(malformed),
            ),
            ("<html>", Some(malformed)),
            ("", Some(malformed)),
        ] {
            match (location(document.as_bytes(), "https://issuer.example/a"), expected) {
                (Ok(url), None) => assert_eq!(url.as_str(), "https://keys.example/"),
                (Err(error), Some(words)) => assert!(error.starts_with(words), "{document}: {error}"),
                (answer, _) => panic!("{document}: {answer:?}"),
            }
        }
    }
}
