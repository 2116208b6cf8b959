//! Errors of loading an issuer's keys: which step failed, and what to do.

use std::fmt;
use std::time::Duration;

/// A step on the way to an issuer's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Reading the configuration: the issuer's name, the URL of its keys, certificate authorities.
    Configuration,
    /// Reading the discovery document.
    Document {
        /// The URL of the document.
        url: String,
    },
    /// Loading the key set.
    Keys {
        /// The URL of the key set.
        url: String,
    },
}

/// Why loading an issuer's keys failed. The `Display` text says which step failed and what to do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DiscoveryError {
    /// The step that failed.
    pub step: Step,
    /// The HTTP status of an answer that was not a success. `None` if something else went wrong.
    pub http_status: Option<u16>,
    /// Whether the answer is missing or incomplete.
    is_unreachable: bool,
    message: String,
}

impl DiscoveryError {
    /// The request or the answer is invalid.
    pub(super) fn wrong(step: Step, message: impl Into<String>) -> Self {
        Self { step, http_status: None, is_unreachable: false, message: message.into() }
    }

    pub(super) fn unreachable(step: Step, message: impl Into<String>) -> Self {
        Self { is_unreachable: true, ..Self::wrong(step, message) }
    }

    pub(super) fn too_slow(step: Step, limit: Duration) -> Self {
        Self::unreachable(step, format!("no complete answer within {} seconds", limit.as_secs_f32()))
    }

    pub(super) fn answered(step: Step, http_status: http::StatusCode) -> Self {
        let message = format!("the answer is {http_status}");
        Self { http_status: Some(http_status.as_u16()), ..Self::wrong(step, message) }
    }

    /// Whether a retry may help soon: the issuer is busy, or restarting.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self.http_status, Some(429 | 500..))
    }

    fn remedy(&self) -> Option<&'static str> {
        match (self.http_status, &self.step) {
            (None, _) if self.is_unreachable => Some(
                "check that the address can be reached from here, and that this system trusts its certificate, or name \
                 the authority that issued it with `certificate_authority`",
            ),
            (Some(401 | 403), _) => Some("it must be readable without credentials"),
            (Some(404), Step::Document { .. }) => {
                Some("check the issuer's name, or say where its keys are with `jwks_uri`")
            }
            _ => None,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration => formatter.write_str("use the configuration"),
            Self::Document { url } => write!(formatter, "read the discovery document {url}"),
            Self::Keys { url } => write!(formatter, "load the key set {url}"),
        }
    }
}

impl fmt::Display for DiscoveryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "could not {}: {}", self.step, self.message)?;
        match self.remedy() {
            Some(remedy) => write!(formatter, "; {remedy}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for DiscoveryError {}
